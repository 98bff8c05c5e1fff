import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyOfOwnModule } from '../../src/artifacts/go/own-module.ts';
import { goPairing } from '../../src/artifacts/go/pairing.ts';
import { type ProgramGroup, programGroups } from '../../src/artifacts/go/programs.ts';
import { forecastBuild, locateParts } from '../../src/artifacts/go/footprint.ts';
import { groupVersions, resolveRoles } from '../../src/artifacts/go/resolve.ts';
import type { Lock } from '../../src/artifacts/source.ts';

const groups: readonly ProgramGroup[] = Object.values(programGroups);
const own = groups.flatMap((group) => (group.own === undefined ? [] : [{ ...group, own: group.own }]));

test.each(own)('the key of $name is that of its files', async (group) => {
  expect(group.own.key).toBe(await keyOfOwnModule(group.own.folder));
});

test.each(own)('$name pins what the table says it is made from', async ({ name, module, own: { folder, also } }) => {
  const file = await readFile(join(import.meta.dirname, '../../src/artifacts/go', folder, 'go.mod'), 'utf8');
  const versions: Readonly<Record<string, string>> = groupVersions('1.36.4', goPairing('1.36.4').containerd);
  for (const pinned of [`${module}@${versions[name]}`, ...also]) expect(file).toContain(pinned.replace('@', ' '));
});

const lock: Lock = {
  apiVersion: 'kubelab/v1',
  source: 'go',
  kubernetes: '1.36.4',
  containerd: '2.2.9',
  architecture: 'amd64',
  components: { pause: '3.10.2' },
  images: { toolbox: 'go.kubelab.local/toolbox:bookworm', pause: 'go.kubelab.local/pause:3.10.2' },
  artifacts: [{ path: 'bin/kubeadm', version: 'v1.36.4', from: 'go' }],
};

test('a shell and a web server are the toolbox, which every node has', () => {
  expect(resolveRoles(lock, ['shell', 'web', 'moon', 'constructor'])).toEqual({
    ...lock,
    images: { shell: lock.images['toolbox'], web: lock.images['toolbox'] },
    artifacts: [],
  });
  expect(resolveRoles({ ...lock, images: {} }, ['shell']).images).toEqual({});
});

test('what only labs use is built from modules of our own, and named after their files', async () => {
  const resolved = resolveRoles(lock, ['database', 'nfs-provisioner']);
  const key = await keyOfOwnModule('database');
  expect(resolved.images['database']).toBe(`go.kubelab.local/database:v1.24.2-${key}`);
  expect(resolved.artifacts.map(({ path, image }) => [path, image])).toEqual(
    ['database', 'nfs-provisioner'].map((role) => [`images/${role}.tar`, resolved.images[role]]),
  );
  expect(resolved.artifacts[0]?.from).toMatch(
    /^go:github.com\/FerretDB\/FerretDB@v1\.24\.2 \+ go:\S+mongo-tools@\S+ \+ debian:toolbox$/,
  );
  expect(locateParts('/cache', resolved)).toContain(`/cache/go/database-v1.24.2-${key}`);
  expect((await forecastBuild('/nowhere', resolved, resolved.artifacts)).programs).toEqual(
    expect.arrayContaining(['database', 'mongoimport', 'mongoexport', 'nfs-provisioner']),
  );
});
