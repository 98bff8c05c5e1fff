import type { Event } from '../events.ts';
import { createColour } from './colour.ts';
import { createJsonRenderer } from './json.ts';
import { createPlainRenderer } from './plain.ts';
import type { OutputStream, Renderer } from './renderer.ts';
import { chooseSymbols } from './symbols.ts';

export interface RendererChoice {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean | undefined;
}

/**
 * The renderer for these streams. Progress goes to stderr, so that stdout holds the result alone; with `--json`
 * everything is a line of JSON on stdout. The live one is loaded by the first event.
 */
export function chooseRenderer(choice: RendererChoice): Renderer {
  if (choice.json) return createJsonRenderer(choice.stdout);
  if (choice.quiet || choice.verbose || !canMove(choice))
    return createPlainRenderer(choice.stderr, { now: Date.now, quiet: choice.quiet, verbose: choice.verbose });
  return loadLate(async () => {
    const { createLiveRenderer } = await import('./live.ts');
    const colour = createColour({ isTTY: true, env: choice.env, ...(choice.color === undefined ? {} : { flag: choice.color }) });
    return createLiveRenderer(choice.stderr, { colour, symbols: chooseSymbols(choice.env), now: Date.now });
  });
}

function canMove({ stderr, env }: RendererChoice): boolean {
  // Rows of a terminal that does not know its size, and says 0, can not be taken back.
  if (!stderr.columns || !stderr.rows) return false;
  return stderr.isTTY === true && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === '';
}

/** A renderer that is loaded once there is something to show; events that come before are kept in order. */
function loadLate(load: () => Promise<Renderer>): Renderer {
  const waiting: Event[] = [];
  let loading: Promise<void> | undefined;
  let renderer: Renderer | undefined;
  let paused = false;
  const start = async (): Promise<void> => {
    const loaded = await load();
    for (const event of waiting) loaded.report(event);
    if (paused) loaded.pause();
    renderer = loaded;
  };
  return {
    report: (event) => {
      if (renderer !== undefined) return renderer.report(event);
      waiting.push(event);
      loading ??= start();
    },
    pause: () => {
      paused = true;
      renderer?.pause();
    },
    resume: () => {
      paused = false;
      renderer?.resume();
    },
    end: async () => {
      if (renderer === undefined) await loading;
      await renderer?.end();
    },
  };
}
