import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';

/** Compares with test/golden/`path`; UPDATE_GOLDEN=1 writes it instead. */
export async function expectGolden(path: string, text: string): Promise<void> {
  const file = join(import.meta.dirname, '../golden', path);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  expect(text, `${path} differs: look at it, then UPDATE_GOLDEN=1`).toBe(await readFile(file, 'utf8'));
}
