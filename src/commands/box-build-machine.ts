import path from 'node:path';
import { resolveBaseBox } from '../artifacts/base-box.ts';
import { resolveCloudImage } from '../artifacts/cloud-image.ts';
import { isKnownBox } from '../artifacts/cloud-images.ts';
import type { Spec } from '../cluster/spec.ts';
import { knownBoxName } from '../cluster/vagrantfile-view.ts';
import { KubelabError } from '../errors/errors.ts';
import { asRoot } from '../exec/root.ts';
import { openSubvolumeStore } from '../providers/nspawn/store.ts';
import type { BoxDisks, BoxProvider } from '../providers/vagrant/box.ts';
import { provideBaseDisk } from '../providers/vagrant/box-home.ts';
import { boxShelf, type ShelfContext } from '../providers/vagrant/box-shelf.ts';
import { nodeDiskShape } from '../providers/vagrant/disk-image.ts';
import { plainBoxHome } from '../providers/vagrant/plain-box-home.ts';
import { vmBaseHome } from '../providers/vagrant/vm-image.ts';
import { architectureOf, chooseBoxWay, requireBoxTools } from './choose-box.ts';
import { fetchSettings } from './choose-source.ts';
import { shareCache } from './cluster-run.ts';
import type { CommandResult } from './command.ts';
import type { Context } from './context.ts';
import { vagrantHome } from './machines.ts';
import { reportStep } from '../cluster/report-step.ts';

export interface MachineBoxWish {
  readonly box: Spec['box'];
  readonly provider: BoxProvider;
  /** A file to write it into, rather than lay it where Vagrant finds it. */
  readonly to: string | undefined;
}

/** Makes a box of virtual machines with a plain system, under the name that rendered folders ask Vagrant for. */
export async function buildMachineBox(context: Context, { box, provider, to }: MachineBoxWish): Promise<CommandResult> {
  const way = chooseBoxWay(box, provider, context.machine, context.cwd);
  if (typeof box === 'object' || (way.kind !== 'native' && way.kind !== 'cloud'))
    throw new KubelabError('KL-USE', 'A .box file is a box already; up gives it to Vagrant by itself.');
  await requireBoxTools(way.kind, context.env['PATH'] ?? '');
  const shelfContext = { runner: context.runner, root: asRoot(context.runner, context.userId), signal: context.signal };
  const shelf = boxShelf(provider, vagrantHome(context), shelfContext);
  const name = knownBoxName(path.basename(box).replace(/\.tar(\.\w+)?$|\.tgz$/, ''));
  const file = to === undefined ? undefined : path.resolve(context.cwd, to);
  await reportStep(context, { id: 'base', title: `make the box ${box} for ${provider}` }, (progress) =>
    shareCache(context, 'box build')('base box', progress, () =>
      withDisks(context, { box, provider, way: way.kind }, shelfContext, progress, (disks) =>
        file === undefined ? shelf.install({ name, version: '1.0.0' }, disks) : shelf.pack(disks, file),
      ),
    ),
  );
  const text = file === undefined ? `Vagrant has the box ${name} for ${provider}.` : `${file} holds the box for ${provider}.`;
  const data = { provider, ...(file === undefined ? { name } : { file }) };
  return { data, human: () => [{ kind: 'text', tone: 'good', text }] };
}

async function withDisks(
  context: Context,
  { box, provider, way }: { readonly box: string; readonly provider: BoxProvider; readonly way: 'native' | 'cloud' },
  shelf: ShelfContext,
  progress: (text: string) => void,
  work: (disks: BoxDisks) => Promise<void>,
): Promise<void> {
  const { signal } = context;
  const { cache } = context.folders;
  if (way === 'native') return work({ disk: await nativeDisk(context, box, shelf, progress), guest: 'debian' });
  if (!isKnownBox(box)) throw new Error(`${box} has no cloud image`);
  const fetch = { signal, ...fetchSettings(context.env) };
  const image = await resolveCloudImage(box, architectureOf(context.machine), fetch);
  const settings = { box: image, provider, vagrantHome: vagrantHome(context), cache, fetch, installed: () => Promise.resolve() };
  await (await plainBoxHome(settings, shelf)).withDisks(progress, work);
}

/** The disk of a system that is made on this host. */
async function nativeDisk(
  context: Context,
  box: string,
  { root, signal }: ShelfContext,
  progress: (text: string) => void,
): Promise<string> {
  const provision = path.join(context.folders.package, 'provision');
  const { cache } = context.folders;
  const store = openSubvolumeStore({ cache, root, signal });
  const images = vmBaseHome(
    {
      base: await resolveBaseBox(box, provision, context.cwd, 'vm'),
      provision,
      cache,
      shape: nodeDiskShape(false),
    },
    { root, signal, store },
  );
  return provideBaseDisk(images, store, progress);
}
