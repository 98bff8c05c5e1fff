import { Interrupted } from '../../errors/errors.ts';
import type { CheckResult } from './check-result.ts';
import { boundLine, errorText } from '../../cluster/plain-text.ts';
import { describeEvidence } from './evidence.ts';
import { explainSubject } from '../explain/explain-object.ts';
import { interpolateAll } from '../interpolate.ts';
import type { Check } from '../lab-check.ts';
import type { Localized } from '../lab-fields.ts';
import type { Look, LookPlace } from '../look.ts';
import { both, mapLanguages } from '../localized.ts';
import { fillMessage, type Found } from '../message.ts';
import type { Standing } from './verdict.ts';

/** What a look found, in one line. */
export function describeLook(look: Look): string {
  if (look.status === 'pass') return 'as it should be';
  if (look.error !== undefined) return look.error.en;
  if (look.differences?.[0] !== undefined) return look.differences[0].en;
  if (look.because !== undefined) return look.because.en;
  const expected = look.expected === undefined ? [] : [`expected ${look.expected.en}`];
  const actual = look.actual === undefined ? [] : [`found ${look.actual.en}`];
  return boundLine([...expected, ...actual].join(', ')) || look.status;
}

/** The message of a check or guard with everything filled in. A message that can't be is said as what it is: a mistake in the lab. */
export function reportMessage(id: string, message: Localized, found: Found, place: LookPlace): Localized {
  try {
    return fillMessage(interpolateAll(message, place.values, `the message of ${id}`), found);
  } catch (error) {
    return both(errorText(error));
  }
}

/** The result of a check that has settled. Where the learner is not there yet, it says what the objects wait for. */
export async function reportCheck(standing: Standing, place: LookPlace): Promise<CheckResult> {
  const { check, look, blockedBy, endedAt = 0, since = endedAt } = standing;
  const seen = look === undefined ? [] : describeEvidence(check, look.found);
  const result = {
    check: check.id,
    points: check.points,
    milliseconds: endedAt - since,
    ...(seen.length === 0 ? {} : { evidence: seen }),
  };
  if (blockedBy !== undefined || look === undefined) {
    const ids = (blockedBy ?? check.needs).join(', ');
    const because = { en: `First ${ids} has to pass.`, ko: `먼저 ${ids} 확인을 통과해야 합니다.` };
    return { ...result, status: 'blocked', because };
  }
  if (look.status === 'error') return { ...result, status: 'error', message: look.error ?? both('') };
  if (look.status === 'pass') return { ...result, status: 'pass' };
  return { ...result, ...(await reportLook(standing, look, place)) };
}

async function reportLook({ check }: Standing, look: Look, place: LookPlace): Promise<Pick<CheckResult, 'status' | 'message'>> {
  if (isUnanswered(check, look)) return { status: look.status, message: sayUnanswered(check) };
  const { status, expected, actual, differences, because, found } = look;
  const chain = status === 'notYet' ? await explain(look, place) : [];
  return {
    status,
    ...(status === 'notApplicable' ? {} : { message: reportMessage(check.id, check.message, found, place) }),
    ...(expected === undefined ? {} : { expected: mapLanguages(expected, boundLine) }),
    ...(actual === undefined ? {} : { actual: mapLanguages(actual, boundLine) }),
    ...(differences === undefined || differences.length === 0 ? {} : { differences }),
    ...(because === undefined ? {} : { because }),
    ...(chain.length === 0 ? {} : { chain }),
  };
}

/** The message of a check is about a wrong answer, and there is none. */
function isUnanswered({ answer }: Check, { status, found }: Look): boolean {
  return answer !== undefined && status === 'notYet' && found.answer === undefined;
}

function sayUnanswered({ id }: Check): Localized {
  const command = `kubelab lab check --answer ${id}=...`;
  return {
    en: `This question is not answered yet. Answer with: ${command}`,
    ko: `아직 이 질문에 답하지 않았습니다. 답하는 방법: ${command}`,
  };
}

/** An explanation is a help: where it can't be had, the result stands without it. */
async function explain(look: Look, place: LookPlace): Promise<readonly Localized[]> {
  if (look.subject === undefined) return [];
  try {
    return await explainSubject(look.subject, place.snapshot);
  } catch (error) {
    if (error instanceof Interrupted || place.cluster.signal.aborted) throw new Interrupted();
    return [];
  }
}
