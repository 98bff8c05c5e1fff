import { PassThrough, Writable } from 'node:stream';
import { createFixture, type FileTree } from 'fs-fixture';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Registry } from '../../src/commands/registry.ts';
import type { Host } from '../../src/host.ts';
import { run } from '../../src/program.ts';
import { createFakeTools, type FakeTool } from './fake-tool.ts';

export interface ProgramOptions {
  /** Files that the folder has at the start. */
  readonly files?: FileTree;
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of all of kubelab's commands. */
  readonly registry?: Registry;
  /** Whether stdin, stdout and stderr are terminals; default no. */
  readonly terminal?: boolean | { readonly columns: number; readonly rows: number };
  /** As Node names them; default: those of this host. */
  readonly architecture?: string;
  readonly platform?: string;
  /** The PATH that kubelab looks for programs on has nothing but the fake tools. */
  readonly fakesOnly?: boolean;
}

export interface ProgramResult {
  readonly exitCode: number;
  /** Output with paths and times made the same in every run. */
  readonly stdout: string;
  readonly stderr: string;
}

/** The whole program in a folder of its own, with a home of its own and only fake tools before the real ones on PATH. */
export interface ProgramRig {
  readonly folder: string;
  readonly home: string;
  run(...words: string[]): Promise<ProgramResult>;
  /** Sends a signal to the run that is under way. */
  signal(name: 'SIGINT' | 'SIGTERM'): void;
  /** Exit codes that the program asked for at once, without ending by itself. */
  readonly killed: readonly number[];
  /** What the run that is under way has printed so far. */
  printed(): string;
  /** Types into the run that is under way. */
  type(keys: string): void;
  fakeTool(name: string): Promise<FakeTool>;
  /** Where the fake tools lie. */
  readonly toolFolder: string;
  path(...names: string[]): string;
}

/** Is removed, with its fake tools, when the test that called it ends. */
export async function createProgramRig(options: ProgramOptions = {}): Promise<ProgramRig> {
  const fixture = await createFixture({ 'home/.keep': '', 'work/.keep': '' });
  const folder = join(fixture.path, 'work');
  await writeFiles(folder, options.files ?? {});
  const tools = await createFakeTools();
  onTestFinished(async () => {
    await tools.remove();
    await fixture.rm();
  });
  const home = join(fixture.path, 'home');
  const listeners = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>();
  const killed: number[] = [];
  let terminal = openTerminal(options);
  const env = { PATH: tools.path(options.fakesOnly === true ? undefined : process.env['PATH']), HOME: home, ...options.env };
  return {
    folder,
    home,
    killed,
    signal: (name) => listeners.forEach((listener) => listener(name)),
    printed: () => terminal.stdout.text() + terminal.stderr.text(),
    type: (keys) => void terminal.stdin.write(keys),
    fakeTool: tools.add,
    toolFolder: tools.folder,
    path: (...names) => join(folder, ...names),
    run: async (...words) => {
      terminal = openTerminal(options);
      const host = createHost({
        cwd: folder,
        home,
        env,
        terminal,
        listeners,
        killed,
        architecture: options.architecture ?? process.arch,
        platform: options.platform ?? process.platform,
      });
      const exitCode = await run(words, host, options.registry);
      const normalise = (text: string): string => normaliseOutput(text, { folder, home });
      return { exitCode, stdout: normalise(terminal.stdout.text()), stderr: normalise(terminal.stderr.text()) };
    },
  };
}

/** The folder of this checkout: what `context.folders.package` is. */
export const packageFolder = resolve(import.meta.dirname, '../..');

/** Replaces what differs from run to run: folders, and durations and clock times. */
export function normaliseOutput(text: string, { folder, home }: { readonly folder: string; readonly home: string }): string {
  return text
    .replaceAll(folder, '<folder>')
    .replaceAll(home, '<home>')
    .replaceAll(packageFolder, '<kubelab>')
    .replaceAll(process.version, '<node>')
    .replaceAll(/(?<![\d.])\d+\.\d s\b/g, '<time>')
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<date>');
}

type Terminal = ReturnType<typeof openTerminal>;

function openTerminal({ terminal }: ProgramOptions) {
  const size = typeof terminal === 'object' ? terminal : { columns: 100, rows: 30 };
  const facts = terminal === undefined || terminal === false ? { isTTY: false } : { isTTY: true, ...size };
  return {
    stdin: Object.assign(new PassThrough(), facts, { setRawMode: () => {} }),
    stdout: createRecorder(facts),
    stderr: createRecorder(facts),
  };
}

/** A stream that keeps all that was written to it. */
export function createRecorder<Facts extends object>(facts: Facts) {
  const chunks: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, _encoding, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  const control = (sequence: string) => (): boolean => {
    chunks.push(sequence);
    return true;
  };
  return Object.assign(stream, facts, {
    text: () => chunks.join(''),
    cursorTo: control('\r'),
    moveCursor: control('\u001b[1A'),
    clearLine: control('\u001b[2K'),
  });
}

function createHost(parts: {
  cwd: string;
  home: string;
  env: Record<string, string>;
  terminal: Terminal;
  listeners: Set<(signal: 'SIGINT' | 'SIGTERM') => void>;
  killed: number[];
  architecture: string;
  platform: string;
}): Host {
  return {
    cwd: parts.cwd,
    home: parts.home,
    env: parts.env,
    streams: parts.terminal,
    userId: process.getuid?.() ?? -1,
    machine: {
      pid: process.pid,
      hostname: 'test-host',
      platform: parts.platform,
      architecture: parts.architecture,
      words: [],
      kill: (pid, signal) => process.kill(pid, signal),
    },
    packageFolder,
    version: '0.0.0-test',
    platform: 'node <node>, test',
    onSignal: (listener) => {
      parts.listeners.add(listener);
      return () => void parts.listeners.delete(listener);
    },
    exit: (code) => void parts.killed.push(code),
  };
}

async function writeFiles(folder: string, files: FileTree): Promise<void> {
  const { cp } = await import('node:fs/promises');
  const source = await createFixture(files);
  await cp(source.path, folder, { recursive: true });
  await source.rm();
}
