import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { findProgram } from '../../exec/search-path.ts';
import { type Acceleration, type AccelerationContext, probeAcceleration } from './acceleration.ts';

const keptSchema = z.object({ key: z.string(), acceleration: z.custom<Acceleration>((value) => typeof value === 'object') });

/**
 * What `probeAcceleration` found since this host booted, or finds now: its guest takes seconds where KVM is of no use.
 * Kept in the context's folder; a change of the kernel's modules without a boot goes unseen, so what works is kept and
 * what this user may not open is asked again.
 */
export async function recallAcceleration(context: AccelerationContext): Promise<Acceleration> {
  const file = join(context.folder, 'acceleration.json');
  const key = await describeHost(context);
  const kept = key === undefined ? undefined : await readKept(file);
  if (kept !== undefined && kept.key === key) return kept.acceleration;
  const acceleration = await probeAcceleration(context);
  if (key !== undefined && acceleration.finding !== 'kvm-denied' && acceleration.finding !== 'qemu-missing') {
    await writeFile(`${file}.part`, JSON.stringify({ key, acceleration }));
    await rename(`${file}.part`, file);
  }
  return acceleration;
}

async function readKept(file: string): Promise<z.infer<typeof keptSchema> | undefined> {
  try {
    return keptSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // Not there, or damaged: the host is asked again.
    return undefined;
  }
}

/** This boot, this QEMU, and whether there is a KVM at all; undefined where the system does not tell. */
async function describeHost(context: AccelerationContext): Promise<string | undefined> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  const qemu = await findProgram('qemu-system-x86_64', context.searchPath);
  if (boot === undefined || qemu === undefined) return undefined;
  const device = await stat(context.kvmDevice ?? '/dev/kvm').catch(() => undefined);
  return [boot.trim(), qemu, (await stat(qemu)).mtimeMs, device === undefined ? 'no kvm' : device.mode].join(' ');
}
