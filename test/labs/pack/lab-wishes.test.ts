import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Interrupted } from '../../../src/errors/errors.ts';
import { parseApiFields } from '../../../src/kubernetes/api-fields.ts';
import { loadLab } from '../../../src/labs/load-lab.ts';
import { type LabWishes, readAllWishes, readWishes } from '../../../src/labs/pack/lab-wishes.ts';
import { packageFolder } from '../../rig/program.ts';
import { sampleLab, sampleYaml } from '../sample-lab.ts';

const api = parseApiFields(readFileSync(join(packageFolder, 'labs', 'kubernetes-fields.json'), 'utf8'));

const pod = (spec: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: ${spec}\n`;
const open = pod('{hostPID: true, containers: [{name: a, image: "evil.example.io/x"}]}');

/** The wishes of the sample lab with other files and lines. */
async function wishesOf(files: Readonly<Record<string, string>>, change = (yaml: string) => yaml): Promise<LabWishes> {
  await using fixture = await sampleLab({ 'lab.yaml': change(sampleYaml), ...files });
  return await readWishes(await loadLab(fixture.path), api);
}

const applying = (file: string) => (yaml: string) => yaml.replace('files/web.yaml', file);

describe('what a lab gives its pods of the node', () => {
  it.each(['files/web.yaml', 'files/web.json', 'files/web', 'files/web.YAML', 'files/web.txt'])(
    'is read from what it applies, whatever the file is called: %s',
    async (file) => {
      const { podsReach, internet, opaque } = await wishesOf({ [file]: open }, applying(file));
      expect([podsReach, internet, opaque]).toEqual([['hostPID'], ['evil.example.io/x'], []]);
    },
  );

  it.each([
    ['more documents than are read', { 'files/web.yaml': `${open}${'---\na: 1\n'.repeat(200)}` }],
    ['a key given twice', { 'files/web.yaml': `${open}kind: Pod\n` }],
    ['a tag', { 'files/web.yaml': `${open}x: !!binary aGk=\n` }],
    ['another version of YAML', { 'files/web.yaml': `%YAML 1.1\n---\n${open}` }],
  ])('is said to be unseen where a manifest has %s, with the words that are in it', async (_, files) => {
    const { podsReach, opaque } = await wishesOf(files);
    expect([podsReach, opaque]).toEqual([['hostPID'], ['files/web.yaml']]);
  });

  it('is unseen in what is no text', async () => {
    const { opaque } = await wishesOf({ 'files/web.png': open }, applying('files/web.png'));
    expect(opaque).toEqual(['files/web.png']);
  });

  it.each([
    ['each of its choices', 'FIELD: {pick: [emptyDir, hostPath]}', ['hostPath']],
    ['a text that is drawn', 'FIELD: {random: hex8}', []],
  ])('is looked for in the names that a variable gives fields: %s', async (_, variable, found) => {
    const manifest = pod('{volumes: [{name: v, "${FIELD}": {path: /}}]}');
    const { podsReach, opaque } = await wishesOf({ 'files/web.yaml': manifest }, (yaml) =>
      yaml.replace('vars:', `vars:\n  ${variable}`),
    );
    expect([podsReach, opaque]).toEqual([found, ['files/web.yaml']]);
  });

  it.each([
    ['{containers: [{name: a, image: b, securityContext: {capabilities: {add: [SYS_ADMIN]}}}]}', ['capabilities']],
    ['{containers: [{name: a, image: b, securityContext: {capabilities: {drop: [ALL]}}}]}', []],
    ['{securityContext: {windowsOptions: {hostProcess: true}}, containers: []}', ['hostProcess']],
    ['{hostNetwork: false, containers: [{name: a, image: b, securityContext: {privileged: false}}]}', []],
  ])('%s', async (spec, reach) => {
    expect((await wishesOf({ 'files/web.yaml': pod(spec) })).podsReach).toEqual(reach);
  });

  it('is looked for in what kubectl is told and in scripts', async () => {
    const setup = [
      `{kubectl: [run, a, --image=b, '--overrides={"spec":{"hostPID":true}}']}`,
      `{on: workers, run: 'echo "hostNetwork: true, hostIPC: false" >/x'}`,
    ];
    const { podsReach } = await wishesOf({}, (yaml) => yaml.replace('steps:', `setup: [${setup.join(', ')}]\nsteps:`));
    expect(podsReach).toEqual(['hostNetwork', 'hostPID']);
  });

  it.each([
    ['files/setup.sh', ['hostPID'], []],
    ['files/setup.png', [], ['files/setup.png']],
  ])('is looked for in a script that is a file of its own, and unseen where it is no text: %s', async (script, reach, unseen) => {
    const { podsReach, opaque } = await wishesOf({ [script]: `kubectl apply -f - <<X\n${open}X\n` }, (yaml) =>
      yaml.replace('steps:', `setup: [{on: workers, script: ${script}}]\nsteps:`),
    );
    expect([podsReach, opaque]).toEqual([reach, unseen]);
  });
});

const object = (apiVersion: string, kind: string, metadata: string, more = '') =>
  `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${metadata}\n${more}`;
const role = object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', '{name: backdoor}');

describe('what a lab makes or changes outside of its namespace', () => {
  it.each([
    ['an object outside of namespaces', role, ['ClusterRoleBinding/backdoor']],
    ['one of an API that is gone', role.replace('/v1', '/v1beta1'), ['ClusterRoleBinding/backdoor']],
    [
      'a webhook',
      object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', '{name: hook}'),
      ['MutatingWebhookConfiguration/hook'],
    ],
    ['an API', object('apiregistration.k8s.io/v1', 'APIService', '{name: v1.x}'), ['APIService/v1.x']],
    [
      'an object of another namespace',
      object('apps/v1', 'DaemonSet', '{name: x, namespace: kube-system}'),
      ['DaemonSet/kube-system/x'],
    ],
    ['one that chooses a namespace', object('v1', 'Pod', '{name: x, namespace: "${SPACE}"}'), ['Pod/*/x']],
    ['one that chooses a kind', object('rbac.authorization.k8s.io/v1', '"${KIND}"', '{name: x}'), ['*/x']],
    [
      'a list that is not called so',
      `kind: PodList\napiVersion: v1\nitems: [{apiVersion: v1, kind: Node, metadata: {name: x}}]\n`,
      ['Node/x'],
    ],
    ['a name that is drawn', object('v1', 'Namespace', '{name: "a-${TOKEN}"}'), ['Namespace/a-*']],
    ['nothing', object('v1', 'Pod', '{name: x, namespace: "${namespace}"}'), []],
  ])('is read from its manifests: %s', async (_, manifest, expected) => {
    const variables = 'SPACE: {pick: [lab-first-pod, kube-system]}\n  KIND: {pick: [Role, ClusterRole]}';
    const { changes } = await wishesOf({ 'files/web.yaml': manifest }, (yaml) => yaml.replace('vars:', `vars:\n  ${variables}`));
    expect(changes).toEqual(expected);
  });

  it.each([
    ['create, clusterrolebinding, x, --clusterrole=cluster-admin', ['ClusterRoleBinding/x']],
    ['-v=1, patch, pv/x, -p, "{}"', ['PersistentVolume/x']],
    ['drain, worker-1', ['Node/worker-1']],
    ['-n, kube-system, delete, pod, x', ['Namespace/kube-system']],
    ['delete, pods, --all, -A', ['Namespace/*']],
    ['get, nodes', []],
    ['delete, pod, node', []],
    ['exec, node, --, ls, -n, a', []],
  ])('is read from what kubectl is told: %s', async (words, expected) => {
    const { changes } = await wishesOf({}, (yaml) => yaml.replace('steps:', `setup: [{kubectl: [${words}]}]\nsteps:`));
    expect(changes).toEqual(expected);
  });

  it('is unseen where a variable may be more than a word', async () => {
    const { opaque } = await wishesOf({ 'files/web.yaml': object('v1', 'Pod', '{name: ${MORE}}') }, (yaml) =>
      yaml.replace('vars:', 'vars:\n  MORE: {pick: [a, "a, namespace: kube-system"]}'),
    );
    expect(opaque).toEqual(['files/web.yaml']);
  });

  it('is named in part where it is much of one kind, which hides no other', async () => {
    const many = Array.from({ length: 30 }, (_, index) => object('v1', 'Namespace', `{name: a${index + 10}}`));
    const { changes } = await wishesOf({ 'files/web.yaml': [...many, object('v1', 'Node', '{name: x}')].join('') });
    const named = ['a10', 'a11', 'a12', 'a13', 'a14'].map((name) => `Namespace/${name}`);
    expect(changes).toEqual(['Namespace/(25-more)', ...named, 'Node/x']);
  });
});

it.each([
  ['a volume that is a folder of a node', {}, object('v1', 'PersistentVolume', '{name: x}', 'spec: {local: {path: /}}\n')],
  ['a field of the same name elsewhere', { reach: [] }, object('v1', 'ConfigMap', '{name: x}', 'data: {local: a}\n')],
])('takes for a way to the node %s', async (_, { reach = ['PersistentVolume.local'] }: { reach?: string[] }, manifest) => {
  expect((await wishesOf({ 'files/web.yaml': manifest })).podsReach).toEqual(reach);
});

it.each([
  ['debug, node/worker-1, --image=b, --, id', ['kubectl debug node/worker-1']],
  ['debug, -it, "no/${TOKEN}"', ['kubectl debug no/*']],
  ['debug, web', []],
  [String.raw`run, a, '--overrides={"spec":{"host\u0050ID":true,"\u0068ostIPC":true}}'`, ['hostIPC', 'hostPID']],
])('takes for ways to the node what kubectl is told: %s', async (words, reach) => {
  const { podsReach } = await wishesOf({}, (yaml) => yaml.replace('steps:', `setup: [{kubectl: [${words}]}]\nsteps:`));
  expect(podsReach).toEqual(reach);
});

it('takes addresses for the internet, but for those of nodes and pods', async () => {
  const urls = [
    '203.0.113.9/x',
    '[2001:db8::1]/x',
    '10.0.0.9',
    '192.168.3.4:80',
    '172.20.0.1',
    '127.0.0.1',
    '[::1]:80',
    '[fd00::1]',
  ];
  const { internet } = await wishesOf({}, (yaml) =>
    yaml.replace('steps:', `setup: [{on: workers, run: "curl ${urls.map((url) => `http://${url}`).join(' ')}"}]\nsteps:`),
  );
  expect(internet).toEqual(['203.0.113.9', '[2001:db8::1]']);
});

const shipped = readdirSync(join(packageFolder, 'labs'), { withFileTypes: true }).filter((entry) => entry.isDirectory());

it.each(shipped.map(({ name }) => name))('nothing of what %s asks for is unseen', async (id) => {
  expect((await readWishes(await loadLab(join(packageFolder, 'labs', id)), api)).opaque).toEqual([]);
});

it('is read lab by lab, and a signal is heard in between', async () => {
  await using fixture = await sampleLab();
  const lab = await loadLab(fixture.path);
  const read: string[] = [];
  const abort = new AbortController();
  const watched = (name: string, onRead = () => {}) => {
    const list = () => {
      read.push(name);
      onRead();
      return lab.folder.list();
    };
    return { ...lab, folder: { ...lab.folder, list } };
  };
  const labs = [watched('one'), watched('two', () => abort.abort()), watched('three')];
  await expect(readAllWishes(labs, api, abort.signal)).rejects.toThrow(Interrupted);
  expect(read).toEqual(['one', 'two']);
  await expect(readAllWishes(labs.slice(1, 2), api, new AbortController().signal)).resolves.toHaveLength(1);
});
