import { availableParallelism, platform } from 'node:os';
import type { Command } from '../../exec/runner.ts';

/**
 * What a program may take, which its threads take their stacks from, too: there can be as many as the host has cores.
 * The honest ones take far less.
 */
export const memoryMebibytes = 512 + 8 * availableParallelism();

/**
 * Soft limits, so that no lower one of the user's own is lifted. Only what is written to counts: address space that programs
 * set aside and never use, as those that git asks for a login do, would have to be limited far higher.
 */
const script = `ulimit -S -s 8192 2>/dev/null; ulimit -S -d ${memoryMebibytes * 1024} 2>/dev/null; exec "$@"`;

/** The same command, kept from taking all memory of the host. Other systems than Linux have no such limit, or do not keep it. */
export function limitMemory(command: Command): Command {
  return platform() === 'linux' ? ['/bin/sh', '-c', script, 'sh', ...command] : command;
}
