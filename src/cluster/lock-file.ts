import { z } from 'zod';
import type { Lock } from '../artifacts/source.ts';
import { readJson, writeFileAtomic } from './files.ts';

const lockFileSchema = z.object({
  apiVersion: z.literal('kubelab/v1'),
  /** The nodes' network that was chosen. */
  nodes: z.string(),
  lock: z.custom<Lock>((value) => isLock(value)),
  /** The cloud image that the box was resolved to, where there is one. */
  box: z
    .object({
      kind: z.literal('cloud'),
      name: z.string(),
      architecture: z.enum(['amd64', 'arm64']),
      url: z.url(),
      digest: z.string().regex(/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/),
    })
    .optional(),
});

const lockSchema = z.looseObject({
  source: z.enum(['go', 'upstream', 'bundle']),
  kubernetes: z.string().regex(/^\d+\.\d+\.\d+$/),
  containerd: z.string(),
  architecture: z.enum(['amd64', 'arm64']),
  components: z.record(z.string(), z.string()),
  images: z.record(z.string(), z.string()),
  artifacts: z.array(
    z.looseObject({
      // It becomes a path in the artifacts folder.
      path: z.string().regex(/^(bin|runtime|cni|packages|images)\/[A-Za-z0-9][A-Za-z0-9._+~:-]*$/),
      version: z.string(),
      from: z.string(),
      digest: z.string().optional(),
      image: z.string().optional(),
    }),
  ),
});

function isLock(value: unknown): boolean {
  return lockSchema.safeParse(value).success;
}

/** What `kubelab.lock` holds: the choices that must stay while the spec stays. */
export type LockFile = z.infer<typeof lockFileSchema>;

/**
 * The lock beside the spec; undefined where there is none.
 * @throws FileDamaged when it holds anything else.
 */
export function readLockFile(file: string): Promise<LockFile | undefined> {
  return readJson(file, (value) => lockFileSchema.parse(value));
}

export async function writeLockFile(file: string, content: LockFile): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(content, undefined, 2)}\n`);
}

/**
 * A lock by itself in a file; undefined where there is none.
 * @throws FileDamaged when it holds anything else.
 */
export function readBareLock(file: string): Promise<Lock | undefined> {
  return readJson(file, (value) => lockFileSchema.shape.lock.parse(value));
}
