import { readdir } from 'node:fs/promises';
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
} from '../../src/labs/attempt.ts';
import { FileDamaged } from '../../src/cluster/files.ts';

const attempt: Attempt = {
  apiVersion: 'kubelab/v1',
  cluster: 'study-1a2b3c',
  made: '2026-01-01T00:00:00.000Z',
  lab: 'emptydir',
  version: '1.0.0',
  folder: '/labs/emptydir',
  mode: 'guided',
  language: 'ko',
  startedAt: '2026-01-02T03:04:05.000Z',
  step: 'share',
  ready: true,
  vars: { TOKEN: 'abc' },
  answers: {},
  latched: {},
  steps: {},
};

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
