import { z } from 'zod';
import { list, map, numberChoice, text, wholeNumber } from '../cluster/spec-fields.ts';
import type { Milliseconds } from '../exec/runner.ts';
import {
  duration,
  fieldOfObject,
  labId,
  localized,
  objectFields,
  scriptFields,
  target,
  versionRange,
  word,
} from './lab-fields.ts';

/** However long its checks may take, a round ends after this; so none of them asks for more. */
export const roundLimit: Milliseconds = 10 * 60_000;

/** A subset: what is written here has to be there, whatever else is. Operators begin with `$`; see match.ts. */
const match = z.record(z.string(), z.unknown(), 'expected a map of fields');

/** Objects of Kubernetes as they should be. */
const object = map({
  ...objectFields,
  match: match.optional(),
  /** Status conditions by type: `{Ready: "True"}`. */
  conditions: z.record(z.string(), z.string('expected a text'), 'expected a map of conditions').optional(),
  /** An object that has this is not as described. Where several are selected, one without it is enough unless `every` is given. */
  not: match.optional(),
  /** No such object may be there. */
  absent: z.literal(true, 'expected true').optional(),
  /** How many objects have to be as described; without it at least one, and every one that `name` names. */
  count: map({ atLeast: wholeNumber(0, 1000).optional(), atMost: wholeNumber(0, 1000).optional() }).optional(),
  /** Every object that labels and where select has to be as described, not only one of them. */
  every: z.literal(true, 'expected true').optional(),
  /** The objects that are as described have to differ in a field. */
  distinct: map({ path: text('a field path, such as spec.nodeName'), atLeast: wholeNumber(2, 100) }).optional(),
});

/** A command in containers of the lab's own namespace. */
const exec = map({
  pod: text('the name of a pod').optional(),
  pods: z.record(z.string(), z.string('expected a text'), 'expected a map of labels').optional(),
  container: text('the name of a container').optional(),
  /** In every such pod; without it, in one that is ready. */
  all: z.literal(true, 'expected true').optional(),
  command: list(word(), 30).min(1, 'expected at least one word'),
  timeout: duration(roundLimit).prefault('10s'),
}).refine(({ pod, pods }) => (pod === undefined) !== (pods === undefined), 'give either pod or pods, and only one of them');

/** A request over HTTP from a node: to a service (by its cluster address), a pod, or a port of a node. */
const http = map({
  service: text('the name of a service').optional(),
  pod: text('the name of a pod').optional(),
  node: target().optional(),
  namespace: text('a namespace').optional(),
  port: wholeNumber(1, 65_535),
  path: text('a path, such as /').prefault('/'),
  from: target().prefault('control-plane'),
  timeout: duration(roundLimit).prefault('10s'),
}).refine(
  ({ service, pod, node }) => [service, pod, node].filter((value) => value !== undefined).length === 1,
  'give exactly one of service, pod and node',
);

/** A question that the learner answers. */
const answer = map({
  question: localized('a question'),
  /** The right answer: one of these texts, without regard to case and outer spaces, or a field as the cluster has it. */
  is: z.union([list(text('an answer'), 20), fieldOfObject], 'expected a list of answers, or a field of an object'),
  /** What to choose from, where the answer is a choice. */
  choices: list(map({ id: labId(), text: localized('a choice') }), 8).optional(),
});

/** A script as root on a node that looks and changes nothing: exit code 0 pass, 1 notYet, 3 notApplicable, 4 spoiled; any other is an error. */
const run = map({ on: target(), ...scriptFields, timeout: duration(roundLimit).prefault('10s') }).refine(
  (value) => (value.run === undefined) !== (value.script === undefined),
  'give either run or script, and only one of them',
);

const textExpectation = map({
  equals: z.string('expected a text').optional(),
  contains: z.string('expected a text').optional(),
  /** A regular expression, with the flags `u` and `m`. */
  matches: z.string('expected a regular expression').optional(),
  lacks: z.string('expected a text').optional(),
});

/** What exec, http and run have to give back. Texts are compared without outer spaces. */
const expectation = map({
  stdout: textExpectation.optional(),
  stderr: textExpectation.optional(),
  exitCode: wholeNumber(0, 255).optional(),
  body: textExpectation.optional(),
  status: wholeNumber(100, 599).optional(),
  /** No answer at all: refused or timed out. */
  refused: z.literal(true, 'expected true').optional(),
});

/** What a check looks at, without when and how it is reported. */
export const checkFields = {
  object: object.optional(),
  exec: exec.optional(),
  http: http.optional(),
  run: run.optional(),
  expect: expectation.optional(),
};

export type CheckKind = 'object' | 'exec' | 'http' | 'answer' | 'run';

/** Whether exactly one kind is given. */
export function hasOneKind(value: Readonly<Record<string, unknown>>): boolean {
  return ['object', 'exec', 'http', 'run', 'answer'].filter((kind) => value[kind] !== undefined).length === 1;
}

export const check = map({
  id: labId(),
  points: wholeNumber(0, 100).prefault(1),
  /** Checks of the same step that have to pass first; until then this one is `blocked`. */
  needs: list(labId(), 20).prefault([]),
  /** On clusters of other versions it is `notApplicable`. */
  when: map({ kubernetes: versionRange() }).optional(),
  ...checkFields,
  answer: answer.optional(),
  /** Looks again until it passes, for so long. */
  within: duration(roundLimit).optional(),
  /** Has to stay so for so long. */
  holds: duration(roundLimit).optional(),
  /** Once passed, passed for the whole attempt: for what does not stay. */
  once: z.literal(true, 'expected true').optional(),
  /** What is shown when it has not passed: `{{actual.status.phase|missing}}` names a field of what was found. */
  message: localized('a message'),
  /** Why it may pass before the step is solved, where that can not be helped. */
  allowPassBeforeSolve: text('a reason').optional(),
})
  .refine(hasOneKind, 'give exactly one of object, exec, http, run and answer')
  .refine(({ within = 0, holds = 0 }) => within + holds <= roundLimit, {
    error: `expected a duration that comes to at most ${roundLimit / 60_000}m together with within`,
    path: ['holds'],
  });
export type Check = z.output<typeof check>;

/** Something that must not be broken; where it is, the attempt is `spoiled`, and a reset is offered. */
export const guard = map({
  id: labId(),
  ...checkFields,
  message: localized('a message'),
}).refine(hasOneKind, 'give exactly one of object, exec, http and run');
export type Guard = z.output<typeof guard>;

export const hint = map({
  tier: numberChoice([1, 2, 3]),
  /** Shown only when this check has this result. */
  when: map({ check: labId(), is: z.enum(['notYet', 'spoiled', 'error', 'blocked']).prefault('notYet') }).optional(),
  /** Points that it costs. */
  cost: wholeNumber(0, 100).prefault(0),
  text: localized('a hint'),
});
export type Hint = z.output<typeof hint>;
export type ObjectCheck = NonNullable<Check['object']>;
export type Expectation = z.output<typeof expectation>;
export type TextExpectation = z.output<typeof textExpectation>;
