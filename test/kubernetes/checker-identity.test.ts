import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { checkerExecBinding, makeCheckerCertificate, renderCheckerAccess } from '../../src/kubernetes/checker-identity.ts';
import { makeClusterPki } from '../../src/kubernetes/pki.ts';

const hour = 3_600_000;

it.each(['ECDSA-P256', 'RSA-2048'] as const)('an authority of %s makes a certificate for a day', async (algorithm) => {
  const now = new Date('2026-03-01T12:00:00Z');
  const pki = await makeClusterPki({ algorithm, now, externalEtcd: false });
  const authority = { certificate: pki.get('ca.crt') ?? '', key: pki.get('ca.key') ?? '' };
  const { certificate, key } = await makeCheckerCertificate(authority, now);
  const read = new X509Certificate(certificate);
  expect(read.subject.split('\n').toSorted()).toEqual(['CN=kubelab-checker', 'O=kubelab:checkers']);
  expect(read.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
  expect(read.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
  expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(read.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  expect([Date.parse(read.validFrom), Date.parse(read.validTo)]).toEqual([now.getTime() - hour, now.getTime() + 23 * hour]);
  expect(read.ca).toBe(false);
  await using folder = await createFixture({ 'ca.crt': authority.certificate, 'client.crt': certificate });
  const at = String(now.getTime() / 1000);
  const verify = (purpose: string) =>
    execFileSync('openssl', ['verify', '-attime', at, '-purpose', purpose, '-CAfile', 'ca.crt', 'client.crt'], {
      cwd: folder.path,
      stdio: 'pipe',
    });
  expect(verify('sslclient').toString()).toContain('OK');
  expect(() => verify('sslserver')).toThrow();
  const other = await makeCheckerCertificate(authority, now);
  expect(other.key).not.toBe(key);
});

describe('what the checker may do', () => {
  const [role, execRole, binding] = parseAllDocuments(renderCheckerAccess()).map(
    (document) => document.toJS() as Record<string, unknown>,
  );
  const rules = role?.['rules'] as readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[];

  it('is to read, everywhere', () => {
    const verbs = rules.flatMap((rule) => rule.verbs);
    expect(verbs.filter((verb) => !['get', 'list', 'watch'].includes(verb))).toEqual([]);
    expect(rules.flatMap(({ resources }) => resources)).not.toContain('pods/exec');
  });

  it('is to run commands in pods of a namespace that says so, and of no other', () => {
    expect(execRole).toMatchObject({
      kind: 'ClusterRole',
      rules: [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['get', 'create'] }],
    });
    const { name } = (execRole?.['metadata'] ?? {}) as { readonly name?: string };
    expect(binding).not.toMatchObject({ roleRef: { name } });
    expect(checkerExecBinding('lab-x')).toMatchObject({
      kind: 'RoleBinding',
      metadata: { namespace: 'lab-x' },
      roleRef: { kind: 'ClusterRole', name },
      subjects: [{ kind: 'Group', name: 'kubelab:checkers' }],
    });
  });

  it('is named one by one, and holds neither Secrets nor ways around them', () => {
    const all = rules.flatMap(({ apiGroups, resources }) => [...apiGroups, ...resources]);
    for (const never of [
      '*',
      'secrets',
      'nodes/proxy',
      'pods/proxy',
      'services/proxy',
      'pods/portforward',
      'serviceaccounts/token',
    ])
      expect(all).not.toContain(never);
    expect(all).toEqual(
      expect.arrayContaining(['pods', 'pods/log', 'nodes', 'storageclasses', 'horizontalpodautoscalers', 'metrics.k8s.io']),
    );
  });

  it('is given to the group that the certificate names', () => {
    expect(role).toMatchObject({ kind: 'ClusterRole', metadata: { name: 'kubelab:checker' } });
    expect(binding).toMatchObject({
      kind: 'ClusterRoleBinding',
      roleRef: { kind: 'ClusterRole', name: 'kubelab:checker' },
      subjects: [{ kind: 'Group', name: 'kubelab:checkers' }],
    });
  });
});
