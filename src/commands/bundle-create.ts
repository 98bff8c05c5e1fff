import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileExists } from '../exec/file-exists.ts';
import type { CreatedBundle } from '../artifacts/bundle/create.ts';
import { packCommand } from '../artifacts/fill-tree.ts';
import type { Lock } from '../artifacts/source.ts';
import type { ShareWork } from '../cluster/shared-work.ts';
import { makeMissing, subvolumeBase } from '../providers/nspawn/image-home.ts';
import type { Block } from '../ui/block.ts';
import { formatBytes } from '../ui/format.ts';
import { shareCache } from './cluster-run.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { noProvider, requireNspawn, resolvePlan } from './plan-workspace.ts';
import { reportStep } from '../cluster/report-step.ts';
import { chooseBaseBox, openWorkspace, type Resolved, sourceContext, withoutLogs, type Workspace } from './workspace.ts';

export const bundleCreate = defineCommand({
  name: 'create',
  summary: 'put all that the cluster of the spec needs into one file',
  description:
    'Programs or packages, images, and the base box. A spec with source: {bundle: FILE} then needs no network. Fetches or builds first what is not there.',
  args: { file: { summary: 'where to; default: NAME-VERSION.kubelab', optional: true } },
  flags: {
    labs: { type: 'boolean', negated: true, summary: 'leave out the images that only labs use' },
    base: { type: 'boolean', negated: true, summary: 'leave the base box out; making a node image then needs a network' },
  },
  examples: [
    { command: 'kubelab bundle create class.kubelab', what: 'for thirty learners' },
    { command: 'kubelab bundle create --no-base', what: 'smaller, where a network is at hand' },
  ],
  needsRoot: true,
  run: ({ args, flags }, context) => runCreate(args.file, flags, context),
});

interface Choice {
  readonly base: boolean;
  readonly labs: boolean;
}

async function runCreate(file: string | undefined, wanted: Choice, context: Context): Promise<CommandResult> {
  const workspace = withoutLogs(await openWorkspace(context));
  const resolved = await resolvePlan(workspace, noProvider);
  const { plan, source } = resolved;
  const shown = file ?? `${plan.name}-${plan.kubernetes}.kubelab`;
  const target = path.resolve(context.cwd, shown);
  const isThere = await fileExists(target);
  if (isThere && !(await context.ask({ text: `Replace ${shown}, which is there already?`, flag: '--yes' })))
    return { data: { created: false, file: target }, human: () => `${shown} stays as it was.` };
  const share = shareCache(context, 'bundle create');
  await mkdir(context.folders.cache, { recursive: true });
  const work = await mkdtemp(path.join(context.folders.cache, 'bundle-'));
  try {
    const lock = await reportStep(context, { id: 'obtain', title: `obtain Kubernetes ${plan.kubernetes}` }, (progress) =>
      share('artifacts', progress, () => source.obtain(plan.lock)),
    );
    const labs = wanted.labs ? await provideLabs(context, resolved, share) : undefined;
    const base = wanted.base ? await provideBase(workspace, resolved, share, path.join(work, 'base.tar')) : undefined;
    const created = await write(workspace, {
      lock,
      source,
      target,
      ...(labs === undefined ? {} : { labs }),
      ...(base === undefined ? {} : { base }),
    });
    return describe(shown, lock, created);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The images for every role in labs that the source has one for, beyond those of the cluster; undefined when there is none. */
async function provideLabs(context: Context, { plan, source }: Resolved, share: ShareWork): Promise<Lock | undefined> {
  const { imageRoles } = await import('../labs/lab.ts');
  const resolved = await source.resolveRoles(plan.lock, Object.keys(imageRoles));
  if (resolved.artifacts.length === 0) return undefined;
  const lock = await reportStep(context, { id: 'obtain', title: 'obtain the images for labs' }, (progress) =>
    share('artifacts', progress, () => source.obtain(resolved)),
  );
  const beside = new Set(lock.artifacts.map(({ image }) => image));
  return { ...lock, images: Object.fromEntries(Object.entries(lock.images).filter(([, image]) => beside.has(image))) };
}

interface PackedBase {
  readonly key: string;
  readonly file: string;
}

/** The base box as a tar: the one of the bundle that the spec names, else made from the one in the cache. */
async function provideBase(workspace: Workspace, { plan }: Resolved, share: ShareWork, tar: string): Promise<PackedBase> {
  const { context, root, store } = workspace;
  const { obtainBundleBase } = await import('../artifacts/bundle/source.ts');
  const { bundle } = plan.source;
  const held = bundle === undefined ? undefined : await obtainBundleBase(sourceContext(workspace), { file: bundle });
  if (held !== undefined) return held;
  await requireNspawn(context, root);
  const mounted = await store.open();
  try {
    const base = subvolumeBase(await chooseBaseBox(workspace, plan), { root, signal: context.signal, store });
    if (!(await base.has()))
      await reportStep(context, { id: 'base', title: `make the base box ${plan.box}` }, (progress) =>
        share('base box', progress, () => makeMissing(base, progress)),
      );
    await reportStep(context, { id: 'pack', title: 'pack the base box' }, () =>
      root.run(packCommand(base.path, tar), { timeout: 20 * 60_000, signal: context.signal }),
    );
    return { key: base.key, file: tar };
  } finally {
    if (mounted) await store.close();
  }
}

interface Parts {
  readonly lock: Lock;
  readonly labs?: Lock;
  readonly source: Resolved['source'];
  readonly base?: PackedBase;
  readonly target: string;
}

async function write({ context, provision }: Workspace, parts: Parts): Promise<CreatedBundle> {
  const { createBundle } = await import('../artifacts/bundle/create.ts');
  return reportStep(context, { id: 'write', title: 'write the bundle' }, async (progress) => {
    const onProgress = ({ bytes, ofBytes }: { bytes: number; ofBytes: number }): void =>
      progress(`${formatBytes(bytes)} of ${formatBytes(ofBytes)}`);
    await mkdir(path.dirname(parts.target), { recursive: true });
    return createBundle({ ...parts, provision, signal: context.signal, onProgress });
  });
}

function describe(file: string, lock: Lock, { file: target, bytes, info }: CreatedBundle): CommandResult {
  const roles = Object.keys(info.labs?.images ?? {});
  const labs = roles.length === 0 ? '' : `, and images for labs (${roles.join(', ')})`;
  const base = info.base === undefined ? 'without a base box' : `with the base box ${info.base.key}`;
  const data = {
    created: true,
    file: target,
    bytes,
    kubernetes: lock.kubernetes,
    architecture: lock.architecture,
    base: info.base?.key,
    labs: roles,
  };
  const blocks: Block[] = [
    {
      kind: 'text',
      tone: 'good',
      text: `${file} holds Kubernetes ${lock.kubernetes} for ${lock.architecture}, ${base}${labs}: ${formatBytes(bytes)}.`,
    },
    {
      kind: 'commands',
      title: 'Next:',
      commands: [
        { command: `kubelab bundle info ${file}`, what: 'see what it holds' },
        { command: `kubelab bundle verify ${file}`, what: 'after a copy' },
      ],
    },
    {
      kind: 'text',
      text: `To use it, write source: {bundle: ./${path.basename(file)}} into kubelab.yaml and put the file beside it.`,
    },
  ];
  return { data, human: () => blocks };
}
