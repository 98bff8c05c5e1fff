import { createPrivateKey, X509Certificate } from 'node:crypto';
import { parseDocument } from 'yaml';
import { KubelabError } from '../errors/errors.ts';
import { renderDocuments } from './documents.ts';

export interface KubeconfigTarget {
  readonly clusterName: string;
  /** Where the API server is reached from the host. */
  readonly endpoint: { readonly address: string; readonly port: number };
  /** PEM of the authority that the cluster was given: no other one is trusted. */
  readonly authority: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** In bytes. kubeadm's admin.conf has about 6 KiB. */
const sizeLimit = 64 * 1024;

function refuse(what: string): KubelabError {
  return new KubelabError('KL-STEP-FAILED', `the kubeconfig that the node gave can not be used: ${what}`, {
    cure: 'The node is not to be trusted. Run kubelab destroy and kubelab up to make it anew.',
  });
}

function fieldsOf(value: unknown, place: string, allowed: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(`${place} is not a mapping`);
  for (const key of Object.keys(value)) {
    const path = place === 'the file' ? key : `${place}.${key}`;
    if (!allowed.includes(key))
      throw refuse(`it has the field ${JSON.stringify(path.slice(0, 100))}, which kubeadm does not write`);
  }
  return value as Fields;
}

function textOf(fields: Fields, key: string, place: string): string {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (typeof value !== 'string' || value === '') throw refuse(`${place}.${key} is not a text`);
  return value;
}

/** The one entry of a list that has this name. */
function entryOf(root: Fields, list: string, name: string, inner: string, allowed: readonly string[]): Fields {
  const entries = root[list];
  if (!Array.isArray(entries) || entries.length === 0 || entries.length > 10)
    throw refuse(`${list} is not a list of at most ten`);
  const named = entries.map((entry) => fieldsOf(entry, list, ['name', inner])).filter((entry) => entry['name'] === name);
  if (named.length !== 1) throw refuse(`${list} does not have exactly one entry for the current context`);
  return fieldsOf(named[0]?.[inner], `${list}.${inner}`, allowed);
}

function pemOf(fields: Fields, key: string, place: string, labels: readonly string[]): string {
  const encoded = textOf(fields, key, place).replace(/\s+/g, '');
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) throw refuse(`${place}.${key} is not base64`);
  const pem = bytes.toString('latin1');
  const blocks = new RegExp(`^(?:-----BEGIN (${labels.join('|')})-----\\n[A-Za-z0-9+/=\\n]+-----END \\1-----\\n?)+$`);
  if (!blocks.test(pem)) throw refuse(`${place}.${key} does not hold PEM of ${labels.join(' or ')}`);
  return pem;
}

function checkPair(given: string, authority: string, certificate: string, key: string): void {
  try {
    const issuer = new X509Certificate(authority);
    if (!new X509Certificate(given).raw.equals(issuer.raw)) throw new Error('its authority is not that of the cluster');
    const client = new X509Certificate(certificate);
    if (!client.checkPrivateKey(createPrivateKey(key))) throw new Error('the client key is not that of the client certificate');
    if (!client.verify(issuer.publicKey)) throw new Error('the client certificate is not signed by the authority');
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : 'a certificate can not be read');
  }
}

function parseUntrusted(text: string): Fields {
  if (Buffer.byteLength(text) > sizeLimit) throw refuse(`it is larger than ${sizeLimit / 1024} KiB`);
  const document = parseDocument(text, { schema: 'core', uniqueKeys: true });
  const problem = document.errors[0];
  if (problem) throw refuse(`it is not YAML (${problem.code})`);
  let content: unknown;
  try {
    // No aliases: kubeadm writes none, and they are what makes a small file large.
    content = document.toJS({ maxAliasCount: 0 });
  } catch {
    throw refuse('it uses YAML aliases');
  }
  return fieldsOf(content, 'the file', ['apiVersion', 'kind', 'clusters', 'contexts', 'users', 'current-context', 'preferences']);
}

/**
 * Builds a kubeconfig for the host from what a node says its admin.conf is. The node is not trusted: only certificates and
 * the key of its user are taken, each checked; the server and the authority are the known ones, and anything that could make
 * a client run a program, read a file or talk to another place is an error.
 * @returns YAML with the cluster, user and context named `kubelab-<cluster>`. It holds a private key.
 * @throws KubelabError `KL-STEP-FAILED` that names the field.
 */
export function readAdminKubeconfig(text: string, target: KubeconfigTarget): string {
  const root = parseUntrusted(text);
  const current = textOf(root, 'current-context', 'the file');
  const context = entryOf(root, 'contexts', current, 'context', ['cluster', 'user', 'namespace']);
  const clusterName = textOf(context, 'cluster', 'contexts.context');
  const cluster = entryOf(root, 'clusters', clusterName, 'cluster', ['server', 'certificate-authority-data']);
  const userName = textOf(context, 'user', 'contexts.context');
  const user = entryOf(root, 'users', userName, 'user', ['client-certificate-data', 'client-key-data']);

  const given = pemOf(cluster, 'certificate-authority-data', 'clusters.cluster', ['CERTIFICATE']);
  const certificate = pemOf(user, 'client-certificate-data', 'users.user', ['CERTIFICATE']);
  const key = pemOf(user, 'client-key-data', 'users.user', ['EC PRIVATE KEY', 'RSA PRIVATE KEY', 'PRIVATE KEY']);
  checkPair(given, target.authority, certificate, key);
  return renderKubeconfig(target, { certificate, key });
}

/**
 * A kubeconfig without a user: the API server and the authority to trust, for `kubeadm join` with discovery from a file.
 * @param authority PEM.
 */
export function renderDiscoveryKubeconfig(endpoint: KubeconfigTarget['endpoint'], authority: string): string {
  // kubeadm takes the cluster that has no name; a context would have to name a user.
  return renderDocuments([
    { apiVersion: 'v1', kind: 'Config', clusters: [{ name: '', cluster: clusterFields(endpoint, authority) }] },
  ]);
}

function clusterFields(endpoint: KubeconfigTarget['endpoint'], authority: string): Fields {
  return { server: `https://${endpoint.address}:${endpoint.port}`, 'certificate-authority-data': encode(authority) };
}

const encode = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

function renderKubeconfig(target: KubeconfigTarget, pem: { certificate: string; key: string }): string {
  const name = `kubelab-${target.clusterName}`;
  return renderDocuments([
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: clusterFields(target.endpoint, target.authority) }],
      users: [{ name, user: { 'client-certificate-data': encode(pem.certificate), 'client-key-data': encode(pem.key) } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    },
  ]);
}
