import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Lock } from '../../src/artifacts/source.ts';
import { loadSpec } from '../../src/cluster/load-spec.ts';
import { makePlan, type PlanFacts } from '../../src/cluster/make-plan.ts';
import { renderNodeFiles } from '../../src/cluster/node-files.ts';
import { renderFolder } from '../../src/cluster/render-folder.ts';
import type { Secrets } from '../../src/cluster/secrets.ts';
import { makeClusterPki, makeToken } from '../../src/kubernetes/pki.ts';
import type { Benchmark } from './bench.ts';
import { below, listValues, median } from './measurement.ts';
import { packageFolder } from './site.ts';

const nodes = 100;
const repeats = 10;

/** From a spec with 100 workers to every file that their folder holds, in this process and without a disk. */
export const planning: Benchmark = {
  name: 'plan',
  title: `planning and rendering ${nodes} workers`,
  run: async ({ kubernetes, progress }) => {
    progress(`planning and rendering ${nodes} workers`);
    const spec = loadSpec(`name: large\nkubernetes: "${kubernetes}"\nworkers: {count: ${nodes}}\n`, 'kubelab.yaml');
    const template = await readFile(path.join(packageFolder, 'Vagrantfile.tmpl'), 'utf8');
    const provision = await readTexts(path.join(packageFolder, 'provision'));
    const secrets = await makeSecrets();
    const facts = makeFacts(kubernetes);
    const seconds: number[] = [];
    let files = 0;
    for (let count = 0; count < repeats; count += 1) {
      const started = performance.now();
      const plan = makePlan(spec, facts);
      const nodeFiles = renderNodeFiles(plan, secrets, { cgroupVersion: 2, sharedKernel: true, swap: false });
      files = renderFolder(plan, { id: 'study-1a2b3c', template, provision, nodeFiles }).size;
      seconds.push((performance.now() - started) / 1000);
    }
    const [first = Number.NaN, ...others] = seconds;
    return [
      {
        what: 'first time',
        value: first,
        unit: 'seconds',
        aim: below(1),
        note: `${files} files; what a run of the program pays`,
      },
      { what: 'once warm', value: median(others), unit: 'seconds', note: `median of ${listValues(others, 3)}` },
    ];
  },
};

async function readTexts(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder);
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')] as const)));
}

async function makeSecrets(): Promise<Secrets> {
  const pki = await makeClusterPki({ algorithm: 'ECDSA-P256', now: new Date(), externalEtcd: false });
  return { token: makeToken(), pki };
}

function makeFacts(kubernetes: string): PlanFacts {
  const roles = ['kube-apiserver', 'pause', 'toolbox', 'flannel', 'flannel-cni-plugin', 'metrics-server', 'local-path'];
  const lock: Lock = {
    apiVersion: 'kubelab/v1',
    source: 'upstream',
    kubernetes,
    containerd: '2.2.4',
    architecture: 'amd64',
    components: {},
    images: Object.fromEntries(roles.map((role) => [role, `registry.example/${role}:1`])),
    artifacts: [],
  };
  return {
    provider: { name: 'nspawn', why: '', differences: [] },
    source: { kind: 'upstream', why: '' },
    install: 'binaries',
    lock,
    subnet: '10.83.7.0/24',
  };
}
