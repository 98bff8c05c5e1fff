import type { OutputStream, Renderer } from './renderer.ts';

/** Each event as one line of JSON. */
export function createJsonRenderer(stream: OutputStream): Renderer {
  return {
    report: (event) => stream.write(`${JSON.stringify(event)}\n`),
    pause: () => {},
    resume: () => {},
    end: async () => {},
  };
}

/** The line that ends a run that went well. */
export function renderJsonResult(data: unknown, exitCode: number): string {
  return `${JSON.stringify({ type: 'result', exitCode, data })}\n`;
}
