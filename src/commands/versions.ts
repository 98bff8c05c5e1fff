import path from 'node:path';
import type { SourceContext } from '../artifacts/source.ts';
import { readIfThere } from '../cluster/files.ts';
import { loadSpec } from '../cluster/load-spec.ts';
import { readLockFile } from '../cluster/lock-file.ts';
import type { Spec } from '../cluster/spec.ts';
import { KubelabError } from '../errors/errors.ts';
import { compareVersions, factsFor, knownMinors, minorOf, nearestVersions, parseVersionWish } from '../kubernetes/versions.ts';
import type { Block } from '../ui/block.ts';
import { chooseSource } from './choose-source.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';

export const versions = defineCommand({
  name: 'versions',
  summary: 'list the Kubernetes versions that can be had',
  description: 'Asks the source that the spec here leads to, or the one named. Without a spec, the one that auto takes.',
  args: { minor: { summary: 'such as 1.36: every patch of it', optional: true } },
  flags: { source: { type: 'string', value: 'name', summary: 'the source to ask', choices: ['auto', 'upstream', 'go'] } },
  examples: [
    { command: 'kubelab versions', what: 'every minor, its newest patch and how long it is supported' },
    { command: 'kubelab versions 1.36 --source go', what: 'the patches that the Go module mirror has' },
  ],
  run: async ({ args, flags }, context) => {
    const minor = args.minor === undefined ? undefined : parseVersionWish(args.minor).minor;
    const spec = await readSpec(context);
    const specFolder = path.dirname(context.specFile);
    const locked = (await readLockFile(path.join(specFolder, 'kubelab.lock')))?.lock;
    const { source, choice } = await chooseSource({
      spec: {
        ...spec,
        ...(minor === undefined ? {} : { kubernetes: minor }),
        ...(flags.source === undefined ? {} : { source: flags.source }),
      },
      specFolder,
      locked: flags.source === undefined ? locked?.source : undefined,
      environment: context.env,
      context: sourceContextOf(context),
    });
    const listed = await source.versions(minor);
    // What was had once can be had again, whatever the list says.
    const offered = locked?.source === choice.kind ? [...new Set([...listed, locked.kubernetes])] : listed;
    const rows = listMinors(offered, minor, new Date());
    if (minor !== undefined && rows.length === 0) throw refuseMinor(minor, choice.kind, await source.versions(undefined));
    return describe({ source: choice.kind, why: choice.why, locked: locked?.kubernetes, minors: rows }, minor);
  },
});

/** A minor with the patches that can be had, and how long it is supported. */
interface MinorVersions {
  readonly minor: string;
  readonly released: string;
  readonly endOfLife: string | undefined;
  readonly supported: boolean;
  /** Oldest first. */
  readonly patches: readonly string[];
}

interface Answer {
  readonly source: string;
  readonly why: string;
  /** The version in kubelab.lock. */
  readonly locked: string | undefined;
  readonly minors: readonly MinorVersions[];
}

/** Newest first. What this kubelab can not install is left out. */
function listMinors(offered: readonly string[], only: string | undefined, now: Date): MinorVersions[] {
  const today = now.toISOString().slice(0, 10);
  return knownMinors()
    .filter((minor) => only === undefined || minor === only)
    .map((minor) => {
      const { released, endOfLife } = factsFor(`${minor}.0`);
      const patches = offered.filter((version) => minorOf(version) === minor).toSorted(compareVersions);
      return { minor, released, endOfLife, supported: endOfLife === undefined || endOfLife >= today, patches };
    })
    .filter(({ patches }) => patches.length > 0)
    .toReversed();
}

function refuseMinor(minor: string, source: string, offered: readonly string[]): KubelabError {
  return new KubelabError('KL-VERSION-UNKNOWN', `the source ${source} has no patch of Kubernetes ${minor}`, {
    details: [`nearest: ${nearestVersions(minor, offered, 4).join(', ')}`],
  });
}

function describe(answer: Answer, minor: string | undefined): CommandResult {
  return { data: answer, human: () => [introduce(answer), ...(minor === undefined ? showMinors(answer) : showPatches(answer))] };
}

function introduce({ source, why, locked }: Answer): Block {
  const lock = locked === undefined ? '' : ` kubelab.lock holds ${locked}.`;
  return { kind: 'text', text: `Kubernetes versions of the source ${source} (${why}).${lock}` };
}

function showMinors({ minors, locked, source }: Answer): Block[] {
  const rows = minors.map(({ minor, released, endOfLife, supported, patches }) => [
    minor,
    patches.at(-1) ?? '',
    String(patches.length),
    released,
    endOfLife ?? 'not announced',
    supported ? 'yes' : 'ended',
    locked !== undefined && minorOf(locked) === minor ? `locked at ${locked}` : '',
  ]);
  const columns = ['MINOR', 'NEWEST', 'PATCHES', 'RELEASED', 'END OF LIFE', 'SUPPORTED', ''];
  const unlisted = knownMinors().filter((known) => minors.every(({ minor }) => minor !== known));
  const gaps = `The list has gaps: for a minor by name its newest patch is tried too (kubelab versions ${unlisted.at(-1) ?? minors[0]?.minor ?? ''}), and so is an exact patch in the spec.`;
  return [
    { kind: 'table', table: { columns, rows, right: [2] } },
    ...(source === 'go' ? [{ kind: 'text', text: gaps } as const] : []),
  ];
}

function showPatches({ minors, locked }: Answer): Block[] {
  return minors.flatMap(({ minor, released, endOfLife, supported, patches }): Block[] => [
    {
      kind: 'text',
      text: `${minor}: released ${released}, ${supported ? `supported until ${endOfLife ?? 'a day not announced yet'}` : `support ended ${endOfLife}`}.`,
    },
    { kind: 'list', items: patches.toReversed().map((version) => (version === locked ? `${version} (locked)` : version)) },
  ]);
}

/** The spec here; where there is none, the one that says nothing. */
async function readSpec(context: Context): Promise<Spec> {
  const shown = path.relative(context.cwd, context.specFile) || context.specFile;
  return loadSpec((await readIfThere(context.specFile)) ?? 'name: any\n', shown);
}

function sourceContextOf({ runner, signal, events, folders }: Context): SourceContext {
  return { runner, signal, events, cache: folders.cache };
}
