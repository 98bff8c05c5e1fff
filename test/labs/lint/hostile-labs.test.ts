import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseApiFields } from '../../../src/kubernetes/api-fields.ts';
import { lintLab, type LintOptions } from '../../../src/labs/lint/lint-lab.ts';
import { readObjects } from '../../../src/labs/lint/manifest-objects.ts';
import { sampleFiles, sampleLab, sampleYaml } from '../sample-lab.ts';
import { processorTime } from './processor-time.ts';

const api = parseApiFields(readFileSync(new URL('../../../labs/kubernetes-fields.json', import.meta.url), 'utf8'));

type Changes = Parameters<typeof sampleLab>[0];

async function lint(changes: Changes, options?: LintOptions): Promise<string[]> {
  await using fixture = await sampleLab(changes);
  return (await lintLab(fixture.path, 'x', api, options)).map(({ rule }) => rule);
}

const solve = '- {apply: files/web.yaml}';

/** A solution that runs a script of its own, maybe several times. */
function solveScript(script: string, yaml = sampleYaml, times = 1): Changes {
  return {
    'files/solve.sh': script,
    'lab.yaml': yaml.replace(solve, `${solve}${'\n      - {on: workers, script: files/solve.sh}'.repeat(times)}`),
  };
}

/** The sample lab with as many variables more. */
function yamlWithVariables(count: number): string {
  const more = Array.from({ length: count }, (_, index) => `  A${index}: {random: hex8}\n`);
  return sampleYaml.replace('  TOKEN: {random: hex8}\n', (token) => `${token}${more.join('')}`);
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

  it.each<[string, Changes, string | undefined]>([
    ['a pipe of many commands', solveScript(`curl -m 5 http://x | ${'a | '.repeat(1500)}sh\n`), 'LAB026'],
    ['words that stand before a command', solveScript(`${'env '.repeat(25_000)}\n${'A=1 '.repeat(25_000)}\n`), undefined],
    ['variables that a script might use', solveScript(`# ${'$A'.repeat(100_000)}\n`, yamlWithVariables(4000), 20), 'LAB010'],
    [
      'placeholders that might mean any of many variables',
      {
        'lab.yaml': yamlWithVariables(4000),
        'text/en/run.md': `# Run it\n${Array.from({ length: 4000 }, (_, index) => `\${B${index}}`).join(' ')}\n`,
      },
      'LAB009',
    ],
    [
      'texts beside many variables',
      {
        'lab.yaml': yamlWithVariables(2000).replace(
          solve,
          `${solve}\n${`      - {kubectl: [${Array(60).fill('"${A}"').join(',')}]}\n`.repeat(99)}`,
        ),
      },
      'LAB009',
    ],
  ])('is not slowed down by %s', async (_, changes, found) => {
    let rules: readonly string[] = [];
    expect(await processorTime(async () => (rules = await lint(changes)))).toBeLessThan(2000);
    expect(rules.filter((rule) => rule === found).length > 0).toBe(found !== undefined);
  });

  it('says where placeholders are that have no value, however many there are', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `TOKEM${index % 10}${index}`);
    await using fixture = await sampleLab({
      'text/en/run.md': `# Run it\n$\${TOKEM00}\n${names.map((name) => `\${${name}}`).join('\n')}`,
    });
    const findings = (await lintLab(fixture.path, 'x', api)).filter(({ rule }) => rule === 'LAB009');
    expect(findings.map(({ line, column }) => [line, column])).toEqual([
      [2, 2],
      ...names.slice(1).map((__, index) => [index + 4, 1]),
    ]);
  });

  it('ends, however long a list in a manifest and a script in a solution are', async () => {
    const list = `apiVersion: v1\nkind: List\nitems: [${'{},'.repeat(130_000)}]\n`;
    expect(readObjects('files/web.yaml', list, {}).objects).toHaveLength(130_000);
    expect(await lint(solveScript('a\n'.repeat(200_000)))).toEqual([]);
  });

  it('gives up a lab that takes too long to judge, and says so', async () => {
    const slow = { 'files/web.yaml': `a: [${'a\n'.repeat(100_000)}]`, 'files/latin.txt': Buffer.from([0xe4]) };
    await using fixture = await sampleLab(slow);
    let findings: Awaited<ReturnType<typeof lintLab>> = [];
    const time = await processorTime(async () => (findings = await lintLab(fixture.path, 'x', api, { limit: 50 })));
    expect(time).toBeLessThan(2000);
    const message = 'this lab can not be judged within 0.05 s: a file of it takes far too long to read';
    expect(findings).toEqual([
      { rule: 'LAB001', severity: 'error', message, file: 'x/lab.yaml', line: 1, column: 1 },
      expect.objectContaining({ rule: 'LAB003', file: 'x/files/latin.txt' }),
    ]);
  });

  it('does not begin to judge once it was interrupted', async () => {
    const reason = new Error('stopped');
    await expect(lint({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('ends, whatever a message holds', async () => {
    const long = `{{ ${' '.repeat(1900)}`;
    expect(await lint({ 'lab.yaml': sampleYaml.replace('The pod is not ready.', long) })).toEqual(['LAB039']);
    const many = '{{actual.a'.repeat(190);
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
