import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { type BoxContext, type BoxFile, packBox } from './box.ts';
import { readVirtualSize } from './disk-image.ts';

const minute = 60_000;

/** The name of the disk in a box for VirtualBox. */
export const virtualboxDisk = 'box-disk001.vmdk';

/**
 * What a box for VirtualBox has beside its disk: Vagrant imports `box.ovf`. The kernel has drivers for PIIX4 IDE and for
 * virtio, and none for AHCI and E1000.
 * @param virtualSize what a machine sees of the disk, in bytes.
 */
export function virtualboxBoxFiles(virtualSize: number): readonly BoxFile[] {
  return [
    { name: 'metadata.json', text: `${JSON.stringify({ provider: 'virtualbox' })}\n` },
    {
      name: 'Vagrantfile',
      text: `Vagrant.configure("2") do |config|
  config.vm.guest = :debian
  config.vm.provider "virtualbox" do |virtualbox|
    virtualbox.default_nic_type = "virtio"
  end
end
`,
    },
    { name: 'box.ovf', text: ovf(virtualSize) },
  ];
}

/**
 * Makes a box for VirtualBox out of a qcow2, as one file. It appears when it is whole.
 * @param file where; its folder takes the converted disk meanwhile.
 */
export async function packVirtualBoxBox(disk: string, file: string, context: BoxContext): Promise<void> {
  const { runner, signal } = context;
  const size = await readVirtualSize(disk, runner, signal);
  const work = await mkdtemp(`${file}.`);
  try {
    const vmdk = path.join(work, virtualboxDisk);
    await runner.run(['qemu-img', 'convert', '-f', 'qcow2', '-O', 'vmdk', '-o', 'subformat=streamOptimized', disk, vmdk], {
      timeout: 60 * minute,
      signal,
    });
    await packBox(file, virtualboxBoxFiles(size), { [virtualboxDisk]: vmdk }, context);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Resource types are those of CIM_ResourceAllocationSettingData: 3 processor, 4 memory, 5 IDE controller, 10 Ethernet, 17 disk. */
function ovf(virtualSize: number): string {
  const items = [
    item(1, 3, '1 virtual CPU', ['VirtualQuantity', '1']),
    item(2, 4, '1024 MB of memory', ['AllocationUnits', 'MegaBytes'], ['VirtualQuantity', '1024']),
    item(3, 5, 'ideController0', ['Address', '0'], ['ResourceSubType', 'PIIX4']),
    item(4, 17, 'disk1', ['AddressOnParent', '0'], ['HostResource', '/disk/vmdisk1'], ['Parent', '3']),
    item(
      5,
      10,
      "Ethernet adapter on 'NAT'",
      ['AutomaticAllocation', 'true'],
      ['Connection', 'NAT'],
      ['ResourceSubType', 'E1000'],
    ),
  ];
  return `<?xml version="1.0"?>
<Envelope ovf:version="1.0" xml:lang="en-US" xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References>
    <File ovf:id="file1" ovf:href="${virtualboxDisk}"/>
  </References>
  <DiskSection>
    <Info>The disk of the box</Info>
    <Disk ovf:capacity="${virtualSize}" ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
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
${items.join('\n')}
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`;
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
