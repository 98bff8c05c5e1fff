import { createPrivateKey, randomUUID, webcrypto } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ApiAccess } from '../../src/kubernetes/api-access.ts';
import { makeCheckerCertificate } from '../../src/kubernetes/checker-identity.ts';
import { makeClusterPki } from '../../src/kubernetes/pki.ts';
import { provideReflectMetadata } from '../../src/kubernetes/reflect-metadata.ts';

/** What the server does with requests. */
export interface ApiScript {
  /** Answers by path; whatever has none is 404. Read anew for each request. */
  readonly objects?: Record<string, unknown>;
  /** Answers in its own way; true when it has. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Plays the command that a connection is for. */
  readonly exec?: (url: URL, socket: WebSocket) => void;
  /** The protocols that the server knows, as old ones know only the older. */
  readonly protocols?: readonly string[];
}

/** An API server on this host that takes only clients with a certificate of its own authority. */
export interface ApiRig {
  readonly access: Omit<ApiAccess, 'signal'>;
  /** Method and path of every request, in order. */
  readonly requests: readonly string[];
  /** Who asked last, as the certificate says. */
  user(): { readonly name: string; readonly group: string } | undefined;
  /** Connections that are open. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

export async function startApiServer(script: ApiScript): Promise<ApiRig> {
  const pki = await makeClusterPki({ algorithm: 'ECDSA-P256', now: new Date(), externalEtcd: false });
  const authority = { certificate: pki.get('ca.crt') ?? '', key: pki.get('ca.key') ?? '' };
  const client = await makeCheckerCertificate(authority, new Date());
  const requests: string[] = [];
  let user: { name: string; group: string } | undefined;
  const note = (request: IncomingMessage) => {
    requests.push(`${request.method} ${request.url}`);
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    user = subject === undefined ? undefined : { name: String(subject.CN), group: String(subject.O) };
  };
  const server = createServer({ ...(await makeServerCertificate(authority)), ca: authority.certificate, requestCert: true });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    note(request);
    if (script.answer?.(request, response) !== true) answerFrom(script.objects ?? {}, request, response);
  });
  serveExec(server, script, note);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    access: { server: `https://127.0.0.1:${port}`, authority: authority.certificate, ...client },
    requests,
    user: () => user,
    connections: () => new Promise((resolve) => server.getConnections((_, count) => resolve(count))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerFrom(objects: Record<string, unknown>, request: IncomingMessage, response: ServerResponse): void {
  const found = objects[(request.url ?? '').split('?')[0] ?? ''];
  const status = { kind: 'Status', code: 404, message: 'the server could not find the requested resource' };
  response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(found ?? status));
}

function serveExec(server: Server, script: ApiScript, note: (request: IncomingMessage) => void): void {
  const known = script.protocols ?? ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered].find((protocol) => known.includes(protocol)) ?? false,
  });
  server.on('upgrade', (request, socket, head) => {
    note(request);
    if (script.exec === undefined) {
      const body = JSON.stringify({ kind: 'Status', message: 'pods "web" not found' });
      socket.end(`HTTP/1.1 404 Not Found\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (connected) =>
      script.exec?.(new URL(request.url ?? '', 'https://api'), connected),
    );
  });
}

/** One message of the protocol: the number of the channel, and what goes through it. */
export function channelMessage(channel: number, text: string | Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([channel]), Buffer.from(text as string)]);
}

/** The last message of a command, as kubelet writes it. */
export function exitStatus(code: number): Buffer {
  if (code === 0) return channelMessage(3, '{"metadata":{},"status":"Success"}');
  const causes = [{ reason: 'ExitCode', message: String(code) }];
  return channelMessage(
    3,
    JSON.stringify({ status: 'Failure', reason: 'NonZeroExitCode', message: 'command terminated', details: { causes } }),
  );
}

async function makeServerCertificate(authority: { certificate: string; key: string }): Promise<{ cert: string; key: string }> {
  provideReflectMetadata();
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const der = createPrivateKey(authority.key).export({ type: 'pkcs8', format: 'der' });
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomUUID().replaceAll('-', '').replace(/^./, '4'),
    subject: 'CN=kube-apiserver',
    issuer: new x509.X509Certificate(authority.certificate).subject,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']),
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return { cert: certificate.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n` };
}
