import { renderVagrantfile } from '../templates/vagrantfile.ts';
import type { Plan } from './plan.ts';
import { viewVagrantfile } from './vagrantfile-view.ts';

export interface FolderParts {
  /** The cluster's name on this host, which no other folder's cluster has: what `clusterId` gives for the folder. */
  readonly id: string;
  /** The name of the box of the node image, where one was made for Vagrant. */
  readonly imageBox?: string;
  /** The text of Vagrantfile.tmpl. */
  readonly template: string;
  /** The text of each file of provision/, by its path in there. */
  readonly provision: ReadonlyMap<string, string>;
  /** The text of each file of nodes/, by its path in there, such as `worker1/env`. */
  readonly nodeFiles: ReadonlyMap<string, string>;
}

export interface RenderedFile {
  /** Ends its lines with \n, whatever the part it came from does: it is read in a guest. */
  readonly text: string;
  readonly mode: number;
}

const modes = { text: 0o644, script: 0o755, secret: 0o600 } as const;

/**
 * Everything in a cluster's folder, by its path in there with forward slashes, sorted by path. The folder itself must
 * be 0700: it holds keys.
 * @throws RangeError for a path that leads out of its place, and for a node without an env file or one that is not in
 * the plan.
 */
export function renderFolder(plan: Plan, parts: FolderParts): Map<string, RenderedFile> {
  checkNodes(plan, parts.nodeFiles);
  const files: [string, RenderedFile][] = [
    ['Vagrantfile', renderFile(renderVagrantfile(parts.template, viewVagrantfile(plan, parts.id, parts.imageBox)), modes.text)],
  ];
  for (const [path, text] of parts.provision)
    files.push([`provision/${checkPath(path)}`, renderFile(text, path.endsWith('.sh') ? modes.script : modes.text)]);
  for (const [path, text] of parts.nodeFiles) files.push([`nodes/${checkPath(path)}`, renderFile(text, modes.secret)]);
  return new Map(files.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function renderFile(text: string, mode: number): RenderedFile {
  return { text: text.replaceAll('\r\n', '\n'), mode };
}

function checkNodes(plan: Plan, nodeFiles: ReadonlyMap<string, string>): void {
  const names = new Set(plan.nodes.map((node) => node.name));
  for (const name of names) if (!nodeFiles.has(`${name}/env`)) throw new RangeError(`the node ${name} has no env file`);
  for (const path of nodeFiles.keys())
    if (!names.has(path.split('/')[0] ?? '')) throw new RangeError(`nodes/${path} belongs to no node of the plan`);
}

function checkPath(path: string): string {
  const parts = path.split('/');
  if (path.includes('\\') || path.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..'))
    throw new RangeError(`${JSON.stringify(path)} is not a path inside the folder`);
  return path;
}
