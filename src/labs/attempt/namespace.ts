import { waitFor } from '../../cluster/wait.ts';
import { type CommandFailed, failureOf, KubelabError } from '../../errors/errors.ts';
import type { Milliseconds } from '../../exec/runner.ts';
import { checkerExecBinding } from '../../kubernetes/checker-identity.ts';
import { renderDocuments } from '../../kubernetes/documents.ts';
import type { Kubectl } from '../../kubernetes/kubectl.ts';
import { findOwnObjects } from './cluster-objects.ts';
import { labLabel } from '../lab-label.ts';
import type { Stage } from './stage.ts';

const minute = 60_000;

/**
 * The lab's namespace with what every namespace gets after a moment, without which no pod can be made in it.
 * @throws KubelabError `KL-LAB-NAMESPACE`
 */
export async function makeNamespace(stage: Stage): Promise<void> {
  const { loaded, cluster, say } = stage;
  const { id, namespace: name } = loaded.lab;
  const { kubectl, signal } = cluster;
  const there = await requireOwnNamespace(stage);
  // One that is going would take along all that is made in it.
  if (there?.metadata.deletionTimestamp !== undefined) await waitUntilGone(stage);
  const itself = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [labLabel]: id } } };
  await kubectl.apply(renderDocuments([itself, checkerExecBinding(name)]));
  await waitFor(
    {
      what: `the service account of namespace ${name}`,
      hint: 'The controller manager makes it. See: kubelab kubectl -n kube-system get pods',
      deadline: patience(stage, 2 * minute),
      every: 200,
      ready: async () => {
        const { exitCode } = await kubectl.run(
          ['--namespace', name, 'get', 'serviceaccount/default', 'configmap/kube-root-ca.crt'],
          {
            accept: 'any',
          },
        );
        return exitCode === 0 ? true : 'not there yet';
      },
    },
    signal,
    say,
  );
}

function patience({ cluster, patience: { atLeast = 0 } }: Stage, usual: Milliseconds): Milliseconds {
  return Math.max(usual * cluster.capabilities.slowness, atLeast);
}

interface NamespaceObject {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>>; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

interface VolumeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
    readonly spec: { readonly claimRef?: { readonly namespace?: string }; readonly persistentVolumeReclaimPolicy?: string };
  }[];
}

/** A namespace, whoever made it; undefined when there is none. @throws CommandFailed */
export async function readNamespace(kubectl: Kubectl, name: string): Promise<NamespaceObject | undefined> {
  const { stdout } = await kubectl.run(['get', 'namespace', name, '--ignore-not-found', '-o', 'json']);
  return stdout.trim() === '' ? undefined : (JSON.parse(stdout) as NamespaceObject);
}

/**
 * Reads the lab's namespace. Asked before anything of the lab is done or undone.
 * @throws KubelabError `KL-LAB-NAMESPACE` when it is there and was not made for this lab
 */
export async function requireOwnNamespace(stage: Stage): Promise<NamespaceObject | undefined> {
  const { id, namespace: name } = stage.loaded.lab;
  const there = await readNamespace(stage.cluster.kubectl, name);
  const owner = there?.metadata.labels?.[labLabel];
  if (there === undefined || owner === id) return there;
  const whose = owner === undefined ? 'was not made by kubelab' : `is that of lab ${owner}`;
  throw new KubelabError('KL-LAB-NAMESPACE', `namespace ${name}, which lab ${id} works in, ${whose}`, {
    cure: `If nothing in it is needed: kubelab kubectl delete namespace ${name}. Then again.`,
    ko: {
      message: `${id} 실습이 쓰는 ${name} 네임스페이스는 ${owner === undefined ? 'kubelab이 만든 것이 아닙니다' : `${owner} 실습의 것입니다`}.`,
      cure: `그 안에 필요한 것이 없다면 지우고 다시 해 보세요: kubelab kubectl delete namespace ${name}.`,
    },
  });
}

/**
 * Refuses a namespace that is another's, where the API server tells: a lab may have broken it, and a reset is what brings it
 * back.
 * @returns what the API server failed with, where it did not tell
 * @throws KubelabError `KL-LAB-NAMESPACE`
 */
export function refuseForeignNamespace(stage: Stage): Promise<CommandFailed | undefined> {
  return failureOf(requireOwnNamespace(stage));
}

/**
 * Removes the namespace with all in it, then the lab's objects outside of it, and waits until they are gone.
 * @param begunAt when the lab was begun on this cluster.
 * @throws KubelabError `KL-LAB-NAMESPACE`
 */
export async function removeObjects(stage: Stage, begunAt: string): Promise<void> {
  const { loaded, cluster, say } = stage;
  const { kubectl, signal } = cluster;
  const { namespace: name } = loaded.lab;
  await requireOwnNamespace(stage);
  const own = await findOwnObjects(stage, begunAt);
  say(`removing namespace ${name}`);
  await kubectl.run(['delete', 'namespace', name, '--ignore-not-found', '--wait=false'], { timeout: minute });
  // No new ones can come any more. The controller lets 5 s pass before it looks into the namespace, and tries again and again
  // while something is left: what takes a moment goes in this time. A program that does not listen would get half a minute.
  const slowest = ['delete', 'pods,persistentvolumeclaims', '--all', '--namespace', name];
  const inOneSecond = [...slowest, '--grace-period=1', '--wait=false'];
  await kubectl.run(inOneSecond, { timeout: minute, accept: 'any' });
  await waitUntilGone(stage);
  // Provisioners remove a volume some time after its claim is gone.
  await waitFor(
    {
      what: `volumes that were provisioned for ${name} to go`,
      watches: true,
      hint: 'Their provisioner removes them. See: kubelab kubectl get pv',
      deadline: patience(stage, 2 * minute),
      ready: async () => {
        const volumes = await listProvisioned(stage);
        if (volumes.length === 0) return true;
        await waitForDeletion(
          stage,
          volumes.map((volume) => `persistentvolume/${volume}`),
        );
        return (await listProvisioned(stage)).length === 0 ? true : volumes.join(', ');
      },
    },
    signal,
    say,
  );
  for (const { kind, name: object } of own)
    await kubectl.run(['delete', kind, object, '--ignore-not-found', '--timeout=60s'], { timeout: 90_000 });
}

/** Every provisioner marks what it makes; nobody removes a volume that was made by hand, whatever its policy says. */
const provisionedBy = 'pv.kubernetes.io/provisioned-by';

/**
 * The volumes that a provisioner made for claims of the lab, and removes.
 *
 * Source: kubernetes.io/docs/reference/labels-annotations-taints, "pv.kubernetes.io/provisioned-by".
 */
async function listProvisioned({ loaded, cluster }: Stage): Promise<readonly string[]> {
  const { namespace, reset } = loaded.lab;
  const { items } = await cluster.kubectl.json<VolumeList>(['get', 'persistentvolumes']);
  return items
    .filter(({ metadata }) => metadata.annotations?.[provisionedBy] !== undefined)
    .filter(({ spec }) => spec.claimRef?.namespace === namespace && spec.persistentVolumeReclaimPolicy === 'Delete')
    .map(({ metadata }) => metadata.name)
    .filter((name) => !reset.clusterObjects.some((object) => object.name === name));
}

/**
 * Lets kubectl watch until the objects are gone, for some seconds at most: to ask again and again costs a process on a node
 * each time, and a node of emulated processors has little else to do then. What came of it has to be looked at.
 */
async function waitForDeletion({ cluster: { kubectl } }: Stage, objects: readonly string[]): Promise<void> {
  await kubectl.run(['wait', '--for=delete', ...objects, '--timeout=10s'], { timeout: minute, accept: 'any' });
}

async function waitUntilGone(stage: Stage): Promise<void> {
  const { namespace: name } = stage.loaded.lab;
  await waitFor(
    {
      what: `namespace ${name} to go`,
      watches: true,
      hint: `Something in it does not let go. See: kubelab kubectl get namespace ${name} -o yaml`,
      deadline: patience(stage, 5 * minute),
      ready: async () => {
        await waitForDeletion(stage, [`namespace/${name}`]);
        const there = await readNamespace(stage.cluster.kubectl, name);
        return there === undefined ? true : describeRest(there);
      },
    },
    stage.cluster.signal,
    stage.say,
  );
}

/** What keeps a namespace from going: which objects, and which finalizers. */
function describeRest({ status }: NamespaceObject): string {
  const reasons = (status?.conditions ?? [])
    .filter(({ type, status: state }) => state === 'True' && /Remaining|Failure/.test(type))
    .map(({ message }) => message ?? '');
  return reasons.length === 0 ? 'it is being removed' : reasons.join('; ');
}
