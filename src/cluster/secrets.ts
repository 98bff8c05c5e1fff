import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { minorOf, compareVersions } from '../kubernetes/versions.ts';
import type { EncryptionAlgorithm } from '../kubernetes/kubeadm-input.ts';
import { makeClusterPki, makeToken } from '../kubernetes/pki.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import { readIfThere, writeFileAtomic } from './files.ts';
import type { Plan } from './plan.ts';

/** What every node must know in advance, made on the host before the first machine boots. */
export interface Secrets {
  readonly token: string;
  /** PEM by path under /etc/kubernetes/pki. */
  readonly pki: ReadonlyMap<string, string>;
}

/** kubeadm's v1beta3 has no field for the algorithm of the keys that it makes itself. */
export function keyAlgorithm(kubernetes: string): EncryptionAlgorithm {
  return compareVersions(`${minorOf(kubernetes)}.0`, '1.31.0') >= 0 ? 'ECDSA-P256' : 'RSA-2048';
}

/** Reads the cluster's secrets, or makes them: once made they stay, since the nodes trust them. */
export async function provideSecrets(folder: ClusterFolder, plan: Plan): Promise<Secrets> {
  const tokenFile = path.join(folder.pki, 'token');
  const known = (await readIfThere(tokenFile))?.trim();
  if (known !== undefined) return { token: known, pki: await readPki(folder.pki) };
  const pki = await makeClusterPki({
    algorithm: keyAlgorithm(plan.kubernetes),
    now: new Date(),
    externalEtcd: plan.etcd === 'external',
  });
  for (const [name, pem] of pki) {
    await mkdir(path.dirname(path.join(folder.pki, name)), { recursive: true, mode: 0o700 });
    await writeFileAtomic(path.join(folder.pki, name), pem, { mode: 0o600 });
  }
  const token = makeToken();
  // Last: its presence says that the rest is whole.
  await writeFileAtomic(tokenFile, `${token}\n`, { mode: 0o600 });
  return { token, pki };
}

async function readPki(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => /\.(crt|key|pub)$/.test(name));
  return new Map(
    await Promise.all(
      names.map(async (name) => [name.replaceAll(path.sep, '/'), await readFile(path.join(folder, name), 'utf8')] as const),
    ),
  );
}

/** The values that no log may hold. */
export function secretValues(secrets: Secrets): string[] {
  return [secrets.token, ...[...secrets.pki].filter(([name]) => name.endsWith('.key')).map(([, pem]) => pem)];
}
