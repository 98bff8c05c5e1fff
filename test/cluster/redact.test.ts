import { generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, redacted, shortestSecret } from '../../src/cluster/redact.ts';

const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const keyBody = pem.split('\n')[1] ?? '';

/** Text that can not itself complete a secret of the alphabet used below. */
const around = fc.string({ unit: fc.constantFrom(' ', '\n', '/', '"', '#', 'é', '한', '=', ':') });
const token = fc.stringMatching(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
const secret = fc.string({ minLength: shortestSecret, unit: fc.constantFrom(...'ABCDEFGHXYZ0123456789$*+?()\\^|') });

describe('redact', () => {
  it('leaves no given secret, wherever it stands and however they overlap', () => {
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.array(fc.nat()), around, (secrets, order, filler) => {
        const overlapping = secrets.map((one) => one.slice(0, 4)).join('') + secrets.join('');
        const text = order.map((index) => filler + secrets[index % secrets.length]).join('') + overlapping;
        const clean = redact(text, secrets);
        for (const one of secrets) expect(clean).not.toContain(one);
      }),
    );
  });

  it('leaves no given secret in base64', () => {
    fc.assert(
      fc.property(secret, around, (one, filler) => {
        expect(redact(`${filler}data: ${btoa(one)}${filler}`, [one])).toBe(
          `${filler}data: ${redacted}${btoa(one).replace(/[^=]/g, '')}${filler}`,
        );
      }),
    );
  });

  it('leaves no bootstrap token', () => {
    fc.assert(
      fc.property(around, token, around, (before, one, after) => {
        expect(redact(before + one + after, [])).toBe(before + redacted + after);
      }),
    );
  });

  it('leaves no certificate key', () => {
    const forms = fc.constantFrom(
      '--certificate-key ',
      '--certificate-key=',
      'certificateKey: "',
      '[upload-certs] Using certificate key:\n',
    );
    fc.assert(
      fc.property(forms, fc.stringMatching(/^[0-9a-f]{64}$/), (form, key) => {
        expect(redact(form + key, [])).toBe(form + redacted);
      }),
    );
  });

  it('changes nothing but secrets, and nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.oneof(around, token)), (text, parts) => {
        const mixed = parts.join(' ') + text;
        const once = redact(mixed, []);
        expect(redact(once, [])).toBe(once);
        expect(redact(text.replaceAll(/[a-zA-Z]/g, '-'), [])).toBe(text.replaceAll(/[a-zA-Z]/g, '-'));
      }),
    );
  });

  it('takes a secret as text, not as a pattern', () => {
    expect(redact('a.b.c.d a+b+c+d', ['a.b.c.d'])).toBe(`${redacted} a+b+c+d`);
  });

  it('keeps ordinary text when a secret is too short or empty', () => {
    expect(redact('a plain line', ['', 'a', 'plain'])).toBe('a plain line');
  });

  it.each([
    ['as a file', pem],
    ['indented, as in YAML', pem.replaceAll(/^/gm, '    ')],
    ['escaped, as in JSON', JSON.stringify({ key: pem })],
    ['cut off', pem.slice(0, 120)],
    ['of the older kind', pem.replaceAll('PRIVATE KEY', 'RSA PRIVATE KEY')],
    ['of OpenSSH', pem.replaceAll('PRIVATE KEY', 'OPENSSH PRIVATE KEY')],
  ])('leaves no private key %s', (_form, text) => {
    const clean = redact(`before\n${text}`, []);
    expect(clean).toContain(`before\n`);
    expect(clean).toContain(redacted);
    expect(clean).not.toContain(keyBody.slice(0, 20));
  });

  it('keeps what stands between and after two keys, and certificates', () => {
    const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    expect(redact(`a\n${pem}b\n${certificate}${pem}c`, [])).toBe(`a\n${redacted}\nb\n${certificate}${redacted}\nc`);
  });

  it('leaves no client key of a kubeconfig, and keeps its other fields', () => {
    const yaml = `    client-certificate-data: LS0tQ\n    client-key-data: ${btoa(pem)}\n    name: admin`;
    expect(redact(yaml, [])).toBe(`    client-certificate-data: LS0tQ\n    client-key-data: ${redacted}\n    name: admin`);
    expect(redact(`{"client-key-data":"${btoa(pem)}"}`, [])).toBe(`{"client-key-data":"${redacted}"}`);
  });

  it('leaves no token of a service account', () => {
    const jwt = [{ alg: 'RS256' }, { sub: 'x' }, { s: 1 }]
      .map((part) => btoa(JSON.stringify(part)).replaceAll('=', ''))
      .join('.');
    expect(redact(`token: ${jwt}\n`, [])).toBe(`token: ${redacted}\n`);
  });

  it.each([
    'registry.k8s.io/kube-apiserver:v1.36.4',
    'containerd.service',
    'sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d',
    '10.244.0.0/16',
  ])('keeps %s', (text) => {
    expect(redact(text, [])).toBe(text);
  });

  it('is quick on long output', () => {
    const text = 'a line of output that goes on: abcdef.0123 -----BEGIN certificate-key eyJ \n'.repeat(100_000);
    expect(redact(text, ['0123456789abcdef'])).toBe(text);
  });
});
