import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseApiFields } from '../../src/kubernetes/api-fields.ts';
import { listLabFolders } from '../../src/labs/find-labs.ts';
import { lintLab } from '../../src/labs/lint/lint-lab.ts';

const root = path.resolve(import.meta.dirname, '../..');
const api = parseApiFields(readFileSync(path.join(root, 'labs/kubernetes-fields.json'), 'utf8'));
const shipped = await listLabFolders({ package: root, state: '/no/such' });

describe('labs that kubelab ships', () => {
  it.each(shipped)('has nothing wrong: $id', async ({ folder, shown }) => {
    const findings = await lintLab(folder, shown, api);
    expect(findings.map(({ file, line, rule, message }) => `${file}:${line} ${rule} ${message}`)).toEqual([]);
  });

  it.each(shipped)('names its schema for editors: $id', ({ folder }) => {
    expect(readFileSync(path.join(folder, 'lab.yaml'), 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=\.\.\/lab\.schema\.json\n/,
    );
  });
});
