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

/** The run of the fake that an answer is worked out for, while it goes on. */
export interface ToolRun {
  /** Prints at once, before the answer. */
  write(stdout: string): void;
  /** Aborted when the fake was killed before it ended. */
  readonly killed: AbortSignal;
}

/** Works out an answer; whatever time it takes, the fake runs. */
export type ToolHandler = (call: ToolCall, run: ToolRun) => ToolAnswer | Promise<ToolAnswer>;

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
  answer(match: ToolMatch, answer: ToolAnswer | ToolHandler): void;
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
        readCall(socket, (call) => void serve(socket, call, handle));
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

function createFakeTool(name: string): { tool: FakeTool; handle: ToolHandler } {
  const calls: ToolCall[] = [];
  const unexpected: ToolCall[] = [];
  const answers: { match: ToolMatch; answer: ToolAnswer | ToolHandler }[] = [];
  const handle: ToolHandler = (call, run) => {
    calls.push(call);
    const found = answers.find(({ match }) => matches(match, call));
    if (found !== undefined) return typeof found.answer === 'function' ? found.answer(call, run) : found.answer;
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
    if (received.endsWith('\n')) onCall(parseCall(received.slice(0, -1)));
  });
}

/** Reads what the client sends: folder, input, how many arguments, the arguments, names and values; all in hexadecimal. */
function parseCall(line: string): ToolCall {
  const [cwd = '', stdin = '', count = '', ...words] = line.split(' ').map((word) => Buffer.from(word, 'hex').toString('utf8'));
  const pairs = words.slice(Number(count));
  const env = Object.fromEntries(pairs.flatMap((name, index) => (index % 2 === 0 ? [[name, pairs[index + 1] ?? '']] : [])));
  return { args: words.slice(0, Number(count)), stdin, cwd, env };
}

async function serve(socket: Socket, call: ToolCall, handle: ToolHandler): Promise<void> {
  const killed = new AbortController();
  socket.on('close', () => killed.abort());
  const write = (stdout: string): void => print(socket, 'o', stdout);
  try {
    await reply(socket, await handle(call, { write, killed: killed.signal }));
  } catch (error) {
    await reply(socket, { stderr: `fake tool: ${String(error)}\n`, exitCode: unexpectedExitCode });
  }
}

async function reply(socket: Socket, answer: ToolAnswer): Promise<void> {
  const { stdout = '', stderr = '', exitCode = 0, delay = 0 } = answer;
  print(socket, 'o', stdout);
  print(socket, 'e', stderr);
  if (delay === 'forever') return;
  if (delay > 0) await sleep(delay);
  socket.end(`x ${exitCode}\n`);
}

function print(socket: Socket, stream: 'o' | 'e', text: string): void {
  if (text !== '') socket.write(`${stream} ${Buffer.from(text).toString('hex')}\n`);
}

/** The program behind the fake: tells the test of the call and does what it answers. Perl, as it starts in no time. */
function writeClient(socketPath: string): string {
  return `#!/usr/bin/perl
use strict;
use Cwd;
use Socket;
my $input = -t STDIN ? '' : do { local $/; <STDIN> };
my $test;
socket($test, PF_UNIX, SOCK_STREAM, 0) && connect($test, sockaddr_un('${socketPath}'))
  or do { print STDERR "fake tool: the test is gone: $!\n"; exit 98 };
select((select($test), $| = 1)[0]);
$| = 1;
print $test join(' ', map { unpack 'H*', $_ } getcwd() // '', $input // '', scalar(@ARGV), @ARGV, %ENV), "\n";
my $code = 0;
while (my $line = <$test>) {
  chomp $line;
  my ($kind, $value) = split / /, $line;
  print STDOUT pack('H*', $value) if $kind eq 'o';
  print STDERR pack('H*', $value) if $kind eq 'e';
  $code = $value if $kind eq 'x';
}
exit $code;
`;
}
