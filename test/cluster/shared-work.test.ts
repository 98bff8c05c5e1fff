import { mkdir } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import { acquireLock } from '../../src/cluster/cluster-lock.ts';
import { shareWork } from '../../src/cluster/shared-work.ts';
import { Interrupted } from '../../src/errors/errors.ts';

const owner = { pid: process.pid, host: hostname(), command: 'kubelab up', kill: process.kill };

async function withCache(work: (cache: string) => Promise<void>): Promise<void> {
  await using fixture = await createFixture({}, { tempDir: tmpdir() });
  await work(fixture.path);
}

describe('work on what clusters share', () => {
  it('is done by one at a time, and who waits hears for whom', () =>
    withCache(async (cache) => {
      const share = shareWork({ cache, owner, signal: new AbortController().signal });
      const happened: string[] = [];
      const said: string[] = [];
      let open = (): void => undefined;
      const opened = new Promise<void>((resolve) => (open = resolve));
      const first = share(
        'base box',
        () => undefined,
        async () => {
          happened.push('first begins');
          await opened;
          happened.push('first ends');
        },
      );
      while (happened.length === 0) await new Promise(setImmediate);
      const second = share(
        'base box',
        (text) => {
          said.push(text);
          open();
        },
        async () => void happened.push('second'),
      );
      await Promise.all([first, second]);
      expect(happened).toEqual(['first begins', 'first ends', 'second']);
      expect(said[0]).toContain(`"kubelab up" (process ${process.pid}) works on it since`);
    }));

  it('on different parts goes on side by side', () =>
    withCache(async (cache) => {
      const share = shareWork({ cache, owner, signal: new AbortController().signal });
      const result = await share(
        'base box',
        () => undefined,
        () =>
          share(
            'artifacts',
            () => undefined,
            async () => 'both',
          ),
      );
      expect(result).toBe('both');
    }));

  it('gives the part back when it fails, and takes it from the dead', () =>
    withCache(async (cache) => {
      const share = shareWork({ cache, owner, signal: new AbortController().signal });
      const fail = (): Promise<never> => Promise.reject(new Error('no space'));
      await expect(share('node image', () => undefined, fail)).rejects.toThrow('no space');
      await mkdir(path.join(cache, 'locks'), { recursive: true });
      // No process has the highest number.
      await acquireLock(path.join(cache, 'locks', 'node-image'), { ...owner, pid: 4_194_303 });
      expect(
        await share(
          'node image',
          () => undefined,
          async () => 'taken',
        ),
      ).toBe('taken');
    }));

  it('ends its wait when it is interrupted', () =>
    withCache(async (cache) => {
      await acquireLock(path.join(cache, 'locks', 'artifacts'), owner);
      const abort = new AbortController();
      const share = shareWork({ cache, owner, signal: abort.signal });
      const waiting = share(
        'artifacts',
        () => abort.abort(),
        async () => 'never',
      );
      await expect(waiting).rejects.toThrow(Interrupted);
    }));
});
