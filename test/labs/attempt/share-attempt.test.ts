import { hostname } from 'node:os';
import { createFixture } from 'fs-fixture';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Attempt, progressOf, readAttempt, withProgress, writeAttempt } from '../../../src/labs/attempt/attempt.ts';
import { type SharedAttempt, shareAttempt } from '../../../src/labs/attempt/share-attempt.ts';
import { sampleAttempt as begun } from './sample-attempt.ts';

interface Rig {
  readonly folder: string;
  readonly shared: SharedAttempt;
  readonly abort: AbortController;
}

async function share(): Promise<Rig> {
  const fixture = await createFixture({});
  onTestFinished(() => fixture.rm());
  const folder = fixture.path;
  await writeAttempt(folder, begun);
  const abort = new AbortController();
  const owner = { pid: process.pid, host: hostname(), command: 'kubelab lab watch', kill: process.kill };
  return { folder, abort, shared: shareAttempt({ folder, owner, begun, signal: abort.signal }) };
}

describe('an attempt that is watched', () => {
  it('has not changed by what the watch itself keeps', async () => {
    const { folder, shared } = await share();
    const attempt = await shared.read();
    expect(await shared.keep(attempt, (now) => withProgress(now, 'share', { points: 2 }))).toBe(true);
    expect(await shared.hasChanged()).toBe(false);
    await writeAttempt(folder, { ...(await readAttempt(folder, 'emptydir'))!, answers: { why: 'b' } });
    expect(await shared.hasChanged()).toBe(true);
  });

  it('keeps what another has kept since it was read', async () => {
    const { folder, shared } = await share();
    const attempt = await shared.read();
    await writeAttempt(folder, withProgress(attempt, 'share', { solved: true }));
    const take = (now: Attempt): Attempt => withProgress(now, 'share', { points: progressOf(now, 'share').solved ? 0 : 3 });
    expect(await shared.keep(attempt, take)).toBe(true);
    expect(progressOf((await readAttempt(folder, 'emptydir'))!, 'share')).toMatchObject({ solved: true, points: 0 });
  });

  it('is waited for while its step is brought back elsewhere', async () => {
    const { folder, shared } = await share();
    await writeAttempt(folder, { ...begun, ready: false, rebuild: true });
    let isRead = false;
    const reading = shared.read().finally(() => (isRead = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isRead).toBe(false);
    await writeAttempt(folder, begun);
    expect(await reading).toEqual(begun);
  });

  it('is no longer waited for once the watch is ended', async () => {
    const { folder, shared, abort } = await share();
    await writeAttempt(folder, { ...begun, ready: false, rebuild: true });
    const reading = shared.read();
    abort.abort();
    await expect(reading).rejects.toMatchObject({ name: 'Interrupted' });
  });

  it('may go on to another step once this one has passed, and not before', async () => {
    const { folder, shared } = await share();
    await writeAttempt(folder, { ...begun, step: 'gone' });
    await expect(shared.read()).rejects.toMatchObject({ code: 'KL-LAB-ORDER' });
    await writeAttempt(folder, withProgress({ ...begun, step: 'gone' }, 'share', { passedAt: '2026-01-02T04:00:00.000Z' }));
    expect(await shared.read()).toMatchObject({ step: 'gone' });
  });

  it('is known to have ended, or to be another', async () => {
    const { folder, shared } = await share();
    await writeAttempt(folder, { ...begun, startedAt: '2026-02-02T03:04:05.000Z' });
    await expect(shared.read()).rejects.toMatchObject({ code: 'KL-LAB-ORDER', message: expect.stringContaining('was ended') });
  });
});
