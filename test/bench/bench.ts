import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Lock, Source } from '../../src/artifacts/source.ts';
import { planWorkspace } from '../../src/commands/plan-workspace.ts';
import { machineParts } from '../../src/commands/machines.ts';
import { openWorkspace } from '../../src/commands/workspace.ts';
import type { Measurement } from './measurement.ts';
import { createSite, type ProgramRun, type Site } from './site.ts';

export interface Benchmark {
  readonly name: string;
  /** A heading for its measurements. */
  readonly title: string;
  run(bench: Bench): Promise<readonly Measurement[]>;
}

export interface BenchOptions {
  readonly kubernetes: string;
  readonly source: string;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

/** Everything that goes into nodes, on this host already: nothing that is measured waits for the network. */
export interface Artifacts {
  readonly source: Source;
  /** With every digest. */
  readonly lock: Lock;
}

export const workers = 2;

/** What benchmarks share. Each part is made when the first of them needs it. */
export interface Bench extends BenchOptions {
  /** A folder for whatever a benchmark writes; removed at the end. */
  readonly folder: string;
  artifacts(): Promise<Artifacts>;
  /** The cluster that kubelab makes. */
  readonly cluster: () => Promise<Site>;
  /** Its first `up`: one control plane and two workers, with the node image present. */
  firstUp(): Promise<ProgramRun>;
  /** The cluster that is made the plain way. */
  readonly plain: () => Promise<Site>;
  /** Removes all that was made. @returns what could not be removed, in words. */
  end(): Promise<readonly string[]>;
}

export async function openBench(options: BenchOptions): Promise<Bench> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kubelab-bench-'));
  const sites: Site[] = [];
  const site = (name: string) =>
    once(async () => {
      const made = await createSite({ ...options, parent: folder, name });
      sites.push(made);
      return made;
    });
  const cluster = site('bench');
  const preparation = site('prepare');
  const artifacts = once(async () => obtainArtifacts(await preparation(), options));
  return {
    ...options,
    folder,
    cluster,
    plain: site('plain'),
    artifacts,
    firstUp: once(async () => {
      await makeNodeImage(await preparation(), await artifacts(), options);
      const made = await cluster();
      await made.writeSpec(workers);
      options.progress('kubelab up: one control plane and two workers');
      return made.kubelab('up');
    }),
    end: () => removeAll(folder, sites),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

async function obtainArtifacts(site: Site, { progress }: BenchOptions): Promise<Artifacts> {
  progress('obtaining the artifacts that are not there yet');
  await site.writeSpec(workers);
  const { plan, source } = await planWorkspace(await openWorkspace(site.context));
  return { source, lock: await source.obtain(plan.lock) };
}

async function makeNodeImage(site: Site, { lock }: Artifacts, { progress }: BenchOptions): Promise<void> {
  progress('making the base box and the node image where they are not there yet');
  const workspace = await openWorkspace(site.context);
  await workspace.store.open();
  try {
    const { images } = await machineParts(workspace, await planWorkspace(workspace), () => lock);
    if (!(await images.hasBase())) await images.makeBase(progress);
    if (!(await images.hasImage(lock))) await images.makeImage(lock, progress);
  } finally {
    await workspace.store.close();
  }
}

async function removeAll(folder: string, sites: readonly Site[]): Promise<string[]> {
  const left: string[] = [];
  for (const site of sites)
    await site.destroy().catch((error: unknown) => {
      left.push(
        `the cluster ${site.name}, in ${path.dirname(site.folder.home)}: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
  if (left.length === 0) await rm(folder, { recursive: true, force: true });
  return left;
}
