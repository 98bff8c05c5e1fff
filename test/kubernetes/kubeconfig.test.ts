import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { KubelabError } from '../../src/errors/errors.ts';
import { readAdminKubeconfig } from '../../src/kubernetes/kubeconfig.ts';
import { makeClusterPki } from '../../src/kubernetes/pki.ts';

const place = { clusterName: 'study', endpoint: { address: '10.83.7.11', port: 6443 } };

interface Admin {
  [key: string]: unknown;
  clusters: { [key: string]: unknown; name: string; cluster: Record<string, unknown> }[];
  contexts: { [key: string]: unknown; name: string; context: Record<string, unknown> }[];
  users: { [key: string]: unknown; name: string; user: Record<string, unknown> }[];
}

let pem: { authority: string; certificate: string; key: string };

beforeAll(async () => {
  const files = await makeClusterPki({ algorithm: 'ECDSA-P256', now: new Date(), externalEtcd: true });
  const file = (path: string) => files.get(path) ?? '';
  pem = {
    authority: file('etcd/ca.crt'),
    certificate: file('apiserver-etcd-client.crt'),
    key: file('apiserver-etcd-client.key'),
  };
});

const encode = (text: string) => Buffer.from(text).toString('base64');

/** As kubeadm writes /etc/kubernetes/admin.conf. */
function admin(): Admin {
  return {
    apiVersion: 'v1',
    clusters: [
      { cluster: { 'certificate-authority-data': encode(pem.authority), server: 'https://10.83.7.11:6443' }, name: 'study' },
    ],
    contexts: [{ context: { cluster: 'study', user: 'kubernetes-admin' }, name: 'kubernetes-admin@study' }],
    'current-context': 'kubernetes-admin@study',
    kind: 'Config',
    preferences: {},
    users: [
      {
        name: 'kubernetes-admin',
        user: { 'client-certificate-data': encode(pem.certificate), 'client-key-data': encode(pem.key) },
      },
    ],
  };
}

function change(edit: (config: Admin) => void): string {
  const config = admin();
  edit(config);
  return stringify(config);
}

const user = (config: Admin) => config.users[0]?.user ?? {};
const cluster = (config: Admin) => config.clusters[0]?.cluster ?? {};

function refusal(text: string): string {
  try {
    readAdminKubeconfig(text, { ...place, authority: pem.authority });
  } catch (error) {
    if (error instanceof KubelabError && error.code === 'KL-STEP-FAILED') return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

test('takes what kubeadm writes and names everything after the cluster', () => {
  const result = readAdminKubeconfig(stringify(admin()), { ...place, authority: pem.authority });
  expect(parse(result)).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'kubelab-study',
        cluster: { server: 'https://10.83.7.11:6443', 'certificate-authority-data': encode(pem.authority) },
      },
    ],
    users: [
      { name: 'kubelab-study', user: { 'client-certificate-data': encode(pem.certificate), 'client-key-data': encode(pem.key) } },
    ],
    contexts: [{ name: 'kubelab-study', context: { cluster: 'kubelab-study', user: 'kubelab-study' } }],
    'current-context': 'kubelab-study',
  });
});

test('the server is the known endpoint, whatever the node says', () => {
  const text = change((config) => (cluster(config)['server'] = 'http://evil.example:1'));
  const result = readAdminKubeconfig(text, { ...place, authority: pem.authority });
  expect(result).toContain('server: https://10.83.7.11:6443');
  expect(result).not.toContain('evil');
});

describe('refuses', () => {
  test.each(['exec', 'auth-provider', 'tokenFile', 'token', 'client-certificate', 'client-key', 'username', 'as', '__proto__'])(
    'a user with %s',
    (field) => {
      const text = change((config) => Object.defineProperty(user(config), field, { value: { command: 'sh' }, enumerable: true }));
      expect(refusal(text)).toContain(`users.user.${field}`);
    },
  );

  test.each(['proxy-url', 'insecure-skip-tls-verify', 'certificate-authority', 'tls-server-name', 'extensions'])(
    'a cluster with %s',
    (field) => {
      expect(refusal(change((config) => (cluster(config)[field] = 'x')))).toContain(`clusters.cluster.${field}`);
    },
  );

  test.each(['extensions', 'x'])('a file with %s', (field) => {
    expect(refusal(change((config) => (config[field] = [])))).toContain(field);
  });

  test('no base64, base64 of no PEM, and PEM of another kind', () => {
    const set = (value: unknown) => refusal(change((config) => (user(config)['client-key-data'] = value)));
    expect(set('%%%')).toContain('not base64');
    expect(set(encode('hello'))).toContain('does not hold PEM');
    expect(set(encode(pem.certificate))).toContain('does not hold PEM');
    expect(set(encode(`${pem.key}#!/bin/sh`))).toContain('does not hold PEM');
    expect(set(undefined)).toContain('not a text');
    expect(set({})).toContain('not a text');
  });

  test('a key of someone else, and a certificate of another authority', async () => {
    const other = await makeClusterPki({ algorithm: 'ECDSA-P256', now: new Date(), externalEtcd: true });
    const key = encode(other.get('apiserver-etcd-client.key') ?? '');
    expect(refusal(change((config) => (user(config)['client-key-data'] = key)))).toContain('key is not that');
    const certificate = encode(other.get('apiserver-etcd-client.crt') ?? '');
    const pair = { 'client-certificate-data': certificate, 'client-key-data': key };
    expect(refusal(change((config) => Object.assign(user(config), pair)))).toContain('not signed');
  });

  test('an authority that is not the one that the cluster was given', async () => {
    const other = await makeClusterPki({ algorithm: 'ECDSA-P256', now: new Date(), externalEtcd: true });
    const authority = other.get('etcd/ca.crt') ?? '';
    const set = (text: string) => change((config) => (cluster(config)['certificate-authority-data'] = encode(text)));
    expect(refusal(set(authority))).toContain('its authority is not that of the cluster');
    expect(refusal(set(`${authority}${pem.authority}`))).toContain('its authority is not that of the cluster');
    // One that comes along behind the right one is not handed on.
    const text = readAdminKubeconfig(set(`${pem.authority}${authority}`), { ...place, authority: pem.authority });
    expect(text).toContain(`certificate-authority-data: ${encode(pem.authority)}\n`);
  });

  test('a certificate that is none', () => {
    const broken = encode('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    expect(refusal(change((config) => (user(config)['client-certificate-data'] = broken)))).toContain('can not be used');
  });

  test('too much, no YAML, aliases, two documents, and other shapes', () => {
    expect(refusal(`${stringify(admin())}# ${'x'.repeat(70_000)}`)).toContain('larger than 64 KiB');
    expect(refusal('a: [')).toContain('not YAML');
    expect(refusal(`preferences: &a {}\nusers: *a\n`)).toContain('aliases');
    expect(refusal(`${stringify(admin())}<<: {users: []}\n`)).toContain('the field "<<"');
    expect(refusal(`${stringify(admin())}users: []\n`)).toContain('not YAML');
    expect(refusal(`preferences: ${'['.repeat(30_000)}`)).toContain('can not be used');
    expect(refusal(`${stringify(admin())}---\na: 1\n`)).toContain('not YAML');
    expect(refusal('')).toContain('not a mapping');
    expect(refusal('- 1')).toContain('not a mapping');
    expect(refusal(change((config) => (config['users'] = {} as never)))).toContain('users');
    expect(refusal(change((config) => (config['current-context'] = 'other')))).toContain('contexts');
    expect(refusal(change((config) => config.users.push(...structuredClone(config.users))))).toContain('users');
  });

  // One as a person would write it, as the rest of the file is made by a program.
  test.each([
    ['runs a program', 'exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, id]}', 'users.user.exec'],
    ['runs a plugin', 'auth-provider: {name: gcp, config: {cmd-path: /bin/sh}}', 'users.user.auth-provider'],
    ['reads a file', 'client-key: /home/me/.ssh/id_ed25519', 'users.user.client-key'],
    ['reads a token', 'tokenFile: /etc/shadow', 'users.user.tokenFile'],
    ['has a tag', 'client-key-data: !!js/function "function () {}"', 'users.user.client-key-data is not base64'],
  ])('a user who %s, as text', (_, line, words) => {
    const text = `apiVersion: v1
kind: Config
current-context: c
clusters: [{name: study, cluster: {server: "https://10.83.7.11:6443", certificate-authority-data: ${encode(pem.authority)}}}]
contexts: [{name: c, context: {cluster: study, user: admin}}]
users:
- name: admin
  user:
    client-certificate-data: ${encode(pem.certificate)}
    ${line}
`;
    expect(refusal(text)).toContain(words);
  });

  test('any text, with an error of ours', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(refusal(text)).toContain('can not be used');
      }),
    );
  });
});
