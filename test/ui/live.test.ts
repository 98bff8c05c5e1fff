import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Event } from '../../src/events.ts';
import { createColour } from '../../src/ui/colour.ts';
import { createLiveRenderer } from '../../src/ui/live.ts';
import { chooseSymbols } from '../../src/ui/symbols.ts';
import { measureWidth } from '../../src/ui/width.ts';
import { createRecorder } from '../rig/program.ts';

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function createLive(size = { columns: 80, rows: 24 }) {
  const stream = createRecorder({ isTTY: true, ...size });
  const renderer = createLiveRenderer(stream, {
    colour: createColour({ isTTY: false, env: {} }),
    symbols: chooseSymbols({}),
    now: Date.now,
  });
  /** The rows that stand on the terminal after the last drawing. */
  const frame = (): string[] =>
    stripVTControlCharacters(stream.text().split('\u001b[?2026h').at(-1) ?? '')
      .replaceAll('\r', '')
      .split('\n');
  /** Lines that were written to stay. */
  const lines = (): string[] =>
    stripVTControlCharacters(stream.text())
      .split('\n')
      .map((line) => line.replace(/^[^]*\r/, ''))
      .filter((line) => /^[✔✖ℹ⚠-]/u.test(line));
  return { stream, renderer, frame, lines };
}

function start(node: string, title: string, forecastSeconds?: number): Event {
  return {
    type: 'step',
    id: `${title}:${node}`,
    title,
    node,
    state: 'started',
    ...(forecastSeconds === undefined ? {} : { forecastSeconds }),
  };
}

describe('the live renderer', () => {
  it('shows what runs on each node against the forecast', () => {
    const { renderer, frame } = createLive();
    renderer.report({ type: 'run', title: 'cluster study', forecastSeconds: 42 });
    vi.advanceTimersByTime(9_000);
    renderer.report(start('control1', 'kubeadm init', 14));
    vi.advanceTimersByTime(4_000);
    renderer.report(start('worker1', 'join'));
    renderer.report({ type: 'progress', id: 'join:worker1', node: 'worker1', text: 'waits for\nthe token' });
    vi.advanceTimersByTime(8_000);
    expect(frame()[0]).toMatch(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] cluster study · 0:21 of about 0:42$/u);
    expect(frame().slice(1)).toEqual([
      '  control1  kubeadm init · 12 s of about 14 s',
      '  worker1   join · 8 s · waits for the token',
    ]);
  });

  it('leaves a line for each step that ended', () => {
    const { renderer, lines } = createLive();
    renderer.report(start('control1', 'boot'));
    renderer.report({ ...start('control1', 'boot'), state: 'done', seconds: 2.1 } as Event);
    renderer.report({ type: 'step', id: 'network', title: 'network', state: 'already', seconds: 0 });
    renderer.report({ ...start('w1', 'join'), state: 'failed', seconds: 8 } as Event);
    renderer.report({ type: 'note', text: 'a note' });
    renderer.report({ type: 'warning', text: 'a warning' });
    expect(lines()).toEqual([
      '✔ control1  boot  2.1 s',
      '✔ cluster   network  already',
      '✖ w1        join  failed  8.0 s',
      'ℹ a note',
      '⚠ a warning',
    ]);
  });

  it('is never taller or wider than the terminal', () => {
    const { renderer, frame } = createLive({ columns: 30, rows: 6 });
    renderer.report({ type: 'run', title: '아주 긴 이름을 가진 클러스터와 그 노드들', forecastSeconds: 42 });
    for (let node = 1; node <= 9; node++) renderer.report(start(`worker${node}`, 'a title that is longer than the terminal'));
    vi.advanceTimersByTime(200);
    expect(frame()).toHaveLength(5);
    expect(frame().every((line) => measureWidth(line) < 30)).toBe(true);
    expect(frame().at(-1)).toBe('  and 6 more');
  });

  it('hides the cursor while it moves, and shows it at the end', async () => {
    const { stream, renderer } = createLive();
    renderer.report(start('control1', 'boot'));
    expect(stream.text()).toContain(hideCursor);
    await renderer.end();
    await renderer.end();
    expect(stream.text().endsWith(showCursor)).toBe(true);
    const length = stream.text().length;
    vi.advanceTimersByTime(1_000);
    expect(stream.text()).toHaveLength(length);
  });

  it('gives the terminal away while it pauses', () => {
    const { stream, renderer, frame } = createLive();
    renderer.report(start('control1', 'boot'));
    renderer.pause();
    const length = stream.text().length;
    vi.advanceTimersByTime(1_000);
    expect(stream.text()).toHaveLength(length);
    renderer.resume();
    vi.advanceTimersByTime(1_000);
    expect(frame()).toContain('  control1  boot · 2 s');
  });

  it('moves nothing when nothing ran', async () => {
    const { stream, renderer } = createLive();
    renderer.report({ type: 'note', text: 'a note' });
    await renderer.end();
    expect(stream.text()).toBe('ℹ a note\n');
  });
});
