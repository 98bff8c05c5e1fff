import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { digestOfBytes } from '../../src/artifacts/store.ts';
import { localRunner } from '../../src/exec/local.ts';
import type { UpstreamServer } from './upstream-server.ts';

const runOptions = { timeout: 60_000, signal: new AbortController().signal };

/** A signing key that lives in a folder of its own. */
export interface SigningKey extends AsyncDisposable {
  readonly armoured: string;
  sign(content: string): Promise<Buffer>;
}

/** A key made now, or one that was made and expired long ago and signs as of then. */
export async function makeSigningKey(state: 'valid' | 'expired' = 'valid'): Promise<SigningKey> {
  const home = await mkdtemp(join(tmpdir(), 'gpg-'));
  const env = { GNUPGHOME: home };
  const gpg = [
    'gpg',
    '--batch',
    '--quiet',
    '--passphrase',
    '',
    '--pinentry-mode',
    'loopback',
    ...(state === 'expired' ? ['--faked-system-time', '20200101T000000!'] : []),
  ] as const;
  const runner = localRunner();
  await runner.run([...gpg, '--quick-gen-key', 'rig@example.org', 'ed25519', 'sign', state === 'expired' ? '1d' : '0'], {
    ...runOptions,
    env,
  });
  const { stdout } = await runner.run([...gpg, '--armor', '--export'], { ...runOptions, env });
  return {
    armoured: stdout,
    sign: async (content) => {
      const { stdout: signature } = await runner.run([...gpg, '--armor', '--detach-sign'], {
        ...runOptions,
        env,
        input: content,
      });
      return Buffer.from(signature);
    },
    [Symbol.asyncDispose]: async () => {
      await runner.run(['gpgconf', '--kill', 'all'], { ...runOptions, env, accept: 'any' });
      await rm(home, { recursive: true, force: true });
    },
  };
}

export interface DebPackage {
  readonly name: string;
  readonly version: string;
  readonly depends?: string;
}

/** Publishes a minor's Debian repository, signed. */
export async function publishPackages(
  server: UpstreamServer,
  minor: string,
  packages: readonly DebPackage[],
  key: SigningKey,
): Promise<void> {
  const root = `/pkgs.k8s.io/core:/stable:/v${minor}/deb`;
  const stanzas = packages.flatMap(({ name, version, depends }) =>
    ['amd64', 'arm64'].map((architecture) => {
      const content = `deb ${name} ${version} ${architecture}`;
      const file = `${architecture}/${name}_${version}_${architecture}.deb`;
      server.serve(`${root}/${file}`, content);
      return [
        `Package: ${name}`,
        `Version: ${version}`,
        `Architecture: ${architecture}`,
        ...(depends === undefined ? [] : [`Depends: ${depends}`]),
        `Filename: ${file}`,
        `Size: ${content.length}`,
        'MD5sum: 0',
        `SHA256: ${digestOfBytes(content).slice(7)}`,
        'Description: a package',
        ' with a second line',
      ].join('\n');
    }),
  );
  const index = `${stanzas.join('\n\n')}\n`;
  const release = `Origin: rig\nMD5Sum:\n 0 1 Packages\nSHA256:\n ${'0'.repeat(64)} 1 Packages.gz\n ${digestOfBytes(index).slice(7)} ${index.length} Packages\nDate: now\n`;
  server.serve(`${root}/Packages`, index);
  server.serve(`${root}/Release`, release);
  server.serve(`${root}/Release.gpg`, await key.sign(release));
  server.serve(`${root}/Release.key`, key.armoured);
}

/** Publishes kubeadm, kubelet and kubectl with their checksums. */
export function publishPrograms(server: UpstreamServer, version: string): void {
  for (const architecture of ['amd64', 'arm64'])
    for (const name of ['kubeadm', 'kubelet', 'kubectl']) {
      const path = `/dl.k8s.io/release/v${version}/bin/linux/${architecture}/${name}`;
      const content = `${name} ${version} ${architecture}`;
      server.serve(path, content);
      server.serve(`${path}.sha256`, digestOfBytes(content).slice(7));
    }
}

/** Publishes a file of a GitHub release with a checksum file in the form of `sha256sum`. */
export function publishRelease(server: UpstreamServer, path: string, content: Buffer | string, checksums: string): void {
  const name = path.slice(path.lastIndexOf('/') + 1);
  server.serve(path, content);
  server.serve(checksums, `${'0'.repeat(64)}  other\n${digestOfBytes(Buffer.from(content)).slice(7)}  ${name}\n`);
}

/** A gzipped tarball of small files. */
export async function makeTarball(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const work = await mkdtemp(join(tmpdir(), 'tarball-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(work, 'tree', path)), { recursive: true });
      await writeFile(join(work, 'tree', path), text);
    }
    const file = join(work, 'out.tgz');
    await create({ file, cwd: join(work, 'tree'), gzip: true }, ['.']);
    return await readFile(file);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
