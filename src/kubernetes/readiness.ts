export interface NodeReadiness {
  readonly name: string;
  readonly ready: boolean;
  /** The Ready condition's own words when it is not; empty when it is. */
  readonly message: string;
  /** kubelet's version without the `v`; empty when unknown. */
  readonly kubelet: string;
  /** InternalIP; empty when unknown. */
  readonly address: string;
}

export interface PodReadiness {
  readonly namespace: string;
  readonly name: string;
  /** The node it is placed on; empty when none yet. */
  readonly node: string;
  /** Running with every container ready, or completed. */
  readonly ready: boolean;
  /** Why not: a container's waiting reason, the phase, or a condition's message. Empty when ready. */
  readonly message: string;
}

export interface WorkloadReadiness {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly wanted: number;
  /** Available pods of the current revision. */
  readonly available: number;
  readonly ready: boolean;
}

// Answers come from a guest: every field may be absent or of another type.
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}

function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const list = at(value, ...path);
  return Array.isArray(list) ? list : [];
}

function textAt(value: unknown, ...path: readonly string[]): string {
  const text = at(value, ...path);
  return typeof text === 'string' ? text : '';
}

function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const number = at(value, ...path);
  return typeof number === 'number' ? number : undefined;
}

function condition(object: unknown, type: string): unknown {
  return listAt(object, 'status', 'conditions').find((candidate) => textAt(candidate, 'type') === type);
}

/** Reads `kubectl get nodes -o json`. */
export function nodeReadiness(list: unknown): readonly NodeReadiness[] {
  return listAt(list, 'items').map((node) => {
    const state = condition(node, 'Ready');
    const ready = textAt(state, 'status') === 'True';
    const address = listAt(node, 'status', 'addresses').find((candidate) => textAt(candidate, 'type') === 'InternalIP');
    return {
      name: textAt(node, 'metadata', 'name'),
      ready,
      message: ready ? '' : textAt(state, 'message') || 'kubelet has not reported yet',
      kubelet: textAt(node, 'status', 'nodeInfo', 'kubeletVersion').replace(/^v/, ''),
      address: textAt(address, 'address'),
    };
  });
}

function whyNotReady(pod: unknown): string {
  const containers = [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')];
  const reasons = containers
    .map((container) => textAt(container, 'state', 'waiting', 'reason'))
    .filter((reason) => reason !== '');
  // PodInitializing only says that another container, with a reason of its own, comes first.
  const reason = reasons.find((candidate) => candidate !== 'PodInitializing') ?? reasons[0];
  const scheduled = condition(pod, 'PodScheduled');
  if (textAt(scheduled, 'status') === 'False') return textAt(scheduled, 'message') || 'not scheduled';
  const phase = textAt(pod, 'status', 'phase');
  return reason ?? (phase === 'Running' ? 'not ready' : phase || 'unknown');
}

/** Reads `kubectl get pods -o json`. */
export function podReadiness(list: unknown): readonly PodReadiness[] {
  return listAt(list, 'items').map((pod) => {
    const running = textAt(pod, 'status', 'phase') === 'Running' && textAt(condition(pod, 'Ready'), 'status') === 'True';
    const ready =
      (running && at(pod, 'metadata', 'deletionTimestamp') === undefined) || textAt(pod, 'status', 'phase') === 'Succeeded';
    return {
      namespace: textAt(pod, 'metadata', 'namespace'),
      name: textAt(pod, 'metadata', 'name'),
      node: textAt(pod, 'spec', 'nodeName'),
      ready,
      message: ready ? '' : whyNotReady(pod),
    };
  });
}

/** Reads `kubectl get deployments,daemonsets,statefulsets -o json`; each item names its kind. */
export function workloadReadiness(list: unknown): readonly WorkloadReadiness[] {
  return listAt(list, 'items').map((workload) => {
    const kind = textAt(workload, 'kind');
    const daemon = kind === 'DaemonSet';
    const wanted = daemon
      ? numberAt(workload, 'status', 'desiredNumberScheduled')
      : (numberAt(workload, 'spec', 'replicas') ?? 1);
    const updated = numberAt(workload, 'status', daemon ? 'updatedNumberScheduled' : 'updatedReplicas') ?? 0;
    const up = numberAt(workload, 'status', daemon ? 'numberAvailable' : 'availableReplicas') ?? 0;
    const available = Math.min(updated, up);
    // Until the controller has seen this generation, its counts are those of an older one.
    const seen = (numberAt(workload, 'status', 'observedGeneration') ?? 0) >= (numberAt(workload, 'metadata', 'generation') ?? 1);
    return {
      kind,
      namespace: textAt(workload, 'metadata', 'namespace'),
      name: textAt(workload, 'metadata', 'name'),
      wanted: wanted ?? 0,
      available,
      ready: seen && wanted !== undefined && available >= wanted,
    };
  });
}
