import { chmod, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createFixture } from 'fs-fixture';
import { expect, it } from 'vitest';
import { localRunner } from '../../src/exec/local.ts';
import { recallAcceleration } from '../../src/providers/vagrant/recall-acceleration.ts';

/** A QEMU that notes each call and runs no guest. */
const qemu = `#!/bin/sh
echo called >>"$0.calls"
echo "QEMU emulator version 9.2.0"
`;

it('asks QEMU once per boot, and again when QEMU changed', async () => {
  await using fixture = await createFixture({});
  const bin = path.join(fixture.path, 'bin');
  const folder = path.join(fixture.path, 'cache');
  const program = path.join(bin, 'qemu-system-x86_64');
  await mkdir(bin);
  await mkdir(folder);
  await writeFile(program, qemu);
  await chmod(program, 0o755);
  const ask = () =>
    recallAcceleration({
      runner: localRunner(),
      signal: AbortSignal.timeout(30_000),
      searchPath: bin,
      platform: 'linux',
      architecture: 'x64',
      folder,
    });
  const calls = async (): Promise<number> => (await readFile(`${program}.calls`, 'utf8')).trim().split('\n').length;
  const first = await ask();
  const asked = await calls();
  expect(first.finding).toBe('qemu-broken');
  expect(await ask()).toEqual(first);
  expect(await calls()).toBe(asked);
  await utimes(program, 1_700_000_000, 1_700_000_000);
  expect(await ask()).toEqual(first);
  expect(await calls()).toBeGreaterThan(asked);
});

it('remembers no host without QEMU, which can be installed at any time', async () => {
  await using fixture = await createFixture({});
  const context = { runner: localRunner(), signal: AbortSignal.timeout(30_000), platform: 'linux', architecture: 'x64' };
  const found = await recallAcceleration({ ...context, searchPath: fixture.path, folder: fixture.path });
  expect(found.finding).toBe('qemu-missing');
  expect(await fixture.exists('acceleration.json')).toBe(false);
});
