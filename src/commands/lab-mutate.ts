import { KubelabError } from '../errors/errors.ts';
import { type MutantResult, type MutationOptions, type MutationTest, testMutants } from '../labs/prove/mutate-lab.ts';
import type { Shard } from '../labs/prove/mutate.ts';
import { trialMark } from '../labs/attempt/trial-mark.ts';
import { requireSolutions, testInstructor } from '../labs/solutions.ts';
import type { Block } from '../ui/block.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { openExisting } from './existing.ts';
import { readClusterFacts } from './lab-cluster.ts';
import { attemptsOf, findLabOf, onStage } from './lab-stage.ts';
import { requireFit, requireFree } from './lab-trial.ts';
import { requireTrust, trustFlag } from './lab-trust.ts';

export const labMutate = defineCommand({
  name: 'mutate',
  summary: 'find out which slips the checks of a lab do not notice',
  description:
    'Solves the lab with one field of a manifest dropped or changed, again and again, and says which of these slips passed. A dry run sorts out those that the cluster refuses or takes for the same; each of the others takes about a minute.',
  args: { lab: { summary: 'the id of a lab, or the path of its folder' } },
  flags: {
    count: { type: 'number', value: 'number', summary: 'how many slips to try, drawn from all; 20 without it' },
    all: { type: 'boolean', summary: 'try all of them' },
    step: { type: 'string', value: 'id', summary: 'only slips in the manifests of this step' },
    shard: { type: 'string', value: 'index/count', summary: 'only one part of them: 2/4 is the second of four' },
    seed: { type: 'number', value: 'number', summary: 'draws the same slips again' },
    ...trustFlag,
  },
  examples: [
    { command: 'kubelab lab mutate pv-pvc --count 10 --seed 7', what: 'ten slips, the same ones each time' },
    { command: 'kubelab lab mutate pv-pvc --all --shard 1/2', what: 'the first half of all, beside another cluster with 2/2' },
  ],
  run: ({ args, flags }, context) => {
    const draw = {
      ...(flags.all ? {} : { count: flags.count ?? 20 }),
      seed: flags.seed ?? 1,
      ...(flags.step === undefined ? {} : { step: flags.step }),
      ...(flags.shard === undefined ? {} : { shard: readShard(flags.shard) }),
    };
    return runMutate(context, args.lab, draw, flags.trust);
  },
});

/** @throws KubelabError `KL-USE` */
function readShard(text: string): Shard {
  const [, index, count] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (shard.index >= 1 && shard.index <= shard.count) return shard;
  throw new KubelabError('KL-USE', `--shard ${JSON.stringify(text)} is no part of all, such as 2/4`);
}

async function runMutate(
  context: Context,
  asked: string,
  draw: Omit<MutationOptions, 'report'>,
  trusted: boolean,
): Promise<CommandResult> {
  const existing = await openExisting(context);
  const loaded = await findLabOf(context, asked);
  const { id } = loaded.lab;
  requireSolutions(loaded.lab, testInstructor);
  requireFit(loaded.lab, await readClusterFacts(existing), 'en');
  await requireFree(existing, loaded.lab, draw.step);
  await requireTrust(context, existing, [loaded], trusted);
  const title = `lab mutate ${id}`;
  const test = await onStage(context, { existing, loaded, title, changes: true }, async (stage) => {
    // It may have been begun since.
    await requireFree(existing, loaded.lab, draw.step);
    // Before anything is changed, an attempt is kept; a trial has only this to keep.
    const mark = trialMark(attemptsOf(existing), id);
    const mutation = await testMutants(
      { ...stage, patience: {}, keep: () => mark.put(existing.state.createdAt) },
      { ...draw, report: (result) => context.events({ type: 'note', text: describeMutant(result) }) },
    );
    await mark.remove();
    return mutation;
  });
  return { data: { ...draw, ...test }, human: () => describeTest(test) };
}

function describeMutant({ step, what, end, by, seconds }: MutantResult): string {
  return `${end} ${step}: ${what} (${seconds.toFixed(0)} s)${by.length > 0 ? ` by ${by.join(', ')}` : ''}`;
}

function describeTest({ lab, all, results }: MutationTest): readonly Block[] {
  const count = (end: MutantResult['end']): number => results.filter((result) => result.end === end).length;
  const survivors = results.filter(({ end }) => end === 'survived');
  return [
    {
      kind: 'text',
      text: `${lab}: ${results.length} of ${all} slips tried; ${count('refused')} refused by the cluster, ${count('same')} the same to it, ${count('caught')} caught by the checks, ${survivors.length} not noticed.`,
    },
    ...(survivors.length === 0
      ? []
      : [{ kind: 'list', items: survivors.map(({ step, file, what }) => `${step} (${file}): ${what}`) } as const]),
  ];
}
