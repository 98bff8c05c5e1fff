import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readJson, writeFileAtomic } from '../../cluster/files.ts';

/**
 * That a lab is being tried out on a cluster, kept beside the attempts: a test or a mutation that was cut off leaves things on
 * nodes, which the next one who begins the lab must not take for the start.
 */
export interface TrialMark {
  /** @param made when the cluster was made: one that was made anew since has no traces. */
  put(made: string): Promise<void>;
  isThere(made: string): Promise<boolean>;
  remove(): Promise<void>;
}

export function trialMark(folder: string, lab: string): TrialMark {
  const file = path.join(folder, `.${lab}.trial.json`);
  return {
    async put(made) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFileAtomic(file, `${JSON.stringify({ made })}\n`);
    },
    async isThere(made) {
      return (await readJson(file, (value) => z.object({ made: z.string() }).parse(value)))?.made === made;
    },
    remove: () => rm(file, { force: true }),
  };
}
