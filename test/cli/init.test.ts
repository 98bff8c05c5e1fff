import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { suggestClusterName } from '../../src/cluster/cluster-name.ts';
import { loadSpec } from '../../src/cluster/load-spec.ts';
import { createProgramRig, packageFolder } from '../rig/program.ts';

describe('init', () => {
  it('writes a spec that can be used, named after the folder', async () => {
    const rig = await createProgramRig();
    const { exitCode, stdout } = await rig.run('init');
    expect({ exitCode, stdout }).toMatchInlineSnapshot(`
      {
        "exitCode": 0,
        "stdout": "kubelab.yaml is written, for a cluster called work. It can be used as it is.

      Next:
        kubelab plan  see what it leads to on this host
        kubelab up    bring it up
      ",
      }
    `);
    const text = await readFile(rig.path('kubelab.yaml'), 'utf8');
    expect(loadSpec(text, 'kubelab.yaml').name).toBe('work');
    expect(text.split('\n')[0]).toBe(`# yaml-language-server: $schema=${packageFolder}/kubelab.schema.json`);
  });

  it('takes a name, a version and another file', async () => {
    const rig = await createProgramRig();
    expect((await rig.run('init', 'study', '--kubernetes', 'v1.35.2', '--file', 'labs/one.yaml')).exitCode).toBe(0);
    const spec = loadSpec(await readFile(rig.path('labs/one.yaml'), 'utf8'), 'one.yaml');
    expect(spec).toMatchObject({ name: 'study', kubernetes: '1.35.2' });
  });

  it('never replaces a file unasked', async () => {
    const rig = await createProgramRig();
    await writeFile(rig.path('kubelab.yaml'), 'name: mine\n');
    const refused = await rig.run('init');
    expect(refused).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Replace kubelab.yaml, which is there'),
    });
    expect(await readFile(rig.path('kubelab.yaml'), 'utf8')).toBe('name: mine\n');
    const { stdout } = await rig.run('init', '--yes', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ data: { written: true, replaced: true, name: 'work' } });
  });

  it('refuses what can not be', async () => {
    const rig = await createProgramRig();
    expect((await rig.run('init', 'My_Lab')).stderr).toContain('What to do: Choose another, such as my-lab.');
    expect((await rig.run('init', '--kubernetes', '1.20')).stderr).toContain('KL-VERSION-UNKNOWN');
    expect((await rig.run('init', 'a', 'b')).exitCode).toBe(2);
  });
});

it.each([
  ['study', 'study'],
  ['2024 K8s_Lab', 'k8s-lab'],
  ['--', 'cluster'],
  ['쿠버네티스', 'cluster'],
  ['a'.repeat(60), 'a'.repeat(40)],
  [`${'a'.repeat(39)}-b`, 'a'.repeat(39)],
])('the folder %j gives the name %j', (folder, name) => {
  expect(suggestClusterName(folder)).toBe(name);
});
