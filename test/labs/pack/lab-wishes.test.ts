import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadLab } from '../../../src/labs/load-lab.ts';
import { type LabWishes, readWishes } from '../../../src/labs/pack/lab-wishes.ts';
import { packageFolder } from '../../rig/program.ts';
import { sampleLab, sampleYaml } from '../sample-lab.ts';

const pod = (spec: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: ${spec}\n`;
const open = pod('{hostPID: true, containers: [{name: a, image: "evil.example.io/x"}]}');

/** The wishes of the sample lab with other files and lines. */
async function wishesOf(files: Readonly<Record<string, string>>, change = (yaml: string) => yaml): Promise<LabWishes> {
  await using fixture = await sampleLab({ 'lab.yaml': change(sampleYaml), ...files });
  return await readWishes(await loadLab(fixture.path));
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
  expect((await readWishes(await loadLab(join(packageFolder, 'labs', id)))).opaque).toEqual([]);
});
