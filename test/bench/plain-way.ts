import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { layOutArtifacts } from '../../src/artifacts/node-image.ts';
import { createClusterFolder } from '../../src/cluster/cluster-folder.ts';
import type { Node } from '../../src/cluster/node.ts';
import type { NodePlan, Plan } from '../../src/cluster/plan.ts';
import type { Provider } from '../../src/cluster/provider.ts';
import { packNodeFiles } from '../../src/cluster/push-files.ts';
import { putProbes, waitUntilReady } from '../../src/cluster/ready.ts';
import { describeState, writeState } from '../../src/cluster/state.ts';
import { readHostTraits, writeClusterFolder } from '../../src/cluster/write-folder.ts';
import { planWorkspace } from '../../src/commands/plan-workspace.ts';
import { machineParts } from '../../src/commands/machines.ts';
import { bridgeName, clusterId, openWorkspace, type Workspace } from '../../src/commands/workspace.ts';
import { nspawnProvider } from '../../src/providers/nspawn/provider.ts';
import { type Bench, type Benchmark, workers } from './bench.ts';
import { atLeast, timed } from './measurement.ts';
import { readOwnBytes, readReceivedBytes, sumFiles } from './own-bytes.ts';
import type { Site } from './site.ts';

const minute = 60_000;

/**
 * The same cluster as `vagrant up` makes it from the rendered folder: machines from the plain base box, one after the
 * other, each of which installs itself from artifacts that it is sent.
 */
export const plainWay: Benchmark = {
  name: 'plain',
  title: 'the plain way: every node installs itself, one after the other',
  run: async (bench) => {
    const kubelab = await bench.firstUp();
    // Each has the host for itself.
    await (await bench.cluster()).destroy();
    const site = await bench.plain();
    const cluster = await prepareCluster(site, bench);
    const nodes: { readonly name: string; readonly seconds: number; readonly bytes: number }[] = [];
    const { seconds } = await timed(async () => {
      await cluster.provider.prepare();
      for (const node of cluster.plan.nodes) {
        const one = await timed(() => installNode(node, cluster, bench));
        nodes.push({ name: node.name, seconds: one.seconds, bytes: one.result });
      }
      bench.progress('plain: waiting until Ready');
      const ready = { plan: cluster.plan, connect: (node: NodePlan) => cluster.provider.connect(node), signal: bench.signal };
      await putProbes(ready, () => {});
      await waitUntilReady(ready, () => {});
    }).finally(() => cluster.workspace.store.close());
    const last = `worker${workers}`;
    return [
      ...nodes.map((node) => ({
        what: node.name,
        value: node.seconds,
        unit: 'seconds' as const,
        note: 'boot, copy, install, kubeadm',
      })),
      {
        what: 'total to Ready',
        value: seconds,
        unit: 'seconds',
        note: 'in its favour: the same fast system containers, and a base box that has every Debian package',
      },
      {
        what: 'plain / kubelab, total to Ready',
        value: seconds / kubelab.seconds,
        unit: 'times',
        aim: atLeast(3),
        note: `${seconds.toFixed(1)} s / ${kubelab.seconds.toFixed(1)} s`,
      },
      { what: 'copied to each further node', value: nodes.at(-1)?.bytes ?? 0, unit: 'bytes', note: 'programs and images' },
      { what: 'all that it received', value: await readReceivedBytes(site, last), unit: 'bytes' },
      {
        what: 'own disk of it at Ready',
        value: await readOwnBytes(site, last),
        unit: 'bytes',
        note: 'without the artifacts copied to it',
      },
    ];
  },
};

interface PlainCluster {
  readonly plan: Plan;
  readonly provider: Provider;
  readonly workspace: Workspace;
  /** The folder that provision/10 to 40 read. */
  readonly artifacts: string;
}

/** Everything that a person has before `vagrant up`: the rendered folder, the base box and the artifacts on the host. */
async function prepareCluster(site: Site, bench: Bench): Promise<PlainCluster> {
  bench.progress('plain: rendering the folder');
  await site.writeSpec(workers);
  const { context } = site;
  const opened = await openWorkspace(context);
  const planned = await planWorkspace(opened);
  const { plan, capabilities } = planned;
  const { source, lock } = await bench.artifacts();
  await createClusterFolder(opened.folder, []);
  const { folder, local, root, store } = opened;
  await store.open();
  const host = await readHostTraits(capabilities);
  await writeClusterFolder(plan, {
    folder,
    packageFolder: context.folders.package,
    specFolder: opened.specFolder,
    host,
    local,
    signal: bench.signal,
  });
  // From here on `kubelab destroy` knows what to remove.
  await writeState(folder.state, describeState(plan, new Date()));
  const { images } = await machineParts(opened, planned, () => lock);
  const artifacts = path.join(bench.folder, 'artifacts');
  await layOutArtifacts(lock, source, artifacts);
  const settings = {
    cluster: clusterId(opened),
    subnet: plan.network.nodes,
    gateway: plan.network.gateway,
    bridge: bridgeName(opened),
    image: async () => path.join(store.bases, images.baseKey),
    files: path.join(folder.root, 'machines'),
    logs: folder.logs,
    sshConfig: path.join(folder.root, 'ssh_config'),
    authorizedKey: () => readFile(folder.sshPublicKey, 'utf8'),
    capabilities,
  };
  return { plan, provider: nspawnProvider(settings, { local, root, signal: bench.signal, store }), workspace: opened, artifacts };
}

/** What the Vagrantfile does with one machine. @returns the bytes copied to it. */
async function installNode(plan: NodePlan, cluster: PlainCluster, bench: Bench): Promise<number> {
  const say = (text: string): void => bench.progress(`plain: ${plan.name}: ${text}`);
  say('boot');
  const node = await cluster.provider.start(plan);
  say('copying its files and the artifacts');
  const files = await copyFiles(node, cluster, bench);
  const options = { timeout: 30 * minute, signal: bench.signal };
  say('run.sh image');
  await node.run(['sh', '/opt/kubelab/provision/run.sh', 'image'], options);
  await node.run(['rm', '-rf', '/var/lib/kubelab/artifacts'], options);
  say('run.sh node');
  await node.run(['sh', '/opt/kubelab/provision/run.sh', 'node'], options);
  return files;
}

async function copyFiles(node: Node, { workspace, artifacts }: PlainCluster, { signal }: Bench): Promise<number> {
  const own = await packNodeFiles(workspace.folder, node.name);
  const unpack = 'mkdir -p /opt/kubelab && tar -x --no-same-owner -C /opt/kubelab -f - && chmod 700 /opt/kubelab/node';
  await node.run(['sh', '-c', unpack], { timeout: minute, signal, input: own });
  const receive = 'mkdir -p /var/lib/kubelab/artifacts && tar -x --no-same-owner -C /var/lib/kubelab/artifacts -f -';
  const copy = 'tar -c -C "$1" . | ssh -F "$2" "$3" -- "$4"';
  await workspace.local.run(
    ['sh', '-c', copy, 'sh', artifacts, path.join(workspace.folder.root, 'ssh_config'), node.name, receive],
    { timeout: 10 * minute, signal },
  );
  return own.length + (await sumFiles(artifacts));
}
