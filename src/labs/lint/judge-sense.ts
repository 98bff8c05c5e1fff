import { showText, type YamlPath } from '../../cluster/yaml-document.ts';
import { placeholdersIn } from '../interpolate.ts';
import type { Expectation, ObjectCheck, TextExpectation } from '../lab-check.ts';
import type { RuleFinding } from './finding.ts';
import { listActions, listLooks, type PlacedLook } from './lab-parts.ts';
import type { LabSubject } from './subject.ts';

/** LAB021, LAB022, LAB036, LAB037, LAB040, LAB041, LAB044 and LAB046: whether a lab makes sense. */
export function judgeSense(subject: LabSubject): RuleFinding[] {
  return [
    ...judgeNumbers(subject),
    ...judgeStepPoints(subject),
    ...listLooks(subject.lab).flatMap((look) => judgeExpectation(look)),
    ...judgeChoices(subject),
    ...judgePatterns(subject.document.data, []),
    ...judgeAnswered(subject),
    ...judgeTargets(subject),
  ];
}

function judgeNumbers({ lab }: LabSubject): RuleFinding[] {
  const points = lab.steps.flatMap(({ checks }) => checks).reduce((sum, check) => sum + check.points, 0);
  const minutes = lab.steps.reduce((sum, step) => sum + step.minutes, 0);
  const pass = lab.grade?.pass ?? 0;
  const findings: RuleFinding[] = [];
  if (pass > points)
    findings.push({
      rule: 'LAB021',
      message: `${pass} points are needed to pass, and all checks together give ${points}`,
      at: { path: ['grade', 'pass'] },
    });
  if (lab.minutes < minutes || lab.minutes > minutes * 2)
    findings.push({
      rule: 'LAB022',
      message: `the lab takes ${lab.minutes} minutes, and its steps take ${minutes} together`,
      at: { path: ['minutes'] },
    });
  if (lab.test.wrong.length === 0)
    findings.push({ rule: 'LAB040', message: 'no wrong answer proves that the checks refuse one', at: { path: ['test'] } });
  return findings;
}

function judgeStepPoints({ lab }: LabSubject): RuleFinding[] {
  return lab.steps.flatMap(({ points, checks }, step): RuleFinding[] => {
    const sum = checks.reduce((total, check) => total + check.points, 0);
    if (points === undefined || points === sum) return [];
    const message = `the step gives ${points} points, and its checks give ${sum} together`;
    return [{ rule: 'LAB046', message, at: { path: ['steps', step, 'points'] } }];
  });
}

const outputs = ['stdout', 'stderr', 'exitCode'] as const;
const answers = ['body', 'status', 'refused'] as const;

function judgeExpectation({ fields, path }: PlacedLook): RuleFinding[] {
  const { object, exec, http, run, expect } = fields;
  const find = (message: string, ...inner: YamlPath): RuleFinding => ({
    rule: 'LAB036',
    message,
    at: { path: [...path, ...inner] },
  });
  const findings: RuleFinding[] = [];
  if (object?.absent === true)
    for (const key of ['match', 'conditions', 'not', 'count', 'distinct', 'every'] as const)
      if (object[key] !== undefined) findings.push(find(`what is absent has no ${key}`, 'object', key));
  const { atLeast, atMost } = object?.count ?? {};
  if (atLeast !== undefined && atMost !== undefined && atLeast > atMost)
    findings.push(find('nothing is at least that and at most this', 'object', 'count'));
  if (object !== undefined)
    for (const { path: inner, message } of judgeReachable(object)) findings.push(find(message, 'object', ...inner));
  if (expect === undefined) return findings;
  if (exec === undefined && http === undefined && run === undefined)
    return [...findings, find('only exec, http and run give something back', 'expect')];
  const wrong = http === undefined ? answers : outputs;
  const kind = http === undefined ? (exec === undefined ? 'run' : 'exec') : 'http';
  for (const key of wrong) if (expect[key] !== undefined) findings.push(find(`${kind} gives back no ${key}`, 'expect', key));
  if (expect.refused === true && (expect.body !== undefined || expect.status !== undefined))
    findings.push(find('what is refused has no body and no status', 'expect', 'refused'));
  return [...findings, ...judgeTexts(expect).map(({ key, message }) => find(message, 'expect', key))];
}

const statuses = ['True', 'False', 'Unknown'];

/** What no object, or no single one, can ever have. */
function judgeReachable({ name, conditions, count, distinct }: ObjectCheck): { path: YamlPath; message: string }[] {
  const wrong = Object.entries(conditions ?? {}).filter(
    ([, status]) => !statuses.includes(status) && placeholdersIn(status).length === 0,
  );
  const single = 'a name selects one object, and never several';
  return [
    ...wrong.map(([type, status]) => {
      const message = `a condition is one of ${statuses.join(', ')}, and never ${showText(status)}`;
      return { path: ['conditions', type], message };
    }),
    ...(name !== undefined && (count?.atLeast ?? 0) > 1 ? [{ path: ['count', 'atLeast'], message: single }] : []),
    ...(name !== undefined && distinct !== undefined ? [{ path: ['distinct', 'atLeast'], message: single }] : []),
  ];
}

function judgeTexts(expect: Expectation): { key: string; message: string }[] {
  const texts: [string, TextExpectation | undefined][] = [
    ['stdout', expect.stdout],
    ['stderr', expect.stderr],
    ['body', expect.body],
  ];
  return texts.flatMap(([key, text]) =>
    text !== undefined && Object.keys(text).length === 0 ? [{ key, message: 'nothing is expected of it' }] : [],
  );
}

/** The right answers to a question with choices are among them. */
function judgeChoices({ lab }: LabSubject): RuleFinding[] {
  return lab.steps.flatMap(({ checks }, step) =>
    checks.flatMap(({ answer }, check) => {
      if (answer?.choices === undefined || !Array.isArray(answer.is)) return [];
      const ids = answer.choices.map(({ id }) => id);
      return answer.is.flatMap((right, index): RuleFinding[] => {
        const path = ['steps', step, 'checks', check, 'answer', 'is', index];
        return ids.includes(right)
          ? []
          : [{ rule: 'LAB036', message: `${showText(right)} is none of the choices: ${ids.join(', ')}`, at: { path } }];
      });
    }),
  );
}

/** LAB044: a solution that leaves a question open can not pass. */
function judgeAnswered({ lab }: LabSubject): RuleFinding[] {
  return lab.steps.flatMap(({ checks, solve }, step) => {
    const given = new Set(solve.flatMap((action) => ('answer' in action ? Object.keys(action.answer) : [])));
    return checks.flatMap(({ id, answer }): RuleFinding[] =>
      answer === undefined || given.has(id)
        ? []
        : [
            {
              rule: 'LAB044',
              message: `expected an action {answer: {${id}: true}}`,
              at: { path: ['steps', step, 'solve'], key: true },
            },
          ],
    );
  });
}

/** `matches` of expectations, and the operator `$regex`. */
function judgePatterns(data: unknown, path: YamlPath): RuleFinding[] {
  if (typeof data !== 'object' || data === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(data) ? [...data.entries()] : Object.entries(data);
  return entries.flatMap(([key, value]) => {
    const at = [...path, key];
    if ((key !== 'matches' && key !== '$regex') || typeof value !== 'string') return judgePatterns(value, at);
    return isPattern(value)
      ? []
      : [{ rule: 'LAB037', message: `${showText(value)} is no regular expression`, at: { path: at } } as const];
  });
}

function isPattern(text: string): boolean {
  const names = new Set(placeholdersIn(text));
  const filled = text.replaceAll(/\$\{([^{}]*)\}/g, (whole, name: string) => (names.has(name) ? 'x' : whole));
  try {
    return new RegExp(filled, 'mu').source !== '';
  } catch {
    return false;
  }
}

/** LAB041: nodes by name are among those that the lab requires. */
function judgeTargets({ lab }: LabSubject): RuleFinding[] {
  const { controlPlane, workers } = lab.requires.nodes;
  const most: Readonly<Record<string, number>> = { control: controlPlane, worker: workers };
  const judge = (target: string | undefined, path: YamlPath): RuleFinding[] => {
    const [, word = '', number = ''] = /^(control|worker)(\d+)$/.exec(target ?? '') ?? [];
    if (word === '' || Number(number) <= (most[word] ?? 0)) return [];
    return [{ rule: 'LAB041', message: `the lab does not require a node ${target}: raise requires.nodes`, at: { path } }];
  };
  const acts = listActions(lab).flatMap(({ action, path }) => ('on' in action ? judge(action.on, [...path, 'on']) : []));
  const looks = listLooks(lab).flatMap(({ fields, path }) => [
    ...judge(fields.run?.on, [...path, 'run', 'on']),
    ...judge(fields.http?.node, [...path, 'http', 'node']),
    ...judge(fields.http?.from, [...path, 'http', 'from']),
  ]);
  return [...acts, ...looks];
}
