import path from 'node:path';
import type { Lock } from '../../artifacts/source.ts';
import type { NodeImageHome } from '../../cluster/up-context.ts';
import type { Box, BoxProvider } from './box.ts';
import { boxShelf, type ShelfContext } from './box-shelf.ts';
import { type TreeStore, type VmBaseHome, type VmImageHome, vmImageHome, type VmImageSettings } from './vm-image.ts';

export interface BoxHomeSettings extends VmImageSettings {
  readonly provider: BoxProvider;
  /** Vagrant's own folder: `$VAGRANT_HOME`, or `~/.vagrant.d`. */
  readonly vagrantHome: string;
  /** Told the name of the box each time that it was made sure of. */
  readonly installed: (imageBox: string) => Promise<void>;
}

/** A store that has to be opened before it is used. */
export interface OpenableStore extends TreeStore {
  /** True when it was not open before. */
  open(): Promise<boolean>;
  close(): Promise<void>;
}

export interface BoxHomeContext extends ShelfContext {
  readonly store: OpenableStore;
}

export interface BoxHome extends NodeImageHome {
  /** The key of the node image of a lock with every digest. */
  key(lock: Lock): Promise<string>;
}

/** The name of the box of a node image, as in `config.vm.box`. */
export function imageBoxName(key: string): string {
  return `kubelab/${key}`;
}

/** Node images as boxes: made natively, and laid where Vagrant finds them. */
export function boxHome(settings: BoxHomeSettings, context: BoxHomeContext): BoxHome {
  const images = vmImageHome(settings, context);
  const shelf = boxShelf(settings.provider, settings.vagrantHome, context);
  const key = async (lock: Lock): Promise<string> => path.basename(await images.disk(lock), '.qcow2');
  const box = async (lock: Lock): Promise<Box> => ({ name: imageBoxName(await key(lock)), version: '1.0.0' });
  const opened = <T>(work: () => Promise<T>): Promise<T> => whileOpen(context.store, work);
  return {
    key,
    hasBase: () => opened(images.hasBase),
    makeBase: (progress) => opened(() => images.makeBase(progress)),
    hasImage: async (lock) => (await images.hasImage(lock)) && shelf.has(await box(lock)),
    makeImage: async (lock, progress) => {
      if (!(await images.hasImage(lock))) await opened(() => images.makeImage(lock, progress));
      progress('laying the box where Vagrant finds it');
      await shelf.install(await box(lock), { disk: await images.disk(lock), guest: 'debian' });
      await settings.installed((await box(lock)).name);
    },
  };
}

/** The disk of the plain system of kubelab's own making, made where it is not there. */
export async function provideBaseDisk(
  images: VmBaseHome,
  store: OpenableStore,
  progress: (text: string) => void,
): Promise<string> {
  if (!(await images.hasBaseDisk()))
    await whileOpen(store, async () => {
      if (!(await images.hasBase())) await images.makeBase(progress);
      await images.makeBaseDisk(progress);
    });
  return images.baseDisk();
}

/** The disk of the node image of a lock with every digest, made where it is not there. The base box has to be there. */
export async function provideImageDisk(
  images: VmImageHome,
  store: OpenableStore,
  lock: Lock,
  progress: (text: string) => void,
): Promise<string> {
  if (!(await images.hasImage(lock))) await whileOpen(store, () => images.makeImage(lock, progress));
  return images.disk(lock);
}

/** Makes the base box where neither it nor the image of a lock is there. */
export async function provideBase(
  images: VmImageHome,
  store: OpenableStore,
  lock: Lock,
  progress: (text: string) => void,
): Promise<void> {
  if (await images.hasImage(lock)) return;
  await whileOpen(store, async () => {
    if (!(await images.hasBase())) await images.makeBase(progress);
  });
}

async function whileOpen<T>(store: OpenableStore, work: () => Promise<T>): Promise<T> {
  const mounted = await store.open();
  try {
    return await work();
  } finally {
    if (mounted) await store.close();
  }
}
