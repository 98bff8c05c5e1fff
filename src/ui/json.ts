import type { OutputStream, Renderer } from './renderer.ts';

/** Each event as one line of JSON. */
export function createJsonRenderer(stream: OutputStream): Renderer {
  return {
    report: (event) => stream.write(`${writeJson(event)}\n`),
    pause: () => {},
    resume: () => {},
    end: async () => {},
  };
}

/** The line that ends a run that went well. */
export function renderJsonResult(data: unknown, exitCode: number): string {
  return `${writeJson({ type: 'result', exitCode, data })}\n`;
}

/** As JSON.stringify has it, but what a terminal would act on is written as an escape: the data stays the same. */
export function writeJson(value: unknown, indent?: number): string {
  return (JSON.stringify(value, undefined, indent) ?? 'null').replaceAll(
    /[\u007f-\u009f\u2028\u2029]|\p{Bidi_Control}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
