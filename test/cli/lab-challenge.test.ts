import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Attempt, attemptsFolder, writeAttempt, writeCurrentLab } from '../../src/labs/attempt/attempt.ts';
import { planAttempt } from '../../src/labs/attempt/attempt-flow.ts';
import { loadLab } from '../../src/labs/load-lab.ts';
import { sampleFiles } from '../labs/sample-lab.ts';
import { leaveCluster, study } from '../rig/existing-cluster.ts';
import { createProgramRig } from '../rig/program.ts';

/** What lab show gives to a program while somebody is at the first step of a lab. */
async function show(mode: Attempt['mode']): Promise<Record<string, unknown>> {
  const files = Object.fromEntries(Object.entries(sampleFiles).map(([file, text]) => [`first-pod/${file}`, text]));
  // The cluster has no lock, and so no images.
  files['first-pod/lab.yaml'] = (sampleFiles['lab.yaml'] ?? '').replace('requires: {images: [web]}\n', '');
  const rig = await createProgramRig({ files });
  const root = await leaveCluster(rig, []);
  const cluster = `study-${createHash('sha256').update(root).digest('hex').slice(0, 6)}`;
  const attempts = attemptsFolder(`${rig.home}/.local/state/kubelab`, cluster);
  const loaded = await loadLab(rig.path('first-pod'));
  const attempt = planAttempt({ loaded, now: () => new Date() }, { cluster, made: study.createdAt, mode, language: 'en' });
  await writeAttempt(attempts, { ...attempt, ready: true });
  await writeCurrentLab(attempts, loaded.lab.id);
  const { exitCode, stdout } = await rig.run('lab', 'show', '--json');
  expect(exitCode).toBe(0);
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { data: Record<string, unknown> }).data;
}

describe('lab show --json', () => {
  it('has the text of the step for those who are guided', async () => {
    expect(await show('guided')).toMatchObject({ mode: 'guided', goal: 'A pod web runs.', text: sampleFiles['text/en/run.md'] });
  });

  it('has only the goal in challenge mode', async () => {
    const data = await show('challenge');
    expect(data).toMatchObject({ mode: 'challenge', goal: 'A pod web runs.', title: 'Run it' });
    expect(data).not.toHaveProperty('text');
    expect(JSON.stringify(data)).not.toContain('Make a pod called web');
  });
});
