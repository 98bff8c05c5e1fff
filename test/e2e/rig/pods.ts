import type { Cluster } from './cluster.ts';

/** An object of Kubernetes, as far as tests look. */
export interface Item {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly nodeName?: string; readonly clusterIP?: string; readonly [field: string]: unknown };
  readonly status?: {
    readonly podIP?: string;
    readonly phase?: string;
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly nodeInfo?: { readonly kubeletVersion: string };
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

const port = 8080;

/** A pod on one node that serves a page with its own name, and lets itself be asked by `exec`. */
export function webPod(input: {
  readonly name: string;
  readonly node: string;
  readonly image: string;
  /** The name of a volume claim, mounted at /data. */
  readonly claim?: string;
}): object {
  const volumes = input.claim === undefined ? [] : [{ name: 'data', persistentVolumeClaim: { claimName: input.claim } }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: input.name, labels: { app: 'web' } },
    spec: {
      // Through the scheduler, and not past it by nodeName.
      nodeSelector: { 'kubernetes.io/hostname': input.node },
      // Until 1.24 control planes have the second taint as well.
      tolerations: ['control-plane', 'master'].map((role) => ({ key: `node-role.kubernetes.io/${role}`, operator: 'Exists' })),
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'web',
          image: input.image,
          imagePullPolicy: 'IfNotPresent',
          command: [
            '/bin/sh',
            '-c',
            `mkdir -p /tmp/www && hostname >/tmp/www/index.html && exec httpd -f -p ${port} -h /tmp/www`,
          ],
          readinessProbe: { httpGet: { path: '/', port }, periodSeconds: 1 },
          volumeMounts: volumes.map(({ name }) => ({ name, mountPath: `/${name}` })),
        },
      ],
      volumes,
    },
  };
}

export function webService(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: port }] },
  };
}

export async function apply(cluster: Cluster, objects: readonly object[], namespace = 'default'): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await cluster.kubectl(['apply', '-n', namespace, '-f', '-'], { input: JSON.stringify(list) });
}

export async function list(cluster: Cluster, words: readonly string[], on?: string): Promise<readonly Item[]> {
  const text = await cluster.kubectl(['get', ...words, '-o', 'json'], on === undefined ? {} : { on });
  return (JSON.parse(text) as { items: readonly Item[] }).items;
}

export async function waitForPods(cluster: Cluster, names: readonly string[], namespace = 'default'): Promise<void> {
  const words = ['wait', '-n', namespace, '--for=condition=Ready', '--timeout=180s', ...names.map((name) => `pod/${name}`)];
  await cluster.kubectl(words, { timeout: 200_000 });
}

/** What a command in a pod prints. @throws Error when it fails there. */
export function inPod(cluster: Cluster, pod: string, command: string, namespace = 'default'): Promise<string> {
  return cluster.kubectl(['exec', '-n', namespace, pod, '--', '/bin/sh', '-c', command], { timeout: 60_000 });
}

/** A page, from inside a pod. With `timeout`, as the toolbox's wget has none that works. */
export async function fetchInPod(cluster: Cluster, pod: string, address: string, namespace?: string): Promise<string> {
  return (await inPod(cluster, pod, `timeout 5 wget -q -O - http://${address}/`, namespace)).trim();
}

/** The name of a service, asked of the cluster's DNS from inside a pod. */
export function lookUpInPod(cluster: Cluster, pod: string, name: string, namespace?: string): Promise<string> {
  return inPod(cluster, pod, `nslookup -type=a ${name}`, namespace);
}
