import type { Lock, Source } from '../artifacts/source.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import type { Plan } from './plan.ts';
import type { Provider } from './provider.ts';
import type { ShareWork } from './shared-work.ts';

/** Makes and keeps what machines are copied from. */
export interface NodeImageHome {
  /** Whether the base box is there. */
  hasBase(): Promise<boolean>;
  makeBase(progress: (text: string) => void): Promise<void>;
  /** Whether the image for this lock is there. */
  hasImage(lock: Lock): Promise<boolean>;
  makeImage(lock: Lock, progress: (text: string) => void): Promise<void>;
  /** The image is a plain system: each node is given the artifacts and installs all on its own. */
  readonly onNodes?: boolean;
}

export interface UpContext {
  readonly plan: Plan;
  readonly folder: ClusterFolder;
  readonly provider: Provider;
  readonly source: Source;
  readonly images: NodeImageHome;
  /** For what is made in the cache, which other clusters may be making at the same time. */
  readonly share: ShareWork;
  readonly signal: AbortSignal;
  /** Given the lock with every digest once all artifacts are there. */
  readonly keepLock: (lock: Lock) => Promise<void>;
  /** The lock as it is now; grows its digests by `keepLock`. */
  readonly lock: () => Lock;
}
