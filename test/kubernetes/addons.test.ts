import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { renderFlannel, renderLocalPath, renderMetricsServer } from '../../src/kubernetes/addons.ts';
import { expectGolden } from './golden.ts';

const flannel = {
  pods: '10.244.0.0/16',
  image: 'kubelab.local/flannel:v0.26.7',
  reach: '10.83.7.1',
  apiServer: { address: '10.83.7.11', port: 6443 },
};
const manifests: Readonly<Record<string, string>> = {
  flannel: renderFlannel(flannel),
  'flannel-upstream': renderFlannel({
    ...flannel,
    image: 'ghcr.io/flannel-io/flannel:v0.28.9',
    installCniPlugin: 'ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel3',
  }),
  'metrics-server': renderMetricsServer({ image: 'registry.k8s.io/metrics-server/metrics-server:v0.9.0' }),
  'local-path': renderLocalPath({
    image: 'docker.io/rancher/local-path-provisioner:v0.0.30',
    command: ['local-path-provisioner'],
    toolbox: 'kubelab.local/toolbox:1',
  }),
};

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
}

/** Served by every minor from 1.24 on (deprecation guide). */
const served = ['v1', 'apps/v1', 'rbac.authorization.k8s.io/v1', 'storage.k8s.io/v1', 'apiregistration.k8s.io/v1'];

test.each(Object.entries(manifests))('%s is as it was', async (name, text) => {
  await expectGolden(`addons/${name}.yaml`, text);
});

test.each(Object.entries(manifests))('%s has objects that every minor serves, each once', (_, text) => {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  expect(objects.length).toBeGreaterThan(3);
  for (const object of objects) expect(served).toContain(object.apiVersion);
  const names = objects.map((object) => `${object.kind}/${object.metadata.name}`);
  expect(new Set(names).size).toBe(names.length);
});

test('configuration inside ConfigMaps parses', () => {
  const config = (name: string, key: string) =>
    parseAllDocuments(manifests[name] ?? '')
      .map((document) => document.toJS() as Manifest)
      .find((object) => object.kind === 'ConfigMap')?.data?.[key] ?? '';
  expect(JSON.parse(config('flannel', 'net-conf.json'))).toMatchObject({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } });
  expect(JSON.parse(config('flannel', 'cni-conf.json'))).toMatchObject({ plugins: [{ type: 'flannel' }, { type: 'portmap' }] });
  expect(JSON.parse(config('local-path', 'config.json'))).toHaveProperty('nodePathMap');
  expect(parse(config('local-path', 'helperPod.yaml'))).toMatchObject({
    spec: { containers: [{ image: 'kubelab.local/toolbox:1' }] },
  });
});
