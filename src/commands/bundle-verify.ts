import { resolve } from 'node:path';
import type { VerifiedBundle } from '../artifacts/bundle/verify.ts';
import { formatBytes } from '../ui/format.ts';
import { defineCommand } from './command.ts';

const title = 'read the bundle';

export const bundleVerify = defineCommand({
  name: 'verify',
  summary: 'read all of a bundle and make sure that it is whole',
  description: 'Unpacks and hashes every file in it, writes nothing, and names all that is wrong at once.',
  args: { bundle: { summary: 'the file that kubelab bundle create made' } },
  flags: {},
  examples: [{ command: 'kubelab bundle verify class.kubelab', what: 'after a copy, before the class' }],
  run: async ({ args }, { cwd, events, signal }) => {
    const { verifyBundle } = await import('../artifacts/bundle/verify.ts');
    const step = { type: 'step', id: 'verify', title } as const;
    const started = Date.now();
    events({ ...step, state: 'started' });
    const onProgress = ({ bytes, ofBytes }: { bytes: number; ofBytes: number }): void =>
      events({ type: 'progress', id: 'verify', text: `${formatBytes(bytes)} of ${formatBytes(ofBytes)}` });
    const file = resolve(cwd, args.bundle);
    try {
      const verified = await verifyBundle(file, { signal, onProgress });
      events({ ...step, state: 'done', seconds: (Date.now() - started) / 1000 });
      return {
        data: summarise(file, verified),
        human: () => [{ kind: 'text', tone: 'good', text: describe(args.bundle, verified) }],
      };
    } catch (error) {
      events({ ...step, state: signal.aborted ? 'cancelled' : 'failed', seconds: (Date.now() - started) / 1000 });
      throw error;
    }
  },
});

function summarise(file: string, { info, bytes, unpackedBytes, files }: VerifiedBundle): object {
  const { kubernetes, architecture } = info.lock;
  return { file, bytes, unpackedBytes, files, kubernetes, architecture, labs: Object.keys(info.labs?.images ?? {}) };
}

function describe(file: string, { info, unpackedBytes, files }: VerifiedBundle): string {
  const { kubernetes, architecture } = info.lock;
  const roles = Object.keys(info.labs?.images ?? {});
  const labs = roles.length === 0 ? '' : `, images for labs (${roles.join(', ')})`;
  return `${file} is whole: Kubernetes ${kubernetes} for ${architecture}${labs}, ${files} files, ${formatBytes(unpackedBytes)} unpacked.`;
}
