import { describe, expect, it } from 'vitest';
import { judgeFit } from '../../src/labs/judge-fit.ts';
import type { ClusterFacts, LabNode } from '../../src/labs/lab-cluster.ts';
import { type Lab, labSchema } from '../../src/labs/lab.ts';
import { parse } from 'yaml';
import { sampleYaml } from './sample-lab.ts';

function lab(requires: unknown): Lab {
  return labSchema.parse({ ...(parse(sampleYaml) as object), requires });
}

const node = (name: string, role: LabNode['role']): LabNode => ({ name, role, address: '10.0.0.1', memoryMiB: 2048 });
const facts: ClusterFacts = {
  name: 'study',
  kubernetes: '1.36.4',
  nodes: [node('control1', 'control-plane'), node('worker1', 'worker'), node('worker2', 'worker')],
  etcd: 'stacked',
  addons: ['metrics-server'],
  provider: 'nspawn',
  capabilities: { isolation: 'weak', kernelNfs: false, internet: false, cgroupVersion: 2, differences: [], slowness: 1 },
  images: { web: 'example.local/web:1' },
};

describe('judgeFit', () => {
  it('finds nothing against a lab that fits', () => {
    const requires = {
      kubernetes: '>=1.24 <1.38',
      nodes: { workers: 2 },
      memoryMiB: 6144,
      features: ['metrics-server'],
      images: ['web'],
    };
    expect(judgeFit(lab(requires), facts)).toEqual([]);
  });

  it('says all that is missing, in both languages', () => {
    const requires = {
      kubernetes: '>=1.37',
      nodes: { controlPlane: 3, workers: 3 },
      memoryMiB: 6145,
      features: ['metrics-server', 'local-path', 'kernel-nfs', 'own-kernel'],
      images: ['web', 'database'],
      internet: true,
      providers: ['libvirt', 'virtualbox'],
    };
    expect(
      judgeFit(lab(requires), facts)
        .map(({ en, ko }) => `${en}\n${ko}`)
        .join('\n'),
    ).toMatchInlineSnapshot(`
      "It needs Kubernetes >=1.37; this cluster has 1.36.4.
      Kubernetes >=1.37 버전이 필요하지만, 이 클러스터는 1.36.4 버전입니다.
      It needs 3 control planes; this cluster has 1.
      컨트롤 플레인 노드가 3개 필요하지만, 이 클러스터에는 1개 있습니다.
      It needs 3 workers; this cluster has 2.
      워커 노드가 3개 필요하지만, 이 클러스터에는 2개 있습니다.
      It needs 6145 MiB of memory on all nodes together; this cluster has 6144 MiB.
      모든 노드를 합쳐 메모리가 6145MiB 필요하지만, 이 클러스터에는 6144MiB 있습니다.
      It needs machines that libvirt or virtualbox runs; the provider of this cluster is nspawn.
      프로바이더 libvirt, virtualbox에서만 할 수 있지만, 이 클러스터의 프로바이더는 nspawn입니다.
      It needs nodes that reach the Internet, and this cluster's nodes reach only each other and the host.
      인터넷에 연결되는 노드가 필요하지만, 이 클러스터의 노드는 서로와 호스트에만 연결됩니다.
      It needs the add-on local-path, which a cluster has from the beginning: name it in addons, then kubelab destroy and kubelab up.
      애드온 local-path이(가) 필요하며, 애드온은 클러스터를 만들 때 정해집니다. addons에 적은 다음 kubelab destroy와 kubelab up을 실행하세요.
      It needs nodes whose kernel serves and mounts NFS, and this cluster's nodes can not do that.
      커널로 NFS를 제공하고 마운트할 수 있는 노드가 필요하지만, 이 클러스터의 노드는 그럴 수 없습니다.
      It needs nodes with a kernel of their own, and this cluster's nodes share the one of the host.
      자체 커널이 있는 노드가 필요하지만, 이 클러스터의 노드는 호스트의 커널을 함께 씁니다.
      It needs an image for the role database (a server of the MongoDB protocol on port 27017 with its data in /data/db, and the tools mongoimport and mongoexport), and the source of this cluster has none.
      database 역할을 할 이미지가 필요하지만, 이 클러스터의 소스에는 그런 이미지가 없습니다."
    `);
  });

  it.each([
    ['1.37.9', true],
    ['1.38.0-rc.1', false],
    ['1.38.0', false],
    ['1.24.0', true],
    ['1.23.17', false],
  ])('has %s in >=1.24 <1.38: %s', (kubernetes, fits) => {
    expect(judgeFit(lab({ kubernetes: '>=1.24 <1.38' }), { ...facts, kubernetes }).length === 0).toBe(fits);
  });

  it('asks what the machines can do', () => {
    const requires = { features: ['kernel-nfs', 'own-kernel'], internet: true };
    const strong = {
      ...facts,
      capabilities: { ...facts.capabilities, isolation: 'strong', kernelNfs: true, internet: true },
    } as const;
    expect(judgeFit(lab(requires), strong)).toEqual([]);
  });

  it('asks who runs the machines', () => {
    expect(judgeFit(lab({ providers: ['nspawn', 'libvirt'] }), facts)).toEqual([]);
    expect(judgeFit(lab({ providers: ['libvirt'] }), { ...facts, provider: 'virtualbox' })).toEqual([
      {
        en: 'It needs machines that libvirt runs; the provider of this cluster is virtualbox.',
        ko: '프로바이더 libvirt에서만 할 수 있지만, 이 클러스터의 프로바이더는 virtualbox입니다.',
      },
    ]);
  });

  it('knows one control plane with etcd on it from any other', () => {
    const single = lab({ features: ['single-control-plane'] });
    const refused = {
      en: 'It needs exactly one control plane, with etcd on it; this cluster has several, or etcd on nodes of its own.',
      ko: expect.stringContaining('정확히 하나여야 하지만'),
    };
    expect(judgeFit(single, facts)).toEqual([]);
    expect(judgeFit(single, { ...facts, etcd: 'external' })).toEqual([refused]);
    const several = [...facts.nodes, node('control2', 'control-plane'), node('control3', 'control-plane')];
    expect(judgeFit(single, { ...facts, nodes: several })).toEqual([refused]);
  });
});
