import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadSpec, parseSpec } from '../../src/cluster/load-spec.ts';
import { readProviderWish } from '../../src/cluster/spec.ts';
import { KubelabError } from '../../src/errors/errors.ts';

const folder = new URL('../fixtures/specs/', import.meta.url);
const fixtures = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

function read(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

function refusal(text: string): KubelabError {
  try {
    loadSpec(text, 'kubelab.yaml');
  } catch (error) {
    if (error instanceof KubelabError) return error;
    throw error;
  }
  throw new Error('the spec was taken');
}

function messageOf(error: KubelabError): string {
  return `${[`${error.code}: ${error.message}`, ...error.details].join('\n')}\n`;
}

describe('spec files named for their verdict', () => {
  it.each(fixtures.filter((name) => name.startsWith('valid-')))('%s is taken', (name) => {
    expect(loadSpec(read(name), name).name).toBe('study');
  });

  it.each(fixtures.filter((name) => !name.startsWith('valid-')))('%s is refused with exactly its message', async (name) => {
    const error = refusal(read(name));
    expect(error.code).toBe(name.startsWith('invalid-') ? 'KL-SPEC-INVALID' : 'KL-SPEC-UNSUPPORTED');
    await expect(messageOf(error)).toMatchFileSnapshot(new URL(name.replace('.yaml', '.txt'), folder).pathname);
  });
});

describe('loadSpec', () => {
  it('fills in every default', () => {
    expect(loadSpec('name: study', 'kubelab.yaml')).toEqual({
      apiVersion: 'kubelab/v1',
      kind: 'Cluster',
      name: 'study',
      kubernetes: '1.36',
      provider: 'auto',
      source: 'auto',
      controlPlane: { count: 1, cpus: 2, memory: 2048, endpoint: 'auto' },
      workers: { count: 2, cpus: 2, memory: 2048, disks: [] },
      storage: { count: 0, cpus: 1, memory: 1024 },
      etcd: 'stacked',
      runtime: { name: 'containerd' },
      install: 'auto',
      network: { nodes: 'auto', pods: '10.244.0.0/16', services: '10.96.0.0/12', plugin: 'flannel' },
      addons: ['metrics-server'],
      kubeadm: { extraArgs: {}, extraVolumes: {}, certSANs: [], kubelet: {}, kubeProxy: {}, featureGates: {} },
      box: 'debian-12',
    });
  });

  it('gives every field of a full spec on', () => {
    const spec = loadSpec(read('valid-everything.yaml'), 'kubelab.yaml');
    expect(spec.source).toEqual({ bundle: './study.bundle' });
    expect(spec.controlPlane.memory).toBe(3072);
    expect(spec.runtime).toEqual({ name: 'containerd', version: '2.3.7' });
    expect(spec.kubeadm.extraArgs).toEqual({ apiServer: { v: '4', profiling: 'false', 'audit-log-path': '-' } });
    expect(spec.kubeadm.patches).toBe('./patches');
  });

  it('reads aliases, CRLF and a byte order mark', () => {
    const spec = loadSpec(
      '\uFEFFname: study\r\ncontrolPlane: {memory: &size 3GiB}\r\nworkers: {memory: *size}\r\n',
      'kubelab.yaml',
    );
    expect([spec.controlPlane.memory, spec.workers.memory]).toEqual([3072, 3072]);
  });

  it('points at the alias where a value comes from one', () => {
    expect(refusal('name: &n study\nworkers: {count: *n}').details).toEqual([
      'kubelab.yaml:2:18 workers.count: expected a whole number from 0 to 100, found "study"',
    ]);
  });

  it('shows no more than fifty errors, and says how many are left', () => {
    const { message, details } = refusal(`name: study\n${Array.from({ length: 60 }, (_, index) => `key${index}: 1`).join('\n')}`);
    expect(message).toBe('60 errors in kubelab.yaml');
    expect(details).toHaveLength(51);
    expect(details.at(-1)).toBe('and 10 more');
  });

  it('refuses a file that is too large before reading it', () => {
    expect(messageOf(refusal(`name: study #${'x'.repeat(256 * 1024)}`))).toBe(
      'KL-SPEC-INVALID: kubelab.yaml is too large to be a spec\nkubelab.yaml: expected at most 256 KiB\n',
    );
  });

  it.each([60, 100_000])('refuses %d nested lists', (depth) => {
    const { details } = refusal(`name: study\nkubeadm: {kubelet: {a: ${'['.repeat(depth)}${']'.repeat(depth)}}}`);
    expect(details).toHaveLength(1);
    expect(details[0]).toMatch(/nested too deeply$/);
  });

  it.each([
    ['aliases', `name: &n study\na: [${'*n, '.repeat(50_000)}]`, '1 error in kubelab.yaml'],
    ['broken lines', 'x\n: }\n'.repeat(40_000), ' errors in kubelab.yaml'],
    ['keys', Array.from({ length: 25_000 }, (_, index) => `k${index}: 1`).join('\n'), '25001 errors in kubelab.yaml'],
  ])('refuses a flood of %s without hanging', (_, text, message) => {
    expect(refusal(text).message).toContain(message);
  });

  it('adds no property to all objects', () => {
    refusal(read('invalid-reserved-key.yaml'));
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it.each([
    ['1.24', true],
    ['1.36.4', true],
    ['1.100.0', true],
    ['1.23', false],
    ['v1.36', false],
    ['1.036', false],
    ['1.36.', false],
    ['1', false],
    ['latest', false],
  ])('kubernetes "%s": %s', (version, taken) => {
    const load = (): unknown => loadSpec(`name: study\nkubernetes: "${version}"`, 'kubelab.yaml');
    if (taken) expect(load).not.toThrow();
    else expect(load).toThrow('1 error in kubelab.yaml');
  });
});

describe('the provider', () => {
  it.each([
    ['auto', { name: 'auto', emulation: false }],
    ['libvirt', { name: 'libvirt', emulation: false }],
    ['{name: libvirt, accelerator: tcg}', { name: 'libvirt', emulation: true }],
  ])('%s', (text, wish) => {
    expect(readProviderWish(loadSpec(`name: study\nprovider: ${text}`, 'kubelab.yaml'))).toEqual(wish);
  });

  it('is emulated by libvirt alone', () => {
    const load = (): unknown => loadSpec('name: study\nprovider: {name: nspawn, accelerator: tcg}', 'kubelab.yaml');
    expect(load).toThrow('1 error in kubelab.yaml');
  });
});

describe('parseSpec', () => {
  const text = 'name: study\nworkers:\n  count: 2\nprovider: virtualbox\n';

  it('takes what this version can not do yet', () => {
    expect(parseSpec(text, 'kubelab.yaml').spec.provider).toBe('virtualbox');
  });

  it('locates fields, and what is not written at what is around it', () => {
    const { locate } = parseSpec(text, 'kubelab.yaml');
    expect(locate(['workers', 'count'])).toBe('kubelab.yaml:3:10');
    expect(locate(['workers', 'memory'])).toBe('kubelab.yaml:2:1');
    expect(locate(['network', 'nodes'])).toBe('kubelab.yaml:1:1');
  });
});
