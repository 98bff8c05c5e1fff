import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';
import { operatorNames } from '../../src/labs/check/match-operators.ts';
import { checkStatuses } from '../../src/labs/check/check-result.ts';
import { imageRoles, labFields, stepSchema } from '../../src/labs/lab.ts';
import { rules } from '../../src/labs/lint/rules.ts';

const fields = { ...labFields.shape, ...stepSchema.shape };

/** What stands in the first cell of the rows of all tables, between backticks. */
function firstCells(text: string): string[] {
  return [...text.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code),
  );
}

describe.each(['README.md', 'README.ko.md'])('the guide for authors, labs/%s', (name) => {
  const text = readFileSync(new URL(`../../labs/${name}`, import.meta.url), 'utf8');

  it('shows only what the format takes', () => {
    const blocks = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = '']) => parse(yaml) as Record<string, unknown>);
    expect(blocks.length).toBeGreaterThan(4);
    for (const [field, value] of blocks.flatMap((block) => Object.entries(block))) {
      const schema = fields[field as keyof typeof fields] as z.ZodType | undefined;
      expect(schema?.safeParse(value).error?.issues, `${field} in ${name}`).toEqual(undefined);
      expect(schema, `${field} in ${name}`).toBeDefined();
    }
  });

  it('has all kinds, operators, results, rules and roles, and no others', () => {
    const cells = firstCells(text);
    expect(cells).toEqual(expect.arrayContaining([...checkStatuses, 'object', 'exec', 'http', 'run', 'answer']));
    expect(cells.filter((cell) => cell.startsWith('$') && !cell.startsWith('${')).toSorted()).toEqual(
      [...operatorNames].toSorted(),
    );
    expect(cells.filter((cell) => cell.startsWith('LAB'))).toEqual(Object.keys(rules));
    for (const role of Object.keys(imageRoles)) expect(text).toContain(`\`${role}\``);
  });
});

describe('the guide for authors', () => {
  it('says of every rule what lint says', () => {
    const text = readFileSync(new URL('../../labs/README.md', import.meta.url), 'utf8');
    const said = Object.fromEntries(
      [...text.matchAll(/^\| `(LAB\d+)` \| (.*) \|$/gm)].map(([, id = '', title = '']) => [id, title]),
    );
    const meant = Object.entries(rules).map(([id, { severity, title }]) => [
      id,
      severity === 'error' ? title : `${title} (a warning)`,
    ]);
    expect(said).toEqual(Object.fromEntries(meant));
  });
});
