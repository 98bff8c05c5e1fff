import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Identity, identifyCluster, userCache } from './identity.ts';
import { describeEnd, type Ended, type KubelabRun, type Line, program, startKubelab } from './kubelab-run.ts';
import { findLeftovers, type Finding, type HostBefore, lookBefore } from './leftovers.ts';
import { findNspawns } from './processes.ts';
import { type CommandOptions, type CommandResult, runCommand, tryCommand } from './run-command.ts';

const minute = 60_000;

/** kubelab.yaml as data; what is left out is kubelab's default. */
export type SpecFields = Readonly<Record<string, unknown>>;

export interface NodeResult {
  readonly name: string;
  readonly role: string;
  readonly address: string;
}

/** `data` of `up`. */
export interface UpData {
  readonly kubernetes: string;
  readonly changed: boolean;
  readonly nodes: readonly NodeResult[];
}

/** `data` of `status`. */
export interface StatusData {
  readonly nodes: readonly (NodeResult & { readonly machine: string; readonly ready?: boolean })[];
}

export interface ClusterOptions {
  readonly name: string;
  /** Without the name. */
  readonly spec: SpecFields;
  /** Every node that it ever has, for the leftover finder to know. */
  readonly nodes: readonly string[];
  /** Words before every program that runs for it, such as those that enter a network namespace. */
  readonly prefix?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The folder of the machines' store, where `env` moves it. */
  readonly cache?: string;
}

/** A folder with a spec, and the program at work in it. */
export interface Cluster {
  readonly folder: string;
  readonly identity: Identity;
  readonly before: HostBefore;
  /** Writes the spec again, with these fields changed. */
  changeSpec(fields: SpecFields): Promise<void>;
  /** Starts kubelab and does not wait. */
  start(...words: readonly string[]): KubelabRun;
  /** Runs kubelab to its end, whatever its exit code. */
  run(...words: readonly string[]): Promise<Ended>;
  /** Runs `up` and demands that it succeeds. */
  up(): Promise<UpData>;
  status(): Promise<StatusData>;
  /** What kubelab.lock says of images, by role. */
  images(): Promise<Readonly<Record<string, string>>>;
  /** A command on a node, as root. */
  ssh(
    node: string,
    command: readonly string[],
    options?: { readonly timeout?: number; readonly input?: string },
  ): Promise<CommandResult>;
  /** A command of kubelab that hands its streams to another program, such as `ssh`. */
  attached(words: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** `kubelab kubectl`, or with `on` the kubectl of that node, past kubelab. @throws Error when it fails. */
  kubectl(
    words: readonly string[],
    options?: { readonly timeout?: number; readonly input?: string; readonly on?: string },
  ): Promise<string>;
  /** The nodes whose machines run now. */
  running(): Promise<string[]>;
  /** Destroys the cluster and says what it left behind; what is there no more is no failure. */
  destroy(): Promise<Finding[]>;
  /** Destroys what is left and removes the folder. For `afterAll`. */
  remove(): Promise<void>;
}

/** The longest that any one run may take: the first one builds Kubernetes, and labs on emulated machines take their time. */
const longest = 180 * minute;

/** A cluster that is not there yet, in a folder of its own below `KUBELAB_E2E_FOLDER` or the system's temporary one. */
export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const folder = await realpath(await mkdtemp(join(process.env['KUBELAB_E2E_FOLDER'] ?? tmpdir(), 'kubelab-e2e-')));
  const identity = identifyCluster(folder, options.name, options.nodes, options.cache ?? userCache());
  const before = await lookBefore(identity);
  const changeSpec = (fields: SpecFields): Promise<void> =>
    writeFile(join(folder, 'kubelab.yaml'), stringify({ name: options.name, ...options.spec, ...fields }));
  await changeSpec({});
  const start = (...words: readonly string[]): KubelabRun => {
    tell(options.name, `kubelab ${words.join(' ')}`);
    return startKubelab(words, {
      cwd: folder,
      timeout: longest,
      onLine: (line) => tellLine(options.name, line),
      ...pick(options),
    });
  };
  const run = (...words: readonly string[]): Promise<Ended> => start(...words).ended;
  const parts = { folder, identity, before, changeSpec, start, run };
  return { ...parts, ...createQuestions(folder, options, run, identity), ...createEnd(parts) };
}

function pick({ prefix, env }: ClusterOptions): Pick<ClusterOptions, 'prefix' | 'env'> {
  return { ...(prefix === undefined ? {} : { prefix }), ...(env === undefined ? {} : { env }) };
}

function createQuestions(
  folder: string,
  { name, prefix = [], env }: ClusterOptions,
  run: Cluster['run'],
  identity: Identity,
): Pick<Cluster, 'up' | 'status' | 'images' | 'ssh' | 'attached' | 'kubectl' | 'running'> {
  const config = join(folder, '.kubelab', name, 'ssh_config');
  const sshCommand = (node: string, command: readonly string[]): string[] => {
    const remote = command.map(quoteWord).join(' ');
    return [...prefix, 'ssh', '-F', config, node, '--', remote];
  };
  const attached: Cluster['attached'] = (words, more) =>
    tryCommand([...prefix, ...program, ...words], { cwd: folder, ...(env === undefined ? {} : { env }), ...more });
  return {
    up: async () => expectData(await run('up')) as UpData,
    status: async () => expectData(await run('status')) as StatusData,
    images: async () => readImages(await readFile(join(folder, 'kubelab.lock'), 'utf8')),
    ssh: (node, command, options) => tryCommand(sshCommand(node, command), options),
    attached,
    kubectl: async (words, { on, ...options } = {}) => {
      if (on !== undefined)
        return runCommand(sshCommand(on, ['kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf', ...words]), options);
      const { exitCode, stdout, stderr } = await attached(['kubectl', ...words], options);
      if (exitCode !== 0) throw new Error(`kubelab kubectl ${words.join(' ')} ended with ${exitCode}:\n${stdout}${stderr}`);
      return stdout;
    },
    running: async () => [...(await findNspawns(identity.trees)).keys()].toSorted(),
  };
}

function createEnd({
  run,
  identity,
  before,
  folder,
}: Pick<Cluster, 'run' | 'identity' | 'before' | 'folder'>): Pick<Cluster, 'destroy' | 'remove'> {
  const destroy = async (): Promise<Finding[]> => {
    const ended = await run('destroy', '--yes');
    if (ended.exitCode !== 0 && ended.failure?.code !== 'KL-CLUSTER-NONE') throw explainFailure(ended);
    return findLeftovers(identity, before);
  };
  return {
    destroy,
    remove: async () => {
      const left = await destroy();
      if (left.length === 0) await rm(folder, { recursive: true, force: true });
      // Without its keys and its state, nobody could end what is left.
      else throw new Error(`left behind, with ${folder} to look into:\n${left.map(({ what }) => what).join('\n')}`);
    },
  };
}

function expectData(ended: Ended): unknown {
  if (ended.exitCode !== 0 || ended.data === undefined) throw explainFailure(ended);
  return ended.data;
}

/** A run that should have succeeded, with the end of what it said. */
export function explainFailure(ended: Ended): Error {
  return new Error(`kubelab ended with ${ended.exitCode}\n${describeEnd(ended.lines, [ended.text])}`);
}

function readImages(lock: string): Readonly<Record<string, string>> {
  const { lock: { images } = { images: undefined } } = JSON.parse(lock) as {
    lock?: { images?: Readonly<Record<string, string>> };
  };
  if (images === undefined) throw new Error('kubelab.lock names no images');
  return images;
}

function quoteWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Progress for whoever waits: these runs take minutes. */
function tell(cluster: string, text: string): void {
  process.stderr.write(`    ${new Date().toISOString().slice(11, 19)} ${cluster}: ${text}\n`);
}

function tellLine(cluster: string, line: Line): void {
  if (line.type !== 'step' || line.state === 'started' || line.state === 'already') return;
  tell(cluster, `${line.id ?? ''} ${line.state ?? ''} ${line.seconds?.toFixed(1) ?? ''}`);
}
