import type { SpecFields } from '../e2e/rig/cluster.ts';

/**
 * A cluster on processors that are emulated, with nothing in it that can be left out. A worker gets one of them, as the
 * host emulates all; the control plane wants two.
 */
export function emulatedSpec(workers: number): SpecFields {
  return {
    kubernetes: '1.36.4',
    source: 'go',
    provider: { name: 'libvirt', accelerator: 'tcg' },
    workers: emulatedWorkers(workers),
    addons: [],
  };
}

export function emulatedWorkers(count: number): { readonly count: number; readonly cpus: number } {
  return { count, cpus: 1 };
}
