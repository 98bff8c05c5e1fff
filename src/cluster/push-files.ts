import { createHash } from 'node:crypto';
import { create } from 'tar';
import type { ClusterFolder } from './cluster-folder.ts';

export interface NodeArchive {
  /** A tar with `provision/` and `node/`, as /opt/kubelab on the node holds them. */
  readonly bytes: Buffer;
  readonly digest: string;
}

/** Packs what a node is given: the scripts and its own folder. The same content gives the same digest. */
export async function packNodeFiles(folder: ClusterFolder, node: string): Promise<NodeArchive> {
  const prefix = `nodes/${node}`;
  const stream = create(
    {
      cwd: folder.root,
      portable: true,
      noPax: true,
      mtime: new Date(0),
      filter: (path) => !path.startsWith(`${prefix}/machine`),
      onWriteEntry: (entry) => {
        if (entry.path.startsWith(prefix)) entry.path = `node${entry.path.slice(prefix.length)}`;
      },
    },
    ['provision', prefix],
  );
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  const bytes = Buffer.concat(chunks);
  return { bytes, digest: createHash('sha256').update(bytes).digest('hex') };
}
