import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { Lock, Source } from '../artifacts/source.ts';
import { readLockFile } from '../cluster/lock-file.ts';
import { usualDeadline } from '../kubernetes/api-access.ts';
import { type ApiClient, openApiClient } from '../kubernetes/api-client.ts';
import { makeCheckerCertificate, renderCheckerAccess } from '../kubernetes/checker-identity.ts';
import type { ClusterFacts, LabCluster } from '../labs/lab-cluster.ts';
import { imageRoles } from '../labs/lab.ts';
import { chooseSource } from './choose-source.ts';
import { adminKubectl, type Existing, findNode } from './existing.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { sourceContext } from './workspace.ts';

/** What is known of a cluster without asking it. */
export async function readClusterFacts(existing: Existing): Promise<ClusterFacts> {
  const { state, provider } = existing;
  return {
    name: state.name,
    kubernetes: state.kubernetes,
    nodes: state.nodes.map(({ name, role, address, memoryMiB }) => ({ name, role, address, memoryMiB })),
    etcd: state.etcd,
    addons: state.addons,
    provider: state.provider,
    capabilities: provider.capabilities,
    images: await readImages(existing),
  };
}

/** The lock that a cluster was made from, and the source that it came from. */
export async function openSource({ workspace }: Existing): Promise<{ readonly lock: Lock; readonly source: Source } | undefined> {
  const lock = (await readLockFile(workspace.lockPath))?.lock;
  if (lock === undefined) return undefined;
  const { source } = await chooseSource({
    spec: workspace.spec,
    specFolder: workspace.specFolder,
    locked: lock.source,
    environment: workspace.context.env,
    context: sourceContext(workspace),
  });
  return { lock, source };
}

async function readImages(existing: Existing): Promise<ClusterFacts['images']> {
  const opened = await openSource(existing);
  return opened === undefined ? {} : opened.source.roleImages(opened.lock, Object.keys(imageRoles));
}

/** A cluster that labs work on, and how to let go of it. */
export interface OpenedCluster {
  readonly cluster: LabCluster;
  /** Lets checks read the cluster; done once per cluster, and harmless when repeated. */
  grantChecks(): Promise<void>;
  close(): void;
}

/** Connects when something is asked. @throws KubelabError `KL-CLUSTER-NONE` when it was not brought up to the end. */
export async function openLabCluster(existing: Existing): Promise<OpenedCluster> {
  const { workspace, state, provider } = existing;
  const { signal } = workspace.context;
  const api = await openChecker(existing);
  const kubectl = adminKubectl(existing);
  return {
    cluster: {
      ...(await readClusterFacts(existing)),
      api,
      kubectl,
      signal,
      node: (name) => provider.connect(findNode(state, name)),
    },
    grantChecks: () => kubectl.apply(renderCheckerAccess()),
    close: () => api.close(),
  };
}

async function openChecker(existing: Existing): Promise<ApiClient> {
  const { folder, context } = existing.workspace;
  const { text } = await readKubeconfig(existing);
  const { clusters } = parse(text) as { clusters: [{ cluster: { server: string } }] };
  const [authority, authorityKey] = await Promise.all(
    ['ca.crt', 'ca.key'].map((name) => readFile(path.join(folder.pki, name), 'utf8')),
  );
  const issuer = { certificate: authority ?? '', key: authorityKey ?? '' };
  const checker = await makeCheckerCertificate(issuer, new Date());
  return openApiClient({
    server: clusters[0].cluster.server,
    authority: issuer.certificate,
    certificate: checker.certificate,
    key: checker.key,
    signal: context.signal,
    deadline: existing.provider.capabilities.slowness * usualDeadline,
  });
}
