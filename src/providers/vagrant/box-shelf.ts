import type { Runner } from '../../exec/runner.ts';
import type { Box, BoxDisks, BoxProvider } from './box.ts';
import { hasBox, installBox, type LibvirtHome, packLibvirtBox } from './install-box.ts';
import { hasVirtualBoxBox, installVirtualBoxBox, packVirtualBoxBox } from './virtualbox-box.ts';

/** Where Vagrant finds boxes of one provider. */
export interface BoxShelf {
  has(box: Box): Promise<boolean>;
  /** Does it again where it is there already. */
  install(box: Box, disks: BoxDisks): Promise<void>;
  /** Makes a box as one file, to be taken elsewhere. */
  pack(disks: BoxDisks, file: string): Promise<void>;
}

export interface ShelfContext {
  /** Runs as the user whose Vagrant it is. */
  readonly runner: Runner;
  readonly root: Runner;
  readonly signal: AbortSignal;
}

/** The libvirt that machines are made in. */
export function libvirtHome(vagrantHome: string): LibvirtHome {
  return { vagrantHome, pool: 'default', connection: 'qemu:///system', poolFolder: '/var/lib/libvirt/images' };
}

/** @param vagrantHome Vagrant's own folder: `$VAGRANT_HOME`, or `~/.vagrant.d`. */
export function boxShelf(provider: BoxProvider, vagrantHome: string, context: ShelfContext): BoxShelf {
  if (provider === 'virtualbox')
    return {
      has: (box) => hasVirtualBoxBox(box, vagrantHome),
      install: (box, disks) => installVirtualBoxBox(box, disks, vagrantHome, context),
      pack: (disks, file) => packVirtualBoxBox(disks, file, context),
    };
  const home = libvirtHome(vagrantHome);
  return {
    has: (box) => hasBox(box, home, context),
    install: (box, disks) => installBox(box, disks, home, context),
    pack: (disks, file) => packLibvirtBox(disks, file, context),
  };
}
