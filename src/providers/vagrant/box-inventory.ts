import { readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fileExists } from '../../exec/file-exists.ts';
import { type Box, boxFolder, type BoxProvider, unescapeSlashes, volumeName } from './box.ts';
import { libvirtHome } from './box-shelf.ts';
import { type InstallContext, listBoxVolumes, listClones, removeBox, removeVolume } from './install-box.ts';

/** A box of kubelab's that Vagrant has, or the disk of one in libvirt's pool whose box is gone. */
export type InstalledBox = (
  | { readonly kind: 'box'; readonly box: Box; readonly provider: BoxProvider }
  | { readonly kind: 'volume'; readonly volume: string }
) & {
  readonly path: string;
  /** That go when it goes: a file that the cache has, too, takes no room of its own. */
  readonly bytes: number;
  readonly lastUse: Date;
  /** The folders of the clusters whose machines were cloned from it: without it their disks are of no use. */
  readonly usedBy: readonly string[];
};

export interface InventoryContext extends InstallContext {
  /** Vagrant's own folder. */
  readonly vagrantHome: string;
  /** Whether there may be a libvirt to ask. */
  readonly libvirt: boolean;
  /** The program VBoxManage, where it is not on the PATH. */
  readonly vboxManage?: string;
}

/** What kubelab put where Vagrant and libvirt keep boxes. */
export async function listInstalledBoxes(context: InventoryContext): Promise<readonly InstalledBox[]> {
  const users = await readUsers(context.vagrantHome);
  // What a clone hangs on is in use even where Vagrant has forgotten the machine.
  if (context.libvirt)
    for (const [volume, clones] of await listClones(libvirtHome(context.vagrantHome), context)) {
      const key = userKey(unescapeSlashes(volume.replace(/_vagrant_box_image_.*/, '')), 'libvirt');
      // Vagrant's own notes say which cluster in shorter words.
      if (!users.has(key)) users.set(key, new Set(clones.map(clusterOf)));
    }
  const boxes = (await findBoxes(context.vagrantHome)).map(async ({ box, provider, folder }): Promise<InstalledBox> => {
    const usedBy = users.get(userKey(box.name, provider)) ?? [];
    return { kind: 'box', box, provider, path: folder, ...(await measureOwn(folder)), usedBy: [...usedBy].toSorted() };
  });
  const known = await Promise.all(boxes);
  return [...known, ...(context.libvirt ? await findStrayVolumes(context, known, users) : [])];
}

/** Removes one. @throws CommandFailed when VirtualBox or libvirt still needs it. */
export async function removeInstalledBox(item: InstalledBox, context: InventoryContext): Promise<void> {
  const home = libvirtHome(context.vagrantHome);
  if (item.kind === 'volume') return removeVolume(item.volume, home, context);
  if (item.provider === 'libvirt') return removeBox(item.box, home, context);
  await removeMaster(item.path, context);
  await rm(item.path, { recursive: true, force: true });
}

/** Vagrant imports a box of VirtualBox once, as a machine that linked clones hang on, and notes which: action/import_master.rb. */
async function removeMaster(folder: string, { runner, signal, vboxManage = 'VBoxManage' }: InventoryContext): Promise<void> {
  const id = await readFile(path.join(folder, 'master_id'), 'utf8').catch(() => undefined);
  if (id === undefined) return;
  const options = { timeout: 60_000, signal } as const;
  const { stdout } = await runner.run([vboxManage, 'list', 'vms'], options);
  if (stdout.includes(`{${id.trim()}}`)) await runner.run([vboxManage, 'unregistervm', id.trim(), '--delete'], options);
}

async function findBoxes(
  vagrantHome: string,
): Promise<{ readonly box: Box; readonly provider: BoxProvider; readonly folder: string }[]> {
  const root = path.join(vagrantHome, 'boxes');
  const entries = await readdir(root).catch(() => []);
  const names = entries.filter((entry) => entry.startsWith('kubelab-VAGRANTSLASH-'));
  const found = names.map(async (entry) => {
    const name = unescapeSlashes(entry);
    const versions = (await readdir(path.join(root, entry)).catch(() => [])).filter((version) => /^[0-9.]+$/.test(version));
    const candidates = versions.flatMap((version) =>
      (['libvirt', 'virtualbox'] as const).map((provider) => ({ box: { name, version }, provider })),
    );
    const there = await Promise.all(candidates.map(({ box, provider }) => findFolder(vagrantHome, box, provider)));
    return candidates.flatMap((candidate, index) => {
      const folder = there[index];
      return folder === undefined ? [] : [{ ...candidate, folder }];
    });
  });
  return (await Promise.all(found)).flat();
}

/** Newer Vagrants put the architecture between the version and the provider. */
async function findFolder(vagrantHome: string, box: Box, provider: BoxProvider): Promise<string | undefined> {
  const plain = boxFolder(vagrantHome, box, provider);
  const version = path.dirname(plain);
  const below = await readdir(version).catch(() => []);
  for (const folder of [plain, ...below.map((name) => path.join(version, name, provider))])
    if (await fileExists(path.join(folder, 'metadata.json'))) return folder;
  return undefined;
}

async function findStrayVolumes(
  context: InventoryContext,
  boxes: readonly InstalledBox[],
  users: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<InstalledBox[]> {
  const own = new Set(
    boxes.flatMap((item) =>
      item.kind === 'box' && item.provider === 'libvirt' ? [volumeName(item.box), volumeName(item.box, 'seed.img')] : [],
    ),
  );
  const volumes = await listBoxVolumes(libvirtHome(context.vagrantHome), context);
  const stray = volumes.filter(({ name }) => name.startsWith('kubelab-VAGRANTSLASH-') && !own.has(name));
  return Promise.all(
    stray.map(async ({ name, file }): Promise<InstalledBox> => {
      const found = await stat(file).catch(() => undefined);
      const box = unescapeSlashes(name.replace(/_vagrant_box_image_.*/, ''));
      const usedBy = [...(users.get(userKey(box, 'libvirt')) ?? [])].toSorted();
      return { kind: 'volume', volume: name, path: file, ...ownBytes(found), lastUse: found?.mtime ?? new Date(0), usedBy };
    }),
  );
}

function ownBytes(found: { readonly nlink: number; readonly size: number } | undefined): { readonly bytes: number } {
  return { bytes: found === undefined || found.nlink > 1 ? 0 : found.size };
}

async function measureOwn(folder: string): Promise<{ readonly bytes: number; readonly lastUse: Date }> {
  const names = await readdir(folder, { recursive: true }).catch(() => [] as string[]);
  const found = await Promise.all(names.map((name) => stat(path.join(folder, name)).catch(() => undefined)));
  const files = found.filter((entry) => entry?.isFile() === true);
  const newest = Math.max(0, ...files.map((entry) => entry?.mtimeMs ?? 0));
  return { bytes: files.reduce((sum, entry) => sum + ownBytes(entry).bytes, 0), lastUse: new Date(newest) };
}

/** What Vagrant keeps of every machine that it made: plugins and boxes apart, lib/vagrant/machine_index.rb. */
const indexSchema = z.object({
  machines: z.record(
    z.string(),
    z.object({
      vagrantfile_path: z.string(),
      extra_data: z.object({ box: z.object({ name: z.string(), provider: z.string() }) }).optional(),
    }),
  ),
});

/** The cluster that the disk of a machine belongs to: `study-1a2b3c` of `kubelab-study-1a2b3c-control1.img`. */
function clusterOf(volume: string): string {
  return volume.replace(/^kubelab-/, '').replace(/-[a-z][a-z0-9]*(?:_\d+)?\.img$/, '');
}

function userKey(box: string, provider: string): string {
  return `${provider} ${box}`;
}

/** The clusters by the boxes that their machines come from. Vagrant notes a machine when it makes it and takes it out when it is destroyed. */
async function readUsers(vagrantHome: string): Promise<Map<string, Set<string>>> {
  const users = new Map<string, Set<string>>();
  const text = await readFile(path.join(vagrantHome, 'data', 'machine-index', 'index'), 'utf8').catch(() => undefined);
  if (text === undefined) return users;
  for (const { vagrantfile_path: folder, extra_data: extra } of Object.values(indexSchema.parse(JSON.parse(text)).machines)) {
    if (extra === undefined || !(await fileExists(folder))) continue;
    const key = userKey(extra.box.name, extra.box.provider);
    users.set(key, (users.get(key) ?? new Set()).add(path.basename(folder)));
  }
  return users;
}
