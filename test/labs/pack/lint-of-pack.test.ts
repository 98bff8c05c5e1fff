import { symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createProgramRig } from '../../rig/program.ts';
import { sampleFiles, sampleYaml } from '../sample-lab.ts';
import { packFiles } from './sample-pack.ts';

const within = (folder: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([file, text]) => [`${folder}/${file}`, text]));

describe('lint of many findings, and of many labs', () => {
  it('counts every error of a pack, however many there are', async () => {
    const text = `${'<p>'.repeat(130_000)}\n`;
    const rig = await createProgramRig({ files: within('class', { ...packFiles, 'labs/first-pod/text/en/more.md': text }) });
    const { exitCode, stderr } = await rig.run('lab', 'pack', 'class');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('lint finds 130000 errors in the labs of class')]);
  });

  it('does not let a lab that the system can not read hide what is wrong with others', async () => {
    const second = {
      ...sampleFiles,
      'lab.yaml': sampleYaml.replace('id: first-pod', 'id: second-pod').replace('minutes: 10', 'minutes: 1'),
    };
    const rig = await createProgramRig({
      files: { ...within('labs/first-pod', sampleFiles), ...within('labs/second-pod', second) },
    });
    await symlink('x'.repeat(300), rig.path('labs/first-pod/files/long.txt'));
    const { exitCode, stdout } = await rig.run('lab', 'lint', 'labs');
    expect([exitCode, stdout]).toEqual([
      2,
      expect.stringMatching(/^labs\/first-pod\/.* error [^]*labs\/second-pod\/lab.yaml:7:10 warning/),
    ]);
  });
});
