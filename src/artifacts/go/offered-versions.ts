import { KubelabError } from '../../errors/errors.ts';
import { compareVersions, factsFor, minorOf, nearestVersions } from '../../kubernetes/versions.ts';
import type { SourceContext } from '../source.ts';

async function listVersions(context: SourceContext, minor: string | undefined): Promise<string[]> {
  const result = await context.runner
    .run(['go', 'list', '-m', '-versions', '-json', 'k8s.io/kubernetes'], {
      timeout: 60_000,
      signal: context.signal,
      cwd: '/',
      env: { GOFLAGS: '' },
    })
    .catch((error: unknown) => {
      throw new KubelabError('KL-SOURCE-UNREACHABLE', 'the Go module mirror did not list the versions of k8s.io/kubernetes', {
        cause: error,
      });
    });
  const { Versions: listed = [] } = JSON.parse(result.stdout) as { Versions?: string[] };
  return listed
    .map((version) => version.slice(1))
    .filter((version) => /^\d+\.\d+\.\d+$/.test(version) && compareVersions(version, '1.24.0') >= 0)
    .filter((version) => minor === undefined || minorOf(version) === minor)
    .toSorted(compareVersions);
}

/** The mirror's list has gaps both ways, so that a version is asked for itself. */
async function canBeHad(context: SourceContext, version: string): Promise<boolean> {
  const asked = await context.runner.run(['go', 'mod', 'download', '-json', `k8s.io/kubernetes@v${version}`], {
    timeout: 10 * 60_000,
    signal: context.signal,
    cwd: '/',
    accept: 'any',
    env: { GOFLAGS: '' },
  });
  return asked.exitCode === 0;
}

/** @throws KubelabError `KL-VERSION-UNKNOWN` with the nearest ones. */
export async function assertHad(context: SourceContext, version: string): Promise<void> {
  if (await canBeHad(context, version)) return;
  const offered = await listVersions(context, undefined);
  throw new KubelabError('KL-VERSION-UNKNOWN', `Kubernetes ${version} is not among the Go modules that can be had`, {
    details: [`nearest: ${nearestVersions(version, offered, 4).join(', ')}`],
  });
}

/** The patches of a minor that are listed, and the newest one that is known of where it can be had all the same. */
export async function offerVersions(context: SourceContext, minor: string | undefined): Promise<string[]> {
  const listed = await listVersions(context, minor);
  if (minor === undefined) return listed;
  const known = `${minor}.${factsFor(`${minor}.0`).lastKnownPatch}`;
  return listed.includes(known) || !(await canBeHad(context, known)) ? listed : [...listed, known].toSorted(compareVersions);
}
