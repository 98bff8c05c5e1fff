import { describe, expect, it } from 'vitest';
import { type CommandEntry, registry } from '../../src/commands/registry.ts';
import { catalogue } from '../../src/errors/catalogue.ts';
import { createProgramRig } from '../rig/program.ts';

const entries = registry.groups
  .flatMap(({ entries: members }) => members)
  .flatMap((entry): { words: string[]; entry: CommandEntry }[] =>
    'commands' in entry
      ? entry.commands.map((command) => ({ words: [entry.name, command.name], entry: command }))
      : [{ words: [entry.name], entry }],
  );

describe('every command', () => {
  it.each(entries)('is what the registry says, and shows its help: $words', async ({ words, entry }) => {
    const command = await entry.load();
    expect({ name: command.name, summary: command.summary }).toEqual({ name: entry.name, summary: entry.summary });
    const { exitCode, stdout } = await (await createProgramRig()).run(...words, '--help');
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: kubelab ${words.join(' ')}`);
    for (const example of command.examples) expect(stdout).toContain(example.command);
  });

  it('has a name of its own', () => {
    const names = registry.groups.flatMap(({ entries: members }) => members.map(({ name }) => name));
    expect(names).toEqual([...new Set(names)]);
  });

  it('is listed', async () => {
    const { stdout } = await (await createProgramRig()).run('--help');
    for (const { words } of entries) expect(stdout).toMatch(new RegExp(`^  ${words[0]} `, 'm'));
  });
});

describe('explain', () => {
  it('says what a code means', async () => {
    const rig = await createProgramRig();
    expect((await rig.run('explain', 'KL-CLUSTER-BUSY')).stdout).toMatchInlineSnapshot(`
      "KL-CLUSTER-BUSY: Another kubelab is working on this cluster
      Two runs at once would undo each other.

      What to do
      Wait for the other run to end, or stop it.

      kubelab ends with exit code 6 then.
      "
    `);
    expect((await rig.run('explain', 'cluster-busy')).exitCode).toBe(0);
  });

  it('lists all codes', async () => {
    const { stdout } = await (await createProgramRig()).run('explain');
    for (const code of Object.keys(catalogue)) expect(stdout).toContain(code);
  });

  it('returns data', async () => {
    const { stdout } = await (await createProgramRig()).run('explain', 'KL-USE', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ type: 'result', exitCode: 0, data: { code: 'KL-USE', exit: 2 } });
  });

  it('knows what was meant', async () => {
    const rig = await createProgramRig();
    const { exitCode, stderr } = await rig.run('explain', 'KL-CLUSTER-BSY');
    expect(exitCode).toBe(2);
    expect(stderr).toMatchInlineSnapshot(`
      "✖ KL-USE: The command was not understood
        There is no error code KL-CLUSTER-BSY.
          Did you mean KL-CLUSTER-BUSY?

        Why: An unknown command or flag, or a value that the flag does not take.
        What to do: Run kubelab explain to see all codes.
        More: kubelab explain KL-USE
      "
    `);
    expect((await rig.run('explain', 'NET')).stderr).toContain('Did you mean KL-NET-CLASH?');
  });
});

describe('schema', () => {
  it('prints JSON Schema', async () => {
    const { stdout } = await (await createProgramRig()).run('schema');
    expect(JSON.parse(stdout)).toHaveProperty('$schema');
    expect(stdout.endsWith('}\n')).toBe(true);
  });
});
