import path from 'node:path';
import { proxyAgentFor } from '../artifacts/proxy.ts';
import { createSend } from '../artifacts/request.ts';
import { reportStep } from '../cluster/report-step.ts';
import { KubelabError } from '../errors/errors.ts';
import { missingProgram } from '../exec/search-path.ts';
import { installPack, type Installed, type OfferedPack } from '../labs/pack/install-pack.ts';
import { judgeFit } from '../labs/judge-fit.ts';
import type { ClusterFacts } from '../labs/lab-cluster.ts';
import type { Localized } from '../labs/lab-fields.ts';
import { type LabWishes, readAllWishes } from '../labs/pack/lab-wishes.ts';
import { type PackSource, parsePackSource, parseSha256, showSource } from '../labs/pack/pack-source.ts';
import type { LoadedLab } from '../labs/load-lab.ts';
import type { Block } from '../ui/block.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { readClusterFacts } from './lab-cluster.ts';
import { readApiFields } from './lab-lint.ts';
import { openIfThere } from './lab-list.ts';
import { chooseLanguage } from './lab-stage.ts';

export const labInstall = defineCommand({
  name: 'install',
  summary: 'install a pack of labs, after showing what it asks for',
  description:
    'From an archive that lab pack made, a folder with a pack.yaml, a URL of an archive, or a git repository. All of it is looked at before anything is installed, and nothing of it is run. Versions lie side by side and never change.',
  args: { source: { summary: 'a path, https://HOST/FILE, or git+https://HOST/REPOSITORY#TAG' } },
  flags: { sha256: { type: 'string', value: 'hex', summary: 'the SHA-256 that the archive has to have' } },
  examples: [
    { command: 'kubelab lab install storage-class-1.0.0.labpack.tar.gz', what: 'from a file' },
    {
      command: 'kubelab lab install https://example.org/class.labpack.tar.gz --sha256 4f2a...',
      what: 'from the web, and only this file',
    },
    {
      command: 'kubelab lab install git+https://example.org/class.git#v1.0.0 --yes',
      what: 'a tag of a repository, without asking',
    },
  ],
  run: ({ args, flags }, context) => runInstall(context, args.source, flags.sha256),
});

async function runInstall(context: Context, asked: string, sha256: string | undefined): Promise<CommandResult> {
  const named = parsePackSource(asked);
  const source = resolvePath(named, context.cwd);
  if (source.kind === 'git') await requireGit(context);
  const wanted = sha256 === undefined ? undefined : parseSha256(sha256);
  warnOfPlain(context, source, wanted);
  const cluster = await readFacts(context);
  const seen: Wishes[] = [];
  const installed = await reportStep(context, { id: 'install', title: `install ${showSource(named)}` }, (say) =>
    installPack({
      source,
      sha256: wanted,
      state: context.folders.state,
      kubelab: context.version,
      runner: context.runner,
      send: createSend(proxyAgentFor(context.env)),
      signal: context.signal,
      say,
      agree: async (pack) => {
        const api = await readApiFields(context.folders.package);
        const wishes = await readAllWishes(pack.labs, api, context.signal);
        seen.push(...pack.labs.map((lab, index) => ({ ...wishes[index]!, ...judge(lab, cluster) })));
        return askToInstall(context, pack, { wishes: seen, cluster: cluster?.name });
      },
    }),
  );
  return describe(installed, seen);
}

/** What a lab asks for; where there is a cluster, also whether the lab fits it, and why not. */
interface Wishes extends LabWishes {
  readonly fits?: boolean;
  readonly reasons?: readonly Localized[];
}

/** What is known of the cluster here. That there is none, or none that could be read, is nothing to an installation. */
async function readFacts(context: Context): Promise<ClusterFacts | undefined> {
  try {
    const existing = await openIfThere({ ...context, showLogsAt: () => undefined });
    return existing === undefined ? undefined : await readClusterFacts(existing);
  } catch (error) {
    if (error instanceof KubelabError) return undefined;
    throw error;
  }
}

function judge({ lab }: LoadedLab, cluster: ClusterFacts | undefined): Pick<Wishes, 'fits' | 'reasons'> {
  if (cluster === undefined) return {};
  const reasons = judgeFit(lab, cluster);
  return { fits: reasons.length === 0, reasons };
}

function resolvePath(source: PackSource, cwd: string): PackSource {
  return source.kind === 'path' ? { ...source, path: path.resolve(cwd, source.path) } : source;
}

function warnOfPlain({ events }: Context, source: PackSource, sha256: string | undefined): void {
  if (source.kind === 'path' || !source.url.startsWith('http:')) return;
  if (source.kind === 'url' && (source.sha256 ?? sha256) !== undefined) return;
  const text = 'The connection is not encrypted: whoever is on the way can send another pack. Compare its digest.';
  events({ type: 'warning', text });
}

async function requireGit({ env }: Context): Promise<void> {
  if (!(await missingProgram('git', env['PATH']))) return;
  throw new KubelabError('KL-HOST-TOOL-MISSING', 'A pack from a git repository needs the program git.', {
    cure: 'Install git, or take an archive of the pack.',
  });
}

async function askToInstall(
  context: Context,
  { pack, lock, sha256, commit }: OfferedPack,
  { wishes, cluster }: { readonly wishes: readonly Wishes[]; readonly cluster: string | undefined },
): Promise<boolean> {
  const language = chooseLanguage(context, undefined);
  const note = (text: string): void => context.events({ type: 'note', text });
  note(`${pack.name} ${pack.version}, the ${lock.build} build: ${pack.title[language]}`);
  note(`by ${pack.authors.join(', ')}; licence ${pack.licence}`);
  if (sha256 !== undefined) note(`sha256 ${sha256}`);
  if (commit !== undefined) note(`commit ${commit}`);
  for (const lab of wishes) {
    note(`lab ${lab.id}: ${lab.title[language]}`);
    for (const line of describeWishes(lab)) note(`  ${line}`);
    if (lab.fits === true) note(`  fits the cluster ${cluster}`);
    for (const reason of lab.reasons ?? []) note(`  does not fit the cluster ${cluster}: ${reason[language]}`);
  }
  const count = wishes.length === 1 ? '1 lab' : `${wishes.length} labs`;
  return context.ask({
    text: `Install ${pack.name} ${pack.version} with ${count}? Its labs act on your cluster, and only once you start them.`,
    flag: '--yes',
  });
}

/** What a lab asks for, a line each. */
function describeWishes(lab: LabWishes): string[] {
  const { nodes, memoryMiB, kubernetes, features, images, internet, providers = [] } = lab.requires;
  const memory = memoryMiB === 0 ? '' : `, ${memoryMiB} MiB of memory`;
  const changes = { namespace: 'a namespace of its own', nodes: 'the nodes', cluster: 'the whole cluster' }[lab.isolation];
  // What a lab says of itself is no proof: its objects tell more.
  const isSaid = (object: string): boolean =>
    lab.isolation === 'cluster' || (lab.isolation === 'nodes' && object.startsWith('Node/'));
  const further = [...lab.changes, ...lab.removes].every(isSaid) ? '' : ' and the cluster';
  const lines: [string, readonly string[]][] = [
    ['needs the features', features],
    ['needs images for', images],
    ['needs machines of one of these providers:', providers],
    ['needs nodes that reach', internet ? ['the Internet'] : []],
    ['runs scripts as root on', lab.rootOn],
    ['makes or changes outside of its namespace:', lab.changes],
    ['removes outside of its namespace, where it was made since the lab began:', lab.removes],
    ['makes pods that reach their node by', lab.podsReach],
    ['has files of which nobody can tell before they are used what they make:', lab.opaque],
    ['seems to use the internet:', lab.internet],
  ];
  return [
    `needs Kubernetes ${kubernetes}, control planes: ${nodes.controlPlane}, workers: ${nodes.workers}${memory}`,
    `changes ${changes}${further}${lab.administers ? ', with kubectl as administrator of the cluster' : ''}`,
    ...lines.flatMap(([what, list]) => (list.length === 0 ? [] : [`${what} ${list.join(', ')}`])),
  ];
}

function describe({ pack: offered, end, folder }: Installed, wishes: readonly Wishes[]): CommandResult {
  const { pack, lock, sha256, commit } = offered;
  const { name, version, labs } = pack;
  const data = { end, name, version, build: lock.build, labs, folder, sha256, commit, asksFor: wishes };
  if (end === 'declined') return { data, human: () => 'Nothing was installed.' };
  const what = `${name} ${version}, the ${lock.build} build`;
  const blocks: Block[] = [
    { kind: 'text', tone: 'good', text: end === 'already' ? `${what}, is installed already.` : `${what}, is installed.` },
    ...(sha256 === undefined ? [] : [{ kind: 'verbatim', text: `sha256  ${sha256}` } as const]),
    {
      kind: 'commands',
      title: 'Next:',
      commands: labs.slice(0, 5).map((lab) => ({ command: `kubelab lab start ${name}/${lab}`, what: `begin ${lab}` })),
    },
  ];
  return { data, human: () => blocks };
}
