import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { create } from 'tar';
import type { ClusterFolder } from './cluster-folder.ts';

/** A tar with `provision/` and `node/`, as /opt/kubelab on the node holds them: the scripts and the node's own folder. */
export async function packNodeFiles(folder: ClusterFolder, node: string): Promise<Buffer> {
  const prefix = `nodes/${node}`;
  const stream = create(
    {
      cwd: folder.root,
      portable: true,
      noPax: true,
      onWriteEntry: (entry) => {
        if (entry.path.startsWith(prefix)) entry.path = `node${entry.path.slice(prefix.length)}`;
      },
    },
    ['provision', prefix],
  );
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

/** A digest of the names and contents of what a node is given. */
export async function digestNodeFiles(folder: ClusterFolder, node: string): Promise<string> {
  const hash = createHash('sha256');
  for (const part of ['provision', path.join('nodes', node)]) {
    const entries = await readdir(path.join(folder.root, part), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    for (const file of files.toSorted())
      hash
        .update(`${path.relative(folder.root, file)}\0`)
        .update(await readFile(file))
        .update('\0');
  }
  return hash.digest('hex');
}
