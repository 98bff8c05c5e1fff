import { readdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { describePlan, findShortages, type PlanReport } from '../../src/commands/plan-report.ts';
import { renderBlocks } from '../../src/ui/block.ts';
import { createColour } from '../../src/ui/colour.ts';
import { makePlan } from '../golden/vagrant-plans.ts';
import { leaveCluster } from '../rig/existing-cluster.ts';
import { createProgramRig } from '../rig/program.ts';

const gibibyte = 1024 ** 3;

function makeReport(fields: Partial<PlanReport> = {}): PlanReport {
  const plan = makePlan(
    { controlPlanes: 1, workers: 1 },
    {
      provider: { name: 'nspawn', why: 'the spec asks for it', differences: ['nodes share the kernel of this host'] },
      source: { kind: 'go', why: 'the spec asks for it' },
      install: 'binaries',
    },
  );
  return {
    plan,
    cluster: { exists: false, machines: [] },
    artifacts: {
      total: 22,
      missing: [{ path: 'bin/kubeadm', version: 'v1.36.4', from: 'go:k8s.io/kubernetes/cmd/kubeadm@v1.36.4' }],
      builds: ['kubeadm'],
    },
    box: { name: 'debian-12', key: 'debian-12-abc', present: true },
    image: { present: false },
    steps: [
      { id: 'obtain', title: 'obtain Kubernetes 1.36.4', phase: 'artifacts', needs: [] },
      { id: 'image', title: 'make the node image', phase: 'node image', needs: ['obtain'] },
    ],
    room: {
      needed: { cpus: 4, memoryBytes: 4 * gibibyte, diskBytes: 2 * gibibyte },
      host: { cpus: 2, memoryBytes: 8 * gibibyte, freeMemoryBytes: 6 * gibibyte, freeDiskBytes: 40 * gibibyte },
    },
    forecast: { seconds: 170, buildSeconds: 126, unknown: ['boot'] },
    rootCommands: [{ command: 'mount, umount', what: 'the store of node images' }],
    ...fields,
  };
}

function show(report: PlanReport): string {
  return renderBlocks(describePlan(report), { colour: createColour({ isTTY: false, env: {} }), width: 100 });
}

describe('a plan for people', () => {
  it('says what, why, what is there, what it takes and how long', () => {
    expect(show(makeReport())).toMatchInlineSnapshot(`
      "study: Kubernetes 1.36.4 on 2 nodes
        - provider nspawn: the spec asks for it
        - unlike a virtual machine: nodes share the kernel of this host
        - source go: the spec asks for it
        - containerd 2.2.9; Kubernetes is installed from binaries

      Nodes
      NODE      ROLE           ADDRESS     CPUS    MEMORY
      control1  control-plane  10.83.7.11     2  2048 MiB
      worker1   worker         10.83.7.21     2  2048 MiB

        - network: nodes 10.83.7.0/24 (this host is 10.83.7.1), pods 10.244.0.0/16, services 10.96.0.0/12,
          plugin flannel
        - API server: https://10.83.7.11:6443, the control plane itself
        - etcd: stacked, on the control plane
        - add-ons: metrics-server

      What is there, and what is made
        - artifacts: to be obtained, 1 of 22: bin/kubeadm
        - to build: kubeadm
        - base box debian-12: is there (debian-12-abc)
        - node image: to be made
        - machines: none yet

      Steps: each starts as soon as what it needs is done
      STEP    WHAT                      NEEDS
      obtain  obtain Kubernetes 1.36.4
      image   make the node image       obtain

      What it takes of this host
        - memory: up to 4.0 GiB; this host has 8.0 GiB, of which 6.0 GiB are free
        - processors: up to 4 at a time; this host has 2, and nodes share them
        - disk: about 2.0 GiB more; 40.0 GiB are free

      What root does
      COMMAND        WHAT FOR
      mount, umount  the store of node images

      kubelab up takes about 2:50, of which building takes up to 2:06. Not in it, as this host never timed
      it: boot.
      "
    `);
  });

  it('warns of what the host does not have', () => {
    const { room } = makeReport();
    expect(findShortages(room)).toEqual([]);
    const short = findShortages({ ...room, host: { ...room.host, memoryBytes: 3 * gibibyte, freeDiskBytes: gibibyte } });
    expect(short).toEqual([
      'The nodes may take 4.0 GiB of memory, and this host has only 3.0 GiB: give them less, or use fewer.',
      'About 2.0 GiB of disk are needed, and only 1.0 GiB are free. kubelab cache prune removes what no cluster uses.',
    ]);
  });

  it('says what up changes in a cluster that is there', () => {
    const changed = { exists: true, machines: ['control1'], changes: { added: ['worker2'], removed: ['worker1'], resized: [] } };
    expect(show(makeReport({ cluster: changed }))).toContain('study exists: kubelab up adds worker2, removes worker1, and mends');
    const same = { exists: true, machines: ['control1'], changes: { added: [], removed: [], resized: [] } };
    expect(show(makeReport({ cluster: same }))).toContain('study exists with these very nodes');
  });

  it('says when nothing was timed yet', () => {
    expect(show(makeReport({ forecast: { buildSeconds: 0, unknown: ['boot'] } }))).toContain(
      'nothing was timed on this host yet',
    );
  });
});

describe('plan', () => {
  it('writes nothing, also when it fails', async () => {
    const rig = await createProgramRig({ env: { PATH: '/nowhere' } });
    expect(await rig.run('plan')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('KL-SPEC-MISSING') });
    await leaveCluster(rig, []);
    const before = (await readdir(rig.folder, { recursive: true })).toSorted();
    await writeFile(rig.path('kubelab.yaml'), 'name: study\nsource: {bundle: ./absent.kubelab}\n');
    const { exitCode, stderr } = await rig.run('plan');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: expect.any(Number), stderr: expect.stringContaining('KL-') });
    expect((await readdir(rig.folder, { recursive: true })).toSorted()).toEqual(before);
  });
});
