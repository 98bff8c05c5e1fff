import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Held } from '../artifacts/bundle/info.ts';
import type { Block } from '../ui/block.ts';
import { formatBytes } from '../ui/format.ts';
import { defineCommand } from './command.ts';

export const bundleInfo = defineCommand({
  name: 'info',
  summary: 'show what a bundle holds',
  description: 'Reads only its first entry. kubelab bundle verify reads all of it.',
  args: { bundle: { summary: 'the file that kubelab bundle create made' } },
  flags: {},
  examples: [
    { command: 'kubelab bundle info class.kubelab', what: 'its versions and files' },
    { command: 'kubelab bundle info class.kubelab --json', what: 'with every digest' },
  ],
  run: async ({ args }, { cwd, folders }) => {
    const { readBundleInfo } = await import('../artifacts/bundle/open.ts');
    const { digestScripts } = await import('../artifacts/bundle/scripts.ts');
    const file = resolve(cwd, args.bundle);
    const { lock, labs, base, provision } = await readBundleInfo(file);
    const { size: bytes } = await stat(file);
    const sameScripts = provision === (await digestScripts(join(folders.package, 'provision')));
    return {
      data: { file, bytes, lock, labs, base, provision, sameScripts },
      human: () => describe({ file: args.bundle, bytes, lock, labs, base, sameScripts }),
    };
  },
});

interface Shown extends Held {
  readonly file: string;
  readonly bytes: number;
  readonly sameScripts: boolean;
}

const makers = { go: 'built from Go modules', upstream: 'from the upstream projects' } as const;

function describe({ file, bytes, lock, labs, base, sameScripts }: Shown): Block[] {
  const held = `Kubernetes ${lock.kubernetes}, containerd ${lock.containerd}, for ${lock.architecture}, ${makers[lock.source]}.`;
  const box = base === undefined ? 'It holds no base box.' : `It holds the base box ${base.key} (${formatBytes(base.bytes)}).`;
  const rows = [...lock.artifacts, ...(labs?.artifacts ?? [])].map((artifact) => [
    artifact.path,
    artifact.version,
    formatBytes(artifact.bytes),
    artifact.image ?? '',
  ]);
  const scripts: Block = {
    kind: 'text',
    tone: 'careful',
    text: 'It was made by a kubelab with other provision scripts. It can be used: those of this kubelab are run.',
  };
  return [
    { kind: 'heading', text: `${file} (${formatBytes(bytes)})` },
    { kind: 'text', text: `${held} ${box} ${describeLabs(labs)}` },
    { kind: 'table', table: { columns: ['FILE', 'VERSION', 'SIZE', 'IMAGE'], rows, right: [2] } },
    ...(sameScripts ? [] : [scripts]),
  ];
}

/** A sentence on the roles in labs that a bundle has images for. */
function describeLabs(labs: Held['labs']): string {
  const roles = Object.keys(labs?.images ?? {});
  return roles.length === 0 ? 'It holds no images for labs.' : `It holds images for labs: ${roles.join(', ')}.`;
}
