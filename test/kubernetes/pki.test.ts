import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeClusterPki, makeToken } from '../../src/kubernetes/pki.ts';

const now = new Date();

function openssl(folder: string, args: readonly string[], input?: Uint8Array): Buffer {
  return execFileSync('openssl', args, { cwd: folder, input, timeout: 10_000, stdio: ['pipe', 'pipe', 'pipe'] });
}

describe.each(['ECDSA-P256', 'RSA-2048'] as const)('%s', (algorithm) => {
  let folder: string;
  let files: ReadonlyMap<string, string>;
  const file = (path: string) => files.get(path) ?? '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubelab-pki-'));
    files = await makeClusterPki({ algorithm, now, externalEtcd: true });
    for (const [path, text] of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text, { mode: 0o600 });
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each([
    ['ca', 'kubernetes'],
    ['front-proxy-ca', 'front-proxy-ca'],
    ['etcd/ca', 'etcd-ca'],
  ])('%s.crt is an authority called %s', (path, name) => {
    const certificate = new X509Certificate(file(`${path}.crt`));
    expect(certificate.subject).toBe(`CN=${name}`);
    expect(certificate.ca).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(file(`${path}.key`)))).toBe(true);
    expect(openssl(folder, ['verify', '-CAfile', `${path}.crt`, `${path}.crt`]).toString()).toContain('OK');
    expect(openssl(folder, ['x509', '-in', `${path}.crt`, '-noout', '-ext', 'keyUsage']).toString()).toMatch(
      /critical\s+Digital Signature, Key Encipherment, Certificate Sign\s*$/,
    );
  });

  test('is valid from an hour ago for ten years', () => {
    const certificate = new X509Certificate(file('ca.crt'));
    const from = Date.parse(certificate.validFrom);
    expect(Math.abs(from - (now.getTime() - 3_600_000))).toBeLessThan(1000);
    expect(Date.parse(certificate.validTo) - from).toBe(10 * 365 * 24 * 3_600_000);
  });

  test("the API server's client certificate for etcd is one", () => {
    const output = openssl(folder, ['verify', '-purpose', 'sslclient', '-CAfile', 'etcd/ca.crt', 'apiserver-etcd-client.crt']);
    expect(output.toString()).toContain('OK');
    const certificate = new X509Certificate(file('apiserver-etcd-client.crt'));
    expect(certificate.subject).toBe('CN=kube-apiserver-etcd-client');
    expect(certificate.ca).toBe(false);
    expect(certificate.checkPrivateKey(createPrivateKey(file('apiserver-etcd-client.key')))).toBe(true);
  });

  test('sa.pub belongs to sa.key', () => {
    const derived = createPublicKey(file('sa.key')).export({ type: 'spki', format: 'pem' });
    expect(file('sa.pub')).toBe(derived);
  });

  test('private keys have a label that client-go reads', () => {
    for (const [path, text] of files) if (path.endsWith('.key')) expect(text).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  });
});

test('without external etcd there is no client certificate for it', async () => {
  const files = await makeClusterPki({ algorithm: 'ECDSA-P256', now, externalEtcd: false });
  expect([...files.keys()].toSorted()).toEqual(
    ['ca.crt', 'ca.key', 'etcd/ca.crt', 'etcd/ca.key', 'front-proxy-ca.crt', 'front-proxy-ca.key', 'sa.key', 'sa.pub'].toSorted(),
  );
});

test('tokens have the form that kubeadm wants, and differ', () => {
  const tokens = Array.from({ length: 200 }, makeToken);
  for (const token of tokens) expect(token).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
  expect(new Set(tokens).size).toBe(tokens.length);
  // 4400 characters: each of the 36 is there, or the draw is not even.
  expect(new Set(tokens.join('').replaceAll('.', '')).size).toBe(36);
});
