import { heldInstall } from '../artifacts/bundle/match.ts';
import { readBundleInfo } from '../artifacts/bundle/open.ts';
import type { Lock, Source, Want } from '../artifacts/source.ts';
import { chooseSubnet } from '../cluster/addresses.ts';
import { readIfThere } from '../cluster/files.ts';
import { findOccupiedNetworks } from '../cluster/host-networks.ts';
import { type LockFile, readLockFile } from '../cluster/lock-file.ts';
import { makePlan } from '../cluster/make-plan.ts';
import type { Plan } from '../cluster/plan.ts';
import type { Capabilities, ProviderName } from '../cluster/provider.ts';
import type { Spec } from '../cluster/spec.ts';
import { KubelabError } from '../errors/errors.ts';
import type { Runner } from '../exec/runner.ts';
import { minorOf, parseVersionWish } from '../kubernetes/versions.ts';
import { allowedNodeRange, virtualBoxNetworks } from '../providers/vagrant/allowed-range.ts';
import { chooseSource, type ChosenSource } from './choose-source.ts';
import type { Context } from './context.ts';
import { architectureOf, choosePlainBox } from './choose-box.ts';
import { decideProvider, probeContainers } from './decide-provider.ts';
import { findMachineBox } from './machine-box.ts';
import { bridgeName, type Planned, type Resolved, sourceContext, type Workspace } from './workspace.ts';

/** For a plan that leads to no machines on this host. */
export const noProvider: Plan['provider'] = { name: 'nspawn', why: 'no machine is started on this host', differences: [] };

/** Finds out what the spec leaves open and makes the plan. Writes nothing but what sources keep in the cache. */
export async function planWorkspace(workspace: Workspace): Promise<Planned> {
  const { provider, capabilities } = await decideProvider(workspace);
  const { context, spec, specFolder, lockPath } = workspace;
  const lock = await readLockFile(lockPath);
  const plainBox = await choosePlainBox(context, spec, provider.name, { lock, specFolder });
  const { plan, source } = await resolvePlan(workspace, provider, plainBox);
  // What was made from a plain box was installed on its own, or will have to be.
  const isPlain = workspace.state !== undefined && workspace.state.nodeBox === undefined;
  const nodeBox = isPlain ? undefined : await findMachineBox(workspace, plan);
  return { plan: nodeBox === undefined ? plan : { ...plan, nodeBox }, source, capabilities };
}

/** @throws KubelabError `KL-HOST-TOOL-MISSING`, `KL-HOST-NO-PROVIDER` when this host can not run system containers. */
export async function requireNspawn(context: Context, root: Runner): Promise<Capabilities> {
  const probe = await probeContainers(context, root);
  if (probe.usable) return probe.capabilities;
  const toInstall = probe.packages.length > 0;
  throw new KubelabError(
    toInstall ? 'KL-HOST-TOOL-MISSING' : 'KL-HOST-NO-PROVIDER',
    'this host can not run nodes as system containers',
    {
      details: probe.lacks,
      ...(toInstall ? { cure: `Install them with: apt-get install ${probe.packages.join(' ')}` } : {}),
    },
  );
}

/**
 * The plan for machines of a provider, which need not be usable on this host.
 * @param plainBox what the machines are made from, where they are made here and from no node image.
 */
export async function resolvePlan(
  workspace: Workspace,
  provider: Plan['provider'],
  plainBox?: Plan['plainBox'],
): Promise<Resolved> {
  const { context, spec } = workspace;
  const known = await readLockFile(workspace.lockPath);
  const chosen = await chooseSource({
    spec,
    specFolder: workspace.specFolder,
    locked: known?.lock.source,
    environment: context.env,
    context: sourceContext(workspace),
  });
  const install = await chooseInstall(spec, chosen);
  const lock = await provideLock(workspace, chosen, install, known);
  const plan = makePlan(spec, {
    provider,
    source: chosen.choice,
    install,
    lock,
    subnet: await provideSubnet(workspace, known, provider.name),
    ...(plainBox === undefined ? {} : { plainBox }),
  });
  return { plan, source: chosen.source };
}

async function chooseInstall(spec: Spec, { choice }: ChosenSource): Promise<'binaries' | 'packages'> {
  // A bundle holds one or the other; asked for what it does not hold, it says so itself.
  if (choice.bundle !== undefined && spec.install === 'auto') return heldInstall((await readBundleInfo(choice.bundle)).lock);
  if (choice.bundle !== undefined) return spec.install === 'packages' ? 'packages' : 'binaries';
  // The packages of the source are Debian's.
  if (spec.install === 'packages' && isRocky(spec))
    throw new KubelabError('KL-SPEC-UNSUPPORTED', `install: packages, while the system of the box takes no packages of Debian`, {
      cure: 'Leave install out or set it to binaries.',
    });
  if (choice.kind === 'upstream')
    return spec.install === 'binaries' || (spec.install === 'auto' && isRocky(spec)) ? 'binaries' : 'packages';
  if (choice.kind === 'go' && spec.install === 'packages')
    throw new KubelabError(
      'KL-SPEC-UNSUPPORTED',
      'install: packages, while the source is go, which builds programs and no packages',
      {
        cure: 'Leave install out or set it to binaries.',
      },
    );
  return 'binaries';
}

function isRocky({ box }: Spec): boolean {
  return typeof box === 'string' && box.startsWith('rocky');
}

async function provideLock(
  workspace: Workspace,
  chosen: ChosenSource,
  install: 'binaries' | 'packages',
  known: LockFile | undefined,
): Promise<Lock> {
  const { spec, context } = workspace;
  if (known !== undefined && chosen.choice.kind !== 'bundle' && satisfies(known.lock, spec, chosen)) return known.lock;
  const want: Want = {
    kubernetes: await exactVersion(spec, chosen.source),
    containerd: spec.runtime.version ?? 'default',
    architecture: architectureOf(context.machine),
    plugin: spec.network.plugin === 'none' ? 'none' : 'flannel',
    addons: [...spec.addons],
    install,
  };
  return chosen.source.resolve(want);
}

/** Whether a lock is still what the spec asks for: a minor stays at the patch that it was resolved to. */
function satisfies(lock: Lock, spec: Spec, chosen: ChosenSource): boolean {
  const wish = parseVersionWish(spec.kubernetes);
  const version = wish.kind === 'exact' ? lock.kubernetes === wish.version : minorOf(lock.kubernetes) === wish.minor;
  const roles = [...spec.addons, ...(spec.network.plugin === 'none' ? [] : [spec.network.plugin])];
  return (
    version &&
    lock.source === chosen.choice.kind &&
    (spec.runtime.version === undefined || spec.runtime.version === lock.containerd) &&
    (spec.install === 'auto' ||
      (spec.install === 'packages') === lock.artifacts.some(({ path: place }) => place.startsWith('packages/'))) &&
    roles.every((role) => lock.images[role] !== undefined)
  );
}

async function exactVersion(spec: Spec, source: Source): Promise<string> {
  const wish = parseVersionWish(spec.kubernetes);
  if (wish.kind === 'exact') return wish.version;
  const newest = (await source.versions(wish.minor)).at(-1);
  if (newest === undefined) throw new KubelabError('KL-VERSION-UNKNOWN', `the source has no patch of Kubernetes ${wish.minor}`);
  return newest;
}

/** A network for machines that are of no cluster, and that nothing on this host uses. */
export function chooseFreeSubnet(workspace: Workspace, provider: ProviderName): Promise<string> {
  return provideSubnet(workspace, undefined, provider);
}

async function provideSubnet(workspace: Workspace, known: LockFile | undefined, provider: ProviderName): Promise<string> {
  const { context, local, spec, state } = workspace;
  // What runs keeps its network whatever else came to this host since.
  if (state !== undefined && spec.network.nodes === 'auto') return state.network.nodes;
  const within = allowedNodeRange(provider, await readIfThere(virtualBoxNetworks));
  return chooseSubnet({
    wanted: spec.network.nodes,
    occupied: await findOccupiedNetworks(local, context.signal, context.machine.platform),
    pods: spec.network.pods,
    services: spec.network.services,
    self: bridgeName(workspace),
    ...(known === undefined ? {} : { preferred: known.nodes }),
    ...(within === undefined ? {} : { within }),
  });
}
