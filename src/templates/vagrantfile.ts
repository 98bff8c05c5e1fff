import { renderTemplate } from './mustache.ts';

/** What Vagrantfile.tmpl is filled with. Every string is a Ruby expression already. */
export interface VagrantfileView {
  readonly cluster: string;
  /** The provider that plain `vagrant up` takes; false leaves the choice to Vagrant. */
  readonly provider: string | false;
  /** What runs libvirt's machines, `kvm` or `qemu`, and the processor that they see. */
  readonly driver: string;
  readonly cpuMode: string;
  readonly box: string;
  /** Whether all that a node needs is in the box. */
  readonly nodeImage: boolean;
  /** Where the box comes from; false where its name alone says it. */
  readonly boxUrl: string | false;
  /** The digest of what is at the URL; false for none given. */
  readonly boxChecksum: false | { readonly kind: string; readonly hex: string };
  readonly netmask: string;
  readonly hostAddress: string;
  readonly managementName: string;
  readonly managementAddress: string;
  /** In the order in which they must come up where only one can at a time. */
  readonly machines: readonly MachineView[];
}

export interface MachineView {
  readonly name: string;
  readonly role: string;
  readonly address: string;
  readonly cpus: string;
  readonly memory: string;
  readonly disks: string;
}

export function renderVagrantfile(template: string, view: VagrantfileView): string {
  return renderTemplate(template, view);
}
