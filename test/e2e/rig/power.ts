import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from './identity.ts';
import { findNspawns, type HostProcess, listProcesses } from './processes.ts';

/**
 * Cuts the power of one machine: its systemd-nspawn and its init are killed, and with init all that runs in it. Nothing
 * is told, flushed or cleaned up.
 */
export async function cutPower(identity: Identity, node: string): Promise<void> {
  const machine = await requireMachine(identity, node);
  const inits = (await listProcesses()).filter(({ parent }) => parent === machine.pid);
  if (inits.length === 0) throw new Error(`the machine of ${node} has no init`);
  process.kill(machine.pid, 'SIGKILL');
  for (const { pid } of inits) process.kill(pid, 'SIGKILL');
  await waitForEnd(node, [machine, ...inits]);
}

/** Kills the systemd-nspawn of a machine alone, as a host that is short of memory may: what runs in the machine goes on. */
export async function killNspawn(identity: Identity, node: string): Promise<void> {
  const machine = await requireMachine(identity, node);
  process.kill(machine.pid, 'SIGKILL');
  await waitForEnd(node, [machine]);
}

async function requireMachine(identity: Identity, node: string): Promise<HostProcess> {
  const machine = (await findNspawns(identity.trees)).get(node);
  if (machine === undefined) throw new Error(`${node} has no machine that runs`);
  return machine;
}

async function waitForEnd(node: string, killed: readonly HostProcess[]): Promise<void> {
  for (let look = 0; look < 100; look++) {
    const alive = await listProcesses();
    if (!killed.some(({ pid, started }) => alive.some((one) => one.pid === pid && one.started === started))) return;
    await sleep(100);
  }
  throw new Error(`what was killed of ${node} is still there`);
}
