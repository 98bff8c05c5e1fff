import type { Artifact } from '../artifacts/source.ts';
import type { Plan } from '../cluster/plan.ts';
import type { NodeChanges } from '../cluster/state.ts';
import type { Block } from '../ui/block.ts';
import { formatBytes, formatSeconds } from '../ui/format.ts';
import type { HostRoom } from './host-room.ts';
import { makesImageInMachine } from './machine-box.ts';

/** What `plan` found out. Plain data: printing it as JSON loses nothing. */
export interface PlanReport {
  readonly plan: Plan;
  readonly cluster: {
    readonly exists: boolean;
    /** Those of its nodes that have a machine. */
    readonly machines: readonly string[];
    /** What a cluster that exists will follow. */
    readonly changes?: NodeChanges;
  };
  readonly artifacts: {
    readonly total: number;
    readonly missing: readonly Artifact[];
    /** Programs to build, longest first. */
    readonly builds: readonly string[];
  };
  readonly box: { readonly name: string; readonly key: string; readonly present: boolean };
  /** The key is known once every artifact is there. */
  readonly image: { readonly key?: string; readonly present: boolean };
  readonly steps: readonly {
    readonly id: string;
    readonly title: string;
    readonly phase: string;
    readonly node?: string;
    readonly needs: readonly string[];
  }[];
  readonly room: {
    readonly needed: { readonly cpus: number; readonly memoryBytes: number; readonly diskBytes: number };
    readonly host: HostRoom;
  };
  readonly forecast: {
    /** Absent where this host has no timings yet. */
    readonly seconds?: number;
    /** Of these, what building takes by a table: seconds with nothing in Go's own caches, on 2 cores. */
    readonly buildSeconds: number;
    /** Phases that this host never timed; they count as nothing. */
    readonly unknown: readonly string[];
  };
  readonly rootCommands: readonly { readonly command: string; readonly what: string }[];
}

export function describePlan(report: PlanReport): Block[] {
  return [
    ...describeChoices(report.plan),
    ...describeNodes(report.plan),
    ...describeParts(report),
    ...describeSteps(report),
    ...describeRoom(report),
    ...describeEnd(report),
  ];
}

function describeChoices({ name, kubernetes, provider, source, runtime, install, nodes }: Plan): Block[] {
  const bundle = source.bundle === undefined ? '' : ` ${source.bundle}`;
  return [
    { kind: 'heading', text: `${name}: Kubernetes ${kubernetes} on ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}` },
    {
      kind: 'list',
      items: [
        `provider ${provider.name}: ${provider.why}`,
        ...provider.differences.map(
          (difference) => `unlike a virtual machine${provider.emulated === true ? ' at full speed' : ''}: ${difference}`,
        ),
        `source ${source.kind}${bundle}: ${source.why}`,
        `${runtime.name} ${runtime.version}; Kubernetes is installed from ${install}`,
      ],
    },
  ];
}

function describeNodes({ nodes, network, endpoint, etcd, addons }: Plan): Block[] {
  const rows = nodes.map((node) => [node.name, node.role, node.address, String(node.cpus), `${node.memoryMiB} MiB`]);
  const reach = endpoint.kind === 'direct' ? 'the control plane itself' : 'the load balancer';
  return [
    { kind: 'heading', text: 'Nodes' },
    { kind: 'table', table: { columns: ['NODE', 'ROLE', 'ADDRESS', 'CPUS', 'MEMORY'], rows, right: [3, 4] } },
    {
      kind: 'list',
      items: [
        `network: nodes ${network.nodes} (this host is ${network.gateway}), pods ${network.pods}, services ${network.services}, plugin ${network.plugin}`,
        `API server: https://${endpoint.address}:${endpoint.port}, ${reach}`,
        `etcd: ${etcd === 'stacked' ? 'stacked, on the control plane' : 'on nodes of its own'}`,
        `add-ons: ${addons.length === 0 ? 'none' : addons.join(', ')}`,
      ],
    },
  ];
}

function describeParts({ plan, artifacts, box, image, cluster }: PlanReport): Block[] {
  const { missing, total, builds } = artifacts;
  const bytes = missing.reduce((sum, artifact) => sum + (artifact.bytes ?? 0), 0);
  const size = bytes === 0 ? '' : ` (${formatBytes(bytes)})`;
  const toBuild = builds.length === 0 ? [] : [`to build: ${builds.join(', ')}`];
  const machines = cluster.machines.length === 0 ? 'none yet' : cluster.machines.join(', ');
  return [
    { kind: 'heading', text: 'What is there, and what is made' },
    {
      kind: 'list',
      items: [
        missing.length === 0
          ? `artifacts: all ${total} are there`
          : `artifacts: to be obtained, ${missing.length} of ${total}${size}: ${missing.map(({ path }) => path).join(', ')}`,
        ...toBuild,
        ...(plan.nodeBox === undefined ? [`base box ${box.name}: ${sayPresence(box.present || image.present, box.key)}`] : []),
        describeImage(plan, image),
        `machines: ${machines}`,
      ],
    },
  ];
}

function describeImage(plan: Plan, image: PlanReport['image']): string {
  if (plan.plainBox === undefined || plan.nodeBox !== undefined) return `node image: ${sayPresence(image.present, image.key)}`;
  const hint = makesImageInMachine(plan)
    ? `; kubelab box build --node --provider ${plan.provider.name} makes one, once for all`
    : '';
  return `node image: none; each node is handed the artifacts, and installs the packages of its system from its network${hint}`;
}

function sayPresence(present: boolean, key: string | undefined): string {
  return `${present ? 'is there' : 'to be made'}${key === undefined ? '' : ` (${key})`}`;
}

function describeSteps({ steps }: PlanReport): Block[] {
  const rows = steps.map(({ id, title, needs }) => [id, title, needs.join(', ')]);
  return [
    { kind: 'heading', text: 'Steps: each starts as soon as what it needs is done' },
    { kind: 'table', table: { columns: ['STEP', 'WHAT', 'NEEDS'], rows } },
  ];
}

function describeRoom({ room, rootCommands }: PlanReport): Block[] {
  const { needed, host } = room;
  const warnings = findShortages(room);
  const rows = rootCommands.map(({ command, what }) => [command, what]);
  return [
    { kind: 'heading', text: 'What it takes of this host' },
    {
      kind: 'list',
      items: [
        `memory: up to ${formatBytes(needed.memoryBytes)}; this host has ${formatBytes(host.memoryBytes)}, of which ${formatBytes(host.freeMemoryBytes)} are free`,
        `processors: up to ${needed.cpus} at a time; this host has ${host.cpus}, and nodes share them`,
        `disk: about ${formatBytes(needed.diskBytes)} more; ${formatBytes(host.freeDiskBytes)} are free`,
      ],
    },
    ...warnings.map((text): Block => ({ kind: 'text', tone: 'careful', text })),
    ...(rows.length === 0
      ? []
      : ([
          { kind: 'heading', text: 'What root does' },
          { kind: 'table', table: { columns: ['COMMAND', 'WHAT FOR'], rows } },
        ] as const)),
  ];
}

/** What is needed and not there, a sentence each. */
export function findShortages({ needed, host }: PlanReport['room']): string[] {
  return [
    ...(needed.memoryBytes > host.memoryBytes
      ? [
          `The nodes may take ${formatBytes(needed.memoryBytes)} of memory, and this host has only ${formatBytes(host.memoryBytes)}: give them less, or use fewer.`,
        ]
      : []),
    ...(needed.diskBytes > host.freeDiskBytes
      ? [
          `About ${formatBytes(needed.diskBytes)} of disk are needed, and only ${formatBytes(host.freeDiskBytes)} are free. kubelab cache prune removes what no cluster uses.`,
        ]
      : []),
  ];
}

function describeEnd(report: PlanReport): Block[] {
  const { cluster, plan, forecast } = report;
  if (cluster.exists) return [{ kind: 'text', text: sayChanges(plan.name, cluster.changes) }];
  const { seconds, unknown } = forecast;
  if (seconds === undefined)
    return [{ kind: 'text', text: 'How long it takes is not known: nothing was timed on this host yet.' }];
  const build = forecast.buildSeconds > 0 ? `, of which building takes up to ${formatSeconds(forecast.buildSeconds)}` : '';
  const rest = unknown.length === 0 ? '' : ` Not in it, as this host never timed it: ${unknown.join(', ')}.`;
  return [{ kind: 'text', text: `kubelab up takes about ${formatSeconds(seconds)}${build}.${rest}` }];
}

function sayChanges(name: string, changes: NodeChanges | undefined): string {
  const { added = [], removed = [], resized = [] } = changes ?? {};
  const parts = [
    ...(added.length > 0 ? [`adds ${added.join(', ')}`] : []),
    ...(removed.length > 0 ? [`removes ${removed.join(', ')}`] : []),
    ...(resized.length > 0 ? [`gives ${resized.join(', ')} its new size at its next boot`] : []),
  ];
  if (parts.length === 0) return `${name} exists with these very nodes: kubelab up only mends what is not as it should be.`;
  return `${name} exists: kubelab up ${parts.join(', ')}, and mends what is not as it should be.`;
}
