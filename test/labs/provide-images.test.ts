import { rm, writeFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { expect, onTestFinished, test } from 'vitest';
import { CommandFailed } from '../../src/errors/errors.ts';
import { localRunner } from '../../src/exec/local.ts';
import type { Lock } from '../../src/artifacts/source.ts';
import type { Node } from '../../src/cluster/node.ts';
import type { Event } from '../../src/events.ts';
import { type ImageSettings, provideImages } from '../../src/labs/provide-images.ts';

const lock: Lock = {
  apiVersion: 'kubelab/v1',
  source: 'go',
  kubernetes: '1.36.4',
  containerd: '2.2.9',
  architecture: 'amd64',
  components: {},
  images: { toolbox: 'example.test/toolbox:1' },
  artifacts: [{ path: 'images/toolbox.tar', version: '1', from: 'debian:toolbox', image: 'example.test/toolbox:1' }],
};

/** As containerd's: it keeps a file for each image and one for each label, and an archive is the name of its image. */
const ctr = `#!/bin/sh
set -e
cd "$STATE"
[ "$1 $2 $3" = '--namespace k8s.io images' ] || exit 9
shift 3
echo "$*" >>calls
case "$1 $2" in
'list --quiet') [ ! -e stopped ] || { echo 'ctr: connection refused' >&2; exit 1; }; ls images ;;
'import --help') echo "$IMPORT_HELP" ;;
'import --local' | 'import -') [ ! -e full ] || exit 1; cat >"images/$(cat)" ;;
label*) [ -e "images/$2" ] && echo "$3" >"labels-$2" ;;
*) exit 9 ;;
esac
`;

interface Rig {
  readonly settings: ImageSettings;
  readonly told: string[];
  readonly asked: string[];
  read(file: string): Promise<string>;
  write(file: string, content?: string): Promise<void>;
  remove(file: string): Promise<void>;
}

/** Nodes whose ctr works on a folder each, with shell scripts run for real, and a source whose archives are small files. */
async function createRig(has: Readonly<Record<string, readonly string[]>>, help = '--local'): Promise<Rig> {
  const fixture = await createFixture({
    'bin/ctr': ctr,
    ...Object.fromEntries(
      Object.entries(has).flatMap(([node, images]) => [
        [`${node}/images/.keep`, ''],
        ...images.map((image) => [`${node}/images/${image}`, '']),
      ]),
    ),
    'database.tar': 'database',
  });
  onTestFinished(() => fixture.rm());
  const { signal } = new AbortController();
  await localRunner().run(['chmod', '+x', fixture.getPath('bin/ctr')], { timeout: 5_000, signal });
  const told: string[] = [];
  const asked: string[] = [];
  const image = 'database';
  return {
    told,
    asked,
    read: (file) => fixture.readFile(file, 'utf8'),
    remove: (file) => rm(fixture.getPath(file)),
    write: (file, content = '') => writeFile(fixture.getPath(file), content),
    settings: {
      lock: { ...lock, images: { toolbox: 'toolbox' }, artifacts: lock.artifacts.map((one) => ({ ...one, image: 'toolbox' })) },
      nodes: Object.keys(has).map((name) => fakeNode(name, fixture.path, help)),
      share: (part, _, work) => {
        asked.push(`share ${part}`);
        return work();
      },
      signal,
      events: (event) => void told.push(describe(event)),
      source: {
        kind: 'go',
        roleImages: async (_, roles) =>
          Object.fromEntries(
            roles.filter((role) => role !== 'moon').map((role) => [role, role === 'database' ? image : 'toolbox']),
          ),
        resolveRoles: async (from, roles) => {
          asked.push(`resolve ${roles.join(' ')}`);
          return { ...from, artifacts: [{ path: 'images/database.tar', version: '1', from: 'go', image }] };
        },
        obtain: async (wanted) => {
          asked.push(`obtain ${wanted.artifacts.map(({ path }) => path).join(' ')}`);
          return { ...wanted, artifacts: wanted.artifacts.map((artifact) => ({ ...artifact, bytes: 8 * 1024 * 1024 })) };
        },
        file: ({ path }) => fixture.getPath(path.replace('images/', '')),
      },
    },
  };
}

function fakeNode(name: string, folder: string, help: string): Node {
  const local = localRunner({ place: name });
  const env = { PATH: `${folder}/bin:/usr/bin:/bin`, STATE: `${folder}/${name}`, IMPORT_HELP: help };
  return { name, role: 'worker', address: '10.0.0.1', run: (command, options) => local.run(command, { ...options, env }) };
}

function describe(event: Event): string {
  if (event.type === 'step') return `${event.id} ${event.state}`;
  return event.type === 'progress' ? `${event.id}: ${event.text}` : event.type;
}

const pinned = 'io.cri-containerd.pinned=pinned\n';

test('an archive goes to the nodes that lack the image, and to no other', async () => {
  const rig = await createRig({ control1: ['toolbox', 'database'], worker1: ['toolbox'], worker2: ['toolbox', 'other'] });
  const images = await provideImages(rig.settings, ['shell', 'web', 'database']);
  expect(images).toEqual({ shell: 'toolbox', web: 'toolbox', database: 'database' });
  for (const node of ['control1', 'worker1', 'worker2']) {
    expect(await rig.read(`${node}/labels-database`)).toBe(pinned);
    expect(await rig.read(`${node}/labels-toolbox`)).toBe(pinned);
  }
  expect(await rig.read('control1/calls')).not.toContain('import');
  expect((await rig.read('worker1/calls')).match(/^import --local -$/gm)).toHaveLength(1);
  expect(rig.asked).toEqual(['resolve shell web database', 'share artifacts', 'obtain images/database.tar']);
  expect(rig.told.filter((line) => line.startsWith('images:')).toSorted()).toEqual([
    'images:control1 already',
    'images:worker1 done',
    'images:worker1 started',
    'images:worker1: database, 8 MiB',
    'images:worker2 done',
    'images:worker2 started',
    'images:worker2: database, 8 MiB',
  ]);
});

test('where all images are there, nothing is resolved, fetched or sent', async () => {
  const rig = await createRig({ worker1: ['toolbox', 'database'] });
  await provideImages(rig.settings, ['shell', 'database']);
  expect(rig.asked).toEqual([]);
  expect(rig.told).toEqual(['images:worker1 already']);
  expect(await rig.read('worker1/labels-database')).toBe(pinned);
});

test('an older ctr is not given a flag that it does not know', async () => {
  const rig = await createRig({ worker1: [] }, '--no-unpack');
  await provideImages(rig.settings, ['database']);
  expect(await rig.read('worker1/calls')).toMatch(/^import -$/m);
});

test("an image of the cluster's own that somebody removed comes back", async () => {
  const rig = await createRig({ worker1: [] });
  await rig.write('toolbox.tar', 'toolbox');
  await provideImages(rig.settings, ['web']);
  expect(rig.asked).toContain('obtain images/toolbox.tar');
  expect(await rig.read('worker1/labels-toolbox')).toBe(pinned);
});

test('a role without an image is told before any node is asked', async () => {
  const rig = await createRig({ worker1: [] });
  await expect(provideImages(rig.settings, ['shell', 'moon'])).rejects.toMatchObject({
    code: 'KL-LAB-IMAGE',
    message: 'the source go has no image for moon',
  });
  await expect(rig.read('worker1/calls')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a node whose containerd a lab has stopped is left out, and said', async () => {
  const rig = await createRig({ worker1: [], worker2: ['database'] });
  await rig.write('worker2/stopped');
  const warnings: string[] = [];
  const events: ImageSettings['events'] = (event) => {
    if (event.type === 'warning') warnings.push(event.text);
    rig.settings.events(event);
  };
  await provideImages({ ...rig.settings, events }, ['database']);
  expect(await rig.read('worker1/labels-database')).toBe(pinned);
  expect(warnings).toEqual([expect.stringMatching(/ worker2 .* containerd does not answer there: ctr: connection refused$/)]);
  expect(rig.told.filter((line) => line.startsWith('images:worker2'))).toEqual([]);
  expect(await rig.read('worker2/calls')).not.toContain('import');
});

test('a node that nobody can ask is passed over without a word where that is wanted, and fails the whole elsewhere', async () => {
  const rig = await createRig({ worker1: [], worker2: [] });
  const [worker1, worker2] = rig.settings.nodes;
  const lost: Node = {
    ...worker2!,
    run: () =>
      Promise.reject(
        new CommandFailed({
          command: ['ssh'],
          place: 'worker2',
          exitCode: 255,
          timedOut: false,
          stdout: '',
          stderr: '',
          message: 'lost',
        }),
      ),
  };
  const warnings: string[] = [];
  const events: ImageSettings['events'] = (event) => void (event.type === 'warning' && warnings.push(event.text));
  const settings = { ...rig.settings, nodes: [worker1!, lost], events };
  await expect(provideImages(settings, ['database'])).rejects.toMatchObject({ place: 'worker2' });
  await provideImages({ ...settings, passOver: true }, ['database']);
  expect(await rig.read('worker1/labels-database')).toBe(pinned);
  await rig.write('worker2/stopped');
  await provideImages({ ...rig.settings, events, passOver: true }, ['database']);
  expect(warnings).toEqual([]);
});

test('a node that can not import fails the whole, and the next run does what is left', async () => {
  const rig = await createRig({ worker1: [], worker2: [] });
  await rig.write('worker2/full');
  await expect(provideImages(rig.settings, ['database'])).rejects.toMatchObject({ place: 'worker2' });
  expect(rig.told).toContain('images:worker2 failed');
  await rig.remove('worker2/full');
  await provideImages(rig.settings, ['database']);
  expect(await rig.read('worker2/labels-database')).toBe(pinned);
});
