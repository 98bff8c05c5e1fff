import { cpus, loadavg, totalmem } from 'node:os';
import type { Colour } from '../../src/ui/colour.ts';
import { formatBytes } from '../../src/ui/format.ts';
import { renderTable } from '../../src/ui/table.ts';
import type { Benchmark } from './bench.ts';
import { isMet, type Measurement } from './measurement.ts';

/** What one benchmark gave. */
export interface Outcome {
  readonly benchmark: Benchmark;
  readonly measurements: readonly Measurement[];
  /** Why there are no measurements. */
  readonly failure?: string;
  /** The load average of the last minute when it began and when it ended: its own work, and that of others. */
  readonly load: { readonly before: number; readonly after: number };
}

export function readLoad(): number {
  return loadavg()[0] ?? 0;
}

export function describeHost(): string {
  const [first] = cpus();
  return `${cpus().length} x ${first?.model.trim() ?? 'unknown processor'}, ${formatBytes(totalmem())}, node ${process.version}`;
}

export function renderOutcome({ benchmark, measurements, failure, load }: Outcome, colour: Colour): string {
  const heading = `\n${colour.strong(benchmark.title)} ${colour.faint(`(${benchmark.name}; load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after)`)}\n`;
  if (failure !== undefined) return `${heading}${colour.bad('failed')}: ${failure}\n`;
  const rows = measurements.map((measurement) => [
    measurement.what,
    formatValue(measurement, measurement.value),
    formatAim(measurement),
    formatMet(measurement, colour),
    measurement.note ?? '',
  ]);
  return heading + renderTable({ columns: ['', 'MEASURED', 'AIM', 'MET', ''], rows, right: [1, 2] }, colour);
}

export function renderSummary(outcomes: readonly Outcome[], seconds: number): string {
  const judged = outcomes.flatMap(({ measurements }) => measurements.map(isMet)).filter((met) => met !== undefined);
  const failed = outcomes.filter(({ failure }) => failure !== undefined).map(({ benchmark }) => benchmark.name);
  const met = `${judged.filter(Boolean).length} of ${judged.length} aims met`;
  return `\n${met}${failed.length === 0 ? '' : `; failed: ${failed.join(', ')}`}. It took ${Math.round(seconds)} s.\n`;
}

export function renderJson(outcomes: readonly Outcome[], seconds: number): string {
  const benchmarks = outcomes.map(({ benchmark, measurements, failure, load }) => ({
    name: benchmark.name,
    load,
    ...(failure === undefined ? {} : { failure }),
    measurements: measurements.map((measurement) => ({ ...measurement, met: isMet(measurement) })),
  }));
  return `${JSON.stringify({ host: describeHost(), seconds, benchmarks }, undefined, 2)}\n`;
}

function formatValue({ unit }: Measurement, value: number): string {
  switch (unit) {
    case 'seconds':
      return `${value.toFixed(value < 1 ? 2 : 1)} s`;
    case 'milliseconds':
      return `${Math.round(value)} ms`;
    case 'bytes':
      return formatBytes(value);
    case 'times':
      return `${value.toFixed(2)} x`;
    case 'count':
      return String(value);
  }
}

function formatAim(measurement: Measurement): string {
  const { aim, unit } = measurement;
  if (aim === undefined) return '';
  if (unit === 'bytes' && aim.kind === 'below' && aim.limit === 1) return 'none';
  const limit = unit === 'times' ? `${aim.limit} x` : unit === 'seconds' ? `${aim.limit} s` : formatValue(measurement, aim.limit);
  return `${aim.kind === 'below' ? '<' : '>='} ${limit}`;
}

function formatMet(measurement: Measurement, colour: Colour): string {
  const met = isMet(measurement);
  if (met === undefined) return '';
  return met ? colour.good('yes') : colour.bad('NO');
}
