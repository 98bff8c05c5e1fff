import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventSink } from '../events.ts';
import type { CommandLog } from '../exec/local.ts';
import { explainWriteError } from '../errors/system-error.ts';
import { cleanText } from './plain-text.ts';
import { redact } from './redact.ts';

/** What is longer is cut in the middle: the beginning says what was tried, the end how it went. */
const longestOutputBytes = 256 * 1024;

/**
 * Appends every event, with its time, as one line of JSON.
 * @param secrets left out wherever they occur; read anew for each event, so the list may grow.
 * @throws KubelabError `KL-HOST-DISK-FULL`, from the sink.
 */
export function eventLog(file: string, secrets: readonly string[]): EventSink {
  return (event) => {
    const line = JSON.stringify({ time: new Date().toISOString(), ...event }, (_key, value: unknown) =>
      typeof value === 'string' ? redact(value, secrets) : value,
    );
    append(file, `${line}\n`);
  };
}

/**
 * Appends every command to the log of the place it ran in: `FOLDER/host.log`, `FOLDER/worker1.log`.
 * @param secrets left out wherever they occur; read anew for each command, so the list may grow.
 * @throws KubelabError `KL-HOST-DISK-FULL`, from the log.
 */
export function commandLog(folder: string, secrets: readonly string[]): CommandLog {
  const clean = (text: string): string => redact(cleanText(text), secrets);
  return (entry) => {
    const ending = entry.exitCode === undefined ? 'no exit code' : `exit code ${entry.exitCode}`;
    const parts = [
      `# ${entry.started.toISOString()}  ${(entry.milliseconds / 1000).toFixed(3)} s  ${ending}\n`,
      `$ ${clean(entry.line)}\n`,
      showOutput('', cutMiddle(clean(entry.stdout))),
      showOutput('# stderr\n', cutMiddle(clean(entry.stderr))),
      '\n',
    ];
    // One write per command, so that commands that run at the same time do not mix.
    append(join(folder, `${nameFile(entry.place)}.log`), parts.join(''));
  };
}

function showOutput(heading: string, text: string): string {
  if (text === '') return '';
  return heading + (text.endsWith('\n') ? text : `${text}\n`);
}

function cutMiddle(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= longestOutputBytes) return text;
  const head = findCharacterStart(bytes, longestOutputBytes / 2);
  const tail = findCharacterStart(bytes, bytes.length - longestOutputBytes / 2);
  return `${bytes.toString('utf8', 0, head)}\n[${tail - head} bytes left out here]\n${bytes.toString('utf8', tail)}`;
}

/** The nearest place at or before an offset where a UTF-8 character begins. */
function findCharacterStart(bytes: Buffer, offset: number): number {
  let start = offset;
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
}

/** A place's name may come from a plan, so it is kept from leading out of the folder. */
function nameFile(place: string): string {
  return place.replaceAll(/[^A-Za-z0-9_-]/g, '_');
}

function append(file: string, text: string): void {
  try {
    appendFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    throw explainWriteError(error, file);
  }
}
