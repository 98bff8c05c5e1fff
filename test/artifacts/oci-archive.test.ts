import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeLayer, writeOciArchive } from '../../src/artifacts/oci-archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubelab-oci-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = { reference: 'go.kubelab.local/pause:3.10.2', architecture: 'amd64', entrypoint: ['/pause'] };

async function makeArchive(name: string): Promise<string> {
  const program = join(folder, `${name}-program`);
  writeFileSync(program, 'a program', { mode: 0o755 });
  const layer = join(folder, `${name}-layer.tar`);
  await writeLayer(layer, { '/usr/local/bin/pause': program }, { '/pause': 'usr/local/bin/pause' });
  const archive = join(folder, `${name}.tar`);
  await writeOciArchive(archive, config, [layer]);
  return archive;
}

const entry = (archive: string, name: string): Buffer => execFileSync('tar', ['-xOf', archive, name]);
const json = (archive: string, name: string): Record<string, unknown> =>
  JSON.parse(entry(archive, name).toString()) as Record<string, unknown>;
const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('an OCI archive', () => {
  it('has the same bytes for the same input', async () => {
    const [one, other] = [await makeArchive('one'), await makeArchive('other')];
    expect(readFileSync(one).equals(readFileSync(other))).toBe(true);
  });

  it('names the image, and every blob by its own digest', async () => {
    const archive = await makeArchive('named');
    const index = json(archive, 'index.json') as { manifests: { digest: string; annotations: Record<string, string> }[] };
    expect(index.manifests[0]?.annotations['io.containerd.image.name']).toBe(config.reference);
    const names = execFileSync('tar', ['-tf', archive])
      .toString()
      .split('\n')
      .filter((name) => /^blobs\/sha256\/.+/.test(name));
    expect(names).toHaveLength(3);
    for (const name of names) expect(sha(entry(archive, name))).toBe(name.split('/').at(-1));
    expect(names).toContain(`blobs/sha256/${index.manifests[0]?.digest.replace('sha256:', '') ?? ''}`);
  });

  it('keeps modes and links of its layer, and nothing of this host', async () => {
    const archive = await makeArchive('layer');
    const index = json(archive, 'index.json') as { manifests: { digest: string }[] };
    const manifest = json(archive, `blobs/sha256/${index.manifests[0]?.digest.slice(7) ?? ''}`) as {
      layers: { digest: string }[];
    };
    const layer = join(folder, 'extracted.tar');
    writeFileSync(layer, entry(archive, `blobs/sha256/${manifest.layers[0]?.digest.slice(7) ?? ''}`));
    const listing = execFileSync('tar', ['--numeric-owner', '-tvf', layer]).toString();
    expect(listing).toMatch(/-rwxr-xr-x 0\/0 +9 .* usr\/local\/bin\/pause/);
    expect(listing).toMatch(/l.* pause -> usr\/local\/bin\/pause/);
    expect(listing).not.toContain(String(new Date().getFullYear()));
  });
});
