import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadSpec } from '../../src/cluster/load-spec.ts';
import { makePlan, type PlanFacts } from '../../src/cluster/make-plan.ts';
import { firstControlPlane, renderNodeFiles } from '../../src/cluster/node-files.ts';
import type { Plan } from '../../src/cluster/plan.ts';
import type { Secrets } from '../../src/cluster/secrets.ts';

const images = Object.fromEntries(
  ['kube-apiserver', 'pause', 'flannel', 'metrics-server', 'local-path', 'toolbox'].map((role) => [
    role,
    `go.kubelab.local/${role}:v1`,
  ]),
);
const facts: PlanFacts = {
  provider: { name: 'nspawn', why: 'test', differences: [] },
  source: { kind: 'go', why: 'test' },
  install: 'binaries',
  subnet: '10.83.7.0/24',
  lock: {
    apiVersion: 'kubelab/v1',
    source: 'go',
    kubernetes: '1.36.4',
    containerd: '2.2.9',
    architecture: 'amd64',
    components: {},
    images,
    artifacts: [],
  },
};
const secrets: Secrets = {
  token: 'abcdef.0123456789abcdef',
  pki: new Map([
    ['ca.crt', 'CA'],
    ['ca.key', 'CA KEY'],
    ['etcd/ca.crt', 'ETCD'],
    ['etcd/ca.key', 'ETCD KEY'],
    ['apiserver-etcd-client.key', 'CLIENT KEY'],
  ]),
};

const plan = (text: string): Plan => makePlan(loadSpec(`name: study\n${text}`, 'kubelab.yaml'), facts);
const render = (made: Plan) => renderNodeFiles(made, secrets, { cgroupVersion: 2, sharedKernel: false, swap: false });

describe('a plan', () => {
  it('points a single control plane at itself', () => {
    const made = plan('workers: {count: 2}');
    expect(made.nodes.map(({ name, address }) => `${name} ${address}`)).toEqual([
      'control1 10.83.7.11',
      'worker1 10.83.7.21',
      'worker2 10.83.7.22',
    ]);
    expect(made.endpoint).toEqual({ address: '10.83.7.11', port: 6443, kind: 'direct' });
  });

  it('puts a balancer before several control planes', () => {
    const made = plan('controlPlane: {count: 3}\nworkers: {count: 0}');
    expect(made.endpoint).toEqual({ address: '10.83.7.5', port: 6443, kind: 'haproxy' });
    expect(made.nodes.map(({ role }) => role)).toEqual(['control-plane', 'control-plane', 'control-plane', 'load-balancer']);
    expect(firstControlPlane(made).name).toBe('control1');
  });

  it('keeps the addresses of the others when workers come and go', () => {
    const address = (made: Plan, name: string) => made.nodes.find((node) => node.name === name)?.address;
    const [few, many] = [plan('workers: {count: 1}\netcd: {external: 3}'), plan('workers: {count: 9}\netcd: {external: 3}')];
    for (const name of ['control1', 'worker1', 'etcd1', 'etcd3']) expect(address(many, name)).toBe(address(few, name));
  });

  it('is the same for the same input, and plain data', () => {
    expect(plan('workers: {count: 2}')).toEqual(plan('workers: {count: 2}'));
    expect(JSON.parse(JSON.stringify(plan('addons: [local-path]')))).toEqual(plan('addons: [local-path]'));
  });
});

describe('the files of the nodes', () => {
  it('tell every node that joins where the API server is and whom to trust', () => {
    const files = render(plan('workers: {count: 1}\ncontrolPlane: {count: 3}'));
    const discovery = parse(files.get('worker1/discovery.conf') ?? '');
    expect(discovery).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: '',
          cluster: {
            server: expect.stringMatching(/^https:\/\/10\.[0-9.]+:6443$/),
            'certificate-authority-data': Buffer.from('CA').toString('base64'),
          },
        },
      ],
    });
    expect(files.get('control2/discovery.conf')).toBe(files.get('worker1/discovery.conf'));
    expect(files.has('control1/discovery.conf')).toBe(false);
  });

  it('give keys only to nodes that sign with them', () => {
    const files = [...render(plan('workers: {count: 1}\netcd: {external: 3}')).keys()];
    expect(files.filter((name) => name.startsWith('worker1/'))).toEqual([
      'worker1/env',
      'worker1/kubeadm.yaml',
      'worker1/discovery.conf',
    ]);
    expect(files).not.toContain('control1/pki/etcd/ca.key');
    expect(files).toContain('control1/pki/apiserver-etcd-client.key');
    expect(files.filter((name) => name.startsWith('etcd1/pki/'))).toEqual(['etcd1/pki/etcd/ca.crt', 'etcd1/pki/etcd/ca.key']);
  });

  it('have CoreDNS asked often whether it is ready, where kubeadm takes a patch for it', () => {
    const files = render(plan('workers: {count: 1}'));
    const patch = files.get('control1/patches/corednsdeployment+strategic.yaml');
    expect(patch).toContain('periodSeconds: 1');
    expect(files.get('control1/kubeadm.yaml')).toContain('directory: /opt/kubelab/node/patches');
    expect(files.get('worker1/kubeadm.yaml')).not.toContain('patches');
    const older = render({ ...plan('workers: {count: 1}'), kubernetes: '1.31.14' });
    expect([...older.keys()].filter((name) => name.includes('patches'))).toEqual([]);
    expect(older.get('control1/kubeadm.yaml')).not.toContain('patches');
  });

  it('give the static pods patience where processors are emulated, and nowhere else', () => {
    const made = plan('workers: {count: 1}');
    const host = { cgroupVersion: 2, sharedKernel: false, swap: false } as const;
    const patches = (emulated: boolean): string[] =>
      [...renderNodeFiles(made, secrets, { ...host, emulated }).keys()].filter((name) => name.includes('/patches/kube-'));
    expect(patches(true)).toEqual([
      'control1/patches/kube-apiserver+strategic.yaml',
      'control1/patches/kube-controller-manager+strategic.yaml',
      'control1/patches/kube-scheduler+strategic.yaml',
    ]);
    expect(patches(false)).toEqual([]);
  });

  it('put the add-ons on the first control plane alone', () => {
    const files = [...render(plan('controlPlane: {count: 3}\naddons: [metrics-server, local-path]')).keys()];
    expect(files.filter((name) => name.includes('/addons/'))).toEqual([
      'control1/addons/10-flannel.yaml',
      'control1/addons/20-metrics-server.yaml',
      'control1/addons/30-local-path.yaml',
    ]);
  });

  it('tell every node of every other, and the balancer of the control planes', () => {
    const files = render(plan('controlPlane: {count: 3}\nworkers: {count: 1}'));
    expect(files.get('worker1/env')).toContain(
      "KUBELAB_HOSTS='10.83.7.11 control1;10.83.7.12 control2;10.83.7.13 control3;10.83.7.21 worker1;10.83.7.5 balancer1'",
    );
    expect(files.get('balancer1/env')).toContain(
      "KUBELAB_BACKENDS='control1 10.83.7.11;control2 10.83.7.12;control3 10.83.7.13'",
    );
    expect(files.get('control2/env')).toContain("KUBELAB_FIRST='no'");
  });

  it('give kubeadm patches to the nodes that run kubeadm, and name their folder', () => {
    const made = plan('kubeadm: {patches: patches}\nworkers: {count: 1}\ncontrolPlane: {count: 3}');
    const traits = { cgroupVersion: 2, sharedKernel: false, swap: false } as const;
    const files = renderNodeFiles(made, secrets, traits, new Map([['etcd.yaml', 'spec: {}\n']]));
    expect([...files.keys()].filter((name) => name.endsWith('/patches/etcd.yaml'))).toHaveLength(4);
    expect(files.get('control1/kubeadm.yaml')).toContain('directory: /opt/kubelab/node/patches');
  });
});
