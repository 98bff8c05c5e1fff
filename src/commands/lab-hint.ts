import { KubelabError } from '../errors/errors.ts';
import { progressOf, withProgress } from '../labs/attempt/attempt.ts';
import { chooseHint } from '../labs/attempt/choose-hint.ts';
import { fillField } from '../labs/attempt/fill-text.ts';
import { createKeeper } from '../labs/attempt/keep-attempt.ts';
import { hasSolutions } from '../labs/solutions.ts';
import { stepOf } from '../labs/attempt/stage.ts';
import { fillInValues } from '../labs/attempt/values.ts';
import type { Block } from '../ui/block.ts';
import { type CommandResult, defineCommand } from './command.ts';
import { lockOwner } from './cluster-run.ts';
import type { Context } from './context.ts';
import { readClusterFacts } from './lab-cluster.ts';
import { openReady } from './lab-stage.ts';
import { type Words, words } from './lab-words.ts';

export const labHint = defineCommand({
  name: 'hint',
  summary: 'show the next hint, chosen by what the last check found',
  description: 'Where there is no other one, those that it has shown before are shown again.',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab lab hint', what: 'one more each time' }],
  run: (_, context) => runHint(context),
});

async function runHint(context: Context): Promise<CommandResult> {
  const { existing, loaded, attempt, folder } = await openReady(context);
  const step = stepOf({ loaded }, attempt.step);
  const progress = progressOf(attempt, step.id);
  const say = words[attempt.language];
  const values = fillInValues(loaded.lab, await readClusterFacts(existing), attempt.vars);
  const read = (index: number): string => {
    const place = ['steps', loaded.lab.steps.indexOf(step), 'hints', index, 'text', attempt.language];
    return fillField(loaded, place, step.hints[index]?.text[attempt.language] ?? '', values);
  };
  const index = chooseHint(step, progress);
  const hint = index === undefined ? undefined : step.hints[index];
  if (index === undefined || hint === undefined) {
    const text = Object.keys(progress.results).length === 0 ? say.noHintYet : say.noMoreHints;
    const earlier = progress.hints.filter((shown) => step.hints[shown] !== undefined).map(read);
    return {
      data: { hint: undefined, shown: progress.hints.length, earlier },
      human: () => [
        { kind: 'text', text },
        ...earlier.flatMap((one, at) => describeHint(say, at + 1, 0, one)),
        ...(hasSolutions(loaded.lab) ? [solveInstead(say)] : []),
      ],
    };
  }
  const text = read(index);
  const keeper = createKeeper(folder, attempt, lockOwner(context, 'lab hint'));
  // Only what can be shown has its cost.
  if (!(await keeper.keep(withProgress(attempt, step.id, { hints: [...progress.hints, index] }))))
    throw new KubelabError('KL-LAB-ORDER', `step ${step.id} of lab ${loaded.lab.id} is no longer the current one`, {
      ko: { message: `${step.id} 단계는 더 이상 ${loaded.lab.id} 실습의 현재 단계가 아닙니다.` },
    });
  return {
    data: { hint: text, tier: hint.tier, cost: hint.cost, shown: progress.hints.length + 1 },
    human: () => describeHint(say, progress.hints.length + 1, hint.cost, text),
  };
}

function describeHint(say: Words, number: number, cost: number, text: string): readonly Block[] {
  return [
    { kind: 'heading', text: say.hint(number, cost) },
    { kind: 'text', text },
  ];
}

function solveInstead(say: Words): Block {
  return { kind: 'commands', title: say.next, commands: [{ command: 'kubelab lab solve', what: say.solveIt }] };
}
