import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileExists } from '../../exec/file-exists.ts';
import { type Box, type BoxContext, type BoxDisks, boxFolder, type BoxFile, type BoxGuest, ownBoxFiles, packBox } from './box.ts';
import { readVirtualSize } from './disk-image.ts';
import { layOutBox } from './lay-box.ts';

const minute = 60_000;

/** The names of the disks in a box for VirtualBox. */
export const virtualboxDisk = 'box-disk001.vmdk';
export const virtualboxSeed = 'box-disk002.vmdk';

/** What a machine sees of the disks, in bytes. */
export interface DiskSizes {
  readonly disk: number;
  readonly seed?: number;
}

/**
 * What a box for VirtualBox has beside its disks: Vagrant imports `box.ovf`. The node image's kernel has drivers for PIIX4
 * IDE and for virtio, and none for AHCI and E1000; those of cloud images have all of them.
 */
export function virtualboxBoxFiles(sizes: DiskSizes, guest: BoxGuest): readonly BoxFile[] {
  return [
    { name: 'metadata.json', text: `${JSON.stringify({ provider: 'virtualbox' })}\n` },
    {
      name: 'Vagrantfile',
      text: `Vagrant.configure("2") do |config|
  config.vm.guest = :${guest}
  config.vm.provider "virtualbox" do |virtualbox|
    virtualbox.default_nic_type = "virtio"
  end
end
`,
    },
    { name: 'box.ovf', text: ovf(sizes) },
  ];
}

/** Whether Vagrant finds the box. */
export async function hasVirtualBoxBox(box: Box, vagrantHome: string): Promise<boolean> {
  const metadata = path.join(boxFolder(vagrantHome, box, 'virtualbox'), 'metadata.json');
  return await fileExists(metadata);
}

/** Lays a box where `vagrant up` finds it. Takes about as much room again as the disk; does it again where it is there already. */
export async function installVirtualBoxBox(box: Box, disks: BoxDisks, vagrantHome: string, context: BoxContext): Promise<void> {
  const files = await describeBox(disks, context);
  await layOutBox(boxFolder(vagrantHome, box, 'virtualbox'), files, async (partial) => {
    await convertDisks(disks, partial, context);
  });
}

/** Makes a box for VirtualBox as one file. It appears when it is whole; its folder takes the converted disks meanwhile. */
export async function packVirtualBoxBox(disks: BoxDisks, file: string, context: BoxContext): Promise<void> {
  const files = await describeBox(disks, context);
  const work = `${file}.disks`;
  try {
    await mkdir(work, { recursive: true });
    await packBox(file, files, await convertDisks(disks, work, context), context);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function describeBox(disks: BoxDisks, context: BoxContext): Promise<BoxFile[]> {
  return [...virtualboxBoxFiles(await readSizes(disks, context), disks.guest), ...ownBoxFiles(disks)];
}

async function readSizes({ disk, seed }: BoxDisks, { runner, signal }: BoxContext): Promise<DiskSizes> {
  const size = await readVirtualSize(disk, runner, signal);
  return seed === undefined ? { disk: size } : { disk: size, seed: await readVirtualSize(seed, runner, signal) };
}

/** Converts the disks into a folder; gives their files by their names in the box. */
async function convertDisks(disks: BoxDisks, folder: string, { runner, signal }: BoxContext): Promise<Record<string, string>> {
  const made: Record<string, string> = {};
  const convert = async (from: string, name: string): Promise<void> => {
    const to = path.join(folder, name);
    const way = ['-f', 'qcow2', '-O', 'vmdk', '-o', 'subformat=streamOptimized'];
    await runner.run(['qemu-img', 'convert', ...way, from, to], { timeout: 60 * minute, signal });
    made[name] = to;
  };
  await convert(disks.disk, virtualboxDisk);
  if (disks.seed !== undefined) await convert(disks.seed, virtualboxSeed);
  return made;
}

/** Resource types are those of CIM_ResourceAllocationSettingData: 3 processor, 4 memory, 5 IDE controller, 10 Ethernet, 17 disk. */
function hardware(withSeed: boolean): string[] {
  const nic = "Ethernet adapter on 'NAT'";
  return [
    item(1, 3, '1 virtual CPU', ['VirtualQuantity', '1']),
    item(2, 4, '1024 MB of memory', ['AllocationUnits', 'MegaBytes'], ['VirtualQuantity', '1024']),
    item(3, 5, 'ideController0', ['Address', '0'], ['ResourceSubType', 'PIIX4']),
    item(4, 17, 'disk1', ['AddressOnParent', '0'], ['HostResource', '/disk/vmdisk1'], ['Parent', '3']),
    item(5, 10, nic, ['AutomaticAllocation', 'true'], ['Connection', 'NAT'], ['ResourceSubType', 'E1000']),
    ...(withSeed ? [item(6, 17, 'disk2', ['AddressOnParent', '1'], ['HostResource', '/disk/vmdisk2'], ['Parent', '3'])] : []),
  ];
}

function ovf(sizes: DiskSizes): string {
  const { seed } = sizes;
  return `<?xml version="1.0"?>
<Envelope ovf:version="1.0" xml:lang="en-US" xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References>
    <File ovf:id="file1" ovf:href="${virtualboxDisk}"/>${seed === undefined ? '' : `\n    <File ovf:id="file2" ovf:href="${virtualboxSeed}"/>`}
  </References>
  <DiskSection>
    <Info>The disk of the box</Info>
${diskLine(1, sizes.disk)}${seed === undefined ? '' : `\n${diskLine(2, seed)}`}
  </DiskSection>
  <NetworkSection>
    <Info>The way to ssh</Info>
    <Network ovf:name="NAT"/>
  </NetworkSection>
  <VirtualSystem ovf:id="kubelab">
    <Info>A virtual machine</Info>
    <OperatingSystemSection ovf:id="96">
      <Info>The guest's system</Info>
      <Description>Debian_64</Description>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>What the machine has</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>kubelab</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>virtualbox-2.2</vssd:VirtualSystemType>
      </System>
${hardware(seed !== undefined).join('\n')}
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`;
}

function diskLine(number: number, bytes: number): string {
  const format = 'http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized';
  return `    <Disk ovf:capacity="${bytes}" ovf:diskId="vmdisk${number}" ovf:fileRef="file${number}" ovf:format="${format}"/>`;
}

/** One piece of hardware; the format wants its fields in alphabetical order. */
function item(id: number, type: number, name: string, ...fields: readonly [string, string][]): string {
  const all: [string, string][] = [
    ...fields,
    ['Caption', name],
    ['ElementName', name],
    ['InstanceID', String(id)],
    ['ResourceType', String(type)],
  ];
  const sorted = all.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return ['      <Item>', ...sorted.map(([key, value]) => `        <rasd:${key}>${value}</rasd:${key}>`), '      </Item>'].join(
    '\n',
  );
}
