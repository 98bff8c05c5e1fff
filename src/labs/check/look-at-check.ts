import type { z } from 'zod';
import { ApiError } from '../../kubernetes/api-error.ts';
import { Interrupted } from '../../errors/errors.ts';
import type { Milliseconds } from '../../exec/runner.ts';
import { lookAtAnswer } from './check-answer.ts';
import { lookInPods } from './check-exec.ts';
import { lookOverHttp } from './check-http.ts';
import { lookAtObjects } from './check-object.ts';
import { lookOnNodes } from './check-run.ts';
import { boundLine, errorText } from '../../cluster/plain-text.ts';
import { interpolateAll } from '../interpolate.ts';
import type { Check, checkFields } from '../lab-check.ts';
import type { Localized } from '../lab-fields.ts';
import { both } from '../localized.ts';
import type { Look, LookPlace } from '../look.ts';
import { NoTimeLeft } from '../node-commands.ts';
import { TargetUnknown } from '../target.ts';

/** What a check, a guard or a wait looks at. */
export type LookFields = { readonly [Kind in keyof typeof checkFields]?: z.output<(typeof checkFields)[Kind]> | undefined } & {
  readonly answer?: Check['answer'];
};

/** Nothing was looked at, as others took all the time. */
export const noTimeLeft: Look = {
  status: 'error',
  error: { en: 'No time was left to look.', ko: '확인할 시간이 남지 않았습니다.' },
  found: {},
};

/**
 * Looks once, with the names of the lab filled in but in scripts. Whatever keeps it from looking is what it found: `error`.
 * @throws Interrupted when the signal was aborted.
 */
export async function lookAt(id: string, fields: LookFields, place: LookPlace): Promise<Look> {
  try {
    return await lookAtKind(id, fields, place);
  } catch (error) {
    if (error instanceof Interrupted || place.cluster.signal.aborted) throw new Interrupted();
    if (error instanceof NoTimeLeft) return noTimeLeft;
    // A server that does not answer may come back; a mistake in the lab stays.
    const passing = error instanceof ApiError && error.status !== 403;
    return { status: 'error', error: explain(error), found: {}, ...(passing ? {} : { final: true }) };
  }
}

async function lookAtKind(id: string, fields: LookFields, place: LookPlace): Promise<Look> {
  // Scripts read their variables from the environment: nothing is filled in there.
  const { run: script, object: objects, exec: command, http: request, answer: question, expect: wanted } = fields;
  const written = { object: objects, exec: command, http: request, answer: question, expect: wanted };
  const { object, answer, expect, ...timed } = interpolateAll(written, place.values, `the check ${id}`);
  const [exec, http] = [inTime(timed.exec, place), inTime(timed.http, place)];
  if (object !== undefined) return lookAtObjects(object, place);
  if (exec !== undefined) return lookInPods(exec, expect, place);
  if (http !== undefined) return lookOverHttp(http, expect, place);
  if (script !== undefined) return lookOnNodes(script, expect, place);
  if (answer !== undefined) return lookAtAnswer(answer, place.answers[id], place);
  throw new Error(`${id} has nothing to look at`);
}

/**
 * As long as a look may take on these nodes, and no longer than all looks together. What runs on nodes gets its time where it
 * is begun.
 */
function inTime<Kind extends { readonly timeout: Milliseconds }>(kind: Kind | undefined, place: LookPlace): Kind | undefined {
  if (kind === undefined) return undefined;
  const timeout = place.cluster.capabilities.slowness * kind.timeout;
  return { ...kind, timeout: Math.max(1000, Math.min(timeout, place.deadline - Date.now())) };
}

/** What is wrong in a lab is said as authors read it, in English. */
function explain(error: unknown): Localized {
  const text = errorText(error);
  if (error instanceof TargetUnknown)
    return { en: text, ko: `이 클러스터에는 ${boundLine(error.target)}에 해당하는 노드가 없습니다` };
  if (!(error instanceof ApiError)) return both(text);
  if (error.status === 403) return { en: `checks may not read this: ${text}`, ko: `확인은 이것을 읽을 수 없습니다: ${text}` };
  return { en: text, ko: `API 서버를 통해 확인하지 못했습니다: ${text}` };
}
