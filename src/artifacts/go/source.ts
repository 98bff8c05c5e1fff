import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileExists } from '../../exec/file-exists.ts';
import { knownDigests } from '../digest.ts';
import { writeLayer, writeOciArchive } from '../oci-archive.ts';
import type { Artifact, Lock, Source, SourceContext } from '../source.ts';
import { buildGroup, type BuildContext, programFile } from './build-group.ts';
import { layerFile, makeDistributionLayer, makePauseLayer, recipeKey } from './layers.ts';
import { offerVersions } from './offered-versions.ts';
import { type GroupName, programGroups } from './programs.ts';
import { allRecipes, groupVersions, neededPrograms, nodePrograms, resolveLock, resolveRoles } from './resolve.ts';

/** Builds everything from published Go modules and distribution packages, for networks that reach no registry. */
export function goSource(context: SourceContext): Source {
  const places = {
    programs: path.join(context.cache, 'go'),
    layers: path.join(context.cache, 'go', 'layers'),
    images: path.join(context.cache, 'go', 'images'),
  };
  const file = (artifact: Artifact): string => artifactFile(places, artifact);
  const missing = async (lock: Lock): Promise<Artifact[]> => {
    const present = await Promise.all(lock.artifacts.map((artifact) => fileExists(file(artifact))));
    return lock.artifacts.filter((_, index) => present[index] !== true);
  };
  return {
    kind: 'go',
    versions: (minor) => offerVersions(context, minor),
    resolve: (want) => resolveLock(context, want),
    roleImages: async (lock, roles) => resolveRoles(lock, roles).images,
    resolveRoles: async (lock, roles) => resolveRoles(lock, roles),
    missing,
    obtain: async (lock) => {
      await obtainAll(context, places, lock, await missing(lock));
      const digests = await knownDigests(path.join(places.programs, 'digests.json'), lock.artifacts.map(file));
      return { ...lock, artifacts: lock.artifacts.map((artifact, index) => ({ ...artifact, ...digests[index] })) };
    },
    file,
  };
}

interface Places {
  readonly programs: string;
  readonly layers: string;
  readonly images: string;
}

function artifactFile(places: Places, artifact: Artifact): string {
  if (artifact.image !== undefined) {
    const role = path.basename(artifact.path, '.tar');
    const recipe = allRecipes.find((candidate) => candidate.role === role);
    const layers = (recipe?.layers ?? []).map((layer) => (layer === 'pause' ? layer : path.basename(layerFile('', layer))));
    return path.join(places.images, `${role}-${artifact.version}-${recipeKey(recipe, layers, artifact.image)}.tar`);
  }
  const name = path.basename(artifact.path);
  const [place] = artifact.path.split('/');
  const found = nodePrograms.find((candidate) => candidate.program === name && candidate.place === place);
  if (found === undefined) throw new Error(`no program for ${artifact.path}`);
  const group = programGroups[found.group];
  return programFile(places.programs, { group, version: artifact.version }, { name, package: '', seconds: 0 });
}

/** Two groups at a time: while one links or fetches, which uses one core or none, the other compiles. */
const lanes = 2;

async function obtainAll(context: SourceContext, places: Places, lock: Lock, absent: readonly Artifact[]): Promise<void> {
  if (absent.length === 0) return;
  const versions = groupVersions(lock.kubernetes, lock.containerd);
  const needed = neededPrograms(absent);
  const build: BuildContext = {
    runner: context.runner,
    signal: context.signal,
    folder: places.programs,
    progress: (program, text) => context.events({ type: 'progress', id: 'obtain', text: `${program}: ${text}` }),
    warn: (text) => context.events({ type: 'warning', text }),
  };
  const queue = Object.values(programGroups).filter((group) => needed.has(group.name));
  const lane = async (): Promise<void> => {
    for (let group = queue.shift(); group !== undefined; group = queue.shift())
      await buildGroup({ group, version: versions[group.name] }, [...(needed.get(group.name) ?? [])], build);
  };
  await settleAll([...Array.from({ length: lanes }, lane), makeLayers(context, places, lock, absent)]);
  await mkdir(places.images, { recursive: true });
  for (const artifact of absent) if (artifact.image !== undefined) await makeImage(places, lock, artifact, versions);
}

/** Waits for all, so that nothing goes on behind a failure, then fails with the first one. */
async function settleAll(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function makeLayers(context: SourceContext, places: Places, lock: Lock, absent: readonly Artifact[]): Promise<void> {
  const recipes = allRecipes.filter((recipe) => absent.some((artifact) => artifact.path === `images/${recipe.role}.tar`));
  const layers = new Set(recipes.flatMap((recipe) => recipe.layers));
  const layerContext = { runner: context.runner, signal: context.signal, folder: places.layers };
  for (const layer of layers) {
    if (layer === 'pause') await makePauseLayer(lock.kubernetes, lock.components['pause'] ?? '', layerContext);
    else await makeDistributionLayer(layer, layerContext);
  }
}

async function makeImage(
  places: Places,
  lock: Lock,
  artifact: Artifact,
  versions: Readonly<Record<GroupName, string>>,
): Promise<void> {
  const recipe = allRecipes.find((candidate) => artifact.path === `images/${candidate.role}.tar`);
  if (recipe === undefined) throw new Error(`no recipe for ${artifact.path}`);
  const target = artifactFile(places, artifact);
  const layers = recipe.layers.map((layer) =>
    layerFile(places.layers, layer === 'pause' ? `pause-${lock.components['pause'] ?? ''}` : layer),
  );
  if (recipe.programs.length > 0) {
    const layer = `${target}.layer.tar`;
    const files = Object.fromEntries(
      recipe.programs.map(({ group, program, to }) => [
        to,
        programFile(
          places.programs,
          { group: programGroups[group], version: versions[group] },
          { name: program, package: '', seconds: 0 },
        ),
      ]),
    );
    await writeLayer(layer, files);
    layers.push(layer);
  }
  await writeOciArchive(
    target,
    { reference: artifact.image ?? '', architecture: lock.architecture, entrypoint: recipe.entrypoint },
    layers,
  );
  if (recipe.programs.length > 0) await rm(`${target}.layer.tar`, { force: true });
}
