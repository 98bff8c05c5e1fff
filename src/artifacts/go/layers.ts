import { createHash } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { CommandFailed, KubelabError } from '../../errors/errors.ts';
import type { Command, Runner } from '../../exec/runner.ts';
import { fileExists } from '../../exec/file-exists.ts';
import { writeLayer } from '../oci-archive.ts';

export interface LayerContext {
  readonly runner: Runner;
  readonly signal: AbortSignal;
  readonly folder: string;
}

export type DistributionLayer = 'toolbox' | 'network-tools';

const recipes: Readonly<Record<DistributionLayer, { packages: readonly string[]; hook: string }>> = {
  // One program that is a shell, a web server, a resolver's client and the common tools. Not the static one: the C
  // library looks names up through modules that it loads.
  toolbox: {
    packages: ['busybox'],
    hook: 'for applet in $("$1/bin/busybox" --list); do [ -e "$1/bin/$applet" ] || ln -s busybox "$1/bin/$applet"; done; mkdir -p "$1/tmp"; chmod 1777 "$1/tmp"',
  },
  // What kube-proxy and flannel run. The names without a suffix come from Debian's alternatives, which are not configured here.
  'network-tools': {
    packages: ['iptables', 'nftables', 'conntrack', 'ipset', 'kmod'],
    hook: 'cd "$1/usr/sbin" && for tool in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do [ -e "$tool" ] || ln -s xtables-nft-multi "$tool"; done; mkdir -p "$1/run"',
  },
};

/** Nothing of the host, and nothing that no program reads, goes into a layer. */
const cleanUp =
  'cd "$1" && rm -rf etc/resolv.conf etc/hostname etc/fstab usr/share/doc usr/share/man usr/share/locale usr/share/lintian usr/share/bash-completion';

/** Where a layer lies; its name follows from how it is made, so that a changed recipe makes a new one. */
export function layerFile(folder: string, layer: DistributionLayer | `pause-${string}`): string {
  const recipe = layer === 'toolbox' || layer === 'network-tools' ? `-${recipeKey(recipes[layer], cleanUp)}` : '';
  return path.join(folder, `${layer}${recipe}.tar`);
}

/** A short hash of what something is made from. */
export function recipeKey(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
}

/** A layer of files from distribution packages, made once. */
export async function makeDistributionLayer(layer: DistributionLayer, context: LayerContext): Promise<void> {
  const target = layerFile(context.folder, layer);
  if (await fileExists(target)) return;
  await mkdir(context.folder, { recursive: true });
  const { packages, hook } = recipes[layer];
  const partial = path.join(context.folder, `.part-${layer}.tar`);
  await runTool(
    [
      'mmdebstrap',
      '--quiet',
      '--variant=extract',
      `--include=${packages.join(',')}`,
      `--extract-hook=${cleanUp}`,
      `--extract-hook=${hook}`,
      'bookworm',
      partial,
    ],
    'Install it with: apt-get install mmdebstrap',
    context,
    { SOURCE_DATE_EPOCH: '0' },
  );
  await rename(partial, target);
}

/** The pause program, compiled from the source that the Kubernetes module carries. */
export async function makePauseLayer(kubernetes: string, pause: string, context: LayerContext): Promise<void> {
  const target = layerFile(context.folder, `pause-${pause}`);
  if (await fileExists(target)) return;
  await mkdir(context.folder, { recursive: true });
  const download = await runTool(['go', 'mod', 'download', '-json', `k8s.io/kubernetes@v${kubernetes}`], installGo, context);
  const { Dir: module } = JSON.parse(download) as { Dir: string };
  const program = path.join(context.folder, `.part-pause-${pause}`);
  const source = path.join(module, 'build', 'pause', 'linux', 'pause.c');
  await runTool(
    ['gcc', '-Os', '-static', `-DVERSION=v${pause}`, '-o', program, source],
    'Install it with: apt-get install gcc libc6-dev',
    context,
  );
  await writeLayer(target, { '/pause': program });
  await rm(program, { force: true });
}

const installGo = 'Install Go 1.21 or newer: many distributions have an older one.';

async function runTool(
  command: Command,
  cure: string,
  context: LayerContext,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  try {
    return (await context.runner.run(command, { timeout: 20 * 60_000, signal: context.signal, env })).stdout;
  } catch (error) {
    if (error instanceof CommandFailed && error.message.includes('was not found'))
      throw new KubelabError('KL-HOST-TOOL-MISSING', `${command[0]} is not installed`, {
        cure,
      });
    throw error;
  }
}
