import { writeFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { expect, it, onTestFinished } from 'vitest';
import { localRunner } from '../../../src/exec/local.ts';
import { Interrupted } from '../../../src/errors/errors.ts';
import { watchSize } from '../../../src/labs/pack/watch-size.ts';

const never = new AbortController().signal;

async function createFolder() {
  const fixture = await createFixture({ 'inner/file': 'x'.repeat(1000) });
  onTestFinished(() => fixture.rm());
  return fixture;
}

it('ends what writes a folder when that is too large', async () => {
  const folder = await createFolder();
  const watch = watchSize(folder.path, 100_000, never);
  const endless = ['sh', '-c', 'while :; do printf %01000d 0 >> inner/more; sleep 0.01; done'] as const;
  const writing = localRunner().run(endless, { cwd: folder.path, timeout: 60_000, signal: watch.signal });
  await expect(writing).rejects.toBeInstanceOf(Interrupted);
  expect(await watch.end()).toBe(true);
});

it('finds in the end what was too fast for it', async () => {
  const folder = await createFolder();
  const [small, large] = [watchSize(folder.path, 2000, never), watchSize(folder.path, 100_000, never)];
  await writeFile(folder.getPath('inner/more'), 'x'.repeat(1001));
  expect([await small.end(), await large.end()]).toEqual([true, false]);
  expect(large.signal.aborted).toBe(false);
});

it('is aborted as whoever asked for it', async () => {
  const folder = await createFolder();
  const abort = new AbortController();
  const watch = watchSize(folder.path, 100_000, abort.signal);
  abort.abort();
  expect([watch.signal.aborted, await watch.end()]).toEqual([true, false]);
});
