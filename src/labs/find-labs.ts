import { readdir } from 'node:fs/promises';
import path from 'node:path';
import semver from 'semver';
import { errorCode } from '../errors/system-error.ts';
import { nearest } from '../cluster/near-miss.ts';
import { KubelabError } from '../errors/errors.ts';
import { loadLab, type LoadedLab } from './load-lab.ts';

/** Where labs are looked for. */
export interface LabPlaces {
  /** Where kubelab is installed: its own labs are in `labs/`. */
  readonly package: string;
  /** The user's state folder: packs are in `packs/NAME/VERSION/`. */
  readonly state: string;
}

export type LabOrigin =
  | { readonly kind: 'shipped' }
  | { readonly kind: 'pack'; readonly pack: string; readonly version: string }
  /** A folder that the user named. */
  | { readonly kind: 'folder' };

/** A lab that is there, which need not be a sound one. */
export interface FoundLab {
  /** The name of its folder, which is the id of the lab. */
  readonly id: string;
  readonly folder: string;
  readonly origin: LabOrigin;
  readonly lab: LoadedLab | undefined;
  /** Why there is no lab. */
  readonly error: KubelabError | undefined;
}

/** A sound lab, and where it comes from. */
export interface KnownLab {
  readonly lab: LoadedLab;
  readonly origin: LabOrigin;
}

/** A folder that is called as its lab is, whatever is in it. */
export interface LabFolderName {
  readonly id: string;
  readonly folder: string;
  /** The folder as messages name it. */
  readonly shown: string;
  readonly origin: LabOrigin;
}

/** Every lab that is there: first those that kubelab ships, then those of packs, the newest version first. */
export async function findLabs(places: LabPlaces): Promise<FoundLab[]> {
  return Promise.all((await listLabFolders(places)).map(openCandidate));
}

/**
 * The lab of an id, or `PACK/ID` for one of a pack, or `PACK@VERSION/ID`. An id alone means a lab that kubelab ships, or else
 * that of the only pack which has it; without a version, the newest one that has it is meant.
 * @throws KubelabError `KL-LAB-UNKNOWN` with the nearest name, or those that it could mean; `KL-LAB-INVALID` when it is there
 * and not sound.
 */
export async function findLab(places: LabPlaces, asked: string): Promise<KnownLab> {
  const { lab, error, origin } = await openCandidate(pickLabFolder(await listLabFolders(places), asked));
  if (lab === undefined) throw error;
  return { lab, origin };
}

/** The folder of an id, of `PACK/ID` or of `PACK@VERSION/ID`. @throws KubelabError `KL-LAB-UNKNOWN` with the nearest name */
export function pickLabFolder(candidates: readonly LabFolderName[], asked: string): LabFolderName {
  const called = candidates.filter(({ id }) => id === asked);
  const found = called[0] ?? candidates.find((one) => namesOf(one).includes(asked));
  if (found === undefined) throw unknownLab(asked, candidates);
  // Who installs a pack must not take the place of a lab that another one has under this id.
  const packs = new Set(called.flatMap(({ origin }) => (origin.kind === 'pack' ? [origin.pack] : [])));
  if (found.origin.kind !== 'pack' || packs.size < 2) return found;
  throw new KubelabError('KL-LAB-UNKNOWN', `More than one pack has a lab ${asked}.`, {
    cure: `Say which: ${[...packs].map((pack) => `${pack}/${asked}`).join(' or ')}.`,
    ko: {
      message: `${asked} 실습이 든 팩이 둘 이상입니다.`,
      cure: `어느 것인지 알려 주세요: ${[...packs].map((pack) => `${pack}/${asked}`).join(' 또는 ')}.`,
    },
  });
}

/** A lab in a folder that the user named. @throws KubelabError `KL-LAB-UNKNOWN`, `KL-LAB-INVALID` */
export async function openLab(folder: string, shown = folder): Promise<KnownLab> {
  return { lab: await loadLab(folder, shown), origin: { kind: 'folder' } };
}

/** What a lab is called where its id alone could be that of another one: `PACK/ID`, and `PACK@VERSION/ID`. */
function namesOf({ id, origin }: Pick<LabFolderName, 'id' | 'origin'>): readonly string[] {
  return origin.kind === 'pack' ? [`${origin.pack}/${id}`, `${origin.pack}@${origin.version}/${id}`] : [];
}

/** The shortest name of each lab that means it and no other, in the order of the labs. */
export function nameLabs(labs: readonly Pick<LabFolderName, 'id' | 'origin'>[]): string[] {
  const taken = new Set<string>();
  return labs.map((lab) => {
    const [short = lab.id, exact = lab.id] = namesOf(lab);
    const name = taken.has(short) ? exact : short;
    taken.add(name);
    return name;
  });
}

function unknownLab(asked: string, candidates: readonly LabFolderName[]): KubelabError {
  const names = [...new Set(candidates.flatMap((candidate) => [candidate.id, ...namesOf(candidate)]))];
  const near = nearest(asked, names);
  const short = asked.length > 60 ? `${asked.slice(0, 57)}...` : asked;
  return new KubelabError('KL-LAB-UNKNOWN', `There is no lab ${JSON.stringify(short)}.`, {
    details: near === undefined ? [] : [`Did you mean ${near}?`],
    ko: {
      message: `${JSON.stringify(short)} 실습이 없습니다.`,
      details: near === undefined ? [] : [`혹시 ${near} 실습을 찾으시나요?`],
    },
  });
}

async function openCandidate({ id, folder, shown, origin }: LabFolderName): Promise<FoundLab> {
  const found = { id, folder, origin };
  try {
    const lab = await loadLab(folder, shown);
    if (lab.lab.id === id) return { ...found, lab, error: undefined };
    const text = `${lab.locate(['id'])} id: expected ${id}, as the folder is called, found ${lab.lab.id}`;
    return {
      ...found,
      lab: undefined,
      error: new KubelabError('KL-LAB-INVALID', `1 error in ${shown}/lab.yaml`, { details: [text] }),
    };
  } catch (error) {
    if (!(error instanceof KubelabError)) throw error;
    return { ...found, lab: undefined, error };
  }
}

/** Every folder in which a lab should be, in the order in which ids are looked up. */
export async function listLabFolders(places: LabPlaces): Promise<LabFolderName[]> {
  const shipped = await listFoldersIn(path.join(places.package, 'labs'), 'labs', { kind: 'shipped' });
  const packs = await listPacks(path.join(places.state, 'packs'));
  return [...shipped, ...packs];
}

async function listPacks(root: string): Promise<LabFolderName[]> {
  const found: LabFolderName[] = [];
  // Names that can be part of a command which messages show.
  for (const pack of (await listFolders(root)).filter((name) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))) {
    const versions = (await listFolders(path.join(root, pack))).filter((version) => semver.valid(version) !== null);
    for (const version of semver.rsort(versions)) {
      const folder = path.join(root, pack, version, 'labs');
      found.push(...(await listFoldersIn(folder, `${pack}/${version}/labs`, { kind: 'pack', pack, version })));
    }
  }
  return found;
}

async function listFoldersIn(folder: string, shown: string, origin: LabOrigin): Promise<LabFolderName[]> {
  const ids = await listFolders(folder);
  return ids.map((id) => ({ id, folder: path.join(folder, id), shown: `${shown}/${id}`, origin }));
}

async function listFolders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() && !entry.name.startsWith('.') ? [entry.name] : [])).toSorted();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return [];
    throw error;
  }
}
