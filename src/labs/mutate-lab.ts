import { Interrupted, KubelabError } from '../errors/errors.ts';
import type { Attempt } from './attempt.ts';
import { checkAttempt, clearAway, goOn, hasPassed, makeReady, planAttempt, resetTo, solveStep } from './attempt-flow.ts';
import type { Step } from './lab.ts';
import { listMutants, type Mutant } from './mutate.ts';
import type { Stage } from './stage.ts';

/** What became of a solution with one field of one manifest dropped or changed. */
export interface MutantResult {
  readonly step: string;
  readonly file: string;
  readonly what: string;
  /** `refused`: the cluster did not take it, or it never took effect. `caught`: the checks did not pass. `survived`: they did. */
  readonly end: 'refused' | 'caught' | 'survived';
  readonly seconds: number;
}

export interface MutationOptions {
  /** How many, drawn from all that there are. */
  readonly count: number;
  /** The same seed draws the same ones. */
  readonly seed: number;
  readonly report: (result: MutantResult) => void;
}

export interface MutationTest {
  readonly lab: string;
  /** How many there are to draw from. */
  readonly all: number;
  readonly results: readonly MutantResult[];
}

interface Place extends Mutant {
  readonly step: string;
  readonly file: string;
}

/** What a mutant does to the cluster shows soon or not at all. */
const patience = { atMost: 45_000 };

/** How strong a lab's checks are: solves its steps with slips in the manifests, and looks which of them the checks notice. */
export async function testMutants(stage: Stage, options: MutationOptions): Promise<MutationTest> {
  const { lab } = stage.loaded;
  const all = (await Promise.all(lab.steps.map((step) => listPlaces(stage, step)))).flat();
  const drawn = new Set(drawSome(all, options.count, options.seed));
  const results: MutantResult[] = [];
  let attempt = planAttempt(stage, { cluster: stage.cluster.name, made: '', mode: 'guided', language: 'en' });
  await clearAway(stage, attempt);
  attempt = await makeReady(stage, attempt);
  for (const step of lab.steps) {
    for (const place of all.filter((one) => drawn.has(one) && one.step === step.id)) {
      const began = Date.now();
      const end = await tryMutant(stage, attempt, place);
      const result = { step: step.id, file: place.file, what: place.what, end, seconds: (Date.now() - began) / 1000 };
      results.push(result);
      options.report(result);
      attempt = await resetTo(stage, attempt, step.id);
    }
    attempt = (await solveStep(stage, attempt)).attempt;
    if (step !== lab.steps.at(-1)) attempt = await goOn(stage, attempt);
  }
  await clearAway(stage, attempt);
  return { lab: lab.id, all: all.length, results };
}

async function listPlaces({ loaded }: Stage, step: Step): Promise<Place[]> {
  const files = step.solve.flatMap((action) => ('apply' in action ? [action.apply] : []));
  const places = [...new Set(files)].map(async (file) =>
    listMutants(await loaded.folder.read(file)).map((mutant) => ({ ...mutant, step: step.id, file })),
  );
  return (await Promise.all(places)).flat();
}

async function tryMutant(stage: Stage, attempt: Attempt, { file, text }: Place): Promise<MutantResult['end']> {
  const { loaded } = stage;
  const folder = { ...loaded.folder, read: (path: string) => (path === file ? Promise.resolve(text) : loaded.folder.read(path)) };
  const slipped: Stage = { ...stage, patience, loaded: { ...loaded, folder } };
  try {
    const solved = await solveStep(slipped, attempt);
    const { round } = await checkAttempt(slipped, solved.attempt);
    return hasPassed(round) ? 'survived' : 'caught';
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof KubelabError)) throw error;
    return 'refused';
  }
}

/** Some of a list, always the same ones for the same seed. */
function drawSome<Item>(items: readonly Item[], count: number, seed: number): Item[] {
  const next = createRandom(seed);
  return items
    .map((item) => ({ item, order: next() }))
    .toSorted((one, other) => one.order - other.order)
    .slice(0, count)
    .map(({ item }) => item);
}

/** Numbers from 0 to below 1 that follow from the seed: a linear congruential generator, which is plenty to draw with. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
