import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { State } from '../../src/cluster/state.ts';

export const study: State = {
  apiVersion: 'kubelab/v1',
  name: 'study',
  createdAt: '2026-01-02T03:04:05.000Z',
  kubernetes: '1.36.4',
  provider: 'nspawn',
  emulated: false,
  runtime: { name: 'containerd', version: '2.2.9' },
  network: { nodes: '10.83.7.0/24', pods: '10.244.0.0/16', services: '10.96.0.0/12', plugin: 'flannel' },
  endpoint: 'direct',
  etcd: 'stacked',
  source: 'go',
  install: 'binaries',
  box: 'debian-12',
  addons: ['metrics-server'],
  kubeadm: JSON.stringify({ certSANs: [], extraArgs: {}, extraVolumes: {}, featureGates: {}, kubelet: {}, kubeProxy: {} }),
  nodes: [
    { name: 'control1', role: 'control-plane', address: '10.83.7.11', cpus: 2, memoryMiB: 2048 },
    { name: 'worker1', role: 'worker', address: '10.83.7.21', cpus: 2, memoryMiB: 2048 },
  ],
};

/**
 * Leaves the files of a cluster that was brought up from `name: study`, with machines that run, as far as kubelab sees
 * from outside: a process of the right name, which ends with the test.
 */
export async function leaveCluster(place: { folder: string; home: string }, running: readonly string[]): Promise<string> {
  const root = join(place.folder, '.kubelab', 'study');
  await writeTo(join(place.folder, 'kubelab.yaml'), 'name: study\n');
  await writeTo(join(root, 'state.json'), JSON.stringify(study));
  await writeTo(join(root, 'kubeconfig'), 'apiVersion: v1\nkind: Config\n');
  await writeTo(join(root, 'ssh_config'), '# none\n');
  const id = `study-${createHash('sha256').update(root).digest('hex').slice(0, 6)}`;
  for (const { name } of study.nodes) {
    const tree = join(place.home, '.cache', 'kubelab', 'nspawn', 'machines', id, name);
    await mkdir(tree, { recursive: true });
    if (running.includes(name)) await runMachine(tree);
  }
  return root;
}

/** A program on a PATH that is a shell script. @returns the folder to put on the PATH. */
export async function writeTool(folder: string, name: string, script: string): Promise<string> {
  await writeTo(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
  return folder;
}

async function writeTo(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

async function runMachine(tree: string): Promise<void> {
  const child = spawn('sh', ['-c', 'sleep 60; :', 'sh', `--directory=${tree}`], {
    argv0: 'systemd-nspawn',
    stdio: 'ignore',
    detached: true,
  });
  onTestFinished(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  });
  await new Promise((resolve) => child.once('spawn', resolve));
}
