import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** One run of the fake, as the program under test started it. */
export interface ToolCall {
  readonly args: readonly string[];
  readonly stdin: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What the fake does when it is called. Everything left out is nothing, or 0. */
export interface ToolAnswer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  /** Milliseconds before it ends, after its output; `forever` until it is killed. */
  readonly delay?: number | 'forever';
}

/** The first words of the arguments, a pattern for all of them joined by spaces, or a test of the whole call. */
export type ToolMatch = readonly string[] | RegExp | ((call: ToolCall) => boolean);

/** The exit code of a call that no answer was given for. */
export const unexpectedExitCode = 97;

/** An executable on a PATH of its own that a test drives. */
export interface FakeTool {
  /** Every call so far, in the order in which they came. */
  readonly calls: readonly ToolCall[];
  /** Those that matched nothing. A test that does not expect any says so with `expect(tool.unexpected).toEqual([])`. */
  readonly unexpected: readonly ToolCall[];
  /** Answers calls that match, from now on. Later answers come before earlier ones. */
  answer(match: ToolMatch, answer: ToolAnswer | ((call: ToolCall) => ToolAnswer)): void;
}

/** A folder of fake tools. */
export interface FakeTools {
  readonly folder: string;
  /** A PATH on which the fakes hide the real tools. */
  path(rest?: string): string;
  add(name: string): Promise<FakeTool>;
  /** Ends what still runs and removes the folder. */
  remove(): Promise<void>;
}

export async function createFakeTools(): Promise<FakeTools> {
  const folder = await mkdtemp(join(tmpdir(), 'kubelab-tools-'));
  const servers: { server: Server; sockets: Set<Socket> }[] = [];
  return {
    folder,
    path: (rest) => (rest === undefined ? folder : `${folder}${delimiter}${rest}`),
    add: async (name) => {
      const socketPath = join(folder, `${name}.sock`);
      await writeFile(join(folder, name), writeClient(socketPath));
      await chmod(join(folder, name), 0o755);
      const { tool, handle } = createFakeTool(name);
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}));
        readCall(socket, (call) => void reply(socket, handle(call)));
      });
      await new Promise<void>((resolve) => server.listen(socketPath, resolve));
      servers.push({ server, sockets });
      return tool;
    },
    remove: async () => {
      for (const { server, sockets } of servers) {
        for (const socket of sockets) socket.destroy();
        server.close();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function createFakeTool(name: string): { tool: FakeTool; handle: (call: ToolCall) => ToolAnswer } {
  const calls: ToolCall[] = [];
  const unexpected: ToolCall[] = [];
  const answers: { match: ToolMatch; answer: ToolAnswer | ((call: ToolCall) => ToolAnswer) }[] = [];
  const handle = (call: ToolCall): ToolAnswer => {
    calls.push(call);
    const found = answers.find(({ match }) => matches(match, call));
    if (found !== undefined) return typeof found.answer === 'function' ? found.answer(call) : found.answer;
    unexpected.push(call);
    return { stderr: `fake ${name}: nobody expected: ${name} ${call.args.join(' ')}\n`, exitCode: unexpectedExitCode };
  };
  return { tool: { calls, unexpected, answer: (match, answer) => void answers.unshift({ match, answer }) }, handle };
}

function matches(match: ToolMatch, call: ToolCall): boolean {
  if (typeof match === 'function') return match(call);
  if (match instanceof RegExp) return match.test(call.args.join(' '));
  return match.every((word, index) => call.args[index] === word);
}

function readCall(socket: Socket, onCall: (call: ToolCall) => void): void {
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk;
    if (received.endsWith('\n')) onCall(JSON.parse(received) as ToolCall);
  });
}

async function reply(socket: Socket, answer: ToolAnswer): Promise<void> {
  const { stdout = '', stderr = '', exitCode = 0, delay = 0 } = answer;
  socket.write(`${JSON.stringify({ stdout, stderr })}\n`);
  if (delay === 'forever') return;
  await sleep(delay);
  socket.end(`${JSON.stringify({ exitCode })}\n`);
}

/** The program behind the fake: tells the test of the call and does what it answers. */
function writeClient(socketPath: string): string {
  return `#!${process.execPath}
const { connect } = require('node:net');
const { createInterface } = require('node:readline');
const { readFileSync } = require('node:fs');
const stdin = process.stdin.isTTY ? '' : readFileSync(0, 'utf8');
const socket = connect(${JSON.stringify(socketPath)});
socket.on('error', (error) => { console.error('fake tool: the test is gone: ' + error.message); process.exit(98); });
socket.write(JSON.stringify({ args: process.argv.slice(2), stdin, cwd: process.cwd(), env: process.env }) + '\\n');
createInterface({ input: socket }).on('line', (line) => {
  const { stdout, stderr, exitCode } = JSON.parse(line);
  if (stdout) process.stdout.write(stdout);
  if (stderr) process.stderr.write(stderr);
  if (exitCode !== undefined) process.exitCode = exitCode;
});
`;
}
