import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { packFiles } from '../labs/pack/sample-pack.ts';
import { createProgramRig, type ProgramRig } from '../rig/program.ts';

interface GitRig extends ProgramRig {
  git(...words: string[]): void;
  /** What lab pack says of the pack, and whether it made one. */
  pack(...flags: string[]): Promise<{ readonly said: string; readonly packed: boolean }>;
}

/** A pack in a folder of a repository, all of it committed. */
async function createGitRig(): Promise<GitRig> {
  const files = Object.fromEntries(Object.entries(packFiles).map(([file, text]) => [`all packs/class/${file}`, text]));
  const rig = await createProgramRig({ files });
  const git = (...words: string[]): void => {
    const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
    execFileSync('git', [...who, ...words], { cwd: rig.path('all packs'), stdio: 'pipe' });
  };
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '-m', 'Add the class');
  const pack = async (...flags: string[]) => {
    const { stderr } = await rig.run('lab', 'pack', 'all packs/class', '--out', 'out.tar.gz', '--yes', ...flags);
    const packed = (await readdir(rig.folder)).includes('out.tar.gz');
    await rm(rig.path('out.tar.gz'), { force: true });
    return { said: stderr.replaceAll(/\s+/g, ' '), packed };
  };
  return { ...rig, git, pack };
}

const page = 'all packs/class/labs/first-pod/text/en/run.md';

describe('lab pack in a git repository', () => {
  it('takes what is committed, and looks at nothing that is in no pack', async () => {
    const { pack, ...rig } = await createGitRig();
    expect(await pack()).toMatchObject({ packed: true });
    for (const file of ['notes.txt', 'class/draft.md', 'class/class-0.9.0.labpack.tar.gz', 'class/labs/first-pod/.swap'])
      await writeFile(rig.path('all packs', file), 'x');
    expect(await pack()).toMatchObject({ packed: true });
  });

  it('refuses what git ignores, as nobody else has it', async () => {
    const { pack, ...rig } = await createGitRig();
    await writeFile(rig.path('all packs/.git/info/exclude'), '*.key\ndrafts/\n');
    await mkdir(rig.path('all packs/class/labs/first-pod/files/drafts'));
    for (const file of ['own.key', 'drafts/one.yaml'])
      await writeFile(rig.path('all packs/class/labs/first-pod/files', file), 'x');
    const { said, packed } = await pack('--unlinted');
    expect(packed).toBe(false);
    expect(said).toMatch(/labs\/first-pod\/files\/drafts\/ is not in git.* labs\/first-pod\/files\/own.key is not in git/);
  });

  it('refuses what is not, names it, and takes it when told', async () => {
    const { pack, git, ...rig } = await createGitRig();
    await writeFile(rig.path(page), '# Run it\n\nMake a pod called web, now.\n');
    await writeFile(rig.path('all packs/class/labs/first-pod/new.md'), 'x');
    await writeFile(rig.path('all packs/class/README.md'), 'About the class.');
    await rm(rig.path('all packs/class/labs/first-pod/text/ko/index.md'));
    git('mv', 'class/labs/first-pod/files/web.yaml', 'class/labs/first-pod/files/page.yaml');
    const { said, packed } = await pack('--unlinted');
    expect(packed).toBe(false);
    for (const text of [
      'KL-PACK-INVALID',
      'all packs/class is not committed as it is',
      ' labs/first-pod/text/en/run.md has changed',
      ' labs/first-pod/new.md is not in git',
      ' README.md is not in git',
      ' labs/first-pod/text/ko/index.md was removed',
      ' labs/first-pod/files/web.yaml was removed',
      ' labs/first-pod/files/page.yaml has changed',
      '--uncommitted',
    ])
      expect(said).toContain(text);
    expect(await pack('--unlinted', '--uncommitted')).toMatchObject({ packed: true });
  });

  it('has git run nothing that the repository names', async () => {
    const { pack, git, ...rig } = await createGitRig();
    await writeFile(rig.path('all packs/.gitattributes'), '* filter=spy\n*.md filter=long\n');
    git('add', '.');
    git('commit', '--quiet', '-m', 'Add attributes');
    const spy = `touch '${rig.path('spied')}'; cat`;
    for (const [key, value] of [
      ['filter.spy.clean', spy],
      ['filter.spy.required', 'true'],
      ['filter.long.process', spy],
      ['core.fsmonitor', spy],
    ] as const)
      git('config', key, value);
    // Only what git does not know as unchanged is read, and filtered.
    for (const file of ['class/pack.yaml', page.slice('all packs/'.length)])
      await utimes(rig.path('all packs', file), new Date(0), new Date(0));
    expect(await pack()).toMatchObject({ packed: true });
    expect(await readdir(rig.folder)).not.toContain('spied');
    git('config', 'filter.a=b.clean', spy);
    expect(await pack()).toEqual({ said: expect.stringContaining('the filter a=b can not be switched off'), packed: false });
    // The rig is one that would have noticed.
    git('status');
    expect(await readdir(rig.folder)).toContain('spied');
  });

  it('says when git can not tell, and asks for nothing where there is no repository', async () => {
    const { pack, ...rig } = await createGitRig();
    await rm(rig.path('all packs/.git'), { recursive: true });
    expect(await pack()).toMatchObject({ packed: true });
    await writeFile(rig.path('all packs/.git'), 'gitdir: /no-such-folder\n');
    expect(await pack()).toEqual({
      said: expect.stringContaining('git can not say what has changed in all packs/class'),
      packed: false,
    });
    expect(await pack('--uncommitted')).toMatchObject({ packed: true });
  });
});
