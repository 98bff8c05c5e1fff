import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../src/labs/attempt/attempt.ts';
import { sampleFiles, sampleYaml } from '../labs/sample-lab.ts';
import { leaveBegunLab } from '../rig/begun-lab.ts';
import { createProgramRig, type ProgramRig } from '../rig/program.ts';

const question = `      - id: what-comes
        answer:
          question: {en: "What will come?", ko: "무엇이 올까요?"}
          is: [rain]
          choices: [{id: rain, text: {en: "rain", ko: "비"}}, {id: sun, text: {en: "sun", ko: "해"}}]
        message: {en: "No.", ko: "아닙니다."}
`;
const asking = sampleYaml.replace('    hints:\n', `${question}    hints:\n`);

/** Somebody is at the first step of a lab, on a cluster that nobody asks. */
async function begin(changes: Readonly<Record<string, string>> = {}, about: Partial<Attempt> = {}): Promise<ProgramRig> {
  const files = Object.fromEntries(
    Object.entries({ ...sampleFiles, ...changes }).map(([file, text]) => [`first-pod/${file}`, text]),
  );
  // The cluster has no lock, and so no images.
  files['first-pod/lab.yaml'] = (files['first-pod/lab.yaml'] ?? '').replace('requires: {images: [web]}\n', '');
  const rig = await createProgramRig({ files });
  await leaveBegunLab(rig, rig.path('first-pod'), about);
  return rig;
}

/** What a command gives to a program. */
async function dataOf(rig: ProgramRig, ...words: readonly string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await rig.run(...words, '--json');
  expect([exitCode, stderr]).toEqual([0, '']);
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { data: Record<string, unknown> }).data;
}

describe('lab show --json', () => {
  it('has the text of the step for those who are guided', async () => {
    const data = await dataOf(await begin(), 'lab', 'show');
    expect(data).toMatchObject({ mode: 'guided', goal: 'A pod web runs.', text: sampleFiles['text/en/run.md'] });
  });

  it('has only the goal in challenge mode', async () => {
    const data = await dataOf(await begin({}, { mode: 'challenge' }), 'lab', 'show');
    expect(data).toMatchObject({ mode: 'challenge', goal: 'A pod web runs.', title: 'Run it' });
    expect(data).not.toHaveProperty('text');
    expect(JSON.stringify(data)).not.toContain('Make a pod called web');
  });
});

describe('a question', () => {
  const places: readonly (readonly [string, Attempt['language'], string, string])[] = [
    [
      'where the text asks to predict',
      'en',
      'Clouds.\n\n**Predict:** what comes?\n\nIt rains.\n',
      'Clouds. Predict QUESTION It rains.',
    ],
    ['in the midst of a sentence, too', 'en', 'Clouds. **Predict** it now.\n\nIt rains.\n', 'Clouds. Predict QUESTION It rains.'],
    ['in Korean', 'ko', '구름.\n\n**예측:** 무엇이 올까요?\n\n비가 옵니다.\n', '구름. 예측 QUESTION 비가'],
    ['at the end of a text that does not', 'en', 'Clouds.\n\nIt rains.\n', 'Clouds. It rains. QUESTION'],
  ];

  it.each(places)('stands %s', async (_, language, text, order) => {
    const rig = await begin({ 'lab.yaml': asking, [`text/${language}/run.md`]: `# Run it\n\n${text}` }, { language });
    const { stdout } = await rig.run('lab', 'show');
    const words = /QUESTION|Clouds\.|It rains\.|Predict|구름\.|예측|비가/g;
    const found = stdout.replace(/^(Question|질문): .*$/m, 'QUESTION').match(words) ?? [];
    expect(found.join(' ')).toBe(order);
    expect(stdout.match(/--answer what-comes=/g)).toHaveLength(1);
  });
});

describe('lab hint', () => {
  const second = '      - {tier: 2, when: {check: pod-ready}, text: {en: "It is run.", ko: "run입니다."}}\n';
  const yaml = sampleYaml.replace('    solve:\n', `${second}    solve:\n`);

  it('shows again those that there were, where there is no other', async () => {
    const rig = await begin({ 'lab.yaml': yaml });
    expect(await dataOf(rig, 'lab', 'hint')).toMatchObject({ hint: 'Which command makes one pod?', shown: 1 });
    for (let count = 0; count < 2; count += 1) {
      const { stdout } = await rig.run('lab', 'hint');
      expect(stdout).toContain('Hint 1\nWhich command makes one pod?');
      expect(stdout).not.toContain('It is run.');
    }
    expect(await dataOf(rig, 'lab', 'hint')).toMatchObject({ shown: 1, earlier: ['Which command makes one pod?'] });
  });

  it('knows nothing of a hint that the lab has no more', async () => {
    const steps = { run: { solved: false, points: 0, rounds: 1, results: {}, resets: 0, hints: [0, 7] } };
    const data = await dataOf(await begin({}, { steps }), 'lab', 'hint');
    expect(data).toMatchObject({ earlier: ['Which command makes one pod?'] });
  });
});

it('lab solve asks before it changes what a learner has made', async () => {
  const { exitCode, stderr } = await (await begin()).run('lab', 'solve');
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('KL-USE')]);
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain('Have step run of lab first-pod done for you, for no points?');
});

it('lab start takes one way to read a lab, not both', async () => {
  const { exitCode, stderr } = await (await begin()).run('lab', 'start', './first-pod', '--challenge', '--guided');
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('give --challenge or --guided, and not both')]);
});
