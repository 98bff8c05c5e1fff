import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CacheItem, choosePrunable } from '../../src/commands/cache-item.ts';
import { createProgramRig, type ProgramRig } from '../rig/program.ts';

const day = 24 * 60 * 60_000;

/** Files in the cache of a rig, last used so many days ago. */
async function fillCache(rig: ProgramRig, files: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, days] of Object.entries(files)) {
    const file = join(rig.home, '.cache/kubelab', name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'x'.repeat(2048));
    const used = new Date(Date.now() - days * day);
    await utimes(file, used, used);
    for (let folder = dirname(file); !folder.endsWith('kubelab'); folder = dirname(folder)) await utimes(folder, used, used);
  }
}

const hex = 'ab'.repeat(32);
const files = {
  'go/kubernetes-v1.36.4/bin/kubeadm': 40,
  'go/kubernetes-v1.36.4/bin/kubelet': 40,
  'go/images/pause-3.10.2-bceebefd.tar': 40,
  'go/layers/toolbox-125fa8ca.tar': 3,
  [`store/sha256/ab/${hex}`]: 0,
  'artifacts-x1y2z3/artifacts/bin/kubeadm': 40,
  'disks/1.36.4-ab12.qcow2': 2,
  'timings.json': 40,
};

function names(stdout: string, key: 'items' | 'removed'): string[] {
  const { data } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { data: Record<string, CacheItem[]> };
  return (data[key] ?? []).map(({ name }) => name).toSorted();
}

describe('the cache', () => {
  it('is listed', async () => {
    const rig = await createProgramRig();
    expect((await rig.run('cache', 'list')).stdout).toBe('The cache is empty (<home>/.cache/kubelab).\n');
    expect((await rig.run('box', 'list')).stdout).toContain('There is no base box yet');
    await fillCache(rig, files);
    const { stdout } = await rig.run('cache', 'list');
    expect(stdout.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, '<day>')).toMatchInlineSnapshot(`
      "6 things, 14.0 KiB, in <home>/.cache/kubelab

      WHAT             NAME                          SIZE  LAST USE (UTC)    USED BY
      file by digest   sha256:abababababab        2.0 KiB  <day>  -
      Go programs      kubernetes-v1.36.4         4.0 KiB  <day>  -
      image archive    pause-3.10.2-bceebefd.tar  2.0 KiB  <day>  -
      image layer      toolbox-125fa8ca.tar       2.0 KiB  <day>  -
      node image disk  1.36.4-ab12.qcow2          2.0 KiB  <day>  -
      leftover         artifacts-x1y2z3           2.0 KiB  <day>  -

      Next:
        kubelab cache prune  remove what no cluster uses
      "
    `);
  });

  it('loses what nobody uses, but not what is new', async () => {
    const rig = await createProgramRig();
    await fillCache(rig, files);
    const refused = await rig.run('cache', 'prune');
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Remove 5 things, 12.0 KiB?') });
    expect(refused.stderr).toContain('to be removed: kubernetes-v1.36.4');
    expect(names((await rig.run('cache', 'prune', '--days', '30', '--yes', '--json')).stdout, 'removed')).toEqual([
      'artifacts-x1y2z3',
      'kubernetes-v1.36.4',
      'pause-3.10.2-bceebefd.tar',
    ]);
    expect(names((await rig.run('cache', 'list', '--json')).stdout, 'items')).toEqual([
      '1.36.4-ab12.qcow2',
      `sha256:${hex}`,
      'toolbox-125fa8ca.tar',
    ]);
    expect((await rig.run('cache', 'prune', '--all', '--yes')).stdout).toContain('Removed 3 things, 6.0 KiB.');
    expect((await rig.run('cache', 'prune')).stdout).toBe('There is nothing to remove.\n');
    expect(await readdir(join(rig.home, '.cache/kubelab'))).toContain('timings.json');
  });

  it('knows the boxes that Vagrant was given, and keeps those that machines hang on', async () => {
    const rig = await createProgramRig({ fakesOnly: true });
    const boxes = join(rig.home, '.vagrant.d', 'boxes');
    for (const name of ['debian-13-0a', 'rocky-9-0b']) {
      const folder = join(boxes, `kubelab-VAGRANTSLASH-${name}`, '1.0.0', 'virtualbox');
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'metadata.json'), '{}');
      await utimes(join(folder, 'metadata.json'), new Date(0), new Date(0));
    }
    const index = {
      version: 1,
      machines: {
        a: { vagrantfile_path: rig.folder, extra_data: { box: { name: 'kubelab/rocky-9-0b', provider: 'virtualbox' } } },
      },
    };
    await mkdir(join(rig.home, '.vagrant.d', 'data', 'machine-index'), { recursive: true });
    await writeFile(join(rig.home, '.vagrant.d', 'data', 'machine-index', 'index'), JSON.stringify(index));
    const { stdout } = await rig.run('box', 'list');
    expect(stdout).toMatch(/^box of Vagrant {2}kubelab\/debian-13-0a \(virtualbox\) .* -$/m);
    expect(stdout).toMatch(/^box of Vagrant {2}kubelab\/rocky-9-0b \(virtualbox\) .* work$/m);
    expect(names((await rig.run('cache', 'list', '--json')).stdout, 'items')).toHaveLength(2);
    const pruned = await rig.run('box', 'prune', '--all', '--yes', '--json');
    expect(names(pruned.stdout, 'removed')).toEqual(['kubelab/debian-13-0a (virtualbox)']);
    expect(await readdir(boxes)).toContain('kubelab-VAGRANTSLASH-rocky-9-0b');
  });

  it('takes nothing that is not there', async () => {
    const rig = await createProgramRig();
    expect((await rig.run('cache', 'prune', '--days=-1')).exitCode).toBe(2);
    expect((await rig.run('cache', 'prune', '--days', 'many')).exitCode).toBe(2);
    expect((await rig.run('cache', 'wipe')).exitCode).toBe(2);
    expect(await rig.run('box', 'build', './absent.tar')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('KL-USE'),
    });
  });
});

describe('what may go', () => {
  const now = new Date('2026-06-01T00:00:00Z');
  const item = (name: string, age: number, usedBy: string[] = []): CacheItem => ({
    kind: 'image-tree',
    name,
    path: name,
    bytes: 1,
    lastUse: new Date(now.getTime() - age),
    usedBy,
  });
  it('is nothing that machines can not do without', () => {
    const needed = { ...item('box', 9 * day, ['study-1']), needed: true };
    expect(choosePrunable([needed], { all: true, now })).toEqual([]);
  });

  const items = [item('used', 9 * day, ['study-1']), item('old', 9 * day), item('day', day), item('new', 60_000)];
  const chosen = (choice: { all: boolean; days?: number }): string[] =>
    choosePrunable(items, { ...choice, now }).map(({ name }) => name);

  it.each([
    { choice: { all: false }, expected: ['old', 'day'] },
    { choice: { all: false, days: 7 }, expected: ['old'] },
    { choice: { all: false, days: 0 }, expected: ['old', 'day'] },
    { choice: { all: true }, expected: ['used', 'old', 'day', 'new'] },
  ])('with $choice is $expected', ({ choice, expected }) => {
    expect(chosen(choice)).toEqual(expected);
  });
});
