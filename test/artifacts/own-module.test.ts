import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyOfOwnModule } from '../../src/artifacts/go/own-module.ts';
import { goPairing } from '../../src/artifacts/go/pairing.ts';
import { type ProgramGroup, programGroups } from '../../src/artifacts/go/programs.ts';
import { groupVersions } from '../../src/artifacts/go/resolve.ts';

const groups: readonly ProgramGroup[] = Object.values(programGroups);
const own = groups.flatMap((group) => (group.own === undefined ? [] : [{ ...group, own: group.own }]));

test.each(own)('the key of $name is that of its files', async (group) => {
  expect(group.own.key).toBe(await keyOfOwnModule(group.own.folder));
});

test.each(own)('$name pins what the table says it is made from', async ({ name, module, own: { folder, also } }) => {
  const file = await readFile(join(import.meta.dirname, '../../src/artifacts/go', folder, 'go.mod'), 'utf8');
  const versions: Readonly<Record<string, string>> = groupVersions('1.36.4', goPairing('1.36.4').containerd);
  for (const pinned of [`${module}@${versions[name]}`, ...also]) expect(file).toContain(pinned.replace('@', ' '));
});
