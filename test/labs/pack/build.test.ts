import { cp, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseApiFields } from '../../../src/kubernetes/api-fields.ts';
import { lintLab } from '../../../src/labs/lint/lint-lab.ts';
import { loadLab } from '../../../src/labs/load-lab.ts';
import { openPackFolder, type PackContent, readPackFolder } from '../../../src/labs/pack/read-folder.ts';
import { renderArchive, withLock } from '../../../src/labs/pack/write-archive.ts';
import { packageFolder } from '../../rig/program.ts';
import { sampleYaml } from '../sample-lab.ts';
import { packYaml, samplePack } from './sample-pack.ts';

async function build(changes: Parameters<typeof samplePack>[0], build: 'learner' | 'instructor'): Promise<PackContent> {
  await using fixture = await samplePack(changes);
  return await readPackFolder(await openPackFolder(fixture.path, 'class'), build);
}

function textOf({ files }: PackContent, file: string): string {
  return Buffer.from(files.get(file) ?? '').toString('utf8');
}

const secrets = {
  'labs/first-pod/lab.yaml': `# the answer is SECRET-1
${sampleYaml
  .replace('within: 30s', 'within: 30s\n        allowPassBeforeSolve: SECRET-2')
  .replace('title: {en', '# SECRET-3\ntitle: {en')}grade: {pass: 1, hidden: [checks/hidden.sh]}
`.replace('setup:', 'setup:'),
  'labs/first-pod/checks/hidden.sh': 'SECRET-4',
  'labs/first-pod/solve/notes.md': 'SECRET-5',
  'labs/first-pod/text/ko/old.md': '[SECRET-6](solve/notes.md)',
  'labs/first-pod/files/web.yaml': 'kind: Pod # SECRET-7',
  'labs/first-pod/text/en/run.md': '# Run it\n\n![a picture](images/pod.png)\n',
  'labs/first-pod/text/ko/run.md': '# 실행하기\n\n![그림](images/pod.png)\n',
  'labs/first-pod/images/pod.png': Buffer.from([0x89, 0x50, 0xff, 0]),
  'labs/first-pod/.notes': 'SECRET-8',
  'pack.yaml': `# SECRET-9\n${packYaml}`,
  'README.md': 'About the class.',
  'draft.txt': 'SECRET-10',
};

describe('the learner build', () => {
  it('has no solution, no wrong answer, nothing hidden, no comment, and no file that only those use', async () => {
    const learner = await build(secrets, 'learner');
    expect([...learner.files.keys()].toSorted()).toEqual([
      'README.md',
      'labs/first-pod/images/pod.png',
      'labs/first-pod/lab.yaml',
      'labs/first-pod/text/en/index.md',
      'labs/first-pod/text/en/run.md',
      'labs/first-pod/text/ko/index.md',
      'labs/first-pod/text/ko/run.md',
      'pack.yaml',
    ]);
    const all = [...learner.files.values()].map((bytes) => Buffer.from(bytes).toString('utf8')).join('\n');
    expect(all).not.toMatch(/SECRET|no-such-image/);
    const lab = parse(textOf(learner, 'labs/first-pod/lab.yaml')) as Record<string, unknown>;
    expect(lab).toMatchObject({ build: 'learner', grade: { pass: 1 }, steps: [{ id: 'run' }] });
    expect(JSON.stringify(lab)).not.toMatch(/solve|wrong|hidden/);
  });

  it('keeps a file that the lab has another use for', async () => {
    const yaml = sampleYaml.replace('steps:', 'setup: [{apply: files/web.yaml}]\nsteps:');
    expect((await build({ 'labs/first-pod/lab.yaml': yaml }, 'learner')).files.has('labs/first-pod/files/web.yaml')).toBe(true);
  });

  it.each([' \n', '\n \n', '  \n\n', 'a\n \n'])('keeps the text %j', async (text) => {
    const yaml = sampleYaml.replace('conditions: {Ready: "True"}', `match: {spec: {nodeName: ${JSON.stringify(text)}}}`);
    const lab = parse(textOf(await build({ 'labs/first-pod/lab.yaml': yaml }, 'learner'), 'labs/first-pod/lab.yaml')) as unknown;
    expect(lab).toMatchObject({ steps: [{ checks: [{ object: { match: { spec: { nodeName: text } } } }] }] });
  });

  it('of every lab that kubelab ships can be loaded, and lint finds nothing wrong with it', async () => {
    const labs = (await readdir(path.join(packageFolder, 'labs'), { withFileTypes: true })).filter((one) => one.isDirectory());
    const ids = labs.map(({ name }) => name);
    await using fixture = await createFixture({ 'pack.yaml': packYaml.replace('[first-pod]', JSON.stringify(ids)) });
    await cp(path.join(packageFolder, 'labs'), fixture.getPath('labs'), { recursive: true });
    const content = await readPackFolder(await openPackFolder(fixture.path, 'class'), 'learner');
    const files = [...content.files].map(([file, bytes]) => [file, Buffer.from(bytes)] as const);
    await using unpacked = await createFixture(Object.fromEntries(files));
    const api = parseApiFields(await readFile(path.join(packageFolder, 'labs', 'kubernetes-fields.json'), 'utf8'));
    for (const id of ids) {
      const folder = unpacked.getPath('labs', id);
      const { lab } = await loadLab(folder);
      expect([lab.build, lab.steps.every(({ solve }) => solve.length === 0), lab.test.wrong]).toEqual(['learner', true, []]);
      expect(await lintLab(folder, id, api)).toEqual([]);
    }
  });
});

describe('the instructor build', () => {
  it('has all files of the labs as they are', async () => {
    const instructor = await build(secrets, 'instructor');
    expect(textOf(instructor, 'labs/first-pod/lab.yaml')).toContain('# the answer is SECRET-1');
    expect(instructor.files.has('labs/first-pod/solve/notes.md')).toBe(true);
    expect(instructor.files.has('labs/first-pod/.notes')).toBe(false);
    expect(instructor.files.has('draft.txt')).toBe(false);
  });

  it('is not made from a learner build', async () => {
    const learner = textOf(await build({}, 'learner'), 'labs/first-pod/lab.yaml');
    await expect(build({ 'labs/first-pod/lab.yaml': learner }, 'instructor')).rejects.toMatchObject({ code: 'KL-PACK-INVALID' });
    expect(textOf(await build({ 'labs/first-pod/lab.yaml': learner }, 'learner'), 'labs/first-pod/lab.yaml')).toBe(learner);
  });
});

describe('a folder that no pack can be made of', () => {
  it.each([
    ['has no pack.yaml', { 'pack.yaml': undefined }, 'KL-PACK-UNKNOWN'],
    ['names a lab that is not there', { 'pack.yaml': packYaml.replace('[first-pod]', '[first-pod, other]') }, 'KL-PACK-INVALID'],
    [
      'has a lab of another id',
      { 'labs/first-pod/lab.yaml': sampleYaml.replace('id: first-pod', 'id: other') },
      'KL-PACK-INVALID',
    ],
    ['has a lab that is not right', { 'labs/first-pod/lab.yaml': 'id: first-pod' }, 'KL-PACK-INVALID'],
    ['has a file with a name for people', { 'labs/first-pod/files/a b.yaml': 'x' }, 'KL-PACK-INVALID'],
    ['has a file that Windows can not have', { 'labs/first-pod/files/aux.yaml': 'x' }, 'KL-PACK-UNSAFE'],
    [
      'has files that are one on some hosts',
      { 'labs/first-pod/files/A.yaml': 'x', 'labs/first-pod/files/a.yaml': 'y' },
      'KL-PACK-UNSAFE',
    ],
    ['has a file that is too large', { 'labs/first-pod/files/a.yaml': 'x'.repeat(1024 * 1024 + 1) }, 'KL-PACK-INVALID'],
  ] as const)('%s', async (_, changes, code) => {
    await expect(build(changes, 'instructor')).rejects.toMatchObject({ code });
  });

  it('has a lab that is a link to elsewhere', async () => {
    await using elsewhere = await samplePack();
    await using fixture = await createFixture({
      'pack.yaml': packYaml,
      labs: { 'first-pod': ({ symlink }) => symlink(path.join(elsewhere.path, 'labs', 'first-pod')) },
    });
    const opened = await openPackFolder(fixture.path);
    await expect(readPackFolder(opened, 'instructor')).rejects.toMatchObject({ code: 'KL-PACK-INVALID' });
  });
});

describe('the archive', () => {
  it('is the same whatever order its files come in, and names no time and no system', async () => {
    const content = await build({}, 'instructor');
    const one = await renderArchive(withLock(content, '1.2.3'));
    const reversed = { ...content, files: new Map([...content.files].toReversed()) };
    expect((await renderArchive(withLock(reversed, '1.2.3'))).equals(one)).toBe(true);
    expect([...one.subarray(0, 4), ...one.subarray(4, 8), one[9]]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 255]);
  });

  it('is read by other programs, in order of names', async () => {
    const { list } = await import('tar');
    await using fixture = await createFixture({ 'a.tar.gz': await renderArchive(withLock(await build({}, 'learner'), '1.2.3')) });
    const entries: string[] = [];
    await list({
      file: fixture.getPath('a.tar.gz'),
      strict: true,
      onReadEntry: ({ path, mode, uid, mtime, type }) => entries.push([path, mode, uid, mtime?.getTime(), type].join(' ')),
    });
    expect(entries).toEqual(
      ['lab.yaml', 'text/en/index.md', 'text/en/run.md', 'text/ko/index.md', 'text/ko/run.md']
        .map((file) => `labs/first-pod/${file}`)
        .concat('pack.lock', 'pack.yaml')
        .map((file) => `${file} 420 0 0 File`),
    );
  });
});
