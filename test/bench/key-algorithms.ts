import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { renderDocuments } from '../../src/kubernetes/documents.ts';
import type { EncryptionAlgorithm } from '../../src/kubernetes/kubeadm-input.ts';
import { factsFor } from '../../src/kubernetes/versions.ts';
import { asRoot } from '../../src/exec/root.ts';
import { localRunner } from '../../src/exec/local.ts';
import type { Runner } from '../../src/exec/runner.ts';
import type { Bench, Benchmark } from './bench.ts';
import { atLeast, listValues, median, type Measurement } from './measurement.ts';

const algorithms: readonly EncryptionAlgorithm[] = ['ECDSA-P256', 'RSA-2048'];
const repeats = 5;

/** `kubeadm init phase certs all` with both kinds of keys, natively on this host: one of each in turn. */
export const keyAlgorithms: Benchmark = {
  name: 'keys',
  title: 'kubeadm init phase certs all',
  run: async (bench) => {
    const { lock, source } = await bench.artifacts();
    const artifact = lock.artifacts.find(({ path: place }) => place === 'bin/kubeadm');
    if (artifact === undefined) throw new Error(`the source ${source.kind} has no kubeadm program outside of its packages`);
    if (factsFor(lock.kubernetes).kubeadmApi !== 'v1beta4')
      throw new Error(`${lock.kubernetes} has no field for the algorithm of keys`);
    bench.progress('making certificates with both algorithms in turn');
    const runner = asRoot(localRunner(), process.getuid?.() ?? -1);
    const seconds = new Map(algorithms.map((algorithm) => [algorithm, [] as number[]]));
    for (let count = 0; count < repeats; count += 1)
      for (const [algorithm, values] of seconds)
        values.push(await makeCertificates(source.file(artifact), algorithm, lock.kubernetes, runner, bench));
    const [short = [], long = []] = algorithms.map((algorithm) => seconds.get(algorithm) ?? []);
    return [
      ...[...seconds].map(([algorithm, values]): Measurement => ({
        what: algorithm,
        value: median(values),
        unit: 'seconds',
        note: `median of ${listValues(values, 2)}`,
      })),
      {
        what: 'RSA-2048 / ECDSA-P256',
        value: median(long) / median(short),
        unit: 'times',
        aim: atLeast(1),
        note: 'kubelab asks for ECDSA where kubeadm can',
      },
    ];
  },
};

async function makeCertificates(
  kubeadm: string,
  algorithm: EncryptionAlgorithm,
  kubernetes: string,
  runner: Runner,
  { folder, signal }: Bench,
): Promise<number> {
  const work = path.join(folder, 'keys');
  const config = path.join(work, 'kubeadm.yaml');
  await mkdir(work, { recursive: true });
  await writeFile(
    config,
    renderDocuments([
      {
        apiVersion: 'kubeadm.k8s.io/v1beta4',
        kind: 'InitConfiguration',
        localAPIEndpoint: { advertiseAddress: '10.83.7.11', bindPort: 6443 },
        nodeRegistration: { name: 'control1', criSocket: 'unix:///run/containerd/containerd.sock' },
      },
      {
        apiVersion: 'kubeadm.k8s.io/v1beta4',
        kind: 'ClusterConfiguration',
        kubernetesVersion: `v${kubernetes}`,
        certificatesDir: path.join(work, 'pki'),
        encryptionAlgorithm: algorithm,
      },
    ]),
  );
  const { milliseconds } = await runner.run([kubeadm, 'init', 'phase', 'certs', 'all', '--config', config], {
    timeout: 120_000,
    signal,
  });
  await rm(work, { recursive: true, force: true });
  return milliseconds / 1000;
}
