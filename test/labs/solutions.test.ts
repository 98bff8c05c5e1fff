import { describe, expect, it } from 'vitest';
import { planAttempt, resetTo, solveStep } from '../../src/labs/attempt/attempt-flow.ts';
import type { LabCluster } from '../../src/labs/lab-cluster.ts';
import { loadLab } from '../../src/labs/load-lab.ts';
import { makeLearnerLab } from '../../src/labs/pack/learner-build.ts';
import type { Stage } from '../../src/labs/attempt/stage.ts';
import { parse } from 'yaml';
import { sampleLab, sampleYaml } from './sample-lab.ts';

const steps = sampleYaml.slice(sampleYaml.indexOf('  - id: run'), sampleYaml.indexOf('test:\n'));
const twoSteps = sampleYaml.replace('test:\n', `${steps.replace('id: run', 'id: again')}test:\n`);

/** A stage on which whatever touches the cluster or keeps an attempt fails the test. */
async function learnerStage(yaml = twoSteps): Promise<Stage> {
  await using fixture = await sampleLab({ 'lab.yaml': makeLearnerLab(parse(yaml)).yaml });
  const untouched = (what: string): never => {
    throw new Error(`${what} was touched`);
  };
  return {
    loaded: await loadLab(fixture.path),
    cluster: new Proxy({}, { get: (_, name) => untouched(String(name)) }) as LabCluster,
    keep: () => untouched('the attempt'),
    prepare: () => untouched('the cluster'),
    say: () => undefined,
    now: () => new Date(),
    patience: {},
  };
}

describe('a lab without solutions', () => {
  const wish = { cluster: 'study', made: '', mode: 'guided', language: 'en' } as const;

  it('is refused before anything is changed, where only a solution would lead on', async () => {
    const stage = await learnerStage();
    const attempt = { ...planAttempt(stage, wish), step: 'again' };
    await expect(solveStep(stage, attempt)).rejects.toMatchObject({ code: 'KL-LAB-NO-SOLUTION' });
    await expect(resetTo(stage, attempt, 'again')).rejects.toMatchObject({
      code: 'KL-LAB-NO-SOLUTION',
      cure: expect.stringContaining('lab reset --lab') as string,
    });
  });

  it('goes back to its first step as any other', async () => {
    const stage = await learnerStage();
    await expect(resetTo(stage, planAttempt(stage, wish), 'run')).rejects.toThrow('kubectl was touched');
  });

  it('goes back to a step that builds on no other', async () => {
    const stage = await learnerStage(twoSteps.replace('id: again\n', 'id: again\n    needs: []\n'));
    await expect(resetTo(stage, { ...planAttempt(stage, wish), step: 'again' }, 'again')).rejects.toThrow('kubectl was touched');
  });

  it('is refused where its author forgot a solution', async () => {
    await using fixture = await sampleLab({ 'lab.yaml': sampleYaml.replace(/ {4}solve:\n.*\n/, '') });
    await expect(loadLab(fixture.path, 'first-pod')).rejects.toMatchObject({
      code: 'KL-LAB-INVALID',
      details: ['first-pod/lab.yaml:13:5 steps[0].solve: missing, expected at least one action'],
    });
  });
});
