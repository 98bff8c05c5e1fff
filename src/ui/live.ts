import ora, { type Ora } from 'ora';
import type { Event } from '../events.ts';
import type { Colour } from './colour.ts';
import { formatClock, formatSeconds } from './format.ts';
import { cleanLine } from '../cluster/plain-text.ts';
import type { OutputStream, Renderer } from './renderer.ts';
import type { Symbols } from './symbols.ts';
import { unreachable } from './unreachable.ts';
import { cutToWidth, measureWidth, padToWidth } from './width.ts';

export interface LiveOptions {
  readonly colour: Colour;
  readonly symbols: Symbols;
  /** Milliseconds since some fixed moment. */
  readonly now: () => number;
}

type StepEvent = Extract<Event, { type: 'step' }>;

interface RunningStep {
  readonly node: string;
  readonly title: string;
  readonly since: number;
  readonly forecastSeconds: number | undefined;
  progress: string;
}

/** What is under way. */
interface LiveState {
  run: { readonly title: string; readonly since: number; readonly forecastSeconds: number | undefined } | undefined;
  readonly steps: Map<string, RunningStep>;
  /** The widest node name so far: the column that titles begin after. */
  placeWidth: number;
}

const frameMilliseconds = 100;
/** The spinner and the space after it, which stand before the first row. */
const spinnerColumns = 2;

/**
 * A few moving rows that say what runs on each node and for how long, below one permanent line for each step that
 * ended. Never taller or wider than the terminal.
 */
export function createLiveRenderer(stream: OutputStream, options: LiveOptions): Renderer {
  const { colour, symbols, now } = options;
  const state: LiveState = { run: undefined, steps: new Map(), placeWidth: 0 };
  const spinner = createSpinner(stream, options, () => drawRows(state, stream, options));
  const report = (event: Event): void => {
    switch (event.type) {
      case 'run':
        state.run = { title: cleanLine(event.title), since: now(), forecastSeconds: event.forecastSeconds };
        return spinner.draw();
      case 'step': {
        const ended = takeStep(event, state, options);
        spinner.draw();
        // Written last: what is written makes the rows appear again below it.
        if (ended !== undefined) stream.write(`${ended}\n`);
        return;
      }
      case 'progress': {
        const step = state.steps.get(stepKey(event));
        if (step !== undefined) step.progress = cleanLine(event.text);
        return;
      }
      case 'note':
        return void stream.write(`${colour.accent(symbols.note)} ${cleanLine(event.text)}\n`);
      case 'warning':
        return void stream.write(`${colour.careful(`${symbols.warning} ${cleanLine(event.text)}`)}\n`);
      default:
        return unreachable(event);
    }
  };
  return { report, pause: spinner.pause, resume: spinner.resume, end: async () => spinner.pause() };
}

/** Enters a step that started; removes one that ended and returns its permanent line. */
function takeStep(event: StepEvent, state: LiveState, { colour, symbols, now }: LiveOptions): string | undefined {
  const node = event.node ?? 'cluster';
  state.placeWidth = Math.max(state.placeWidth, measureWidth(node));
  if (event.state === 'started') {
    const { forecastSeconds } = event;
    state.steps.set(stepKey(event), { node, title: cleanLine(event.title), since: now(), forecastSeconds, progress: '' });
    return undefined;
  }
  state.steps.delete(stepKey(event));
  return endedLine(event, padToWidth(node, state.placeWidth), colour, symbols);
}

function drawRows({ run, steps, placeWidth }: LiveState, stream: OutputStream, { colour, now }: LiveOptions): string {
  const width = (stream.columns ?? 80) - 1;
  const title =
    run === undefined ? 'working' : `${run.title} · ${formatClock((now() - run.since) / 1000)}${aboutClock(run.forecastSeconds)}`;
  const rows = fitRows([...steps.values()], (stream.rows ?? 24) - 2);
  const lines = rows.map((row) =>
    typeof row === 'string' ? row : `${padToWidth(row.node, placeWidth)}  ${describeRunning(row, now())}`,
  );
  return [cutToWidth(title, width - spinnerColumns), ...lines.map((line) => colour.faint(cutToWidth(`  ${line}`, width)))].join(
    '\n',
  );
}

interface Spinner {
  /** Starts it if need be and shows the rows as they are now. */
  draw(): void;
  pause(): void;
  resume(): void;
}

function createSpinner(stream: OutputStream, { colour, symbols }: LiveOptions, drawRows: () => string): Spinner {
  let spinner: Ora | undefined;
  let timer: NodeJS.Timeout | undefined;
  const resume = (): void => {
    if (spinner === undefined || spinner.isSpinning) return;
    // Before ora's own timer, so that each frame shows the time of that frame.
    timer = setInterval(() => {
      if (spinner !== undefined) spinner.text = drawRows();
    }, frameMilliseconds);
    spinner.start(drawRows());
  };
  return {
    draw: () => {
      spinner ??= ora({
        stream,
        isEnabled: true,
        // Reading stdin would take Ctrl-C away from the terminal.
        discardStdin: false,
        color: false,
        spinner: { interval: frameMilliseconds, frames: symbols.spinner.map(colour.accent) },
      });
      resume();
      spinner.text = drawRows();
    },
    pause: () => {
      clearInterval(timer);
      if (spinner?.isSpinning === true) spinner.stop();
    },
    resume,
  };
}

function fitRows(steps: readonly RunningStep[], rows: number): (RunningStep | string)[] {
  const room = Math.max(1, rows);
  if (steps.length <= room) return [...steps];
  return [...steps.slice(0, room - 1), `and ${steps.length - room + 1} more`];
}

function describeRunning(step: RunningStep, now: number): string {
  const elapsed = `${Math.floor((now - step.since) / 1000)} s`;
  const time = now - step.since < 60_000 ? elapsed : formatClock((now - step.since) / 1000);
  const about = step.forecastSeconds === undefined ? '' : ` of about ${formatSeconds(step.forecastSeconds)}`;
  return [`${step.title} · ${time}${about}`, ...(step.progress === '' ? [] : [step.progress])].join(' · ');
}

function aboutClock(seconds: number | undefined): string {
  return seconds === undefined ? '' : ` of about ${formatClock(seconds)}`;
}

function endedLine(event: StepEvent, place: string, colour: Colour, symbols: Symbols): string {
  const marks = {
    started: colour.accent(symbols.note),
    done: colour.good(symbols.done),
    already: colour.faint(symbols.done),
    failed: colour.bad(symbols.failed),
    cancelled: colour.careful(symbols.skipped),
  } as const;
  const words = event.state === 'done' ? [] : [event.state];
  const time = event.seconds === undefined || event.state === 'already' ? [] : [formatSeconds(event.seconds)];
  return [`${marks[event.state]} ${place}`, cleanLine(event.title), ...words, ...time.map(colour.faint)].join('  ');
}

function stepKey(event: { readonly id: string; readonly node?: string }): string {
  return `${event.node ?? ''}/${event.id}`;
}
