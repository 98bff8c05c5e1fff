import { createPrivateKey, randomBytes, randomInt, webcrypto } from 'node:crypto';
import type * as X509 from '@peculiar/x509';
import type { EncryptionAlgorithm } from './kubeadm-input.ts';
import { provideReflectMetadata } from './reflect-metadata.ts';

export interface PkiRequest {
  readonly algorithm: EncryptionAlgorithm;
  readonly now: Date;
  /** Adds the API server's client certificate for etcd machines outside the cluster. */
  readonly externalEtcd: boolean;
}

interface Pair {
  readonly keys: webcrypto.CryptoKeyPair;
  readonly certificate: X509.X509Certificate;
}

type Library = typeof X509;

const hour = 3_600_000;
const tenYears = 10 * 365 * 24 * hour;

/** Loaded when a cluster is made, not at start-up: it costs more than the rest of the program. */
async function loadLibrary(): Promise<Library> {
  provideReflectMetadata();
  return import('@peculiar/x509');
}

function algorithmParameters(algorithm: EncryptionAlgorithm): webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams {
  if (algorithm === 'ECDSA-P256') return { name: 'ECDSA', namedCurve: 'P-256' };
  return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };
}

function signingParameters(algorithm: EncryptionAlgorithm): { name: string; hash: string } {
  return { name: algorithm === 'ECDSA-P256' ? 'ECDSA' : 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
}

async function generateKeys(algorithm: EncryptionAlgorithm): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithmParameters(algorithm), true, ['sign', 'verify']);
}

function validity(now: Date): { notBefore: Date; notAfter: Date } {
  // A guest's clock may be behind the host's: a certificate from the future would be refused.
  const notBefore = new Date(now.getTime() - hour);
  return { notBefore, notAfter: new Date(notBefore.getTime() + tenYears) };
}

function makeSerial(): string {
  const bytes = randomBytes(16);
  // Positive and not zero, as RFC 5280 4.1.2.2 wants it.
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function makeAuthority(x509: Library, name: string, request: PkiRequest): Promise<Pair> {
  const keys = await generateKeys(request.algorithm);
  const usage = x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment | x509.KeyUsageFlags.keyCertSign;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: makeSerial(),
    name: `CN=${name}`,
    ...validity(request.now),
    signingAlgorithm: signingParameters(request.algorithm),
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(usage, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
    ],
  });
  return { keys, certificate };
}

async function makeClient(x509: Library, name: string, authority: Pair, request: PkiRequest): Promise<Pair> {
  const keys = await generateKeys(request.algorithm);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: makeSerial(),
    subject: `CN=${name}`,
    issuer: authority.certificate.subject,
    // As long as its authority: with an external etcd kubeadm renews neither of them.
    ...validity(request.now),
    signingAlgorithm: signingParameters(request.algorithm),
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
    ],
  });
  return { keys, certificate };
}

function toPem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

// PKCS #8: client-go's keyutil.ParsePrivateKeyPEM takes it for both algorithms.
async function privatePem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return toPem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
}

/**
 * Makes what `kubeadm init` takes as given when it lies in /etc/kubernetes/pki: the three authorities with the names that
 * kubeadm gives them, and the key pair for service account tokens. Valid for ten years from one hour before `now`.
 * @returns paths below /etc/kubernetes/pki, such as `etcd/ca.crt`, to PEM text. Those that end in `.key` are secret.
 */
export async function makeClusterPki(request: PkiRequest): Promise<ReadonlyMap<string, string>> {
  const x509 = await loadLibrary();
  const files = new Map<string, string>();
  const add = async (path: string, pair: Pair) => {
    files.set(`${path}.crt`, toPem('CERTIFICATE', pair.certificate.rawData));
    files.set(`${path}.key`, await privatePem(pair.keys));
  };
  await add('ca', await makeAuthority(x509, 'kubernetes', request));
  await add('front-proxy-ca', await makeAuthority(x509, 'front-proxy-ca', request));
  const etcd = await makeAuthority(x509, 'etcd-ca', request);
  await add('etcd/ca', etcd);
  if (request.externalEtcd)
    await add('apiserver-etcd-client', await makeClient(x509, 'kube-apiserver-etcd-client', etcd, request));
  const account = await generateKeys(request.algorithm);
  files.set('sa.key', await privatePem(account));
  files.set('sa.pub', toPem('PUBLIC KEY', await webcrypto.subtle.exportKey('spki', account.publicKey)));
  return files;
}

/** A bootstrap token, `[a-z0-9]{6}.[a-z0-9]{16}`, every character equally likely. */
export function makeToken(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  const draw = (length: number) => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
  return `${draw(6)}.${draw(16)}`;
}

/** A certificate and its key, as PEM texts. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface ClientRequest {
  /** The cluster's authority, whose key signs. */
  readonly authority: ClientCertificate;
  /** Who it is for, as the API server sees it. */
  readonly user: string;
  readonly group: string;
  readonly now: Date;
  /** In milliseconds from one hour before `now`. */
  readonly validFor: number;
}

/** A client certificate for the API server, with a key of its own (ECDSA P-256). */
export async function makeClientCertificate(request: ClientRequest): Promise<ClientCertificate> {
  const x509 = await loadLibrary();
  const authority = new x509.X509Certificate(request.authority.certificate);
  const signer = createPrivateKey(request.authority.key);
  const algorithm: EncryptionAlgorithm = signer.asymmetricKeyType === 'ec' ? 'ECDSA-P256' : 'RSA-2048';
  const der = signer.export({ type: 'pkcs8', format: 'der' });
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    der,
    { ...algorithmParameters(algorithm), ...signingParameters(algorithm) },
    false,
    ['sign'],
  );
  const keys = await generateKeys('ECDSA-P256');
  const notBefore = new Date(request.now.getTime() - hour);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: makeSerial(),
    subject: [{ CN: [request.user] }, { O: [request.group] }],
    issuer: authority.subject,
    notBefore,
    notAfter: new Date(notBefore.getTime() + request.validFor),
    signingAlgorithm: signingParameters(algorithm),
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(authority),
    ],
  });
  return { certificate: toPem('CERTIFICATE', certificate.rawData), key: await privatePem(keys) };
}
