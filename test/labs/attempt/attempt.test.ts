import { readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { createFixture } from 'fs-fixture';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type Attempt,
  attemptsFolder,
  listAttempts,
  progressOf,
  putAwayAttempt,
  readAttempt,
  readCurrentLab,
  withProgress,
  writeAttempt,
  writeCurrentLab,
} from '../../../src/labs/attempt/attempt.ts';
import { createKeeper, mergeChanges } from '../../../src/labs/attempt/keep-attempt.ts';
import { FileDamaged } from '../../../src/cluster/files.ts';
import { sampleAttempt as attempt } from './sample-attempt.ts';

async function makeFolder(files: Record<string, string> = {}): Promise<string> {
  const fixture = await createFixture(files);
  onTestFinished(() => fixture.rm());
  return attemptsFolder(fixture.path, 'study-1a2b3c');
}

describe('an attempt', () => {
  it('is read as it was written, and only for its own lab', async () => {
    const folder = await makeFolder();
    await writeAttempt(folder, attempt);
    expect(await readAttempt(folder, 'emptydir')).toEqual(attempt);
    expect(await readAttempt(folder, 'hostpath')).toBeUndefined();
  });

  it('keeps what was reached in each step apart', () => {
    const passed = withProgress(attempt, 'share', { points: 3, hints: [1] });
    const both = withProgress(withProgress(passed, 'gone', { solved: true }), 'share', { rounds: 2 });
    expect(progressOf(both, 'share')).toMatchObject({ points: 3, hints: [1], rounds: 2, solved: false });
    expect(progressOf(both, 'gone')).toMatchObject({ points: 0, solved: true });
    expect(progressOf(attempt, 'share')).toMatchObject({ points: 0, rounds: 0 });
  });

  it('is named when its file holds anything else', async () => {
    const folder = await makeFolder({ 'attempts/study-1a2b3c/emptydir.json': '{"lab": "emptydir"}' });
    await expect(readAttempt(folder, 'emptydir')).rejects.toThrow(FileDamaged);
  });

  it('stays on record when it is put away, and makes room for a new one', async () => {
    const folder = await makeFolder();
    await writeAttempt(folder, attempt);
    await writeAttempt(folder, { ...attempt, lab: 'hpa' });
    await putAwayAttempt(folder, attempt);
    expect((await listAttempts(folder)).map(({ lab }) => lab)).toEqual(['hpa']);
    expect(await readdir(`${folder}/past`)).toEqual(['emptydir-2026-01-02T030405.000Z.json']);
  });

  it('is the one that commands mean until another is, or none', async () => {
    const folder = await makeFolder();
    expect(await readCurrentLab(folder)).toBeUndefined();
    await writeCurrentLab(folder, 'emptydir');
    expect(await readCurrentLab(folder)).toBe('emptydir');
    expect(await listAttempts(folder)).toEqual([]);
    await writeCurrentLab(folder, undefined);
    expect(await readCurrentLab(folder)).toBeUndefined();
  });
});

const owner = { pid: process.pid, host: hostname(), command: 'kubelab lab check', kill: process.kill };

describe('what a command keeps of an attempt', () => {
  it('leaves what another has kept meanwhile', async () => {
    const folder = await makeFolder();
    await writeAttempt(folder, attempt);
    const keeper = createKeeper(folder, attempt, owner);
    await writeAttempt(folder, withProgress(attempt, 'share', { hints: [0] }));
    const checked = withProgress({ ...attempt, answers: { why: 'b' } }, 'share', { rounds: 1, points: 2 });
    expect(await keeper.keep(checked)).toBeDefined();
    expect(await keeper.keep(withProgress(checked, 'share', { rounds: 2 }))).toBeDefined();
    const now = await readAttempt(folder, 'emptydir');
    expect(now?.answers).toEqual({ why: 'b' });
    expect(progressOf(now!, 'share')).toMatchObject({ hints: [0], rounds: 2, points: 2 });
  });

  it('forgets what a reset forgets, also what another has learned meanwhile', async () => {
    const folder = await makeFolder();
    await writeAttempt(folder, attempt);
    const keeper = createKeeper(folder, attempt, owner);
    await writeAttempt(folder, withProgress(attempt, 'share', { passedAt: '2026-01-02T03:04:05.000Z', points: 5 }));
    const cleared = { ...attempt, ready: false, ground: 'second' };
    expect(await keeper.keep(cleared)).toBeDefined();
    expect(await keeper.keep({ ...cleared, ready: true })).toEqual({ ...cleared, ready: true });
    expect(await readAttempt(folder, 'emptydir')).toEqual({ ...cleared, ready: true });
    // Whoever began to look before the reset has looked at something else.
    expect(await createKeeper(folder, attempt, owner).keep({ ...attempt, latched: { share: ['served'] } })).toBeUndefined();
  });

  it('is worked out again where it follows from what another has changed', async () => {
    const folder = await makeFolder();
    await writeAttempt(folder, attempt);
    const keeper = createKeeper(folder, attempt, owner);
    await writeAttempt(folder, withProgress({ ...attempt, answers: { why: 'b' } }, 'share', { solved: true }));
    const take = (now: Attempt): Attempt => withProgress(now, 'share', { points: progressOf(now, 'share').solved ? 0 : 9 });
    await keeper.keep({ ...attempt, answers: { when: 'a' } }, take);
    const now = await readAttempt(folder, 'emptydir');
    expect(progressOf(now!, 'share')).toMatchObject({ solved: true, points: 0 });
    expect(now?.answers).toEqual({ why: 'b', when: 'a' });
  });

  it.each([
    ['was ended', undefined],
    ['was begun anew', { ...attempt, startedAt: '2026-02-02T03:04:05.000Z' }],
    ['was taken to another step', { ...attempt, step: 'gone' }],
    ['is being reset', { ...attempt, ready: false, rebuild: true }],
  ] as const)('is nothing when the lab %s meanwhile', async (_what, now) => {
    const folder = await makeFolder();
    if (now !== undefined) await writeAttempt(folder, now);
    expect(await createKeeper(folder, attempt, owner).keep({ ...attempt, answers: { why: 'b' } })).toBeUndefined();
    expect(await readAttempt(folder, 'emptydir')).toEqual(now);
  });

  it('loses nothing of what many keep at the same time', async () => {
    const folder = await makeFolder();
    await writeAttempt(folder, attempt);
    const ids = Array.from({ length: 12 }, (_, index) => `q${index}`);
    const keep = (id: string) => createKeeper(folder, attempt, owner).keep({ ...attempt, answers: { [id]: 'a' } });
    const kept = await Promise.all(ids.map(keep));
    expect(kept.every((one) => one !== undefined)).toBe(true);
    expect(Object.keys((await readAttempt(folder, 'emptydir'))?.answers ?? {}).toSorted()).toEqual(ids.toSorted());
    expect(await readdir(folder)).toEqual(['emptydir.json']);
  });

  it('takes away what the command took away, and nothing else', () => {
    const before = { ready: false, rebuild: true, answers: { a: '1', b: '2' } };
    const after = { ready: true, answers: { b: '2' } };
    expect(mergeChanges(before, after, { ...before, answers: { a: '1', b: '3', c: '4' } })).toEqual({
      ready: true,
      answers: { b: '3', c: '4' },
    });
  });
});
