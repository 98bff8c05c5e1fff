import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/cluster/plan.ts';
import { renderFolder } from '../../src/cluster/render-folder.ts';
import { viewVagrantfile } from '../../src/cluster/vagrantfile-view.ts';
import { makePlan } from '../golden/vagrant-plans.ts';

const id = 'study-1a2b3c';

function withNetwork(fields: Partial<Plan['network']>): Plan {
  const plan = makePlan({ controlPlanes: 1, workers: 0 });
  return { ...plan, network: { ...plan.network, ...fields } };
}

describe('viewVagrantfile', () => {
  test('puts first what others wait for', () => {
    const view = viewVagrantfile(makePlan({ controlPlanes: 1, workers: 1, etcd: 1, loadBalancers: 1, storage: 1 }), id);
    expect(view.machines.map((machine) => machine.name)).toEqual([
      '"storage1"',
      '"etcd1"',
      '"balancer1"',
      '"control1"',
      '"worker1"',
    ]);
  });

  test.each([
    ['debian-12', '"kubelab/debian-12"', false],
    ['debian/bookworm64', '"debian/bookworm64"', false],
    ['./box.tar', '"kubelab/box.tar"', '"./box.tar"'],
    ['/boxes/my lab.box', '"kubelab/my-lab"', '"/boxes/my lab.box"'],
    ['C:\\boxes\\lab.box', '"kubelab/lab"', '"C:\\\\boxes\\\\lab.box"'],
    ['https://boxes.example/lab.box?version=2', '"kubelab/lab"', '"https://boxes.example/lab.box?version=2"'],
    ['https://boxes.example/metadata.json', '"kubelab/metadata.json"', '"https://boxes.example/metadata.json"'],
  ])('finds the box %s', (box, name, url) => {
    expect(viewVagrantfile(makePlan({ controlPlanes: 1, workers: 0 }, { box }), id)).toMatchObject({ box: name, boxUrl: url });
  });

  test('gives the digest of a box by URL, but not with the box of a node image', () => {
    const plan = makePlan({ controlPlanes: 1, workers: 0 }, { box: 'https://boxes.example/lab.box', boxDigest: 'sha512:abc' });
    expect(viewVagrantfile(plan, id).boxChecksum).toEqual({ kind: '"sha512"', hex: '"abc"' });
    expect(viewVagrantfile(plan, id, 'kubelab/key')).toMatchObject({ box: '"kubelab/key"', boxUrl: false, boxChecksum: false });
  });

  test.each([
    ['10.83.7.0/24', '"255.255.255.0"'],
    ['10.83.0.0/21', '"255.255.248.0"'],
    ['10.0.0.0/8', '"255.0.0.0"'],
    ['192.168.1.0/29', '"255.255.255.248"'],
  ])('turns %s into a netmask', (nodes, netmask) => {
    expect(viewVagrantfile(withNetwork({ nodes }), id).netmask).toBe(netmask);
  });

  test.each([
    [{}, '"192.168.241.0/24"', '"kubelab-192-168-241-0"'],
    [{ nodes: '192.168.241.128/25' }, '"172.29.241.0/24"', '"kubelab-172-29-241-0"'],
    [{ pods: '192.168.0.0/16', services: '172.16.0.0/12' }, '"10.219.241.0/24"', '"kubelab-10-219-241-0"'],
  ])('keeps the management network apart from %j', (fields, managementAddress, managementName) => {
    expect(viewVagrantfile(withNetwork(fields), id)).toMatchObject({ managementAddress, managementName });
  });

  test('says so when no management network is left', () => {
    expect(() =>
      viewVagrantfile(withNetwork({ nodes: '10.0.0.0/8', pods: '172.16.0.0/12', services: '192.168.0.0/16' }), id),
    ).toThrow(RangeError);
  });

  test('quotes every value', () => {
    const hostile = `"\n#{exit}\\`;
    const plan = makePlan({ controlPlanes: 0, workers: 0 }, { name: hostile, box: `${hostile}.box` });
    const node = { name: hostile, role: 'worker' as const, address: hostile, cpus: 1, memoryMiB: 1, disksMiB: [] };
    const view = { ...plan, nodes: [node], network: { ...plan.network, gateway: hostile }, boxDigest: `${hostile}:${hostile}` };
    const { machines, boxChecksum, nodeImage, ...rest } = viewVagrantfile(view, id);
    const { cpus, memory, disks, ...quoted } = machines[0]!;
    expect([cpus, memory, disks, nodeImage]).toEqual(['1', '1', '[]', false]);
    for (const value of [...Object.values(rest), ...Object.values(quoted), ...Object.values(boxChecksum)])
      expect(value).toMatch(/^"(?:[^"\\#\n]|\\.)*"$/);
  });
});

describe('renderFolder', () => {
  const plan = makePlan({ controlPlanes: 1, workers: 1 });
  const parts = {
    id,
    template:
      '{{cluster}}{{provider}}{{driver}}{{cpuMode}}{{box}}{{boxUrl}}{{netmask}}{{hostAddress}}{{managementName}}{{managementAddress}}\r\n',
    provision: new Map([
      ['run.sh', '#!/bin/sh\r\n'],
      ['upgrade/10-drain.sh', '#!/bin/sh\n'],
      ['base-packages.txt', 'curl\r\n'],
    ]),
    nodeFiles: new Map([
      ['worker1/env', "A='b'\n"],
      ['control1/env', "A='b'\n"],
      ['control1/pki/ca.key', 'key\n'],
    ]),
  };
  const machines =
    '{{#machines}}{{name}}{{role}}{{address}}{{cpus}}{{memory}}{{disks}}{{/machines}}{{#nodeImage}}{{/nodeImage}}{{#boxUrl}}{{/boxUrl}}{{#boxChecksum}}{{kind}}{{hex}}{{/boxChecksum}}';
  const template = parts.template.replace('{{boxUrl}}', machines);

  test('puts every file in its place, sorted, with its mode and \\n alone', () => {
    const files = renderFolder(plan, { ...parts, template });
    expect([...files].map(([path, { mode }]) => [path, mode.toString(8)])).toEqual([
      ['Vagrantfile', '644'],
      ['nodes/control1/env', '600'],
      ['nodes/control1/pki/ca.key', '600'],
      ['nodes/worker1/env', '600'],
      ['provision/base-packages.txt', '644'],
      ['provision/run.sh', '755'],
      ['provision/upgrade/10-drain.sh', '755'],
    ]);
    for (const { text } of files.values()) expect(text).not.toContain('\r');
  });

  test.each(['', '/etc/passwd', '../run.sh', 'a/../../b', 'a//b', './a', 'a\\b', 'a/'])('refuses the path %j', (path) => {
    expect(() => renderFolder(plan, { ...parts, template, provision: new Map([[path, '']]) })).toThrow(RangeError);
  });

  test('refuses a node without an env file and files of no node', () => {
    const nodeFiles = new Map([...parts.nodeFiles, ['worker2/env', '']] as [string, string][]);
    expect(() => renderFolder(plan, { ...parts, template, nodeFiles })).toThrow('nodes/worker2/env belongs to no node');
    const fewer = new Map([['control1/env', '']]);
    expect(() => renderFolder(plan, { ...parts, template, nodeFiles: fewer })).toThrow('worker1 has no env file');
  });

  test('is the same for the same plan', () => {
    expect(renderFolder(plan, { ...parts, template })).toEqual(renderFolder(plan, { ...parts, template }));
  });
});
