import { describe, expect, it } from 'vitest';
import { describeNext, describeRound, listFindings } from '../../src/commands/lab-report.ts';
import { planAttempt } from '../../src/labs/attempt/attempt-flow.ts';
import type { CheckResult, Round } from '../../src/labs/check/check-result.ts';
import { loadLab } from '../../src/labs/load-lab.ts';
import { renderBlocks } from '../../src/ui/block.ts';
import { createColour } from '../../src/ui/colour.ts';
import { sampleLab, sampleYaml } from '../labs/sample-lab.ts';

const question = '{id: why, answer: {question: {en: "Why?", ko: "왜?"}, is: [x]}, message: {en: "No.", ko: "아님."}}';
const asking = sampleYaml.replace('    hints:\n', `      - ${question}\n    hints:\n`);

const base = { points: 1, milliseconds: 5 };
const passed: CheckResult = { ...base, check: 'there', status: 'pass' };
const results: readonly CheckResult[] = [
  passed,
  { ...base, check: 'ready', status: 'notYet', message: { en: 'It is not ready.', ko: '준비되지 않았습니다.' } },
  { ...base, check: 'page', status: 'blocked', because: { en: 'First ready has to pass.', ko: '먼저 ready를 통과해야 합니다.' } },
];
const round: Round = { step: 'run', at: '2026-01-02T03:04:05.000Z', results, spoiled: [], calls: 1, milliseconds: 10 };
const broken: Round = {
  ...round,
  results: [passed],
  spoiled: [{ guard: 'export', message: { en: 'The export is gone.', ko: '내보내기가 없어졌습니다.' } }],
};
const step = { checks: [] };
const [en, ko] = (['en', 'ko'] as const).map((language) => ({ language, answers: { why: 'x' } }));
const silent = { en: 'worker1 does not answer', ko: 'worker1이 답하지 않습니다' };
const unseen: Round = { ...round, results: [passed], guardErrors: [{ guard: 'export', error: silent }] };

describe('a round while it is watched', () => {
  it('is a line for each check, with what it says', () => {
    expect([...listFindings(round, 'en').values()]).toEqual([
      'there: pass',
      'ready: not yet: It is not ready.',
      'page: waits: First ready has to pass.',
    ]);
    expect(listFindings(round, 'ko').get('check page')).toBe('page: 대기: 먼저 ready를 통과해야 합니다.');
  });

  it('says what is broken and what mends it, and what could not be looked at', () => {
    expect(listFindings(broken, 'en').get('guard export')).toBe(
      'export: broken: The export is gone. Something that this step needs is broken. A reset brings it back. kubelab lab reset',
    );
    expect(listFindings(unseen, 'en').get('guard export')).toBe('export: check broke: worker1 does not answer');
    expect(listFindings(unseen, 'ko').get('guard export')).toBe('export: 확인 불가: worker1이 답하지 않습니다');
  });
});

describe('a check that finds something broken', () => {
  const message = { en: 'The file is gone.', ko: '파일이 없어졌습니다.' };
  const spoiled: Round = { ...round, results: [passed, { ...base, check: 'file', status: 'spoiled', message }] };
  const cure = 'Something that this step needs is broken. A reset brings it back.';

  it('is told with what mends it, as a guard is', () => {
    expect(listFindings(spoiled, 'en').get('check file')).toBe(`file: broken: The file is gone. ${cure} kubelab lab reset`);
    expect(JSON.stringify(describeRound(spoiled, step, en!))).toContain(cure);
    expect(JSON.stringify(describeRound(round, step, en!))).not.toContain(cure);
  });

  it('has the reset offered', async () => {
    expect((await offered(spoiled))[0]).toBe('kubelab lab reset');
  });
});

/** The commands that are offered after a round. */
async function offered(one: Round): Promise<readonly string[]> {
  await using fixture = await sampleLab();
  const loaded = await loadLab(fixture.path);
  const attempt = planAttempt({ loaded, now: () => new Date() }, { cluster: 'x', made: '', mode: 'guided', language: 'en' });
  const block = describeNext(loaded, attempt, one);
  return block.kind === 'commands' ? block.commands.map(({ command }) => command) : [];
}

describe('a round as lab check shows it', () => {
  it('is no pass while something is broken that the step needs, and offers the reset first', async () => {
    expect((await offered(broken))[0]).toBe('kubelab lab reset');
    expect(await offered(round)).not.toContain('kubelab lab reset');
    expect(JSON.stringify(describeRound(broken, step, en!))).toContain('The export is gone.');
    expect(JSON.stringify(describeRound(broken, step, en!))).not.toContain('The step is done');
  });

  it('shows what failed on the cluster once every question has an answer, and wrong ones in a line', async () => {
    await using fixture = await sampleLab({ 'lab.yaml': asking });
    const [run] = (await loadLab(fixture.path)).lab.steps;
    if (run === undefined) throw new Error('the lab has a step');
    const open = { ...base, check: 'why', status: 'notYet', message: { en: 'Not answered.', ko: '답이 없습니다.' } } as const;
    const chain = [{ en: 'No node has room.', ko: '자리가 있는 노드가 없습니다.' }];
    const failed = { ...base, check: 'pod-ready', status: 'notYet', message: { en: 'Not ready.', ko: '아직.' }, chain } as const;
    const shown = (found: readonly CheckResult[], answers: Readonly<Record<string, string>> = { why: 'so' }): string[] =>
      renderBlocks(describeRound({ ...round, results: found }, run, { language: 'en', answers }), {
        colour: createColour({ isTTY: false, env: {} }),
        width: 80,
      })
        .split('\n')
        .slice(found.length + 1)
        .filter((line) => line !== '');
    expect(shown([open, failed])).toEqual([
      'Not ready.',
      'What stands in the way:',
      '  - No node has room.',
      'Questions without the right answer:',
      '  - why: Not answered.',
      '0 of 2 checks pass.',
    ]);
    const left = '0 of 2 checks pass. 1 more check has not passed yet.';
    const first = 'What else is missing is told once every question has an answer, right or wrong: it may give one away.';
    for (const answers of [{}, { why: ' ' }] as Record<string, string>[])
      expect(shown([failed, open], answers).join(' ')).toBe(`Not answered. ${first} ${left}`);
    expect(shown([open, { ...failed, status: 'spoiled' }], {})).toContain('Not ready.');
    expect(shown([open, { ...failed, status: 'pass' }])).toEqual(['Not answered.', '1 of 2 checks pass.']);
    const waits = { ...base, check: 'pod-ready', status: 'blocked', because: { en: 'First why.', ko: '먼저 why.' } } as const;
    expect(shown([open, waits])).toEqual(['Not answered.', left]);
  });

  it('passes though a guard could not be looked at, and says so', () => {
    const shown = JSON.stringify(describeRound(unseen, step, en!));
    expect(shown).toContain('export: worker1 does not answer');
    expect(JSON.stringify(describeRound(unseen, step, ko!))).toContain('export: worker1이 답하지 않습니다');
    expect(shown).toContain('The step is done');
  });
});
