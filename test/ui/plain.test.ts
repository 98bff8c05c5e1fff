import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/events.ts';
import { createJsonRenderer } from '../../src/ui/json.ts';
import { createPlainRenderer, type PlainOptions } from '../../src/ui/plain.ts';
import { createRecorder } from '../rig/program.ts';

const events: readonly Event[] = [
  { type: 'run', title: 'cluster study', forecastSeconds: 42 },
  { type: 'step', id: 'boot:control1', title: 'boot', node: 'control1', state: 'started', forecastSeconds: 2 },
  { type: 'step', id: 'network', title: 'network', state: 'already', seconds: 0.01 },
  { type: 'step', id: 'boot:control1', title: 'boot', node: 'control1', state: 'done', seconds: 2.13 },
  { type: 'step', id: 'join:worker1', title: 'join', node: 'worker1', state: 'started' },
  { type: 'progress', id: 'join:worker1', node: 'worker1', text: 'waits for\u001b[31m the token' },
  { type: 'note', text: 'nodes share the kernel of this host' },
  { type: 'warning', text: 'the disk is nearly full' },
  { type: 'step', id: 'join:worker1', title: 'join', node: 'worker1', state: 'failed', seconds: 73 },
  { type: 'step', id: 'join:worker2', title: 'join', node: 'worker2', state: 'cancelled', seconds: 12.6 },
];

function render(shown: readonly Event[], options: Partial<PlainOptions> = {}): string {
  const stream = createRecorder({});
  const renderer = createPlainRenderer(stream, { now: () => 0, ...options });
  shown.forEach(renderer.report);
  return stream.text();
}

describe('the plain renderer', () => {
  it('writes a line per event', () => {
    expect(render(events)).toMatchInlineSnapshot(`
      "cluster study, about 0:42
      [control1] boot ... about 2.0 s
      [cluster] network ... already
      [control1] boot ... done 2.1 s
      [worker1] join ...
      [worker1] join: waits for the token
      nodes share the kernel of this host
      warning: the disk is nearly full
      [worker1] join ... failed 1:13
      [worker2] join ... cancelled 13 s
      "
    `);
  });

  it('writes only warnings and failures when it is to be quiet', () => {
    expect(render(events, { quiet: true })).toMatchInlineSnapshot(`
      "warning: the disk is nearly full
      [worker1] join ... failed 1:13
      "
    `);
  });

  it('writes progress that changed, and no more often than every five seconds', () => {
    let now = 0;
    const stream = createRecorder({});
    const renderer = createPlainRenderer(stream, { now: () => now });
    for (const [at, text] of [
      [0, 'one'],
      [1, 'two'],
      [6, 'two'],
      [7, 'two'],
      [8, 'three'],
      [12, 'four'],
    ] as const) {
      now = at * 1000;
      renderer.report({ type: 'progress', id: 'images', text });
    }
    expect(stream.text()).toBe('[cluster] images: one\n[cluster] images: two\n[cluster] images: four\n');
  });

  it('writes all progress that changed when it is to be verbose', () => {
    const shown = ['one', 'one', 'two', 'three'].map((text): Event => ({ type: 'progress', id: 'images', text }));
    expect(render(shown, { verbose: true })).toBe('[cluster] images: one\n[cluster] images: two\n[cluster] images: three\n');
  });
});

describe('the JSON renderer', () => {
  it('writes each event as it is, on a line of its own', () => {
    const stream = createRecorder({});
    const renderer = createJsonRenderer(stream);
    events.forEach(renderer.report);
    const lines = stream.text().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as Event)).toEqual(events);
  });
});
