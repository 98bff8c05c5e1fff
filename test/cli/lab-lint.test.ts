import { readFile, symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createProgramRig } from '../rig/program.ts';
import { sampleFiles } from '../labs/sample-lab.ts';

describe('lab new', () => {
  it('writes a lab that nothing is wrong with', async () => {
    const rig = await createProgramRig();
    const made = await rig.run('lab', 'new', 'first-volume', '--folder', 'labs');
    expect([made.exitCode, made.stdout]).toEqual([0, expect.stringContaining('kubelab lab lint labs/first-volume')]);
    const { exitCode, stdout } = await rig.run('lab', 'lint', 'labs/first-volume');
    expect([exitCode, stdout]).toEqual([0, 'Nothing is wrong with 1 lab.\n']);
    const text = await readFile(rig.path('labs/first-volume/lab.yaml'), 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\/.*labs\/lab\.schema\.json\n/);
  });

  it('refuses ids that are none, and folders that are there', async () => {
    const rig = await createProgramRig();
    expect((await rig.run('lab', 'new', 'First_Volume')).exitCode).toBe(2);
    expect((await rig.run('lab', 'new', '../out')).exitCode).toBe(2);
    expect((await rig.run('lab', 'new', 'one')).exitCode).toBe(0);
    const { exitCode, stderr } = await rig.run('lab', 'new', 'one');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('is there already')]);
  });
});

describe('lab new, where no folder can be made', () => {
  it.each([
    ['a-file', 'a-file is no folder.'],
    ['a-file/in/it', 'a-file is no folder.'],
    ['nowhere', 'nowhere is a link that leads nowhere.'],
    ['nowhere/in/it', 'nowhere is a link that leads nowhere.'],
  ])('says why for %s', async (folder, why) => {
    const rig = await createProgramRig({ files: { 'a-file': 'x' } });
    await symlink('no-such-folder', rig.path('nowhere'));
    const { exitCode, stderr } = await rig.run('lab', 'new', 'one', '--folder', folder);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/KL-USE[^]*--folder/)]);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(why);
  });
});

describe('lab lint', () => {
  const lab = (folder: string, yaml = sampleFiles['lab.yaml'] ?? '') =>
    Object.fromEntries(Object.entries({ ...sampleFiles, 'lab.yaml': yaml }).map(([file, text]) => [`${folder}/${file}`, text]));
  const sound = lab('labs/first-pod');
  const broken = lab(
    'labs/second-pod',
    (sampleFiles['lab.yaml'] ?? '').replace('id: first-pod', 'id: second-pod').replace('minutes: 10', 'minutes: 1'),
  );
  const unreadable = { 'labs/third-pod/lab.yaml': `# ${'x'.repeat(300_000)}` };

  it('looks at every lab in a folder, and ends with 2 for an error', async () => {
    const rig = await createProgramRig({ files: { ...sound, ...broken, ...unreadable } });
    const { exitCode, stdout } = await rig.run('lab', 'lint', 'labs');
    expect(exitCode).toBe(2);
    expect(stdout).toBe(`labs/second-pod/lab.yaml:7:10 warning LAB022 the lab takes 1 minutes, and its steps take 5 together
labs/third-pod/lab.yaml:1:1 error LAB001 labs/third-pod/lab.yaml is too large: expected at most 256 KiB.

1 error and 1 warning in 3 labs.
`);
  });

  it('writes each finding as one line that begins with a path, whatever folders and files are called', async () => {
    const names = ['::error file=x::pwned', 'zz\n::error::pwned', 'zz\r::error::pwned', 'zz\u2028pwned', ' ::error::pwned'];
    const files = names.map((name) => ({ ...lab(name), [`${name}/files/a\n::error file=x::pwned`]: 'x' }));
    const rig = await createProgramRig({ files: Object.assign({}, ...files) as Record<string, string> });
    const { exitCode, stdout } = await rig.run('lab', 'lint', '.');
    const lines = stdout.trimEnd().split('\n');
    expect([exitCode, lines.pop(), lines.pop()]).toEqual([2, '10 errors and 0 warnings in 5 labs.', '']);
    for (const line of lines) expect(line).toMatch(/^(?:\.\/ ?::|zz\\u).*\/lab\.yaml:\d+:\d+ (?:error|warning) LAB\d+ /);
    expect(stdout).toContain(String.raw`error LAB003 "files/a\n::error file=x::pwned" has a name that a lab can not use`);
  });

  it('ends with 0 for warnings', async () => {
    const rig = await createProgramRig({ files: broken });
    expect((await rig.run('lab', 'lint', 'labs/second-pod')).exitCode).toBe(0);
  });

  it('knows labs by their ids', async () => {
    const rig = await createProgramRig();
    const { exitCode, stderr } = await rig.run('lab', 'lint', 'no-such-lab');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('KL-LAB-UNKNOWN')]);
  });

  it('prints data, and SARIF', async () => {
    const rig = await createProgramRig({ files: { ...sound, ...broken } });
    const json = JSON.parse((await rig.run('lab', 'lint', 'labs', '--json')).stdout.trim().split('\n').at(-1) ?? '') as unknown;
    expect(json).toMatchObject({
      data: { errors: 0, warnings: 1, labs: [{ id: 'first-pod' }, { id: 'second-pod', findings: [{ rule: 'LAB022' }] }] },
    });
    const sarif = JSON.parse((await rig.run('lab', 'lint', 'labs', '--sarif')).stdout) as unknown;
    expect(sarif).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          results: [
            {
              ruleId: 'LAB022',
              level: 'warning',
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'labs/second-pod/lab.yaml' },
                    region: { startLine: 7, startColumn: 10 },
                  },
                },
              ],
            },
          ],
        },
      ],
    });
  });
});

describe('lab mutate', () => {
  it.each(['3/2', '0/2', '2', 'two/4', '1/0'])('knows no part %s of all slips', async (shard) => {
    const { exitCode, stderr } = await (await createProgramRig()).run('lab', 'mutate', 'emptydir', '--shard', shard);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`--shard "${shard}" is no part of all, such as 2/4`)]);
  });
});
