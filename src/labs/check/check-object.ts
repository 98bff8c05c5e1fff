import { boundLine } from '../../cluster/plain-text.ts';
import { readFieldPath, textAt } from '../field-path.ts';
import type { ObjectCheck } from '../lab-check.ts';
import type { Localized } from '../lab-fields.ts';
import { both, mapLanguages, nothing } from '../localized.ts';
import type { Look, LookPlace, Subject } from '../look.ts';
import { findDifferences } from './match.ts';
import { matchInTime } from './match-time.ts';
import { difference, show } from './match-operators.ts';
import { describeSelector, selectObjects } from './select-objects.ts';
import { nounOf } from '../sentence.ts';
import { conditionOf, isReadyPod, nameOf, type KubeObject } from '../snapshot.ts';

interface Judged {
  readonly object: KubeObject;
  readonly differences: readonly Localized[];
}

/** Whether objects are as a check describes them. @throws ApiError, MatchInvalid, FieldPathInvalid, and as matchInTime does */
export async function lookAtObjects(check: ObjectCheck, place: LookPlace): Promise<Look> {
  const selected = await selectObjects(check, place.snapshot, place.namespace);
  const judged = await matchInTime(() => selected.map((object): Judged => ({ object, differences: judge(check, object) })));
  const wrong = judged
    .filter(({ differences }) => differences.length > 0)
    .toSorted((a, b) => a.differences.length - b.differences.length);
  const right = judged.filter(({ differences }) => differences.length === 0);
  const problem = check.absent === true ? unwanted(check, selected) : missing(check, right, judged);
  const worst = check.every === true ? judged.find(({ differences }) => differences.length > 0) : wrong[0];
  const shown = problem === undefined ? (right[0] ?? worst) : (worst ?? right[0]);
  const found = { ...(shown === undefined ? {} : { actual: shown.object }), count: right.length, selected: selected.length };
  if (problem === undefined) return { status: 'pass', found };
  return {
    status: 'notYet',
    found,
    ...problem,
    ...(worst === undefined || isTooMuch(check, right)
      ? {}
      : { differences: worst.differences.slice(0, 10).map((line) => mapLanguages(line, boundLine)) }),
    ...(isTooMuch(check, right) ? {} : { subject: await findSubject(check, place, selected, wrong) }),
  };
}

/** What has to go is not kept from working by anything: there is nothing to explain. */
function isTooMuch({ absent, count }: ObjectCheck, right: readonly Judged[]): boolean {
  return absent === true || right.length > (count?.atMost ?? Infinity);
}

async function findSubject(
  check: ObjectCheck,
  place: LookPlace,
  selected: readonly KubeObject[],
  wrong: readonly Judged[],
): Promise<Subject> {
  const { apiVersion, kind, namespace = place.namespace } = check;
  // What only fields select, and what tells of something, comes when a controller makes it.
  const byName = check.name !== undefined && check.where === undefined && kind !== 'Event';
  const known = { apiVersion, kind, namespace, selector: describeSelector(check), byName };
  if (selected.length > 0) return { ...known, selected: selected.length, objects: wrong.map(({ object }) => object) };
  const alike = await selectAlike(check, place);
  return { ...known, selected: alike.length, objects: alike };
}

/** The objects of that name, or else with those labels, whatever fields they have. */
async function selectAlike({ apiVersion, kind, namespace, name, labels }: ObjectCheck, place: LookPlace) {
  if (name === undefined && labels === undefined) return [];
  const selector = { apiVersion, kind, namespace, ...(name === undefined ? { labels } : { name }) };
  return selectObjects(selector, place.snapshot, place.namespace);
}

function judge({ kind, match = {}, conditions = {}, not }: ObjectCheck, object: KubeObject): Localized[] {
  return [
    ...findDifferences(match, object),
    ...Object.entries(conditions).flatMap(([type, status]) => {
      const actual = textAt(conditionOf(object, type), 'status');
      const where = { en: `condition ${type}`, ko: `컨디션 ${type}` };
      if (actual !== status) return [difference(where, both(status), actual === '' ? undefined : actual)];
      // A pod that is being deleted stays Ready until its containers have ended: for half a minute, or longer.
      return kind === 'Pod' && type === 'Ready' && status === 'True' && !isReadyPod(object) ? [whileDeleted] : [];
    }),
    ...(not !== undefined && findDifferences(not, object).length === 0
      ? [{ en: `expected not to have ${show(not).en}`, ko: `없어야 함: ${show(not).ko}` }]
      : []),
  ];
}

const whileDeleted: Localized = {
  en: 'condition Ready: True, but the pod is being deleted',
  ko: '컨디션 Ready: True이지만 파드가 삭제되는 중입니다',
};

type Problem = Pick<Look, 'expected' | 'actual'>;

function unwanted(check: ObjectCheck, selected: readonly KubeObject[]): Problem | undefined {
  if (selected.length === 0) return undefined;
  const names = selected.slice(0, 5).map(nameOf).join(', ');
  return { expected: { en: `no ${describe(check).en}`, ko: `${describe(check).ko} 없음` }, actual: both(boundLine(names)) };
}

function missing(check: ObjectCheck, right: readonly Judged[], judged: readonly Judged[]): Problem | undefined {
  const { every, count, distinct } = check;
  if (every === true && (judged.length === 0 || right.length < judged.length))
    return {
      expected: { en: `every ${describe(check).en} as described`, ko: `모든 ${describe(check).ko}: 설명대로` },
      actual: { en: `${right.length} of ${judged.length}`, ko: `${judged.length}개 가운데 ${right.length}개` },
    };
  const { atLeast = count?.atMost === undefined ? 1 : 0, atMost = Number.POSITIVE_INFINITY } = count ?? {};
  if (right.length < atLeast || right.length > atMost) return sayMissing(check, right.length, judged.length);
  if (distinct === undefined) return undefined;
  const values = new Set(
    right.flatMap(({ object }) => {
      const value = readFieldPath(object, distinct.path);
      return value === undefined || value === null ? [] : [JSON.stringify(value)];
    }),
  );
  if (values.size >= distinct.atLeast) return undefined;
  return {
    expected: {
      en: `at least ${distinct.atLeast} different values of ${distinct.path}`,
      ko: `${distinct.path}의 서로 다른 값 ${distinct.atLeast}개 이상`,
    },
    actual: both(boundLine(`${values.size} (${[...values].join(', ')})`)),
  };
}

/** Without a count the differences say what is missing, where there is something that differs. */
function sayMissing(check: ObjectCheck, right: number, selected: number): Problem {
  if (check.count !== undefined) return { expected: describeCount(check), actual: both(String(right)) };
  return selected === 0 ? { expected: describe(check), actual: nothing } : {};
}

function describe(check: ObjectCheck): Localized {
  const selector = describeSelector(check);
  return { en: `${check.kind} ${selector}`.trim(), ko: `${selector} ${nounOf(check.kind)}`.trim() };
}

function describeCount(check: ObjectCheck): Localized {
  const { atLeast, atMost } = check.count ?? {};
  const { en, ko } = describe(check);
  const say = (english: string, korean: string): Localized => ({
    en: `${english} ${en} as described`,
    ko: `설명대로인 ${ko} ${korean}`,
  });
  if (atLeast !== undefined && atLeast === atMost) return say(`exactly ${atLeast}`, `정확히 ${atLeast}개`);
  const words = [
    ...(atLeast === undefined && atMost !== undefined ? [] : [{ en: `at least ${atLeast ?? 1}`, ko: `${atLeast ?? 1}개 이상` }]),
    ...(atMost === undefined ? [] : [{ en: `at most ${atMost}`, ko: `${atMost}개 이하` }]),
  ];
  return say(words.map((one) => one.en).join(' and '), words.map((one) => one.ko).join(', '));
}
