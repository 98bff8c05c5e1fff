import { execFileSync } from 'node:child_process';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import { createClusterFolder, locateCluster } from '../../src/cluster/cluster-folder.ts';

async function readMode(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

describe('locateCluster', () => {
  it('lays everything out below .kubelab, and the lock beside what a destroy removes', () => {
    const folder = locateCluster('/home/ann/study', 'lab');
    const paths = Object.entries({ ...folder, node: folder.node('worker1') });
    expect(Object.fromEntries(paths.map(([name, path]) => [name, relative('/home/ann/study', path)]))).toMatchInlineSnapshot(`
      {
        "events": ".kubelab/lab/events.ndjson",
        "gitignore": ".kubelab/.gitignore",
        "home": ".kubelab",
        "knownHosts": ".kubelab/lab/known_hosts",
        "kubeconfig": ".kubelab/lab/kubeconfig",
        "lock": ".kubelab/lab.lock",
        "logs": ".kubelab/lab/logs",
        "node": ".kubelab/lab/nodes/worker1",
        "nodes": ".kubelab/lab/nodes",
        "pki": ".kubelab/lab/pki",
        "provision": ".kubelab/lab/provision",
        "root": ".kubelab/lab",
        "sshKey": ".kubelab/lab/ssh_key",
        "sshPublicKey": ".kubelab/lab/ssh_key.pub",
        "state": ".kubelab/lab/state.json",
        "vagrantfile": ".kubelab/lab/Vagrantfile",
      }
    `);
  });

  it.each(['..', '.', '', 'a/b', '-a', 'a.lock', 'A', 'a\0'])('refuses %j as a name', (name) => {
    expect(() => locateCluster('/base', name)).toThrow('can not be the name of a folder');
    expect(() => locateCluster('/base', 'lab').node(name)).toThrow('can not be the name of a folder');
  });
});

describe('createClusterFolder', () => {
  it('makes the folders, closed where they hold keys', async () => {
    await using base = await createFixture({});
    const folder = locateCluster(base.path, 'lab');
    await createClusterFolder(folder, ['cp1', 'worker1']);
    for (const path of [folder.nodes, folder.node('cp1'), folder.node('worker1'), folder.pki, folder.logs])
      expect(await readMode(path)).toBe('700');
    expect(await readFile(folder.gitignore, 'utf8')).toBe('*\n');
  });

  it('closes what was opened, keeps what is there, and can be repeated', async () => {
    await using base = await createFixture({});
    const folder = locateCluster(base.path, 'lab');
    await createClusterFolder(folder, ['cp1']);
    await writeFile(folder.state, 'kept');
    await chmod(folder.pki, 0o755);
    await createClusterFolder(folder, ['cp1']);
    expect(await readMode(folder.pki)).toBe('700');
    expect(await readFile(folder.state, 'utf8')).toBe('kept');
  });

  it('is out of sight of git', async () => {
    await using base = await createFixture({ 'kubelab.yaml': 'name: lab\n' });
    const folder = locateCluster(base.path, 'lab');
    await createClusterFolder(folder, ['cp1']);
    await writeFile(folder.sshKey, 'secret');
    execFileSync('git', ['init', '-q'], { cwd: base.path });
    const status = execFileSync('git', ['status', '--porcelain', '-uall'], { cwd: base.path, encoding: 'utf8' });
    expect(status).toBe('?? kubelab.yaml\n');
  });
});
