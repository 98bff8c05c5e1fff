import { z } from 'zod';
import { list, map, numberChoice, text, wholeNumber } from '../cluster/spec-fields.ts';
import type { Milliseconds } from '../exec/runner.ts';
import {
  duration,
  fieldOfObject,
  fieldPath,
  labId,
  localized,
  objectFields,
  scriptFields,
  target,
  targetText,
  versionRange,
  word,
} from './lab-fields.ts';

/** However long its checks may take, a round ends after this; so none of them asks for more. */
export const roundLimit: Milliseconds = 10 * 60_000;

const match = z.record(z.string(), z.unknown(), 'expected a map of fields');

/** Objects of Kubernetes as they should be. */
const object = map({
  ...objectFields,
  match: match
    .optional()
    .describe('Has to be in the object, whatever else is: a subset. Operators begin with a dollar sign, such as {$gte: 2}.'),
  conditions: z
    .record(z.string(), z.string('expected a text'), 'expected a map of conditions')
    .optional()
    .describe('Conditions of its status by type: {Ready: "True"}. A pod that is being deleted is not ready.'),
  not: match
    .optional()
    .describe(
      'An object that has this is not as described. Of several selected, one without it is enough unless every is given.',
    ),
  absent: z.literal(true, 'expected true').optional().describe('No such object may be there.'),
  count: map({
    atLeast: wholeNumber(0, 1000).optional().describe('At least so many.'),
    atMost: wholeNumber(0, 1000).optional().describe('At most so many.'),
  })
    .optional()
    .describe('How many objects have to be as described; without it, at least one. With only atMost, none is enough.'),
  every: z
    .literal(true, 'expected true')
    .optional()
    .describe(
      'Every object that labels and where select has to be as described, not only one of them. There has to be one at least.',
    ),
  distinct: map({
    path: fieldPath(),
    atLeast: wholeNumber(2, 100).describe('How many different values there have to be.'),
  })
    .optional()
    .describe('The objects that are as described have to differ in a field.'),
});

/** A command in containers of the lab's own namespace. */
const exec = map({
  pod: text('the name of a pod').optional().describe('The name of a pod.'),
  pods: z
    .record(z.string(), z.string('expected a text'), 'expected a map of labels')
    .optional()
    .describe('Labels of pods, instead of pod.'),
  container: text('the name of a container')
    .optional()
    .describe(
      'The container: needed where the pod has several. Without it, the pod has to be ready; with it, that container has to run.',
    ),
  all: z.literal(true, 'expected true').optional().describe('In every such pod; without it, in one that is ready.'),
  command: list(word(), 30)
    .min(1, 'expected at least one word')
    .describe('The command, as a list of arguments. It may look and change nothing.'),
  timeout: duration(roundLimit).prefault('10s').describe('How long one run of it may take.'),
}).refine(({ pod, pods }) => (pod === undefined) !== (pods === undefined), 'give either pod or pods, and only one of them');

/** A request over HTTP from a node: to a service (by its cluster address), a pod, or a port of a node. */
const http = map({
  service: text('the name of a service').optional().describe('A service, at its cluster address.'),
  pod: text('the name of a pod').optional().describe('A pod, at its own address.'),
  node: target().optional().describe(`A port of a node. ${targetText}`),
  namespace: text('a namespace').optional().describe("Where the service or pod is; without it, the lab's own namespace."),
  port: wholeNumber(1, 65_535).describe('The port.'),
  path: text('a path, such as /').prefault('/').describe('The path that is asked for.'),
  from: target().prefault('control-plane').describe(`Who asks; every one of them has to get the answer. ${targetText}`),
  timeout: duration(roundLimit).prefault('10s').describe('How long one answer may take.'),
}).refine(
  ({ service, pod, node }) => [service, pod, node].filter((value) => value !== undefined).length === 1,
  'give exactly one of service, pod and node',
);

/** A question that the learner answers. */
const answer = map({
  question: localized('a question').describe('What is asked.'),
  is: z
    .union([list(text('an answer'), 20), fieldOfObject], 'expected a list of answers, or a field of an object')
    .describe('The right answer: any of these texts, without regard to case and outer spaces, or a field as the cluster has it.'),
  choices: list(map({ id: labId().describe('What is answered.'), text: localized('a choice').describe('What is shown.') }), 8)
    .optional()
    .describe('What to choose from, where the answer is a choice.'),
});

/** A script as root on a node that looks and changes nothing. */
const run = map({
  on: target().describe(targetText),
  ...scriptFields,
  timeout: duration(roundLimit).prefault('10s').describe('How long one run of it may take.'),
}).refine(
  (value) => (value.run === undefined) !== (value.script === undefined),
  'give either run or script, and only one of them',
);

const textExpectation = map({
  equals: z.string('expected a text').optional().describe('It is this.'),
  contains: z.string('expected a text').optional().describe('This stands in it.'),
  matches: z
    .string('expected a regular expression')
    .optional()
    .describe('A regular expression finds something in it. It has the flags u and m.'),
  lacks: z.string('expected a text').optional().describe('This does not stand in it.'),
});

/** What exec, http and run have to give back. Texts are compared without outer spaces. */
const expectation = map({
  stdout: textExpectation.optional().describe('What exec and run print.'),
  stderr: textExpectation.optional().describe('What exec and run print on standard error.'),
  exitCode: wholeNumber(0, 255).optional().describe('The exit code of exec and run; without it, 0.'),
  body: textExpectation.optional().describe('What http gets.'),
  status: wholeNumber(100, 599).optional().describe('The status that http gets; without it, any from 200 to 399.'),
  refused: z.literal(true, 'expected true').optional().describe('http gets no answer at all: refused or timed out.'),
});

/** What a check looks at, without when and how it is reported. */
export const checkFields = {
  object: object.optional().describe('Objects of Kubernetes as they should be.'),
  exec: exec.optional().describe("A command in a pod of the lab's namespace."),
  http: http.optional().describe('A request over HTTP from a node: give one of service, pod and node.'),
  run: run
    .optional()
    .describe(
      'A script on a node that looks and changes nothing. Exit code 0 is pass, 1 notYet, 3 notApplicable, 4 spoiled; any other is an error.',
    ),
  expect: expectation.optional().describe('What exec, http and run have to give. Texts are compared without outer spaces.'),
};

export type CheckKind = 'object' | 'exec' | 'http' | 'answer' | 'run';

/** Whether exactly one kind is given. */
export function hasOneKind(value: Readonly<Record<string, unknown>>): boolean {
  return ['object', 'exec', 'http', 'run', 'answer'].filter((kind) => value[kind] !== undefined).length === 1;
}

export const check = map({
  id: labId().describe('What it is called. Never changes once the lab is given away.'),
  points: wholeNumber(0, 100).prefault(1).describe('What it is worth.'),
  needs: list(labId(), 20)
    .prefault([])
    .describe('Checks of the same step that have to pass first; until then this one is blocked.'),
  when: map({ kubernetes: versionRange().describe('A range of versions, such as ">=1.29".') })
    .optional()
    .describe('On other clusters it is notApplicable.'),
  ...checkFields,
  answer: answer.optional().describe('A question to the learner.'),
  within: duration(roundLimit).optional().describe('Looks again until it passes, for so long.'),
  holds: duration(roundLimit).optional().describe('Has to stay as it should be for so long.'),
  once: z
    .literal(true, 'expected true')
    .optional()
    .describe('Once passed, passed until the step is reset: for what does not stay.'),
  message: localized('a message').describe(
    'What is shown when it has not passed. {{actual.status.phase|missing}} names a field of what was found.',
  ),
  allowPassBeforeSolve: text('a reason')
    .optional()
    .describe('Why it may pass before the step is solved, where that can not be helped.'),
})
  .refine(hasOneKind, 'give exactly one of object, exec, http, run and answer')
  .refine(({ within = 0, holds = 0 }) => within + holds <= roundLimit, {
    error: `expected a duration that comes to at most ${roundLimit / 60_000}m together with within`,
    path: ['holds'],
  });
export type Check = z.output<typeof check>;

/** Something that must not be broken; where it is, the attempt is `spoiled`, and a reset is offered. */
export const guard = map({
  id: labId().describe('What it is called.'),
  ...checkFields,
  message: localized('a message').describe('What is shown when it is broken.'),
}).refine(hasOneKind, 'give exactly one of object, exec, http and run');
export type Guard = z.output<typeof guard>;

export const hint = map({
  tier: numberChoice([1, 2, 3]).describe('How much it gives away: 1 where to look, 2 what is wrong, 3 how to mend it.'),
  when: map({
    check: labId().describe('A check of the step.'),
    is: z.enum(['notYet', 'spoiled', 'error', 'blocked']).prefault('notYet').describe('The result that it has.'),
  })
    .optional()
    .describe('Shown only when this check has this result.'),
  cost: wholeNumber(0, 100).prefault(0).describe('Points that it costs.'),
  text: localized('a hint').describe('What is shown.'),
});
export type Hint = z.output<typeof hint>;
export type ObjectCheck = NonNullable<Check['object']>;
export type Expectation = z.output<typeof expectation>;
export type TextExpectation = z.output<typeof textExpectation>;
