import type { Event } from '../events.ts';
import { formatClock, formatSeconds } from './format.ts';
import { cleanLine } from '../cluster/plain-text.ts';
import type { OutputStream, Renderer } from './renderer.ts';
import { unreachable } from './unreachable.ts';

export interface PlainOptions {
  /** Milliseconds since some fixed moment. */
  readonly now: () => number;
  /** Only warnings and failures. */
  readonly quiet?: boolean;
  /** Every progress text, not only one in five seconds for each step. */
  readonly verbose?: boolean;
}

type StepEvent = Extract<Event, { type: 'step' }>;

/** Waits report several times a second; a log wants to know only that they still wait. */
const progressEvery = 5_000;

/** One line per event, for logs and pipes. */
export function createPlainRenderer(stream: OutputStream, options: PlainOptions): Renderer {
  const shown = new Map<string, { at: number; text: string }>();
  const titles = new Map<string, string>();
  const report = (event: Event): void => {
    if (event.type === 'step') titles.set(stepKey(event), event.title);
    if (event.type === 'progress' && !isNews(event, shown, options)) return;
    if (options.quiet === true && !isLoud(event)) return;
    stream.write(`${cleanLine(writeLine(event, titles))}\n`);
  };
  return { report, pause: () => {}, resume: () => {}, end: async () => {} };
}

function writeLine(event: Event, titles: ReadonlyMap<string, string>): string {
  switch (event.type) {
    case 'run':
      return event.forecastSeconds === undefined ? event.title : `${event.title}, about ${formatClock(event.forecastSeconds)}`;
    case 'step':
      return `${writePlace(event.node)} ${event.title} ...${writeEnding(event)}`;
    case 'progress':
      return `${writePlace(event.node)} ${titles.get(stepKey(event)) ?? event.id}: ${event.text}`;
    case 'note':
      return event.text;
    case 'warning':
      return `warning: ${event.text}`;
    default:
      return unreachable(event);
  }
}

function writePlace(node: string | undefined): string {
  return `[${node ?? 'cluster'}]`;
}

function writeEnding(event: StepEvent): string {
  if (event.state === 'started')
    return event.forecastSeconds === undefined ? '' : ` about ${formatSeconds(event.forecastSeconds)}`;
  return event.seconds === undefined || event.state === 'already'
    ? ` ${event.state}`
    : ` ${event.state} ${formatSeconds(event.seconds)}`;
}

function isNews(
  event: Extract<Event, { type: 'progress' }>,
  shown: Map<string, { at: number; text: string }>,
  { now, verbose }: PlainOptions,
): boolean {
  const key = stepKey(event);
  const last = shown.get(key);
  if (last?.text === event.text) return false;
  if (verbose !== true && last !== undefined && now() - last.at < progressEvery) return false;
  shown.set(key, { at: now(), text: event.text });
  return true;
}

function isLoud(event: Event): boolean {
  return event.type === 'warning' || (event.type === 'step' && event.state === 'failed');
}

function stepKey(event: { readonly id: string; readonly node?: string }): string {
  return `${event.node ?? ''}/${event.id}`;
}
