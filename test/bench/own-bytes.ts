import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { clusterId, openWorkspace } from '../../src/commands/workspace.ts';
import type { Site } from './site.ts';

/** Bytes on disk that a node shares with nothing: not with the image that it was copied from, not with another node. */
export async function readOwnBytes(site: Site, node: string): Promise<number> {
  const { context } = site;
  const workspace = await openWorkspace(context);
  const tree = path.join(workspace.store.machines(clusterId(workspace)), node);
  const options = { timeout: 60_000, signal: context.signal };
  await workspace.root.run(['btrfs', 'filesystem', 'sync', tree], options);
  const { stdout } = await workspace.root.run(['btrfs', 'filesystem', 'du', '--summarize', '--raw', tree], options);
  const own = Number(stdout.trimEnd().split('\n').at(-1)?.trim().split(/\s+/)[1]);
  if (!Number.isFinite(own)) throw new Error(`btrfs filesystem du printed ${JSON.stringify(stdout)}`);
  return own;
}

/** Bytes that a node has received over its only interface since it booted, whatever they were. */
export async function readReceivedBytes(site: Site, node: string): Promise<number> {
  const { stdout } = await site.node(node).run(['cat', '/sys/class/net/host0/statistics/rx_bytes'], {
    timeout: 20_000,
    signal: site.context.signal,
  });
  return Number(stdout);
}

/** Bytes of all files in a folder and below. */
export async function sumFiles(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
