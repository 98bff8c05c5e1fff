import { type Fields, renderDocuments } from './documents.ts';

export const probeNamespace = 'kubelab-ready';

export interface ReadyProbeInput {
  /** An image with a shell, `nslookup`, `wget` and `httpd`. */
  readonly toolbox: string;
  /** How many nodes take ordinary pods: each gets one probe. */
  readonly nodes: number;
}

/** Pods on other nodes that one probe fetches from: enough to prove the way out, few enough for a large cluster. */
const peersAsked = 3;

/**
 * A pod on every worker that is ready when, seen from inside it, CoreDNS answers and pods on other nodes can be reached.
 * So the DaemonSet's own count of ready pods says whether the cluster is Ready.
 */
export function renderReadyProbe(input: ReadyProbeInput): string {
  const labels = { app: 'ready-probe' };
  const metadata = { name: 'ready-probe', namespace: probeNamespace };
  return renderDocuments([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: probeNamespace } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      // The probes find each other by this name while none of them is ready yet.
      spec: { clusterIP: 'None', publishNotReadyAddresses: true, selector: labels, ports: [{ port: 8080 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata,
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: probePod(input) },
      },
    },
  ]);
}

function probePod({ toolbox, nodes }: ReadyProbeInput): Fields {
  return {
    terminationGracePeriodSeconds: 0,
    // On its node before that is Ready, so that it starts the moment that it is. A control plane keeps its own taint.
    tolerations: ['not-ready', 'network-unavailable'].map((what) => ({ key: `node.kubernetes.io/${what}`, operator: 'Exists' })),
    automountServiceAccountToken: false,
    containers: [
      {
        name: 'probe',
        image: toolbox,
        imagePullPolicy: 'IfNotPresent',
        command: ['/bin/sh', '-c', 'mkdir -p /tmp/www && hostname > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www'],
        readinessProbe: {
          exec: { command: ['/bin/sh', '-c', checkScript(nodes)] },
          periodSeconds: 1,
          timeoutSeconds: 10,
          failureThreshold: 1,
        },
      },
    ],
  };
}

/** `timeout` and not `wget -T`, on which Debian 12's busybox crashes. */
function checkScript(nodes: number): string {
  return `nslookup -type=a kubernetes.default.svc.cluster.local >/dev/null || exit 1
own=$(hostname -i)
peers=$(nslookup -type=a ready-probe.${probeNamespace}.svc.cluster.local | awk '/^Name:/ {seen = 1} seen && /^Address/ {print $NF}')
[ "$(echo "$peers" | wc -w)" -ge ${nodes} ] || exit 1
asked=0
for peer in $peers; do
  [ "$peer" != "$own" ] || continue
  timeout 3 wget -q -O /dev/null "http://$peer:8080/" || exit 1
  asked=$((asked + 1))
  [ "$asked" -lt ${peersAsked} ] || break
done`;
}
