import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { localRunner } from '../../src/exec/local.ts';
import { createFakeTools } from '../rig/fake-tool.ts';

const folder = join(import.meta.dirname, '../../labs/storageclass-nfs');

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

/** The rules of the role in a file of the lab. */
function rulesIn(file: string): readonly Rule[] {
  const role = parse(readFileSync(join(folder, file), 'utf8')) as { readonly rules: readonly Rule[] };
  return role.rules;
}

const rule = (group: string, resource: string, verbs: string): Rule => ({
  apiGroups: [group],
  resources: [resource],
  verbs: verbs.split(' '),
});
const volumes = rule('', 'persistentvolumes', 'get list watch create delete');
const claims = rule('', 'persistentvolumeclaims', 'get list watch update');
const classes = rule('storage.k8s.io', 'storageclasses', 'get list watch');
const events = rule('', 'events', 'create update patch');
const joined = [
  { ...volumes, resources: ['persistentvolumes', 'persistentvolumeclaims'], verbs: ['get', 'list', 'watch'] },
  rule('', 'persistentvolumes', 'create delete'),
  rule('', 'persistentvolumeclaims', 'update'),
  classes,
  events,
];

/** What a check says of a role with these rules; without any, there is no such role. */
async function check(script: string, rules?: readonly Rule[] | null): Promise<{ exitCode?: number; stdout: string }> {
  const tools = await createFakeTools();
  try {
    const kubectl = await tools.add('kubectl');
    const found = rules === undefined ? { exitCode: 1 } : { stdout: JSON.stringify({ kind: 'ClusterRole', rules }) };
    kubectl.answer(/get clusterrole lab-nfs-provisioner -o json$/, found);
    const env = { PATH: tools.path(process.env['PATH']) };
    const { signal } = new AbortController();
    const options = { timeout: 20_000, signal, accept: 'any', env } as const;
    const { exitCode, stdout } = await localRunner().run(['sh', '-eu', join(folder, 'checks', script)], options);
    return { exitCode, stdout: stdout.trim() };
  } finally {
    await tools.remove();
  }
}

describe('the check of what the provisioner may do', () => {
  it.each([
    ['the role of the solution', rulesIn('files/role.yaml')],
    ['the least that it needs', [volumes, claims, classes, events]],
    ['the same in other rules', joined],
    ['every verb', [{ ...volumes, verbs: ['*'] }, claims, classes, events]],
    ['everything', [rule('*', '*', '*')]],
  ])('passes for %s', async (_what, rules) => expect(await check('role.sh', rules)).toEqual({ exitCode: 0, stdout: '' }));

  it.each([
    ['no role', undefined, ''],
    ['a verb too few', rulesIn('files/broken-role.yaml'), 'no create on persistentvolumes'],
    [
      'a group that has no such resource',
      [volumes, claims, { ...classes, apiGroups: [''] }, { ...events, verbs: ['create', 'patch'] }],
      'no get on storageclasses.storage.k8s.io, no list on storageclasses.storage.k8s.io, ' +
        'no watch on storageclasses.storage.k8s.io, no update on events',
    ],
  ])('does not pass for %s', async (_what, rules, stdout) =>
    expect(await check('role.sh', rules)).toEqual({ exitCode: 1, stdout }),
  );

  it('does not count rules about objects by name, or no rules', async () => {
    const named = { ...claims, resourceNames: ['data'] };
    expect(await check('role.sh', [volumes, named, classes, events])).toMatchObject({ exitCode: 1 });
    expect(await check('role.sh', null)).toMatchObject({ exitCode: 1 });
  });
});

describe('the check that one right was given back', () => {
  it.each([
    ['the role of the solution', rulesIn('files/role.yaml')],
    ['the least that it needs', [volumes, claims, classes, events]],
    ['the same in other rules', joined],
  ])('passes for %s', async (_what, rules) => expect(await check('role-mended.sh', rules)).toMatchObject({ exitCode: 0 }));

  it.each([
    ['no role', undefined, ''],
    ['what is still missing, which it does not tell', rulesIn('files/broken-role.yaml'), ''],
    ['every verb', rulesIn('files/wrong/all-verbs.yaml'), 'also * on persistentvolumes'],
    ['everything', [rule('*', '*', '*')], 'also * on * in *'],
    ['another resource', [volumes, claims, classes, events, rule('', 'secrets', 'get')], 'also get on secrets'],
    ['another group', [volumes, claims, classes, events, rule('apps', 'events', 'get')], 'also get on events in apps'],
    ['a URL', [volumes, claims, classes, events, { nonResourceURLs: ['/metrics'], verbs: ['get'] }], 'also /metrics'],
    ['a right lost', [volumes, { ...claims, verbs: ['get'] }, classes, events], ''],
  ])('does not pass for %s', async (_what, rules, stdout) =>
    expect(await check('role-mended.sh', rules)).toEqual({ exitCode: 1, stdout }),
  );
});
