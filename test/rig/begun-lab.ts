import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Attempt, attemptsFolder, writeAttempt, writeCurrentLab } from '../../src/labs/attempt/attempt.ts';
import { planAttempt } from '../../src/labs/attempt/attempt-flow.ts';
import { loadLab } from '../../src/labs/load-lab.ts';
import { leaveCluster, study } from './existing-cluster.ts';

/** Somebody is at a step of the lab in a folder, on a cluster that nobody asks. @param about what else the attempt says */
export async function leaveBegunLab(
  place: { readonly folder: string; readonly home: string },
  labFolder: string,
  about: Partial<Attempt> = {},
): Promise<void> {
  const root = await leaveCluster(place, []);
  const cluster = `study-${createHash('sha256').update(root).digest('hex').slice(0, 6)}`;
  const attempts = attemptsFolder(join(place.home, '.local/state/kubelab'), cluster);
  const loaded = await loadLab(labFolder);
  const wish = { cluster, made: study.createdAt, mode: 'guided', language: 'en' } as const;
  const attempt = planAttempt({ loaded, now: () => new Date() }, wish);
  await writeAttempt(attempts, { ...attempt, ready: true, ...about });
  await writeCurrentLab(attempts, loaded.lab.id);
}
