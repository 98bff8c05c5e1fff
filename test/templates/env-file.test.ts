import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { localRunner } from '../../src/exec/local.ts';
import { renderEnv } from '../../src/templates/env-file.ts';

const folder = await mkdtemp(join(tmpdir(), 'kubelab-env-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a shell makes of the values after it sourced the file. */
async function source(record: Readonly<Record<string, string>>): Promise<string[]> {
  const file = join(folder, 'env');
  await writeFile(file, renderEnv(record));
  const script = ['set -eu', '. "$1"', ...Object.keys(record).map((key) => `printf '%s\\0' "$${key}"`)].join('\n');
  const result = await localRunner().run(['sh', '-c', script, 'sh', file], {
    timeout: 10_000,
    signal: new AbortController().signal,
  });
  return result.stdout.split('\0').slice(0, -1);
}

describe('renderEnv', () => {
  test('writes one quoted line per key, in order', () => {
    expect(renderEnv({ KUBELAB_ROLE: 'worker', A2: '', B: "it's" })).toBe("KUBELAB_ROLE='worker'\nA2=''\nB='it'\\''s'\n");
    expect(renderEnv({})).toBe('');
  });

  test('is read back by sh unchanged', { timeout: 60_000 }, async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom("'", '"', '\\', '$', '`', '(', ')', '\n', '\r', ' ', '#', '!', '~', '*', '한'))
        .map((all) => all.join('')),
    );
    const values = fc.array(
      text.map((value) => value.replaceAll('\0', '')),
      { minLength: 10, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(values, async (all) => {
        expect(await source(Object.fromEntries(all.map((value, index) => [`KUBELAB_${index}`, value])))).toEqual(all);
      }),
      { numRuns: 30 },
    );
  });

  test.each(['', 'lower', '1A', 'A-B', 'A=B', 'A B', '$(id)', 'A\n'])('refuses the key %j', (key) => {
    expect(() => renderEnv({ [key]: 'x' })).toThrow(RangeError);
  });

  test('refuses a NUL byte', () => {
    expect(() => renderEnv({ A: 'a\0b' })).toThrow('the value of A holds a NUL byte');
  });
});
