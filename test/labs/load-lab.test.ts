import { describe, expect, it } from 'vitest';
import { loadLab } from '../../src/labs/load-lab.ts';
import { sampleLab, sampleYaml } from './sample-lab.ts';

describe('loadLab', () => {
  it('reads a lab, fills in defaults, and knows where its fields stand', async () => {
    await using fixture = await sampleLab();
    const { lab, locate } = await loadLab(fixture.path, 'labs/first-pod');
    expect(lab.requires).toMatchObject({ kubernetes: '>=1.24', nodes: { controlPlane: 1, workers: 1 }, images: ['web'] });
    expect(lab.steps[0]?.checks[0]).toMatchObject({ points: 1, within: 30_000 });
    expect(locate(['steps', 0, 'checks', 0, 'id'])).toBe('labs/first-pod/lab.yaml:17:13');
  });

  it('names all that is wrong at once, with its place', async () => {
    const broken = sampleYaml
      .replace('minutes: 10', 'minuts: 10')
      .replace('{apply: files/web.yaml}', '{aply: files/web.yaml}')
      .replace('within: 30s', 'within: 30 seconds')
      .replace('object: {kind: Pod,', 'object: {kind: Pod, nam: x,')
      .replace('requires: {', 'requires: {kubernetes: newest, ')
      .replace('[delete, pod, web, --ignore-not-found]', 'create configmap');
    await using fixture = await sampleLab({ 'lab.yaml': broken });
    const error = await loadLab(fixture.path, 'x').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'KL-LAB-INVALID',
      details: [
        'x/lab.yaml:1:1 minutes: missing, expected a whole number from 1 to 480',
        'x/lab.yaml:7:1 unknown key "minuts"; did you mean "minutes"?',
        'x/lab.yaml:8:24 requires.kubernetes: expected a range of versions, such as ">=1.24 <1.38", found "newest"',
        'x/lab.yaml:18:29 steps[0].checks[0].object: unknown key "nam"; did you mean "name"?',
        'x/lab.yaml:19:17 steps[0].checks[0].within: expected a duration such as 500ms, 10s or 2m, of at most 10m, found "30 seconds"',
        'x/lab.yaml:24:9 steps[0].solve[0]: expected {apply: FILE}, {kubectl: [...]}, {on: NODE, run: SCRIPT}, {until: ...} or {answer: ...}, found a map; did you mean apply?',
        'x/lab.yaml:27:53 test.wrong[0].do[0].kubectl: expected a list, found "create configmap"',
      ],
    });
  });

  it('refuses checks that take longer than a round of them', async () => {
    const slow = (field: string) => sampleYaml.replace('within: 30s', field);
    const read = async (field: string): Promise<unknown> => {
      await using fixture = await sampleLab({ 'lab.yaml': slow(field) });
      return await loadLab(fixture.path, 'x').then(
        () => [],
        (thrown: unknown) => (thrown as { details: readonly string[] }).details,
      );
    };
    expect(await read('within: 8m\n        holds: 2m')).toEqual([]);
    const tooLong = 'expected a duration such as 500ms, 10s or 2m, of at most 10m, found "11m"';
    expect(await read('within: 11m')).toEqual([`x/lab.yaml:19:17 steps[0].checks[0].within: ${tooLong}`]);
    expect(await read('holds: 11m')).toEqual([`x/lab.yaml:19:16 steps[0].checks[0].holds: ${tooLong}`]);
    expect(await read('within: 8m\n        holds: 3m')).toEqual([
      'x/lab.yaml:20:16 steps[0].checks[0].holds: expected a duration that comes to at most 10m together with within, found "3m"',
    ]);
  });

  it('has no lab where there is no lab.yaml', async () => {
    await using fixture = await sampleLab({ 'lab.yaml': undefined });
    await expect(loadLab(fixture.path)).rejects.toMatchObject({ code: 'KL-LAB-UNKNOWN' });
  });

  it('gives texts in the language asked for, or in the default and says so', async () => {
    await using fixture = await sampleLab({ 'text/ko/run.md': undefined });
    const lab = await loadLab(fixture.path);
    expect(await lab.text('index', 'ko')).toMatchObject({ language: 'ko', text: expect.stringContaining('첫 파드') });
    expect(await lab.text('run', 'ko')).toMatchObject({ language: 'en', text: expect.stringContaining('# Run it') });
    await expect(lab.text('missing', 'ko')).rejects.toMatchObject({ code: 'KL-LAB-INVALID' });
  });
});
