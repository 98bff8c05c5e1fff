import { waitFor } from '../../cluster/wait.ts';
import { CommandFailed, KubelabError } from '../../errors/errors.ts';
import { quoteCommand } from '../../exec/quote.ts';
import { ApiError } from '../../kubernetes/api-error.ts';
import { ApiPathInvalid } from '../../kubernetes/kinds.ts';
import { interpolate, interpolateAll, UnknownPlaceholder, type Values } from '../interpolate.ts';
import { wrapScript } from '../check/check-run.ts';
import type { Action } from '../lab-action.ts';
import { FieldPathInvalid } from '../field-path.ts';
import { MatchInvalid } from '../check/match-operators.ts';
import { probe } from '../check/probe.ts';
import { describeSelector } from '../check/select-objects.ts';
import { type DoneAction, showAnswers, showApply, showKubectl, showScript, showWait } from './done-action.ts';
import type { Stage } from './stage.ts';
import { nodesOf, TargetUnknown } from '../target.ts';

export interface PerformInput {
  /** What the actions are for, such as "the setup of step claim". */
  readonly what: string;
  readonly values: Values;
  /** The attempt's own variables: the environment of scripts. */
  readonly variables: Readonly<Record<string, string>>;
  /** The right answer to a check of the kind answer, asked for when an action gives it. */
  readonly rightAnswer: (check: string) => Promise<string>;
}

/** What was done, and the answers that were given on the way. */
export interface Performed {
  readonly done: readonly DoneAction[];
  readonly answers: Readonly<Record<string, string>>;
}

/** Something that a lab does to a cluster failed. */
export class ActionFailed extends KubelabError {
  /** What failed, where it is one of the lab's actions. */
  readonly action: Action | undefined;

  constructor(what: string, details: readonly string[], cause: Error, action?: Action) {
    super('KL-LAB-FAILED', `${what} could not be carried out`, { details, cause });
    this.action = action;
  }
}

/** An action answers a question that the lab does not ask. */
export class QuestionUnknown extends Error {
  constructor(check: string) {
    super(`the lab asks no question ${check}`);
    this.name = 'QuestionUnknown';
  }
}

/** Longer than any wait of a command in a lab: these end by themselves, and say what they waited for. */
const kubectlTimeout = 6 * 60_000;

/**
 * Carries out actions, one after the other.
 * @throws ActionFailed
 * @throws KubelabError `KL-WAIT-DEADLINE`
 * @throws Interrupted
 */
export async function performActions(stage: Stage, actions: readonly Action[], input: PerformInput): Promise<Performed> {
  const done: DoneAction[] = [];
  const answers: Record<string, string> = {};
  for (const action of actions) {
    const line = describeAction(action, stage, input.values);
    stage.say(line);
    try {
      if ('answer' in action) {
        const given = await findAnswers(action, input);
        Object.assign(answers, given);
        done.push(showAnswers(given));
      } else done.push(await perform(stage, action, input));
    } catch (error) {
      throw explainFailure(error, input.what, line, action);
    }
  }
  return { done, answers };
}

type AnswerAction = Extract<Action, { answer: unknown }>;

async function findAnswers({ answer }: AnswerAction, input: PerformInput): Promise<Readonly<Record<string, string>>> {
  const given = Object.entries(answer).map(
    async ([check, text]) =>
      [check, text === true ? await input.rightAnswer(check) : interpolate(text, input.values, input.what)] as const,
  );
  return Object.fromEntries(await Promise.all(given));
}

async function perform(stage: Stage, action: Exclude<Action, AnswerAction>, input: PerformInput): Promise<DoneAction> {
  const { loaded, cluster } = stage;
  const { namespace } = loaded.lab;
  const fill = async (path: string): Promise<string> => interpolate(await loaded.folder.read(path), input.values, path);
  if ('apply' in action) {
    const manifest = await fill(action.apply);
    await cluster.kubectl.run(['--namespace', namespace, 'apply', '-f', '-'], { input: manifest, timeout: kubectlTimeout });
    return showApply(namespace, action.apply, manifest);
  }
  if ('kubectl' in action) {
    const args = interpolateAll(action.kubectl, input.values, input.what);
    const given = action.input === undefined ? undefined : await fill(action.input);
    const timeout = Math.min(kubectlTimeout, stage.patience.atMost ?? Infinity);
    await cluster.kubectl.run(['--namespace', namespace, ...args], { timeout, ...(given !== undefined && { input: given }) });
    return showKubectl(namespace, args, given);
  }
  if ('until' in action) {
    await waitUntil(stage, action, input);
    const { object } = interpolateAll({ object: action.until.object }, input.values, input.what);
    return showWait(object === undefined ? undefined : `${object.kind} ${describeSelector(object)}`);
  }
  return runScript(stage, action, input);
}

async function runScript(stage: Stage, action: Extract<Action, { on: string }>, input: PerformInput): Promise<DoneAction> {
  const { loaded, cluster } = stage;
  const script = action.run ?? (await loaded.folder.read(action.script ?? ''));
  const environment = { ...input.variables, KUBELAB_NAMESPACE: loaded.lab.namespace };
  const nodes = nodesOf(action.on, cluster).map(({ name }) => name);
  const runs = nodes.map((node) =>
    cluster.node(node).run(['sh', '-eu', '-s'], {
      timeout: action.timeout,
      signal: cluster.signal,
      input: wrapScript(script),
      env: environment,
    }),
  );
  // Where it fails on one, those on others would go on beside whatever is done next.
  await Promise.allSettled(runs);
  await Promise.all(runs);
  return showScript({ script, file: action.script, nodes, environment });
}

async function waitUntil(
  stage: Stage,
  action: Extract<Action, { until: unknown }>,
  { what, values }: PerformInput,
): Promise<void> {
  const { loaded, cluster } = stage;
  await waitFor(
    {
      what: `${what} of lab ${loaded.lab.id} to take effect`,
      hint: `Look with: kubelab kubectl -n ${loaded.lab.namespace} get all,events. If all looks well there, it is a mistake in the lab.`,
      deadline: Math.min(
        Math.max(action.within * cluster.capabilities.slowness, stage.patience.atLeast ?? 0),
        stage.patience.atMost ?? Infinity,
      ),
      every: 1000,
      ready: async () => {
        const { status, text } = await probe({
          fields: action.until,
          namespace: loaded.lab.namespace,
          values,
          cluster,
          readScript: (path) => loaded.folder.read(path),
        });
        return status === 'pass' ? true : text;
      },
    },
    cluster.signal,
    stage.say,
  );
}

const failures = [
  CommandFailed,
  UnknownPlaceholder,
  QuestionUnknown,
  TargetUnknown,
  ApiError,
  ApiPathInvalid,
  FieldPathInvalid,
  MatchInvalid,
];

/** That an action fails is never the learner's fault: it is named as one of the lab or the cluster. */
export function explainFailure(error: unknown, what: string, line: string, action?: Action): unknown {
  if (!failures.some((kind) => error instanceof kind) || !(error instanceof Error)) return error;
  const said = error instanceof CommandFailed ? (error.stderr.trim() || error.message).split('\n').slice(-5) : [error.message];
  return new ActionFailed(what, [line, ...said], error, action);
}

/** An action in one line, for those who wait for it. DoneAction has it as a person would do it. */
export function describeAction(action: Action, { loaded }: Pick<Stage, 'loaded'>, values: Values): string {
  const { id, namespace } = loaded.lab;
  if ('apply' in action) return `kubectl -n ${namespace} apply -f ${id}/${action.apply}`;
  if ('kubectl' in action) {
    const words = quoteCommand(fillWhereKnown(action.kubectl, values));
    return `kubectl -n ${namespace} ${words}${action.input === undefined ? '' : ` < ${id}/${action.input}`}`;
  }
  if ('until' in action) return 'wait until it has taken effect';
  if ('answer' in action) return `answer ${Object.keys(action.answer).join(', ')}`;
  const first = (action.run ?? '').trim().split('\n');
  return action.script === undefined
    ? `${action.on}: ${first[0] ?? ''}${first.length > 1 ? ' ...' : ''}`
    : `${action.on}: ${id}/${action.script}`;
}

/** As it is written, where it can not be filled in: carrying it out says why. */
function fillWhereKnown(words: readonly string[], values: Values): readonly string[] {
  try {
    return interpolateAll(words, values, 'kubectl');
  } catch (error) {
    if (error instanceof UnknownPlaceholder) return words;
    throw error;
  }
}
