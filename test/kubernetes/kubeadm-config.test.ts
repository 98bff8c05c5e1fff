import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { KubelabError } from '../../src/errors/errors.ts';
import { renderEtcdNodeConfig } from '../../src/kubernetes/etcd-node-config.ts';
import { renderKubeadmConfig } from '../../src/kubernetes/kubeadm-config.ts';
import type { KubeadmAdditions, KubeadmInput } from '../../src/kubernetes/kubeadm-input.ts';
import { preflightIgnores } from '../../src/kubernetes/preflight.ts';
import { expectGolden } from './golden.ts';
import { makeEtcdInput, makeInput, noAdditions } from './kubeadm-inputs.ts';

const exact = ['1.24.17', '1.25.16', '1.30.14', '1.31.14', '1.34.11', '1.35.8', '1.36.4', '1.37.1'];
const worker: Partial<KubeadmInput> = { act: 'join', node: { name: 'worker1', address: '10.83.7.21', role: 'worker' } };
const ha: Partial<KubeadmInput> = {
  endpoint: { address: '10.83.7.5', port: 6443 },
  controlPlaneAddresses: ['10.83.7.11', '10.83.7.12', '10.83.7.13'],
  tuning: { leaderElect: true },
};
const second: Partial<KubeadmInput> = { ...ha, act: 'join', node: { name: 'cp2', address: '10.83.7.12', role: 'control-plane' } };
const external: Partial<KubeadmInput> = {
  ...ha,
  etcd: { kind: 'external', endpoints: [1, 2, 3].map((i) => `https://10.83.7.3${i}:2379`) },
};
const containers: Partial<KubeadmInput> = { host: { cgroupVersion: 1, sharedKernel: true, swap: true }, untaint: true };
const emulated: Partial<KubeadmInput> = { host: { cgroupVersion: 2, sharedKernel: false, swap: false, emulated: true } };
const everything: KubeadmAdditions = {
  certSANs: ['lab.example', 'localhost'],
  extraArgs: {
    apiServer: { v: '4', 'audit-log-path': '-' },
    controllerManager: { 'leader-elect': 'true', 'kube-api-qps': '20' },
    etcd: { 'heartbeat-interval': '1000' },
    kubelet: { 'node-labels': 'disk=ssd' },
  },
  extraVolumes: {
    apiServer: [{ name: 'audit', hostPath: '/var/log/audit', mountPath: '/audit', pathType: 'DirectoryOrCreate' }],
  },
  featureGates: { RootlessControlPlane: false },
  kubelet: { maxPods: 30, evictionHard: { 'memory.available': '200Mi' } },
  kubeProxy: { mode: 'ipvs', ipvs: { scheduler: 'rr' } },
};

type Fields = Record<string, unknown>;

function documents(text: string): Map<string, Fields> {
  const all = parseAllDocuments(text).map((document) => document.toJS() as Fields);
  return new Map(all.map((fields) => [String(fields['kind']), fields]));
}

function errorOf(run: () => unknown): KubelabError {
  try {
    run();
  } catch (error) {
    if (error instanceof KubelabError) return error;
    throw error;
  }
  throw new Error('expected a KubelabError');
}

describe('golden', () => {
  test.each(exact)('%s, the first control plane', async (version) => {
    await expectGolden(`kubeadm/${version.split('.').slice(0, 2).join('.')}-first.yaml`, renderKubeadmConfig(makeInput(version)));
  });
  test.each(exact)('%s, a worker', async (version) => {
    await expectGolden(
      `kubeadm/${version.split('.').slice(0, 2).join('.')}-join-worker.yaml`,
      renderKubeadmConfig(makeInput(version, worker)),
    );
  });
  test.each([
    ['1.30-join-control-plane', '1.30.14', second],
    ['1.36-join-control-plane', '1.36.4', second],
    ['1.36-first-external-etcd', '1.36.4', external],
    ['1.24-first-containers', '1.24.17', containers],
    ['1.34-first-containers', '1.34.11', containers],
    ['1.36-first-containers', '1.36.4', containers],
    ['1.30-first-emulated', '1.30.14', emulated],
    ['1.36-first-emulated', '1.36.4', emulated],
    ['1.36-join-worker-emulated', '1.36.4', { ...worker, ...emulated }],
    [
      '1.30-first-additions',
      '1.30.14',
      { user: everything, imageRepository: 'kubelab.local', patchesDirectory: '/etc/kubernetes/patches' },
    ],
    [
      '1.36-first-additions',
      '1.36.4',
      { user: everything, imageRepository: 'kubelab.local', patchesDirectory: '/etc/kubernetes/patches' },
    ],
  ] satisfies readonly (readonly [string, string, Partial<KubeadmInput>])[])('%s', async (name, version, over) => {
    await expectGolden(`kubeadm/${name}.yaml`, renderKubeadmConfig(makeInput(version, over)));
  });
  test.each(['1.24.17', '1.36.4'])('%s, an etcd machine', async (version) => {
    const minor = version.split('.').slice(0, 2).join('.');
    const config = renderEtcdNodeConfig(makeEtcdInput(version));
    await expectGolden(`kubeadm/${minor}-etcd-node.yaml`, config.kubeadm);
    await expectGolden(`kubeadm/${minor}-etcd-node-kubelet.yaml`, config.kubelet);
    expect(config.kubeletFlags).toEqual(
      version === '1.24.17' ? ['--container-runtime-endpoint=unix:///run/containerd/containerd.sock'] : [],
    );
  });
});

describe('what the version decides', () => {
  test.each(exact)('%s has flags in the shape of its API', (version) => {
    const init = documents(renderKubeadmConfig(makeInput(version))).get('InitConfiguration');
    const older = ['1.24.17', '1.25.16', '1.30.14'].includes(version);
    expect(init?.['apiVersion']).toBe(`kubeadm.k8s.io/${older ? 'v1beta3' : 'v1beta4'}`);
    expect(init?.['nodeRegistration']).toMatchObject({
      kubeletExtraArgs: older ? { 'node-ip': '10.83.7.11' } : [{ name: 'node-ip', value: '10.83.7.11' }],
    });
  });

  test('ECDSA keys are a gate in v1beta3 and a field in v1beta4, never both', () => {
    const before = documents(renderKubeadmConfig(makeInput('1.30.14'))).get('ClusterConfiguration');
    expect(before).toMatchObject({ featureGates: { PublicKeysECDSA: true } });
    expect(before).not.toHaveProperty('encryptionAlgorithm');
    const after = documents(renderKubeadmConfig(makeInput('1.31.14'))).get('ClusterConfiguration');
    expect(after).toMatchObject({ encryptionAlgorithm: 'ECDSA-P256' });
    expect(after).not.toHaveProperty('featureGates');
    const rsa = documents(renderKubeadmConfig(makeInput('1.30.14', { encryptionAlgorithm: 'RSA-2048' }))).get(
      'ClusterConfiguration',
    );
    expect(rsa).not.toHaveProperty('featureGates');
  });

  test('cgroup v1 is allowed where the field exists, also before it is needed', () => {
    const host = { cgroupVersion: 1, sharedKernel: false, swap: false } as const;
    const field = (version: string) =>
      documents(renderKubeadmConfig(makeInput(version, { host }))).get('KubeletConfiguration')?.['failCgroupV1'];
    expect(['1.30.14', '1.31.14', '1.34.11', '1.35.8', '1.37.1'].map(field)).toEqual([undefined, false, false, false, false]);
    expect(documents(renderKubeadmConfig(makeInput('1.36.4'))).get('KubeletConfiguration')).not.toHaveProperty('failCgroupV1');
  });

  test('joining waits 20 minutes in either API', () => {
    const join = (version: string) => documents(renderKubeadmConfig(makeInput(version, worker))).get('JoinConfiguration');
    expect(join('1.30.14')).toMatchObject({ discovery: { timeout: '20m0s' } });
    expect(join('1.36.4')).toMatchObject({ timeouts: { discovery: '20m0s', tlsBootstrap: '20m0s' } });
    expect(join('1.36.4')?.['discovery']).not.toHaveProperty('timeout');
  });
});

describe('what the cluster decides', () => {
  test('a join trusts the authority that it was given, and asks nobody for it', () => {
    const join = documents(renderKubeadmConfig(makeInput('1.36.4', worker))).get('JoinConfiguration');
    expect(join).toMatchObject({
      discovery: { file: { kubeConfigPath: '/opt/kubelab/node/discovery.conf' }, tlsBootstrapToken: 'abcdef.0123456789abcdef' },
    });
    expect(join?.['discovery']).not.toHaveProperty('bootstrapToken');
    expect(JSON.stringify(join)).not.toContain('unsafeSkipCAVerification');
    expect(join).not.toHaveProperty('controlPlane');
  });

  test('the certificate names every way to the API server, once', () => {
    const cluster = documents(renderKubeadmConfig(makeInput('1.36.4', { ...ha, user: everything }))).get('ClusterConfiguration');
    const certSANs = ['127.0.0.1', 'localhost', '10.83.7.5', '10.83.7.11', '10.83.7.12', '10.83.7.13', 'lab.example'];
    expect(cluster?.['apiServer']).toMatchObject({ certSANs });
  });

  test('taints are left to kubeadm unless there are no workers, and workers never lose theirs', () => {
    const registration = (over: Partial<KubeadmInput>) => {
      const all = documents(renderKubeadmConfig(makeInput('1.36.4', over)));
      return (all.get('InitConfiguration') ?? all.get('JoinConfiguration'))?.['nodeRegistration'];
    };
    expect(registration({})).not.toHaveProperty('taints');
    expect(registration({ untaint: true })).toMatchObject({ taints: [] });
    expect(registration({ ...second, untaint: true })).toMatchObject({ taints: [] });
    expect(registration({ ...worker, untaint: true })).not.toHaveProperty('taints');
  });

  test('leader election is on with several control planes, and can not be off', () => {
    expect(renderKubeadmConfig(makeInput('1.36.4', ha))).not.toContain('leader-elect');
    expect(() => renderKubeadmConfig(makeInput('1.36.4', { ...ha, tuning: { leaderElect: false } }))).toThrow('leader election');
  });
});

describe('what the user adds', () => {
  test('comes last', () => {
    const all = documents(renderKubeadmConfig(makeInput('1.36.4', { ...containers, user: everything })));
    expect(all.get('KubeletConfiguration')).toMatchObject({
      maxPods: 30,
      evictionHard: { 'memory.available': '200Mi', 'nodefs.available': '0%' },
    });
    expect(all.get('KubeProxyConfiguration')).toMatchObject({ mode: 'ipvs', conntrack: { maxPerCore: 0 } });
    expect(all.get('ClusterConfiguration')).toMatchObject({
      controllerManager: {
        extraArgs: [
          { name: 'leader-elect', value: 'true' },
          { name: 'kube-api-qps', value: '20' },
          { name: 'kube-api-burst', value: '200' },
        ],
      },
      scheduler: { extraArgs: [{ name: 'leader-elect', value: 'false' }] },
    });
  });

  test('stays text in the eyes of a YAML 1.1 reader', () => {
    const text = renderKubeadmConfig(
      makeInput('1.36.4', { user: { ...noAdditions, extraArgs: { apiServer: { a: 'on', b: '010', c: '1:30' } } } }),
    );
    expect(text).toContain('value: "on"');
    expect(text).toContain('value: "010"');
    expect(text).toContain('value: "1:30"');
  });

  test('can not move the node to another address, and every problem is named', () => {
    const error = errorOf(() =>
      renderKubeadmConfig(
        makeInput('1.37.1', {
          user: {
            ...noAdditions,
            extraArgs: { kubelet: { 'node-ip': '1.2.3.4' }, proxy: { v: '4' } },
            extraVolumes: { etcd: [] },
            featureGates: { PublicKeysECDSA: true },
          },
        }),
      ),
    );
    expect(error.code).toBe('KL-SPEC-INVALID');
    expect(error.details).toHaveLength(4);
    expect(error.details.join('\n')).toMatch(/node-ip[^]*extraArgs\.proxy[^]*extraVolumes\.etcd[^]*PublicKeysECDSA/);
  });

  test.each(['kubelet', 'kubeProxy'] as const)('%s can not change what the document is', (part) => {
    const user = { ...noAdditions, [part]: { kind: 'ClusterConfiguration' } };
    expect(errorOf(() => renderKubeadmConfig(makeInput('1.36.4', { user }))).message).toContain(`kubeadm.${part}.kind`);
  });

  test('an etcd machine keeps its membership', () => {
    const user = { ...noAdditions, extraArgs: { etcd: { 'initial-cluster': 'x' } } };
    expect(errorOf(() => renderEtcdNodeConfig(makeEtcdInput('1.36.4', { user }))).details[0]).toContain('initial-cluster');
  });
});

describe('preflightIgnores', () => {
  const vm = { cgroupVersion: 2, sharedKernel: false, swap: false } as const;
  test.each([
    ['1.36.4', vm, []],
    ['1.36.4', { ...vm, cgroupVersion: 1 }, ['SystemVerification']],
    ['1.36.4', { ...vm, swap: true }, ['Swap']],
    ['1.36.4', { ...vm, sharedKernel: true }, ['SystemVerification']],
    [
      '1.29.15',
      { ...vm, sharedKernel: true },
      ['SystemVerification', 'FileContent--proc-sys-net-bridge-bridge-nf-call-iptables', 'HTTPProxyCIDR'],
    ],
    ['1.30.14', vm, ['HTTPProxyCIDR']],
  ] as const)('%s on %j', (kubernetes, host, expected) => {
    expect(preflightIgnores({ kubernetes, host })).toEqual(expected);
  });
});
