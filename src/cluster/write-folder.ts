import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Runner } from '../exec/runner.ts';
import type { HostTraits } from '../kubernetes/kubeadm-input.ts';
import { KubelabError } from '../errors/errors.ts';
import { type ClusterFolder, clusterId, createClusterFolder } from './cluster-folder.ts';
import { readIfThere, writeFileAtomic } from './files.ts';
import { renderNodeFiles } from './node-files.ts';
import type { Plan } from './plan.ts';
import { renderFolder } from './render-folder.ts';
import { renderVagrantfile } from '../templates/vagrantfile.ts';
import { viewVagrantfile } from './vagrantfile-view.ts';
import { provideSecrets, type Secrets } from './secrets.ts';

export interface FolderContext {
  readonly folder: ClusterFolder;
  /** Where Vagrantfile.tmpl and provision/ lie. */
  readonly packageFolder: string;
  /** The folder of the spec, which the patches that it names are relative to. */
  readonly specFolder: string;
  readonly host: HostTraits;
  /** The name of the box of the node image, where one was made for Vagrant. */
  readonly imageBox?: string;
  readonly local: Runner;
  readonly signal: AbortSignal;
}

/**
 * Writes the cluster's folder: everything that will run in the machines, for a person to read, and keys that only this
 * user may read. What is there and the same stays; files of nodes that are no longer in the plan go.
 */
export async function writeClusterFolder(plan: Plan, context: FolderContext): Promise<Secrets> {
  const { folder } = context;
  await createClusterFolder(
    folder,
    plan.nodes.map((node) => node.name),
  );
  const secrets = await provideSecrets(folder, plan);
  const files = renderFolder(plan, {
    id: clusterId(folder, plan.name),
    ...(context.imageBox === undefined ? {} : { imageBox: context.imageBox }),
    template: await readFile(path.join(context.packageFolder, 'Vagrantfile.tmpl'), 'utf8'),
    provision: await readTexts(path.join(context.packageFolder, 'provision')),
    nodeFiles: renderNodeFiles(plan, secrets, context.host, await readPatches(plan, context.specFolder)),
  });
  for (const [name, { text, mode }] of files) {
    const target = path.join(folder.root, name);
    if ((await readIfThere(target)) === text) continue;
    await mkdir(path.dirname(target), { recursive: true, mode: name.startsWith('nodes/') ? 0o700 : 0o755 });
    await writeFileAtomic(target, text, { mode });
  }
  await removeStrangers(folder, files);
  await provideSshKey(context);
  await writeFileAtomic(path.join(folder.root, 'ssh_config'), renderSshConfig(plan, folder), { mode: 0o600 });
  return secrets;
}

/** Writes the Vagrantfile anew once the box of the node image is known; everything else in the folder stays. */
export async function nameImageBox(
  plan: Plan,
  { folder, packageFolder, imageBox }: Pick<FolderContext, 'folder' | 'packageFolder'> & { readonly imageBox: string },
): Promise<void> {
  const template = await readFile(path.join(packageFolder, 'Vagrantfile.tmpl'), 'utf8');
  const view = viewVagrantfile(plan, clusterId(folder, plan.name), imageBox);
  const text = renderVagrantfile(template, view).replaceAll('\r\n', '\n');
  if ((await readIfThere(folder.vagrantfile)) !== text) await writeFileAtomic(folder.vagrantfile, text, { mode: 0o644 });
}

/** The host's part of what decides on the kubeadm configuration. */
export async function readHostTraits(
  capabilities: { isolation: 'strong' | 'weak'; cgroupVersion: 1 | 2 },
  emulated = false,
): Promise<HostTraits> {
  const sharedKernel = capabilities.isolation === 'weak';
  const swaps = sharedKernel ? await readFile('/proc/swaps', 'utf8').catch(() => '') : '';
  const swap = swaps.trim().split('\n').length > 1;
  return { cgroupVersion: capabilities.cgroupVersion, sharedKernel, swap, ...(emulated ? { emulated } : {}) };
}

async function readTexts(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')] as const)));
}

async function readPatches(plan: Plan, specFolder: string): Promise<Map<string, string>> {
  const { patches } = plan.kubeadm;
  if (patches === undefined) return new Map();
  const folder = path.resolve(specFolder, patches);
  try {
    return await readTexts(folder);
  } catch (cause) {
    throw new KubelabError('KL-SPEC-INVALID', `kubeadm.patches: ${folder} can not be read as a folder of text files`, { cause });
  }
}

/** Removes what an earlier plan rendered and this one does not: scripts, nodes, add-ons. */
async function removeStrangers(folder: ClusterFolder, files: ReadonlyMap<string, unknown>): Promise<void> {
  for (const part of ['provision', 'nodes']) {
    const entries = await readdir(path.join(folder.root, part), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((candidate) => candidate.isFile())) {
      const name = path.relative(folder.root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/');
      if (!files.has(name)) await rm(path.join(folder.root, name));
    }
  }
}

async function provideSshKey({ folder, local, signal }: FolderContext): Promise<void> {
  if ((await readIfThere(folder.sshPublicKey)) !== undefined) return;
  await rm(folder.sshKey, { force: true });
  await local.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'kubelab', '-f', folder.sshKey], {
    timeout: 20_000,
    signal,
  });
}

/** Where the host keys of a node are, which its provider writes before anything is asked of it. */
export function knownHostsFile(folder: Pick<ClusterFolder, 'root'>, node: string): string {
  return path.join(folder.root, 'machines', `${node}.known_hosts`);
}

/**
 * What a provider says of reaching one node, before all that the folder says: a `Host` block of an ssh configuration.
 * Only where the node's own address does not lead to it.
 */
export function sshOverrideFile(folder: Pick<ClusterFolder, 'root'>, node: string): string {
  return path.join(folder.root, 'machines', `${node}.ssh`);
}

/**
 * Most of what a short command costs is the exchange of keys: OpenSSH's own first choice (sntrup761x25519, against computers
 * that are to come) takes seven times the processor's time of the first one here, and nodes are reached on this machine.
 * The others are for nodes and hosts that allow only what FIPS 140 does.
 */
const quickKeyExchanges = ['curve25519-sha256', 'ecdh-sha2-nistp256', 'diffie-hellman-group14-sha256'];

function renderSshConfig(plan: Plan, folder: ClusterFolder): string {
  // ssh takes the first value that it finds. Windows has slashes, too, and a backslash would hide what follows it.
  const quoted = (text: string): string => `"${text.replaceAll('\\', '/')}"`;
  const hosts = plan.nodes.map(
    (node) => `Host ${node.name}
  HostName ${node.address}
  HostKeyAlias ${node.name}
  UserKnownHostsFile ${quoted(knownHostsFile(folder, node.name))}
`,
  );
  return `# How kubelab reaches the nodes of ${plan.name}: ssh -F ${quoted(path.join(folder.root, 'ssh_config'))} ${plan.nodes[0]?.name ?? ''}
Include ${quoted(sshOverrideFile(folder, '*'))}
${hosts.join('')}
Host *
  User root
  IdentityFile ${quoted(folder.sshKey)}
  IdentitiesOnly yes
  StrictHostKeyChecking yes
  PasswordAuthentication no
  ForwardAgent no
  BatchMode yes
  LogLevel ERROR
  KexAlgorithms ${quickKeyExchanges.join(',')}
  ConnectTimeout 3
  ServerAliveInterval 15
`;
}
