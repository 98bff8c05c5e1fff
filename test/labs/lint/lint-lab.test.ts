import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseApiFields } from '../../../src/kubernetes/api-fields.ts';
import type { LintFinding } from '../../../src/labs/lint/finding.ts';
import { lintLab } from '../../../src/labs/lint/lint-lab.ts';
import { rules } from '../../../src/labs/lint/rules.ts';
import { type FileContent, sampleLab } from '../sample-lab.ts';
import { brokenLabs } from './broken-labs.ts';

const api = parseApiFields(readFileSync(new URL('../../../labs/kubernetes-fields.json', import.meta.url), 'utf8'));

async function lint(changes: Readonly<Record<string, FileContent>> = {}): Promise<LintFinding[]> {
  await using fixture = await sampleLab(changes);
  return await lintLab(fixture.path, 'labs/first-pod', api);
}

function show({ rule, severity, message, file, line, column }: LintFinding): string {
  return `${file}:${line}:${column} ${severity} ${rule} ${message}\n`;
}

describe('lintLab', () => {
  it('finds nothing in a sound lab', async () => {
    expect(await lint()).toEqual([]);
  });

  it.each(Object.keys(brokenLabs))('finds exactly what is wrong: %s', async (name) => {
    const findings = await lint(brokenLabs[name]);
    expect(findings.map(({ rule }) => rule)).toContain(name.slice(0, 6));
    await expect(findings.map(show).join('')).toMatchFileSnapshot(`../../fixtures/labs/${name}.txt`);
  });

  it('has a broken lab for every rule', () => {
    const broken = new Set(Object.keys(brokenLabs).map((name) => name.slice(0, 6)));
    expect(Object.keys(rules).filter((rule) => !broken.has(rule))).toEqual([]);
  });
});
