import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sampleYaml } from '../labs/sample-lab.ts';
import { packFiles, packYaml } from '../labs/pack/sample-pack.ts';
import { leaveBegunLab } from '../rig/begun-lab.ts';
import { leaveCluster } from '../rig/existing-cluster.ts';
import { createProgramRig, type ProgramOptions, type ProgramRig } from '../rig/program.ts';

const archive = 'class-1.0.0.labpack.tar.gz';

function packIn(folder: string, changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...packFiles, ...changes }).map(([file, text]) => [`${folder}/${file}`, text]));
}

function createRig(options: ProgramOptions = {}): Promise<ProgramRig> {
  return createProgramRig({ ...options, files: { ...packIn('class'), ...options.files } });
}

function dataOf(stdout: string): unknown {
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { data: unknown }).data;
}

const secondStep = sampleYaml
  .replace('requires: {images: [web]}\n', '')
  .replace(
    'test:\n',
    sampleYaml.slice(sampleYaml.indexOf('  - id: run'), sampleYaml.indexOf('test:\n')).replace('id: run', 'id: again') +
      'test:\n',
  );

describe('lab pack', () => {
  it('writes the build for learners, and says its digest', async () => {
    const rig = await createRig();
    const { exitCode, stdout } = await rig.run('lab', 'pack', 'class', '--json');
    const sha256 = createHash('sha256')
      .update(await readFile(rig.path(archive)))
      .digest('hex');
    expect([exitCode, dataOf(stdout)]).toEqual([
      0,
      expect.objectContaining({ file: `<folder>/${archive}`, build: 'learner', files: 7, labs: ['first-pod'], sha256, left: [] }),
    ]);
    expect((await readdir(rig.folder)).toSorted()).toEqual(['.keep', 'class', archive]);
  });

  it('gives the same bytes again, wherever the pack lies', async () => {
    const rig = await createRig({ files: packIn('elsewhere/other') });
    await rig.run('lab', 'pack', 'class', '--instructor');
    await rig.run('lab', 'pack', 'elsewhere/other', '--instructor', '--out', 'again/');
    const name = 'class-1.0.0-instructor.labpack.tar.gz';
    expect((await readFile(rig.path('again', name))).equals(await readFile(rig.path(name)))).toBe(true);
  });

  it('refuses what lint finds an error in, unless it is told to', async () => {
    const text = sampleYaml.replace('mustFail: [pod-ready]', 'mustFail: [no-such-check]');
    const rig = await createRig({ files: { 'class/labs/first-pod/lab.yaml': text } });
    const { exitCode, stderr } = await rig.run('lab', 'pack', 'class');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/KL-PACK-INVALID[^]*class\/labs\/first-pod\/lab\.yaml:\d+:\d+ error LAB007[^]*--unlinted/);
    expect((await readdir(rig.folder)).toSorted()).toEqual(['.keep', 'class']);
    expect((await rig.run('lab', 'pack', 'class', '--unlinted', '--out', 'a.tar.gz')).exitCode).toBe(0);
  });

  it('makes nothing that could not be installed, even without lint', async () => {
    const rig = await createRig({ files: { 'class/README.md': 'read \u001b[31mthis' } });
    const { exitCode, stderr } = await rig.run('lab', 'pack', 'class', '--unlinted');
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/KL-PACK-INVALID[^]*README\.md:1:6/)]);
    expect((await readdir(rig.folder)).toSorted()).toEqual(['.keep', 'class']);
  });

  it.each([
    ['a-file/x', 'a-file is no folder.'],
    ['a-file/x/', 'a-file is no folder.'],
    ['nowhere/x', 'nowhere is a link that leads nowhere.'],
    ['taken', `taken/${archive} is a folder`],
  ])('says why nothing can be written to %s', async (out, why) => {
    const rig = await createRig({ files: { 'a-file': 'x', [`taken/${archive}/x`]: 'x' } });
    await symlink('no-such-folder', rig.path('nowhere'));
    const { exitCode, stderr } = await rig.run('lab', 'pack', 'class', '--out', out, '--yes');
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/KL-USE[^]*--out/)]);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(why);
  });

  it('prints no line that is the name of a folder', async () => {
    const rig = await createRig({ files: { [`class/labs/zz ${'z'.repeat(70)}\n::error::pwned ::error::pwned/lab.yaml`]: 'x' } });
    const { exitCode, stdout } = await rig.run('lab', 'pack', 'class');
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('with a name that no lab can have is not in it')]);
    expect(stdout).not.toContain('pwned');
  });

  it('prints no line that is the name of a file which is in no commit', async () => {
    const rig = await createRig({ files: { 'class/labs/first-pod/files/a\n::error::pwned': 'x' } });
    execFileSync('git', ['init', '--quiet', rig.path('class')]);
    const { exitCode, stderr } = await rig.run('lab', 'pack', 'class');
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining(String.raw`labs/first-pod/files/a\u000a::error::pwned is not in git`),
    ]);
  });

  it('names labs that pack.yaml does not, and replaces nothing without being told', async () => {
    const rig = await createRig({ files: { 'class/labs/draft/lab.yaml': 'id: draft' } });
    expect((await rig.run('lab', 'pack', 'class')).stdout).toContain('labs/draft is not in it: pack.yaml does not name it.');
    expect(await rig.run('lab', 'pack', 'class')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`Replace ${archive}`),
    });
    expect((await rig.run('lab', 'pack', 'class', '--yes')).exitCode).toBe(0);
    expect(await rig.run('lab', 'pack', 'no-such')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('KL-PACK-UNKNOWN'),
    });
  });
});

describe('lab install', () => {
  it('says what the labs ask for, and asks', async () => {
    const rig = await createRig({ terminal: true });
    await rig.run('lab', 'pack', 'class');
    const ended = rig.run('lab', 'install', archive);
    while (!rig.printed().includes('Install class 1.0.0')) await sleep(10);
    const shown = rig.printed();
    rig.type('n');
    expect(await ended).toMatchObject({ exitCode: 0, stdout: 'Nothing was installed.\n' });
    for (const text of [
      'For a class',
      'by A Teacher; licence CC-BY-4.0',
      'sha256 ',
      'needs images for web',
      'changes a namespace of its own',
    ])
      expect(shown).toContain(text);
    expect(await readdir(rig.home)).toEqual(['.keep']);
  });

  it('says of each lab whether it fits the cluster here, and nothing where there is none', async () => {
    const rig = await createRig({ env: { LANG: 'ko_KR.UTF-8' } });
    const yaml = sampleYaml.replace('requires: {images: [web]}', 'requires: {providers: [libvirt], internet: true}');
    await writeFile(rig.path('class/labs/first-pod/lab.yaml'), yaml);
    const install = async () => {
      const { stdout, stderr } = await rig.run('lab', 'install', 'class', '--yes', '--json');
      await rig.run('lab', 'remove', 'class', '--yes');
      const [asked] = (dataOf(stdout) as { asksFor: Record<string, unknown>[] }).asksFor;
      return { text: stdout + stderr, asked };
    };
    const without = await install();
    expect(without.text).toMatch(/needs machines of one of these providers: libvirt[^]*needs nodes that reach the Internet/);
    expect(without.text).not.toContain('the cluster study');
    expect(without.asked).not.toHaveProperty('fits');
    await leaveCluster(rig, []);
    const unfit = await install();
    expect(unfit.text).toMatch(
      /  does not fit the cluster study: 프로바이더 libvirt에서만[^]*  does not fit the cluster study: 인터넷/,
    );
    expect(unfit.asked).toMatchObject({ fits: false, reasons: [{ en: /libvirt/ }, { en: /Internet/ }] });
    await writeFile(rig.path('class/labs/first-pod/lab.yaml'), yaml.replace('{providers: [libvirt], internet: true}', '{}'));
    const fit = await install();
    expect([fit.text, fit.asked]).toEqual([
      expect.stringContaining('  fits the cluster study'),
      expect.objectContaining({ fits: true }),
    ]);
    // A spec that can not be read is nobody's trouble here.
    await writeFile(rig.path('kubelab.yaml'), 'nam: study\n');
    expect((await install()).asked).not.toHaveProperty('fits');
  });

  it('refuses where there is nobody to ask', async () => {
    const rig = await createRig();
    await rig.run('lab', 'pack', 'class');
    expect(await rig.run('lab', 'install', archive)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--yes') });
    expect(await readdir(rig.home)).toEqual(['.keep']);
  });

  it('names scripts for nodes, pods that reach them, and what looks like the internet', async () => {
    const files = packIn('class', {
      'labs/first-pod/lab.yaml': sampleYaml.replace(
        'steps:',
        'setup: [{on: workers, run: "curl -m 5 https://evil.org/x"}]\nsteps:',
      ),
      'labs/first-pod/files/more.yaml': '%YAML 1.1\n---\nkind: Pod\n',
      'labs/first-pod/files/web.yaml':
        'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "evil:1\\x1b[31m", securityContext: {"privile\\x67ed": true}}]}\n',
    });
    const rig = await createRig({ files });
    const { exitCode, stdout, stderr } = await rig.run('lab', 'install', 'class', '--yes');
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('class 1.0.0, the instructor build, is installed.')]);
    expect(stderr).toMatch(
      /runs scripts as root on workers[^]*reach their node by privileged[^]*what they make: files\/more.yaml[^]*internet: evil.org, evil:1\?\[31m/,
    );
  });

  it('does not take the word of a lab that it changes no more than its namespace', async () => {
    const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: backdoor}\n';
    const rig = await createRig({ files: packIn('class', { 'labs/first-pod/files/web.yaml': role }) });
    const { stderr } = await rig.run('lab', 'install', 'class', '--yes');
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /changes a namespace of its own and the cluster, .*makes or changes outside of its namespace: ClusterRoleBinding\/backdoor/,
    );
  });

  it('names what is removed outside of the namespace, all of it', async () => {
    const roles = Array.from({ length: 30 }, (_, index) => `a${index}`);
    const objects = [...roles, 'system:node'].map((name) => `{kind: clusterrole, name: "${name}"}`);
    const files = packIn('class', {
      'labs/first-pod/lab.yaml': sampleYaml.replace('steps:', `reset: {clusterObjects: [${objects.join(', ')}]}\nsteps:`),
    });
    const rig = await createRig({ files });
    const { stderr } = await rig.run('lab', 'install', 'class', '--yes');
    const words = stderr.replaceAll(/\s+/g, ' ');
    expect(words).toContain('removes outside of its namespace, where it was made since the lab began: clusterrole/a0, ');
    expect(words).toContain('clusterrole/system:node');
  });

  it('refuses manifests that values make too large, before it asks', async () => {
    const files = packIn('class', {
      'labs/first-pod/lab.yaml': sampleYaml.replace('{random: hex8}', `{value: ${'x'.repeat(1900)}}`),
      'labs/first-pod/files/web.yaml': '${TOKEN}'.repeat(130_000),
    });
    const rig = await createRig({ files });
    const { exitCode, stderr } = await rig.run('lab', 'install', 'class', '--yes');
    expect([exitCode, stderr.replaceAll(/\s+/g, ' ')]).toEqual([
      2,
      expect.stringMatching(/KL-PACK-INVALID.*labs\/first-pod.*files\/web\.yaml is larger than 1 MiB/),
    ]);
  });

  it('leaves nothing when the question is left with Ctrl-C', async () => {
    const rig = await createRig({ terminal: true });
    const ended = rig.run('lab', 'install', 'class');
    while (!rig.printed().includes('Install class 1.0.0')) await sleep(10);
    rig.type('\u0003');
    expect((await ended).exitCode).toBe(130);
    expect(await readdir(rig.home)).toEqual(['.keep']);
  });

  it('takes only the file of the digest', async () => {
    const rig = await createRig();
    const { sha256 } = dataOf((await rig.run('lab', 'pack', 'class', '--json')).stdout) as { sha256: string };
    const wrong = `${sha256.slice(1)}0`;
    expect(await rig.run('lab', 'install', archive, '--yes', '--sha256', wrong)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining(`found    ${sha256}`),
    });
    expect((await rig.run('lab', 'install', archive, '--yes', '--sha256', sha256)).exitCode).toBe(0);
    expect((await rig.run('lab', 'install', 'class', '--yes', '--sha256', sha256)).stderr).toContain(
      'Only an archive has a SHA-256',
    );
    expect((await rig.run('lab', 'install', archive, '--sha256', 'abc')).exitCode).toBe(2);
  });

  it('says when it is there already, and never changes a version', async () => {
    const rig = await createRig();
    await rig.run('lab', 'pack', 'class');
    await rig.run('lab', 'install', archive, '--yes');
    expect(await rig.run('lab', 'install', archive)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('is installed already'),
    });
    const refused = await rig.run('lab', 'install', 'class', '--yes');
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/kubelab lab\s+remove class@1\.0\.0/) });
    expect(refused.stderr).toContain('KL-PACK-EXISTS');
    await rig.run('lab', 'remove', 'class@1.0.0', '--yes');
    expect((await rig.run('lab', 'install', 'class', '--yes')).exitCode).toBe(0);
  });
});

describe('packs that are installed', () => {
  async function installTwo(): Promise<ProgramRig> {
    const rig = await createRig({ files: packIn('newer', { 'pack.yaml': packYaml.replace('1.0.0', '1.10.0') }) });
    await rig.run('lab', 'install', 'class', '--yes');
    await rig.run('lab', 'install', 'newer', '--yes');
    return rig;
  }

  it('have their labs listed under names that mean them', async () => {
    const rig = await installTwo();
    const { stdout } = await rig.run('lab', 'list');
    const names = stdout.split('\n').map((line) => line.split(' ')[0]);
    expect(names).toEqual(expect.arrayContaining(['emptydir', 'class/first-pod', 'class@1.0.0/first-pod']));
    for (const name of ['first-pod', 'class/first-pod', 'class@1.0.0/first-pod'])
      expect((await rig.run('lab', 'lint', name)).stdout).toBe('Nothing is wrong with 1 lab.\n');
  });

  it('are removed one by one, or all together', async () => {
    const rig = await installTwo();
    expect(await rig.run('lab', 'remove', 'class')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Remove class 1.10.0, class 1.0.0?'),
    });
    expect((await rig.run('lab', 'remove', 'class@1.10.0', '--yes')).stdout).toBe('Removed class 1.10.0.\n');
    expect((await rig.run('lab', 'remove', 'class@1.10.0', '--yes')).stderr).toMatch(/KL-PACK-UNKNOWN[^]*installed: 1\.0\.0/);
    expect((await rig.run('lab', 'remove', 'clas', '--yes')).stderr).toContain('Did you mean class?');
    for (const name of ['..', '.', '', 'class@..', 'class/1.0.0', 'class@1.0.0/labs'])
      expect((await rig.run('lab', 'remove', name, '--yes')).exitCode, name).toBe(2);
    expect((await rig.run('lab', 'remove', 'class', '--yes')).stdout).toBe('Removed class 1.0.0.\n');
    expect(await readdir(join(rig.home, '.local/state/kubelab'))).toEqual([]);
  });

  it('are not removed without a word while somebody works on one of their labs', async () => {
    const rig = await installTwo();
    await beginLab(rig, 'class/1.0.0/labs/first-pod', 'run');
    expect((await rig.run('lab', 'remove', 'class@1.0.0')).stderr).toMatch(/You are still working on first-pod\s+on study-/);
    expect((await rig.run('lab', 'remove', 'class@1.10.0')).stderr).not.toContain('working');
    expect((await rig.run('lab', 'remove', 'class@1.0.0', '--yes')).exitCode).toBe(0);
  });
});

/** An attempt at a lab of an installed pack, as lab start leaves it, on a cluster that nobody can reach. */
async function beginLab(rig: ProgramRig, lab: string, step: string): Promise<void> {
  await leaveBegunLab(rig, join(rig.home, '.local/state/kubelab/packs', lab), { step });
}

describe('what a lab removes outside of its namespace', () => {
  it.each([
    [['stop'], 'End lab first-pod and delete all that is in namespace lab-first-pod, and'],
    [['reset'], 'Delete all that is in namespace lab-first-pod, and'],
  ])('is named before it goes: lab %j', async (words, question) => {
    const reset = 'reset: {clusterObjects: [{kind: ClusterRole, name: view}, {kind: pv, name: data}]}\nsteps:';
    const yaml = sampleYaml.replace('steps:', reset);
    const rig = await createRig({ files: { 'class/labs/first-pod/lab.yaml': yaml } });
    await rig.run('lab', 'install', 'class', '--yes');
    await beginLab(rig, 'class/1.0.0/labs/first-pod', 'run');
    const { exitCode, stderr } = await rig.run('lab', ...words);
    expect([exitCode, stderr.replaceAll(/\s+/g, ' ')]).toEqual([
      2,
      expect.stringContaining(`${question} outside of it, where it was made since the lab began: ClusterRole view, pv data`),
    ]);
  });
});

describe('a lab of a learner build', () => {
  async function installLearner(): Promise<ProgramRig> {
    const rig = await createRig({
      files: {
        'class/labs/first-pod/lab.yaml': secondStep,
        'class/labs/first-pod/text/en/again.md': '# Again\n',
        'class/labs/first-pod/text/ko/again.md': '# 다시\n',
      },
    });
    expect((await rig.run('lab', 'pack', 'class', '--unlinted')).stderr).toBe('');
    expect((await rig.run('lab', 'install', archive, '--yes')).exitCode).toBe(0);
    await beginLab(rig, 'class/1.0.0/labs/first-pod', 'again');
    return rig;
  }

  it.each([
    [['lab', 'solve'], 'kubelab lab hint'],
    [['lab', 'test', 'class/first-pod'], 'instructor build'],
    [['lab', 'mutate', 'class/first-pod'], 'instructor build'],
    [['lab', 'reset', '--yes'], 'kubelab lab reset --lab'],
  ])('says for %j that there is no solution, and what to do', async (words, cure) => {
    const rig = await installLearner();
    const { exitCode, stderr } = await rig.run(...words);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('KL-LAB-NO-SOLUTION')]);
    expect(stderr).toContain(cure);
  });

  it('is not exchanged for another lab of the same id while it is worked on', async () => {
    const rig = await installLearner();
    await writeFile(rig.path('class/pack.yaml'), packYaml.replace('1.0.0', '2.0.0'));
    await rig.run('lab', 'install', 'class', '--yes');
    const { exitCode, stderr } = await rig.run('lab', 'start', './class/labs/first-pod');
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/KL-LAB-ORDER[^]*another lab first-pod is being worked on/)]);
  });
});
