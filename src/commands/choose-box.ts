import path from 'node:path';
import { type BaseBox, resolveBaseBox } from '../artifacts/base-box.ts';
import { resolveCloudImage } from '../artifacts/cloud-image.ts';
import { isKnownBox, knownBoxes } from '../artifacts/cloud-images.ts';
import type { PlainBox } from '../artifacts/plain-box.ts';
import type { LockFile } from '../cluster/lock-file.ts';
import type { ProviderName } from '../cluster/provider.ts';
import type { Spec } from '../cluster/spec.ts';
import { KubelabError } from '../errors/errors.ts';
import { missingProgram } from '../exec/search-path.ts';
import { missingHostPackages } from '../providers/nspawn/host-probe.ts';
import { diskTools } from '../providers/vagrant/disk-image.ts';
import { fetchSettings } from './choose-source.ts';
import type { Context } from './context.ts';

/** What a box of the spec leads to for a provider on this host. */
export type BoxWay =
  /** A node image is made here, with root's rights and nothing running. */
  | { readonly kind: 'native' }
  /** The machines install all on their own. */
  | { readonly kind: 'cloud' }
  | Exclude<PlainBox, { kind: 'cloud' }>;

/** Whether node images for virtual machines are made of a box on a host of this kind. Pure. */
export function makesNodeImage(box: Spec['box'], machine: Pick<Context['machine'], 'platform' | 'architecture'>): boolean {
  if (machine.platform !== 'linux' || machine.architecture !== 'x64') return false;
  return typeof box === 'string' && !box.endsWith('.box') && (box === 'debian-12' || !isKnownBox(box));
}

/** As images are published for it. */
export function architectureOf({ architecture }: Pick<Context['machine'], 'architecture'>): 'amd64' | 'arm64' {
  return architecture === 'arm64' ? 'arm64' : 'amd64';
}

/**
 * How machines of a provider come from a box on a host of this kind. Pure.
 * @throws KubelabError `KL-SPEC-UNSUPPORTED` with what would be needed.
 */
export function chooseBoxWay(
  box: Spec['box'],
  provider: ProviderName,
  machine: Pick<Context['machine'], 'platform' | 'architecture'>,
  specFolder: string,
): BoxWay {
  const isFile = typeof box === 'string' && box.endsWith('.box');
  if (provider === 'nspawn') return chooseForContainers(box, isFile);
  if (typeof box === 'object') return { kind: 'url', ...box };
  if (isFile) return { kind: 'file', path: path.resolve(specFolder, box) };
  if (makesNodeImage(box, machine)) return { kind: 'native' };
  if (!isKnownBox(box))
    throw unsupported(`the box ${box} is a root file system, which is made a disk of only on Linux on x86_64`);
  if (machine.architecture === 'arm64' && provider === 'virtualbox')
    throw unsupported(
      `kubelab can not make ${box} a box for VirtualBox on arm64`,
      'Name a .box file for VirtualBox on arm64 in the field box, or {url: URL, digest: DIGEST} of one: everything else works the same.',
    );
  return { kind: 'cloud' };
}

function chooseForContainers(box: Spec['box'], isFile: boolean): BoxWay {
  if (box === 'debian-12' || (typeof box === 'string' && !isFile && !isKnownBox(box))) return { kind: 'native' };
  throw unsupported(
    `the box ${typeof box === 'string' ? box : box.url} is for virtual machines, and the nodes are system containers here`,
    'Take debian-12 or a root file system (a folder or tar file), or a provider with virtual machines: libvirt or virtualbox.',
  );
}

function unsupported(message: string, cure?: string): KubelabError {
  return new KubelabError('KL-SPEC-UNSUPPORTED', message, { cure: cure ?? `Take one of ${knownBoxes.join(', ')}.` });
}

/** The base box of system containers that a name, or a path from where the person is, leads to. */
export function baseBoxOfName(name: string, { folders, cwd, machine }: Context): Promise<BaseBox> {
  chooseBoxWay(name, 'nspawn', machine, cwd);
  return resolveBaseBox(name, path.join(folders.package, 'provision'), cwd);
}

/** The plain box of a plan, where one is used; a cloud image stays the one of the lock. */
export async function choosePlainBox(
  context: Context,
  spec: Spec,
  provider: ProviderName,
  known: { readonly lock: LockFile | undefined; readonly specFolder: string },
): Promise<PlainBox | undefined> {
  const way = chooseBoxWay(spec.box, provider, context.machine, known.specFolder);
  if (way.kind === 'native') return undefined;
  if (way.kind !== 'cloud') return way;
  const architecture = architectureOf(context.machine);
  const locked = known.lock?.box;
  if (locked !== undefined && locked.name === spec.box && locked.architecture === architecture) return locked;
  if (typeof spec.box !== 'string' || !isKnownBox(spec.box)) throw new Error('only known boxes are made from cloud images');
  return resolveCloudImage(spec.box, architecture, { signal: context.signal, ...fetchSettings(context.env) });
}

/** @throws KubelabError `KL-HOST-TOOL-MISSING` with the packages that making what the way needs is done with. */
export async function requireBoxTools(way: 'native' | 'cloud', searchPath: string): Promise<void> {
  const wanted = way === 'native' ? diskTools : diskTools.filter(([program]) => program === 'qemu-img');
  const absent = await Promise.all(wanted.map(([program]) => missingProgram(program, searchPath)));
  const packages = wanted.flatMap(([, name], index) => (absent[index] === true ? [name] : []));
  const all = way === 'native' ? [...packages, ...(await missingHostPackages(searchPath))] : packages;
  if (all.length === 0) return;
  const names = wanted.flatMap(([program], index) => (absent[index] === true ? [program] : []));
  throw new KubelabError('KL-HOST-TOOL-MISSING', 'boxes of virtual machines can not be made here', {
    details: names.map((name) => `${name} is not installed`),
    cure: `Install what is missing; on Debian: apt-get install ${[...new Set(all)].join(' ')}`,
  });
}
