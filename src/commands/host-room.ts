import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import path from 'node:path';

/** What this host has for machines. */
export interface HostRoom {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  /** Where the cache is or will be. */
  readonly freeDiskBytes: number;
}

export async function readHostRoom(cache: string): Promise<HostRoom> {
  const { bavail, bsize } = await statfsAbove(cache);
  return { cpus: availableParallelism(), memoryBytes: totalmem(), freeMemoryBytes: freemem(), freeDiskBytes: bavail * bsize };
}

/** The nearest folder that is there says which file system it will be. */
async function statfsAbove(folder: string): Promise<{ readonly bavail: number; readonly bsize: number }> {
  const above = path.dirname(folder);
  if (above === folder) return statfs(folder);
  return statfs(folder).catch(() => statfsAbove(above));
}
