import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exitCodes } from './errors/catalogue.ts';
import type { Host } from './host.ts';
import { run } from './program.ts';

const host = createHost();
handleCrashes(host);
// Not process.exit: it would cut off what a slow pipe has not taken yet.
process.exitCode = await run(process.argv.slice(2), host);

function createHost(): Host {
  const packageFolder = findPackageFolder(dirname(fileURLToPath(import.meta.url)));
  return {
    cwd: process.cwd(),
    env: process.env,
    streams: {
      // The getter of process.stdin opens it, which costs time and can keep the process alive.
      get stdin() {
        return process.stdin;
      },
      stdout: process.stdout,
      stderr: process.stderr,
    },
    home: homedir(),
    userId: process.getuid?.() ?? -1,
    machine: {
      pid: process.pid,
      hostname: hostname(),
      platform: process.platform,
      architecture: process.arch,
      words: process.argv.slice(2),
      kill: (pid, signal) => process.kill(pid, signal),
    },
    packageFolder,
    version: readVersion(packageFolder),
    platform: `node ${process.version}, ${process.platform} ${process.arch}`,
    onSignal: (listener) => {
      process.on('SIGINT', listener).on('SIGTERM', listener);
      return () => void process.off('SIGINT', listener).off('SIGTERM', listener);
    },
    exit: (code) => process.exit(code),
  };
}

/** Gives errors that nobody caught the face of a bug, and lets readers such as `head` close the pipe early. */
function handleCrashes(crashed: Host): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCodes.done);
      throw error;
    });
  process.on('uncaughtException', (error) => {
    void import('./report-error.ts')
      .then(({ reportError }) =>
        reportError(error, crashed, { json: process.argv.includes('--json'), verbose: false, color: undefined, language: 'en' }),
      )
      .finally(() => process.exit(exitCodes.bug));
  });
}

/** The nearest folder upwards with a package.json: this file lies deeper in it once it is compiled. */
function findPackageFolder(from: string): string {
  const up = dirname(from);
  if (existsSync(join(from, 'package.json'))) return from;
  if (up === from) throw new Error('kubelab is not installed whole: there is no package.json above it');
  return findPackageFolder(up);
}

function readVersion(packageFolder: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  const known =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest && typeof manifest.version === 'string';
  return known ? (manifest.version as string) : 'unknown';
}
