import { labLimits } from '../lab-folder.ts';

/** What a pack may hold at most; a real one stays far below. */
export const packLimits = {
  labs: 100,
  /** Files and folders together. */
  entries: 5_000,
  /** Folders above a file: `labs/ID/`, and what a lab may have. */
  depth: labLimits.depth + 2,
  packBytes: 64 * 1024,
  lockBytes: 1024 * 1024,
  /** Of one file. */
  fileBytes: labLimits.fileBytes,
  /** Of all files. */
  bytes: 64 * 1024 * 1024,
  /** Of the archive itself. */
  archiveBytes: 64 * 1024 * 1024,
  /** Of one commit of a repository as git sends it, with all that is beside its labs. */
  repositoryBytes: 64 * 1024 * 1024,
  /** How many times as large as what was read so far the unpacked files may be, beyond the first megabytes. */
  ratio: 100,
  freeBytes: 4 * 1024 * 1024,
} as const;
