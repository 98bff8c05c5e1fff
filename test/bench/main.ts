import { parseArgs } from 'node:util';
import { exitCodes } from '../../src/errors/catalogue.ts';
import { CommandFailed, Interrupted, KubelabError } from '../../src/errors/errors.ts';
import { quoteCommand } from '../../src/exec/quote.ts';
import { createColour } from '../../src/ui/colour.ts';
import { type Bench, type Benchmark, openBench } from './bench.ts';
import { checkRound } from './check-round.ts';
import { commandStart } from './command-start.ts';
import { firstUp } from './first-up.ts';
import { furtherNode } from './further-node.ts';
import { keyAlgorithms } from './key-algorithms.ts';
import { plainWay } from './plain-way.ts';
import { planning } from './planning.ts';
import { describeHost, type Outcome, readLoad, renderJson, renderOutcome, renderSummary } from './report.ts';
import { upAgain } from './up-again.ts';

/** In the order in which they run: on a quiet host first, and each on what those before it left. */
const benchmarks: readonly Benchmark[] = [
  commandStart,
  planning,
  keyAlgorithms,
  firstUp,
  checkRound,
  upAgain,
  furtherNode,
  plainWay,
];

const usage = `npm run bench -- [--only NAME]... [--json] [--kubernetes VERSION] [--source go|upstream|auto]

Measures kubelab on this host, as root, and prints each number with its aim. Clusters that it makes are destroyed at the end.

${benchmarks.map(({ name, title }) => `  ${name.padEnd(8)}${title}`).join('\n')}
`;

interface Wishes {
  readonly chosen: readonly Benchmark[];
  readonly json: boolean;
  readonly kubernetes: string;
  readonly source: string;
}

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const wishes = readWishes(words);
  if (typeof wishes === 'string') {
    process.stderr.write(wishes);
    return wishes === usage ? 0 : 2;
  }
  const started = performance.now();
  const abort = new AbortController();
  const progress = sayOnce((text) => void process.stderr.write(`… ${text}\n`));
  const bench = await openBench({ kubernetes: wishes.kubernetes, source: wishes.source, signal: abort.signal, progress });
  stopOnSignals(abort, bench);
  const colour = createColour({ isTTY: process.stdout.isTTY, env: process.env });
  if (!wishes.json) process.stdout.write(`${describeHost()}; load ${readLoad().toFixed(1)}\n`);
  const outcomes: Outcome[] = [];
  for (const benchmark of wishes.chosen) {
    if (abort.signal.aborted) break;
    const outcome = await measure(benchmark, bench);
    outcomes.push(outcome);
    if (!wishes.json) process.stdout.write(renderOutcome(outcome, colour));
  }
  const left = await bench.end();
  for (const what of left) process.stderr.write(`${colour.bad('left behind')}: ${what}\n`);
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(wishes.json ? renderJson(outcomes, seconds) : renderSummary(outcomes, seconds));
  if (abort.signal.aborted) return exitCodes.interrupted;
  return left.length > 0 || outcomes.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

/** A text is what to say instead of measuring anything. */
function readWishes(words: readonly string[]): Wishes | string {
  const options = {
    only: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    kubernetes: { type: 'string', default: '1.36.4' },
    source: { type: 'string', default: 'go' },
    help: { type: 'boolean', default: false },
  } as const;
  try {
    const { only, json, kubernetes, source, help } = parseArgs({ args: [...words], options }).values;
    if (help) return usage;
    const strange = only?.find((name) => benchmarks.every((benchmark) => benchmark.name !== name));
    if (strange !== undefined) return `there is no benchmark ${strange}\n\n${usage}`;
    return { chosen: benchmarks.filter(({ name }) => only?.includes(name) ?? true), json, kubernetes, source };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${usage}`;
  }
}

/** The first signal ends what is measured, then all is removed as ever; the second one ends the process at once. */
function stopOnSignals(abort: AbortController, bench: Bench): void {
  const stop = (): void => {
    if (abort.signal.aborted) {
      process.stderr.write(`stopped; run kubelab destroy in what is left below ${bench.folder}\n`);
      process.exit(exitCodes.interrupted);
    }
    bench.progress('stopping, and removing all that was made (once more stops at once)');
    abort.abort(new Interrupted());
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
}

async function measure(benchmark: Benchmark, bench: Bench): Promise<Outcome> {
  const before = readLoad();
  const load = () => ({ before, after: readLoad() });
  try {
    const measurements = await benchmark.run(bench);
    return { benchmark, measurements, load: load() };
  } catch (error) {
    return { benchmark, measurements: [], failure: explain(error), load: load() };
  }
}

function explain(error: unknown): string {
  if (error instanceof CommandFailed) {
    const output = [error.stdout, error.stderr].flatMap((text) => text.trimEnd().split('\n').slice(-8));
    return [`${error.message}: ${quoteCommand(error.command)} (${error.place})`, ...output].join('\n  ');
  }
  if (error instanceof KubelabError) return [`${error.code} ${error.message}`, ...error.details, error.cure].join('\n  ');
  return error instanceof Error ? (error instanceof Interrupted ? 'interrupted' : (error.stack ?? error.message)) : String(error);
}

function sayOnce(say: (text: string) => void): (text: string) => void {
  let last = '';
  return (text) => {
    if (text === last) return;
    last = text;
    say(text);
  };
}
