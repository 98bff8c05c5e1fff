import path from 'node:path';
import { fileExists } from '../../exec/file-exists.ts';
import type { Artifact, Lock } from '../source.ts';
import { groupFolder, programFile } from './build-group.ts';
import { layerFile } from './layers.ts';
import { type GroupName, type PinnedGroup, programGroups } from './programs.ts';
import { allRecipes, groupVersions, neededPrograms } from './resolve.ts';

/** What is left to build for some artifacts. */
export interface BuildForecast {
  /** Names of the programs, longest build first. */
  readonly programs: readonly string[];
  /** With nothing in Go's own caches, on 2 cores. */
  readonly seconds: number;
}

/** What building takes before this host has timings of its own: from the table of programs. */
export async function forecastBuild(cache: string, lock: Lock, absent: readonly Artifact[]): Promise<BuildForecast> {
  const folder = path.join(cache, 'go');
  const left: { readonly name: string; readonly seconds: number }[] = [];
  for (const { pinned, names } of pinGroups(lock, absent))
    for (const program of pinned.group.programs.filter(({ name }) => names.has(name)))
      if (!(await fileExists(programFile(folder, pinned, program)))) left.push(program);
  return {
    programs: left.toSorted((one, other) => other.seconds - one.seconds).map(({ name }) => name),
    seconds: left.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

/** What the artifacts of a lock are made from: folders of programs, and layers. */
export function locateParts(cache: string, lock: Lock): string[] {
  const folder = path.join(cache, 'go');
  const roles = new Set(lock.artifacts.map((artifact) => path.basename(artifact.path, '.tar')));
  const layers = new Set(allRecipes.filter(({ role }) => roles.has(role)).flatMap((recipe) => recipe.layers));
  const pause = lock.components['pause'] ?? '';
  return [
    ...pinGroups(lock, lock.artifacts).map(({ pinned }) => groupFolder(folder, pinned)),
    ...[...layers].map((layer) => layerFile(path.join(folder, 'layers'), layer === 'pause' ? `pause-${pause}` : layer)),
  ];
}

interface NeededGroup {
  readonly pinned: PinnedGroup;
  readonly names: ReadonlySet<string>;
}

function pinGroups(lock: Lock, artifacts: readonly Artifact[]): NeededGroup[] {
  const versions = groupVersions(lock.kubernetes, lock.containerd);
  const needed: readonly [GroupName, ReadonlySet<string>][] = [...neededPrograms(artifacts)];
  return needed.map(([name, names]) => ({ pinned: { group: programGroups[name], version: versions[name] }, names }));
}
