import path from 'node:path';
import type { Lock } from '../../artifacts/source.ts';
import type { NodeImageHome } from '../../cluster/up-context.ts';
import type { Runner } from '../../exec/runner.ts';
import type { Box } from './box.ts';
import { hasBox, installBox, type LibvirtHome } from './install-box.ts';
import { type TreeStore, vmImageHome, type VmImageSettings } from './vm-image.ts';

export interface BoxHomeSettings extends VmImageSettings {
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

export interface BoxHomeContext {
  /** Runs as the user whose Vagrant it is. */
  readonly runner: Runner;
  readonly root: Runner;
  readonly signal: AbortSignal;
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

/** Node images as boxes of libvirt: made natively, and laid where Vagrant and libvirt find them. */
export function boxHome(settings: BoxHomeSettings, context: BoxHomeContext): BoxHome {
  const { store } = context;
  const images = vmImageHome(settings, context);
  const home: LibvirtHome = {
    vagrantHome: settings.vagrantHome,
    pool: 'default',
    connection: 'qemu:///system',
    poolFolder: '/var/lib/libvirt/images',
  };
  const key = async (lock: Lock): Promise<string> => path.basename(await images.disk(lock), '.qcow2');
  const box = async (lock: Lock): Promise<Box> => ({ name: imageBoxName(await key(lock)), version: '1.0.0' });
  const opened = async <T>(work: () => Promise<T>): Promise<T> => {
    const mounted = await store.open();
    try {
      return await work();
    } finally {
      if (mounted) await store.close();
    }
  };
  return {
    key,
    hasBase: () => opened(images.hasBase),
    makeBase: (progress) => opened(() => images.makeBase(progress)),
    hasImage: async (lock) => (await images.hasImage(lock)) && hasBox(await box(lock), home, context),
    makeImage: async (lock, progress) => {
      if (!(await images.hasImage(lock))) await opened(() => images.makeImage(lock, progress));
      progress('laying the box where Vagrant finds it');
      await installBox(await box(lock), await images.disk(lock), home, context);
      await settings.installed((await box(lock)).name);
    },
  };
}
