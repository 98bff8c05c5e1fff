import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type BaseBox, resolveBaseBox } from '../artifacts/base-box.ts';
import { readIfThere } from '../cluster/files.ts';
import { KubelabError } from '../errors/errors.ts';
import { asRoot } from '../exec/root.ts';
import { makeMissing, subvolumeBase } from '../providers/nspawn/image-home.ts';
import { openSubvolumeStore } from '../providers/nspawn/store.ts';
import { shareCache } from './cluster-run.ts';
import { defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { requireNspawn } from './plan-workspace.ts';
import { reportStep } from '../cluster/report-step.ts';
import { chooseBaseBox, openWorkspace, withoutLogs } from './workspace.ts';

export const boxBuild = defineCommand({
  name: 'build',
  summary: 'make a base box ahead of time',
  description: 'up makes it by itself when it is not there.',
  args: {
    box: { summary: 'debian-12, or a folder or tar file of a root file system; default: the box of the spec', optional: true },
  },
  flags: {},
  examples: [{ command: 'kubelab box build debian-12', what: 'while there is a network' }],
  needsRoot: true,
  run: async ({ args }, context) => {
    const box = await findBox(args.box, context);
    const root = asRoot(context.runner, context.userId);
    await requireNspawn(context, root);
    const store = openSubvolumeStore({ cache: context.folders.cache, root, signal: context.signal });
    const mounted = await store.open();
    try {
      const base = subvolumeBase(box, { root, signal: context.signal, store });
      const isThere = await base.has();
      if (!isThere)
        await reportStep(context, { id: 'base', title: `make the base box ${box.name}` }, (progress) =>
          shareCache(context, 'box build')('base box', progress, () => makeMissing(base, progress)),
        );
      const text = isThere ? `The base box ${base.key} is there already.` : `The base box ${base.key} is made.`;
      return { data: { key: base.key, path: base.path, made: !isThere }, human: () => [{ kind: 'text', tone: 'good', text }] };
    } finally {
      if (mounted) await store.close();
    }
  },
});

/** The box that was named, else the one of the spec here, else the default. */
async function findBox(name: string | undefined, context: Context): Promise<BaseBox> {
  const provision = path.join(context.folders.package, 'provision');
  if (name !== undefined) return requireBox(name, await resolveBaseBox(name, provision, context.cwd));
  if ((await readIfThere(context.specFile)) === undefined) return resolveBaseBox('debian-12', provision, context.cwd);
  const workspace = withoutLogs(await openWorkspace(context));
  const { box, source } = workspace.spec;
  const bundle =
    typeof source === 'object' && 'bundle' in source ? { bundle: path.resolve(workspace.specFolder, source.bundle) } : {};
  return chooseBaseBox(workspace, { box, source: { kind: 'bundle', why: '', ...bundle } });
}

/** @throws KubelabError `KL-USE` for what is neither a known name nor there. */
async function requireBox(name: string, box: BaseBox): Promise<BaseBox> {
  if (box.kind !== 'tree' && box.kind !== 'tar') return box;
  if ((await stat(box.path).catch(() => undefined)) !== undefined) return box;
  throw new KubelabError('KL-USE', `${name} is no base box that is known, and no folder or file that is there.`, {
    cure: 'Name debian-12, or a folder or tar file with a root file system.',
  });
}
