import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { imageEnv } from '../artifacts/node-image.ts';
import type { Lock, Source } from '../artifacts/source.ts';
import { sshFailed } from '../exec/ssh.ts';
import { renderEnv } from '../templates/env-file.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import { writeFileAtomic } from './files.ts';
import { handOverArtifacts } from './hand-over.ts';
import type { Node } from './node.ts';
import type { Provider } from './provider.ts';
import { packNodeFiles } from './push-files.ts';
import { showLines } from './report-step.ts';
import { waitFor } from './wait.ts';

const minute = 60_000;

type Progress = (text: string) => void;

export interface ImageMachine {
  /** A machine of a plain system that runs, for this alone. */
  readonly node: Node;
  /** The folder that it was written from. */
  readonly folder: ClusterFolder;
  /** With every digest. */
  readonly lock: Lock;
  readonly source: Source;
  readonly install: 'binaries' | 'packages';
  /** The public key that every Vagrant comes with for machines that are new to it. */
  readonly vagrantKey: string;
  /** What goes onto the kernel's line, each without spaces. */
  readonly kernelOptions: readonly string[];
  readonly signal: AbortSignal;
}

/** Installs in a machine what a node image has: the scripts 10 to 40. */
export async function installImage(machine: ImageMachine, progress: Progress): Promise<void> {
  const { node, folder, lock, install, vagrantKey, kernelOptions, signal } = machine;
  // No key of a cluster ever comes into it.
  const own = folder.node('image');
  await mkdir(own, { recursive: true, mode: 0o700 });
  const env =
    imageEnv(lock, install) + renderEnv({ KUBELAB_VAGRANT_KEY: vagrantKey, KUBELAB_KERNEL_OPTIONS: kernelOptions.join(' ') });
  await writeFileAtomic(path.join(own, 'env'), env, { mode: 0o600 });
  const unpack = 'rm -rf /opt/kubelab; mkdir -p /opt/kubelab; tar -x --no-same-owner -C /opt/kubelab -f -';
  await node.run(['sh', '-c', `set -e; ${unpack}`], { timeout: 5 * minute, signal, input: await packNodeFiles(folder, 'image') });
  await handOverArtifacts(machine, node, progress);
  await node.run(['sh', '/opt/kubelab/provision/run.sh', 'image'], { timeout: 60 * minute, signal, onLine: showLines(progress) });
}

/** What the machines of an image have to be told of its system. */
export interface ImageTraits {
  /** As `/etc/os-release` has it: `ID` and `ID_LIKE`. */
  readonly system: string;
  /** cloud-init was told the user and the key by a disk of its own, and will have to be told again. */
  readonly seeded: boolean;
}

/** Asks a machine what its image has to say of it. */
export async function readImageTraits({ node, signal }: Pick<ImageMachine, 'node' | 'signal'>): Promise<ImageTraits> {
  const script = '. /etc/os-release; echo "$ID ${ID_LIKE:-}"; [ ! -e /dev/disk/by-label/cidata ] || echo seeded';
  const { stdout } = await node.run(['sh', '-c', script], { timeout: minute, signal });
  const [system = '', seed] = stdout.trim().split('\n');
  return { system: system.trim(), seeded: seed === 'seeded' };
}

/** Takes from a machine what makes it this one, and switches it off. */
export async function sealImage(
  { node, signal }: Pick<ImageMachine, 'node' | 'signal'>,
  provider: Provider,
  progress: Progress,
): Promise<void> {
  // In one go: without its host keys the machine lets nobody in any more, and the connection ends with it.
  const seal = 'sh /opt/kubelab/provision/run.sh seal; rm -rf /opt/kubelab; sync; systemctl --no-block poweroff';
  const options = { timeout: 30 * minute, signal, onLine: showLines(progress), accept: [0, sshFailed] } as const;
  await node.run(['sh', '-c', `set -e; ${seal}`], options);
  const isOff = async (): Promise<boolean> =>
    (await provider.inspect()).every((machine) => machine.name !== node.name || machine.state === 'stopped');
  const what = { what: `the machine ${node.name} to be off`, hint: 'See what the hypervisor says of it.', deadline: 10 * minute };
  await waitFor({ ...what, ready: async () => (await isOff()) || 'still on' }, signal, progress);
}
