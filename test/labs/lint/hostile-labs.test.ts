import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseApiFields } from '../../../src/kubernetes/api-fields.ts';
import { lintLab } from '../../../src/labs/lint/lint-lab.ts';
import { sampleFiles, sampleLab, sampleYaml } from '../sample-lab.ts';

const api = parseApiFields(readFileSync(new URL('../../../labs/kubernetes-fields.json', import.meta.url), 'utf8'));

async function lint(changes: Parameters<typeof sampleLab>[0]): Promise<string[]> {
  await using fixture = await sampleLab(changes);
  return (await lintLab(fixture.path, 'x', api)).map(({ rule }) => rule);
}

describe('lint of labs that mean harm', () => {
  it('ends, whatever a manifest holds', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghij'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[index]}`).join(',')}]`).join('\n')}\n`;
    expect(await lint({ 'files/web.yaml': bomb })).toContain('LAB027');
    expect(await lint({ 'files/web.yaml': '['.repeat(100_000) })).toContain('LAB027');
    expect(await lint({ 'files/web.yaml': '---\n'.repeat(50_000) })).toContain('LAB027');
    expect(await lint({ 'files/web.yaml': '${'.repeat(100_000) })).toContain('LAB027');
  });

  it('ends, however much a value makes of a manifest', async () => {
    const yaml = sampleYaml.replace('{random: hex8}', `{value: ${'x'.repeat(2000)}}`);
    expect(await lint({ 'lab.yaml': yaml, 'files/web.yaml': '${TOKEN}'.repeat(100_000) })).toContain('LAB027');
  });

  it('ends, whatever a message holds', async () => {
    const long = `{{ ${' '.repeat(100_000)}`;
    expect(await lint({ 'lab.yaml': sampleYaml.replace('The pod is not ready.', long) })).toEqual(['LAB039']);
    const many = '{{actual.a'.repeat(10_000);
    expect(await lint({ 'lab.yaml': sampleYaml.replace('The pod is not ready.', many) })).toContain('LAB039');
  });

  it('never fails, whatever is written in place of a piece of it', async () => {
    const pieces = fc.constantFrom(
      '',
      '{',
      '}',
      '- ',
      ': ',
      '"',
      '*x',
      '&x ',
      'null',
      '[]',
      '{}',
      '${',
      '$',
      '\n',
      '7',
      'true',
      '!!binary x',
      '{{',
      '.',
      'run: |\n',
      '$not: ',
    );
    const files = fc.constantFrom(...Object.keys(sampleFiles));
    await fc.assert(
      fc.asyncProperty(files, fc.nat(), fc.nat(40), pieces, async (file, start, length, piece) => {
        const text = sampleFiles[file] ?? '';
        const at = start % text.length;
        await lint({ [file]: `${text.slice(0, at)}${piece}${text.slice(at + length)}` });
      }),
      { numRuns: 150 },
    );
  });
});
