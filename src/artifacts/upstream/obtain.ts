import { join } from 'node:path';
import { KubelabError } from '../../errors/errors.ts';
import type { EventSink } from '../../events.ts';
import { download } from '../download.ts';
import { mapParallel } from '../parallel.ts';
import { locate } from '../request.ts';
import type { Artifact } from '../source.ts';
import type { Stored } from '../stored.ts';
import { readOrigin } from './origin.ts';
import type { Reach } from './reach.ts';
import { unpackMembers } from './tarball.ts';

const parallelDownloads = 6;
const largestFile = 1024 * 1024 * 1024;

/** One download, and all that comes out of it. */
interface Job {
  run(signal: AbortSignal, onProgress: (key: string, bytes: number) => void): Promise<void>;
}

/** The file that holds an artifact, when it is there. */
export async function findArtifact(reach: Reach, artifact: Artifact): Promise<Stored | undefined> {
  if (artifact.digest !== undefined) return reach.store.use(artifact.digest);
  return readOrigin(artifact.from).kind === 'file' ? undefined : reach.store.recall(artifact.from);
}

/**
 * Fetches the artifacts into the store.
 * @throws KubelabError `KL-SOURCE-DIGEST` when what came is not what the lock says.
 */
export async function obtainArtifacts(
  reach: Reach,
  artifacts: readonly Artifact[],
  architecture: string,
  events: EventSink,
): Promise<void> {
  const jobs = planJobs(reach, artifacts, architecture);
  const bytes = new Map<string, number>();
  let done = 0;
  let reported = 0;
  const report = (force: boolean): void => {
    if (!force && Date.now() - reported < 250) return;
    reported = Date.now();
    const mebibytes = [...bytes.values()].reduce((sum, one) => sum + one, 0) / 1024 / 1024;
    events({ type: 'progress', id: 'obtain', text: `${done} of ${jobs.length} downloads, ${mebibytes.toFixed(1)} MiB` });
  };
  await mapParallel(jobs, parallelDownloads, reach.settings.signal, async (job, signal) => {
    await job.run(signal, (key, count) => {
      bytes.set(key, count);
      report(false);
    });
    done += 1;
    report(true);
  });
}

function planJobs(reach: Reach, artifacts: readonly Artifact[], architecture: string): readonly Job[] {
  const tarballs = new Map<string, Artifact[]>();
  const jobs: Job[] = [];
  for (const artifact of artifacts) {
    const origin = readOrigin(artifact.from);
    if (origin.kind === 'file') jobs.push(fileJob(reach, artifact, origin.url));
    else if (origin.kind === 'image') jobs.push(imageJob(reach, artifact, origin.reference, architecture));
    else {
      const group = tarballs.get(origin.url);
      if (group === undefined) tarballs.set(origin.url, [artifact]);
      else group.push(artifact);
    }
  }
  return [...jobs, ...[...tarballs.values()].map((group) => tarballJob(reach, group))];
}

function fileJob(reach: Reach, artifact: Artifact, from: string): Job {
  const { digest } = artifact;
  if (digest === undefined) throw new RangeError(`the lock gives no digest for ${artifact.path}`);
  const url = locate(from, reach.endpoints);
  return {
    run: async (signal, onProgress) => {
      await download({
        ...reach.settings,
        url,
        digest,
        sizeLimit: artifact.bytes ?? largestFile,
        store: reach.store,
        signal,
        onProgress: (bytes) => onProgress(url, bytes),
      });
    },
  };
}

function imageJob(reach: Reach, artifact: Artifact, reference: string, architecture: string): Job {
  return {
    run: async (signal, onProgress) => {
      const stored = await reach.registry.pullImage(reference, architecture, signal, (blob, bytes) => onProgress(blob, bytes));
      await keepMade(reach, artifact, stored);
    },
  };
}

function tarballJob(reach: Reach, artifacts: readonly Artifact[]): Job {
  return {
    run: async (signal, onProgress) => {
      const origins = artifacts.map((artifact) => ({ artifact, origin: readOrigin(artifact.from) }));
      const members = origins.flatMap(({ artifact, origin }) => (origin.kind === 'member' ? [{ artifact, ...origin }] : []));
      const [first] = members;
      if (first === undefined) return;
      const url = locate(first.url, reach.endpoints);
      const tarball = await download({
        ...reach.settings,
        url,
        digest: first.digest,
        sizeLimit: largestFile,
        store: reach.store,
        signal,
        onProgress: (bytes) => onProgress(url, bytes),
      });
      const names = members.map(({ member }) => member);
      const folder = join(reach.cache, 'store', 'partial');
      const found = await unpackMembers({ file: tarball.file, what: url, members: names, store: reach.store, folder });
      for (const { artifact, member } of members) {
        const stored = found.get(member);
        if (stored !== undefined) await keepMade(reach, artifact, stored);
      }
    },
  };
}

/** What is made from verified parts gets its digest only then; one that the lock already has must come out again. */
async function keepMade(reach: Reach, artifact: Artifact, stored: Stored): Promise<void> {
  if (artifact.digest !== undefined && artifact.digest !== stored.digest)
    throw new KubelabError(
      'KL-SOURCE-DIGEST',
      `${artifact.path} has the digest ${stored.digest}, but the lock says ${artifact.digest}`,
      {
        details: [`expected ${artifact.digest}`, `found    ${stored.digest}`],
      },
    );
  await reach.store.remember(artifact.from, stored.digest);
}
