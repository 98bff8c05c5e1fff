import { nearest } from '../../cluster/near-miss.ts';
import { showText, type YamlPath } from '../../cluster/yaml-document.ts';
import type { Check } from '../lab-check.ts';
import type { Lab } from '../lab.ts';
import type { RuleFinding } from './finding.ts';
import { listActions, stepIndex } from './lab-parts.ts';
import type { LabSubject } from './subject.ts';

interface NamedId {
  readonly id: string;
  readonly path: YamlPath;
  /** Why it has to be one of its kind where that is not plain. */
  readonly why?: string;
}

/** LAB002, LAB006, LAB007 and LAB008: ids, and what names them. */
export function judgeNames({ lab, folderName }: LabSubject): RuleFinding[] {
  const folder: RuleFinding = {
    rule: 'LAB002',
    message: `the folder is called ${showText(folderName)}, and the lab ${lab.id}; expected the same name`,
    at: { path: ['id'] },
  };
  return [
    ...(folderName === lab.id ? [] : [folder]),
    ...findTwice(lab),
    ...judgeSteps(lab),
    ...judgeWrongAnswers(lab),
    ...judgeAnswers(lab),
    ...lab.steps.flatMap(({ checks }, step) => judgeCircles(checks, ['steps', step, 'checks'])),
  ];
}

function findTwice(lab: Lab): RuleFinding[] {
  const ids = (items: readonly { readonly id: string }[], ...path: YamlPath): NamedId[] =>
    items.map(({ id }, index) => ({ id, path: [...path, index, 'id'] }));
  const checks = lab.steps.map((step, index) => [
    ...ids(step.checks, 'steps', index, 'checks'),
    ...ids(step.guards, 'steps', index, 'guards'),
  ]);
  // Answers are kept by the id of their check for the whole lab, and upgrade.keep names checks by it.
  const keep = lab.upgrade?.keep ?? [];
  const wide = lab.steps.flatMap((step, stepAt) =>
    step.checks.flatMap(({ id, answer }, index): NamedId[] => {
      const path = ['steps', stepAt, 'checks', index, 'id'];
      if (keep.includes(id)) return [{ id, path, why: ', and upgrade.keep can mean only one' }];
      return answer === undefined ? [] : [{ id, path, why: ', and answers are kept by it for the whole lab' }];
    }),
  );
  const choices = lab.steps.flatMap((step, stepAt) =>
    step.checks.map((check, checkAt) =>
      ids(check.answer?.choices ?? [], 'steps', stepAt, 'checks', checkAt, 'answer', 'choices'),
    ),
  );
  const kinds = [
    ids(lab.steps, 'steps'),
    ids(lab.objectives, 'objectives'),
    ids(lab.test.wrong, 'test', 'wrong'),
    wide,
    ...checks,
    ...choices,
  ];
  return kinds.flatMap((kind) => {
    const seen = new Set<string>();
    return kind.flatMap(({ id, path, why = '' }): RuleFinding[] => {
      const twice = seen.has(id);
      seen.add(id);
      return !twice ? [] : [{ rule: 'LAB006', message: `the id ${id} is there twice${why}`, at: { path } }];
    });
  });
}

function judgeName(name: string, known: readonly string[], what: string, path: YamlPath): RuleFinding[] {
  if (known.includes(name)) return [];
  const near = nearest(name, known);
  const hint = near === undefined ? `; there are: ${known.join(', ') || 'none'}` : `; did you mean ${near}?`;
  return [{ rule: 'LAB007', message: `there is no ${what} ${showText(name)}${hint}`, at: { path } }];
}

const idsOf = (items: readonly { readonly id: string }[]): string[] => items.map(({ id }) => id);

function judgeSteps(lab: Lab): RuleFinding[] {
  const objectives = idsOf(lab.objectives);
  const every = lab.steps.flatMap(({ checks }) => idsOf(checks));
  const steps = lab.steps.flatMap((step, stepAt) => {
    const checks = idsOf(step.checks);
    const at = (...path: YamlPath): YamlPath => ['steps', stepAt, ...path];
    return [
      ...step.objectives.flatMap((id, index) => judgeName(id, objectives, 'objective', at('objectives', index))),
      ...(step.needs ?? []).flatMap((id, index) =>
        judgeName(id, idsOf(lab.steps.slice(0, stepAt)), 'earlier step', at('needs', index)),
      ),
      ...step.checks.flatMap(({ needs }, checkAt) =>
        needs.flatMap((id, index) => judgeName(id, checks, 'check in this step', at('checks', checkAt, 'needs', index))),
      ),
      ...step.hints.flatMap(({ when }, index) =>
        when === undefined ? [] : judgeName(when.check, checks, 'check in this step', at('hints', index, 'when', 'check')),
      ),
    ];
  });
  const keep = lab.upgrade?.keep ?? [];
  return [...steps, ...keep.flatMap((id, index) => judgeName(id, every, 'check', ['upgrade', 'keep', index]))];
}

function judgeWrongAnswers(lab: Lab): RuleFinding[] {
  return lab.test.wrong.flatMap(({ step, mustFail }, index) => {
    const at = (...path: YamlPath): YamlPath => ['test', 'wrong', index, ...path];
    const unknown = judgeName(step, idsOf(lab.steps), 'step', at('step'));
    const checks = lab.steps.find(({ id }) => id === step)?.checks;
    if (checks === undefined) return unknown;
    return mustFail.flatMap((id, failAt) => judgeName(id, idsOf(checks), `check in step ${step}`, at('mustFail', failAt)));
  });
}

/** Answers are given to questions of the same step. */
function judgeAnswers(lab: Lab): RuleFinding[] {
  return listActions(lab).flatMap(({ action, path, moment, purpose }) => {
    if (!('answer' in action)) return [];
    const wrong = purpose === 'wrong' ? lab.test.wrong[Number(path[2])]?.step : undefined;
    const step = wrong === undefined ? moment : stepIndex(lab, wrong);
    const checks = typeof step === 'number' ? (lab.steps[step]?.checks ?? []) : [];
    const questions = checks.flatMap(({ id, answer }) => (answer === undefined ? [] : [id]));
    return Object.keys(action.answer).flatMap((id) => judgeName(id, questions, 'question in this step', [...path, 'answer', id]));
  });
}

function judgeCircles(checks: readonly Check[], path: YamlPath): RuleFinding[] {
  const needs = new Map(checks.map((check) => [check.id, check.needs]));
  const reaches = (from: string, to: string, seen: Set<string>): boolean =>
    (needs.get(from) ?? []).some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  return checks.flatMap(({ id }, index): RuleFinding[] =>
    reaches(id, id, new Set())
      ? [
          {
            rule: 'LAB008',
            message: `the check ${id} needs itself, maybe through others`,
            at: { path: [...path, index, 'needs'] },
          },
        ]
      : [],
  );
}
