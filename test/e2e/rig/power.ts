import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from './identity.ts';
import { findNspawns } from './processes.ts';

/** Cuts the power of one machine, as a host that dies does: its systemd-nspawn is killed and nothing is told. */
export async function cutPower(identity: Identity, node: string): Promise<void> {
  const machine = (await findNspawns(identity.trees)).get(node);
  if (machine === undefined) throw new Error(`${node} has no machine that runs`);
  process.kill(machine.pid, 'SIGKILL');
  for (let look = 0; look < 100; look++) {
    if (!(await findNspawns(identity.trees)).has(node)) return;
    await sleep(100);
  }
  throw new Error(`the systemd-nspawn of ${node} survived SIGKILL`);
}
