import { createKubectl } from '../../src/kubernetes/kubectl.ts';
import { formatBytes } from '../../src/ui/format.ts';
import { type Bench, type Benchmark, workers } from './bench.ts';
import { below } from './measurement.ts';
import { readOwnBytes, readReceivedBytes } from './own-bytes.ts';
import type { Site } from './site.ts';

const mebibyte = 1024 ** 2;

/** What one more worker costs a cluster that runs. */
export const furtherNode: Benchmark = {
  name: 'node',
  title: 'each further node',
  run: async (bench) => {
    await bench.firstUp();
    const site = await bench.cluster();
    const name = `worker${workers + 1}`;
    await site.writeSpec(workers + 1);
    bench.progress('kubelab up, with one more worker');
    const run = await site.kubelab('up');
    const received = await readReceivedBytes(site, name);
    const own = await readOwnBytes(site, name);
    const installed = await countInstallations(site, name, bench);
    const artifacts = (await bench.artifacts()).lock.artifacts.reduce((sum, artifact) => sum + (artifact.bytes ?? 0), 0);
    return [
      { what: 'up that adds it, to Ready', value: run.seconds, unit: 'seconds' },
      {
        what: 'own disk at Ready',
        value: own,
        unit: 'bytes',
        aim: below(300 * mebibyte),
        note: 'what it shares with nothing, before compression',
      },
      {
        what: 'packages and images moved',
        value: installed.pulls + installed.files === 0 ? 0 : received,
        unit: 'bytes',
        aim: below(1),
        note: `${installed.pulls} pulls in events and containerd's log, ${installed.present} times "already present"; ${installed.files} programs or packages newer than its copy of the image`,
      },
      {
        what: 'all that it received',
        value: received,
        unit: 'bytes',
        note: `scripts, certificates, the API; packages and images would be ${formatBytes(artifacts)}`,
      },
    ];
  },
};

interface KubernetesEvent {
  readonly reason?: string;
  readonly message?: string;
  readonly source?: { readonly host?: string };
  readonly reportingInstance?: string;
}

/** Traces on a node of anything that was pulled or installed since it booted. */
async function countInstallations(
  site: Site,
  node: string,
  { signal }: Bench,
): Promise<{ readonly pulls: number; readonly present: number; readonly files: number }> {
  const kubectl = createKubectl({ runner: site.node('control1'), kubeconfig: '/etc/kubernetes/admin.conf', signal });
  const { items } = await kubectl.json<{ items: readonly KubernetesEvent[] }>(['get', 'events', '--all-namespaces']);
  const own = items.filter((event) => event.source?.host === node || event.reportingInstance === node);
  const options = { timeout: 30_000, signal };
  const log = await site.node(node).run(['journalctl', '--unit=containerd', '--boot', '--no-pager', '--output=cat'], options);
  if (!log.stdout.includes('RunPodSandbox')) throw new Error(`containerd's log on ${node} has not one sandbox in it`);
  // Its host key was laid over the copy of the image just before the first boot.
  const newer = [
    'find',
    '/usr',
    '/opt/cni',
    '/var/lib/dpkg',
    '-xdev',
    '-type',
    'f',
    '-newer',
    '/etc/ssh/ssh_host_ed25519_key',
  ] as const;
  const files = await site.node(node).run(newer, options);
  return {
    pulls: own.filter((event) => event.reason === 'Pulling').length + log.stdout.split('PullImage').length - 1,
    present: own.filter((event) => event.message?.includes('already present') === true).length,
    files: files.stdout.split('\n').filter((line) => line !== '').length,
  };
}
