import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { CommandFailed, failureOf } from '../errors/errors.ts';
import { fileExists } from './file-exists.ts';
import type { Command, Milliseconds, Runner, RunOptions, RunResult } from './runner.ts';
import { sshCommand, sshFailed, sshRunner } from './ssh.ts';

export interface SshHostsOptions {
  /** An ssh configuration file that says all about the hosts. */
  readonly configFile: string;
  /** A folder of this user's own for the sockets of connections; without it each command makes its own connection. */
  readonly sockets: string | undefined;
}

/** The hosts of one ssh configuration, where root is let in. */
export interface SshHosts {
  /** Commands on a host. From the third on they share a connection. */
  runner(host: string): Runner;
  /** Ends the connection, as the machine behind it goes: the next one at this address may be another. */
  leave(host: string, signal: AbortSignal): Promise<void>;
}

/** Seconds without a command after which a connection ends by itself. It may outlive kubelab by this, and by what goes on. */
const idleSeconds = 20;

/** Milliseconds before a connection that did not come about is tried again. A slow host takes half a minute to greet. */
const pause: Milliseconds = 60_000;

/** OpenSSH takes at most ten sessions in a connection: `MaxSessions` in https://man.openbsd.org/sshd_config */
const mostSessions = 8;

/** What fits a socket's name on macOS, of which ssh takes 17 while it makes one: `sun_path` in its sys/un.h. */
const longestSocket = 103 - 17;

interface Connection {
  readonly socket: string;
  /** Commands in it just now. */
  sessions: number;
  /** The host has answered. */
  known: boolean;
  asked: Milliseconds;
}

/**
 * Runs commands on hosts by the system's ssh. To greet and to sign in takes ten times as long as a short command, so that a
 * host that is asked more than twice is asked over one connection. It belongs to this program alone, and where it is not
 * there, or breaks, the next command makes its own.
 */
export function openSshHosts(local: Runner, { configFile, sockets }: SshHostsOptions): SshHosts {
  const own = randomBytes(3).toString('hex');
  const connections = new Map<string, Connection>();
  let givenUp = 0;
  /** What comes next has a connection of another name: whoever is in this one still is not disturbed. */
  const giveUp = (host: string, connection: Connection): void => {
    if (connections.get(host) !== connection) return;
    connections.delete(host);
    givenUp += 1;
  };
  const connectionTo = (host: string): Connection | undefined => {
    const existing = connections.get(host);
    if (existing !== undefined || sockets === undefined) return existing;
    const socket = path.join(sockets, `${host}-${own}${givenUp}`);
    if (Buffer.byteLength(socket) > longestSocket || /[%$]/.test(socket)) return undefined;
    const connection = { socket, sessions: 0, known: false, asked: 0 };
    connections.set(host, connection);
    return connection;
  };
  const run = async (host: string, command: Command, options: RunOptions): Promise<RunResult> => {
    const target = { configFile, host, sudo: false };
    const connection = connectionTo(host);
    if (connection === undefined) return sshRunner(local, target).run(command, options);
    const isShared = await fileExists(connection.socket);
    if (isShared && connection.sessions < mostSessions) {
      connection.sessions += 1;
      const work = sshRunner(local, { ...target, socket: connection.socket }).run(command, options);
      return noting(work, (hasAnswered) => {
        connection.sessions -= 1;
        if (!hasAnswered) giveUp(host, connection);
      });
    }
    if (connection.known && Date.now() - connection.asked > pause) await begin(local, connection, target, options.signal);
    return noting(sshRunner(local, target).run(command, options), (hasAnswered) => void (connection.known = hasAnswered));
  };
  return {
    runner: (host) => ({ run: (command, options) => run(host, command, options) }),
    leave: async (host, signal) => {
      const connection = connections.get(host);
      if (connection === undefined) return;
      giveUp(host, connection);
      if (!(await fileExists(connection.socket))) return;
      const command = sshCommand({ configFile, host }, [], ['-S', connection.socket, '-O', 'exit']);
      await failureOf(local.run(command, { timeout: 10_000, signal, accept: 'any' }));
    },
  };
}

/** Begins a connection in the background: it holds nothing up, and nothing waits for it. */
async function begin(
  local: Runner,
  connection: Connection,
  target: { readonly configFile: string; readonly host: string },
  signal: AbortSignal,
): Promise<void> {
  connection.asked = Date.now();
  // With a command that ends: where the socket is there already, ssh does without one, and would stay for ever.
  const flags = ['-n', '-S', connection.socket, '-o', 'ControlMaster=auto', '-o', `ControlPersist=${idleSeconds}`];
  const command = ['sh', '-c', '"$@" </dev/null >/dev/null 2>&1 &', 'sh', ...sshCommand(target, ['true'], flags)] as const;
  await failureOf(local.run(command, { timeout: 10_000, signal, accept: 'any' }));
}

/**
 * Says of a command, when it has ended, whether the host answered. One that was cut off or took too long counts as no
 * answer: the machine may be gone, which ssh itself notices only after a minute.
 */
async function noting(work: Promise<RunResult>, note: (hasAnswered: boolean) => void): Promise<RunResult> {
  let code: number | undefined;
  try {
    const result = await work;
    code = result.exitCode;
    return result;
  } catch (error) {
    if (error instanceof CommandFailed && !error.timedOut) code = error.commandExitCode;
    throw error;
  } finally {
    note(code !== undefined && code !== sshFailed);
  }
}
