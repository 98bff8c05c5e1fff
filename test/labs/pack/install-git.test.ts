import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CommandFailed, Interrupted } from '../../../src/errors/errors.ts';
import { localRunner } from '../../../src/exec/local.ts';
import type { Command, Runner } from '../../../src/exec/runner.ts';
import { memoryMebibytes } from '../../../src/labs/pack/limit-memory.ts';
import { createInstallRig, type InstallRig } from './install-rig.ts';
import { packFiles } from './sample-pack.ts';

const identity = ['-c', 'user.name=A Teacher', '-c', 'user.email=teacher@example.org', '-c', 'protocol.file.allow=always'];

interface Repository {
  readonly rig: InstallRig;
  readonly source: string;
  git(...words: string[]): string;
  /** git with something to read. */
  feed(input: string, ...words: string[]): string;
  commit(): string;
}

/** A repository with the sample pack and other files, committed by `commit`. */
async function createRepository(files: Readonly<Record<string, string>> = {}): Promise<Repository> {
  const rig = await createInstallRig({ 'marker/.keep': '' });
  const folder = rig.path('repository');
  await mkdir(folder);
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const feed = (input: string, ...words: string[]): string =>
    execFileSync('git', [...identity, ...words], { cwd: folder, env, encoding: 'utf8', input });
  const git = (...words: string[]): string => feed('', ...words);
  git('init', '--quiet', '--initial-branch=main');
  for (const [name, text] of Object.entries({ ...packFiles, ...files })) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  const commit = (): string => {
    git('add', '--all');
    git('commit', '--quiet', '--message=x');
    return git('rev-parse', 'HEAD').trim();
  };
  return { rig, source: `git+file://${folder}`, git, feed, commit };
}

/** Commits a folder that has 32 of 32 of 32 folders, and so on to 33 million files, where git has only one of each kind. */
function commitEndless({ feed }: Repository, place: string): void {
  let entry = `100644 blob ${feed('x', 'hash-object', '-w', '--stdin').trim()}`;
  for (let level = 0; level < 5; level += 1) {
    const names = Array.from({ length: 32 }, (_, index) => `${entry}\ta${index}\n`).toSorted();
    entry = `040000 tree ${feed(names.join(''), 'mktree').trim()}`;
  }
  const who = 'A Teacher <teacher@example.org> 0 +0000';
  const change = `M 040000 ${entry.slice(-40)} ${place}\n`;
  feed(`commit refs/heads/main\ncommitter ${who}\ndata 1\nx\nfrom refs/heads/main^0\n${change}`, 'fast-import', '--quiet');
}

/** A user whose own configuration would run programs that the repository asks for. */
async function trapUser(rig: InstallRig): Promise<{ readonly runner: Runner; readonly env: Record<string, string> }> {
  const touch = `touch ${rig.path('marker', 'evil')}`;
  for (const folder of ['hooks', 'template/hooks']) {
    await mkdir(rig.path('trap', folder), { recursive: true });
    for (const hook of ['post-checkout', 'post-index-change', 'reference-transaction', 'post-merge']) {
      await writeFile(rig.path('trap', folder, hook), `#!/bin/sh\n${touch}\n`);
      await chmod(rig.path('trap', folder, hook), 0o755);
    }
  }
  const config = `[core]
  hooksPath = ${rig.path('trap', 'hooks')}
  fsmonitor = "${touch}; false"
[init]
  templateDir = ${rig.path('trap', 'template')}
[filter "evil"]
  smudge = "${touch}; cat"
  required = true
[submodule]
  recurse = true
[protocol]
  allow = always
`;
  await writeFile(rig.path('trap', 'config'), config);
  const env = { GIT_CONFIG_GLOBAL: rig.path('trap', 'config') };
  const runner = localRunner();
  return { env, runner: { run: (command, options) => runner.run(command, { ...options, env: { ...options.env, ...env } }) } };
}

/** Runs git with little memory where it fetches. */
function tightRunner(): Runner {
  const runner = localRunner();
  // The stacks of git's threads, of which there are as many as the host has cores, count as memory, too.
  const script = 'ulimit -s 1024 && ulimit -d 98304 && exec "$@"';
  const limited = (command: Command): Command => ['sh', '-c', script, 'sh', ...command];
  return { run: (command, options) => runner.run(command.includes('fetch') ? limited(command) : command, options) };
}

describe('a pack from git', () => {
  it('is installed from a branch, a tag or a commit, whatever else is in the repository', async () => {
    const { rig, source, git, commit } = await createRepository({
      '.gitignore': 'x',
      'docs/a b.md': 'x',
      'run.sh': 'touch evil',
      'labs/first-pod/.notes': 'x',
      'README.md': 'About the class.',
    });
    const first = commit();
    git('tag', 'v1');
    await writeFile(rig.path('repository', 'pack.yaml'), (packFiles['pack.yaml'] ?? '').replace('1.0.0', '1.1.0'));
    const second = commit();
    expect(await rig.install(`${source}#v1`)).toMatchObject({
      end: 'installed',
      pack: { commit: first, pack: { version: '1.0.0' } },
    });
    expect(await rig.install(source)).toMatchObject({ end: 'installed', pack: { commit: second, pack: { version: '1.1.0' } } });
    expect((await rig.install(`${source}#main`)).end).toBe('already');
    expect((await rig.install(`${source}#${first}`)).end).toBe('already');
    const installed = (await rig.list()).filter((line) => line.includes('packs/class/1.0.0/')).join('\n');
    expect(installed).toContain('README.md');
    expect(installed).not.toMatch(/\.git|run\.sh|docs|notes/);
  });

  it('runs nothing that it or the configuration names', async () => {
    const { rig, source, commit } = await createRepository({
      '.gitattributes': '* filter=evil\n',
      'labs/first-pod/.gitattributes': 'files/* filter=evil ident eol=crlf\n',
      'labs/first-pod/files/id.txt': '$Id$\n',
    });
    commit();
    const { runner, env } = await trapUser(rig);
    const { folder } = await rig.install(source, { runner });
    expect(await rig.list()).not.toContainEqual(expect.stringContaining('marker/evil'));
    expect(await readFile(path.join(folder, 'labs/first-pod/files/id.txt'), 'utf8')).toBe('$Id$\n');
    // The trap is one: git as it is walks into it.
    execFileSync('git', ['clone', '--quiet', `file://${rig.path('repository')}`, rig.path('plain')], {
      env: { ...process.env, ...env },
    });
    expect(await rig.list()).toContainEqual(expect.stringContaining('marker/evil'));
  });

  it.each([
    ['a file', 'labs/first-pod/files/passwd', '/etc/passwd'],
    ['a lab', 'labs/evil', '../../..'],
    ['pack.yaml', 'pack.yaml', 'labs/first-pod/lab.yaml'],
  ])('with a link in place of %s is refused', async (_, link, to) => {
    const { rig, source, git, commit } = await createRepository();
    commit();
    if (link === 'pack.yaml') git('rm', '--quiet', link);
    await symlink(to, rig.path('repository', link));
    commit();
    const before = await rig.list();
    await expect(rig.install(source)).rejects.toMatchObject({ code: 'KL-PACK-UNSAFE' });
    expect(await rig.list()).toEqual(before);
  });

  it('with links and repositories elsewhere is installed without them', async () => {
    const { rig, source, git, commit } = await createRepository();
    commit();
    git('submodule', '--quiet', 'add', `file://${rig.path('repository')}`, 'vendor');
    await symlink('/etc/passwd', rig.path('repository', 'docs'));
    commit();
    const { folder } = await rig.install(source);
    expect((await rig.list()).filter((line) => line.startsWith(path.relative(rig.root, folder))).join()).not.toMatch(
      /vendor|docs/,
    );
  });

  it('with a repository in its labs is refused', async () => {
    const { rig, source, git, commit } = await createRepository();
    commit();
    git('submodule', '--quiet', 'add', `file://${rig.path('repository')}`, 'labs/evil');
    commit();
    const before = await rig.list();
    await expect(rig.install(source)).rejects.toMatchObject({ code: 'KL-PACK-UNSAFE' });
    expect(await rig.list()).toEqual(before);
  });

  it.each(['labs/first-pod/files/large', 'labs/.large'])('with a large file %s is refused before it is written', async (file) => {
    const { rig, source, commit } = await createRepository({ [file]: 'x'.repeat(2 ** 20 + 1) });
    commit();
    const before = await rig.list();
    await expect(rig.install(source)).rejects.toMatchObject({
      code: 'KL-PACK-UNSAFE',
      message: expect.stringContaining('larger'),
    });
    expect(await rig.list()).toEqual(before);
  });

  it('with more than an archive may hold is refused, and is not read to its end', async () => {
    const { rig, source, commit } = await createRepository();
    commit();
    const before = await rig.list();
    const words: string[] = [];
    const runner = localRunner();
    // What comes in is what git has of it so far, in a file beside the packs that are whole.
    const noting: Runner = {
      run: async (command, options) => {
        words.push(...command.filter((word) => ['fetch', 'ls-tree', 'checkout'].includes(word)));
        if (!command.includes('fetch')) return runner.run(command, options);
        const file = path.join(options.cwd ?? '', '.git/objects/pack/tmp_pack_x');
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, '');
        await truncate(file, 64 * 2 ** 20 + 1);
        return runner.run(['sleep', '100'], options);
      },
    };
    await expect(rig.install(source, { runner: noting })).rejects.toMatchObject({
      code: 'KL-PACK-UNSAFE',
      message: expect.stringContaining('the repository is larger than 64 MiB'),
    });
    expect(words).toEqual(['fetch']);
    expect(await rig.list()).toEqual(before);
  });

  it('with a file that unpacks to far more takes no memory for it', { timeout: 120_000 }, async () => {
    const { rig, source, git, commit } = await createRepository({ zeros: '' });
    await truncate(rig.path('repository', 'zeros'), 128 * 2 ** 20);
    // What serves it runs below what fetches it, and has to be modest, too.
    git('config', 'core.bigFileThreshold', '1m');
    commit();
    expect((await rig.install(source, { runner: tightRunner() })).end).toBe('installed');
  });

  it('is refused where git has not the memory to read it', { timeout: 120_000 }, async () => {
    const { rig, source, git, feed, commit } = await createRepository();
    commit();
    git('update-ref', 'HEAD', feed('a'.repeat(128 * 2 ** 20), 'commit-tree', 'HEAD^{tree}').trim());
    const before = await rig.list();
    await expect(rig.install(source, { runner: tightRunner() })).rejects.toMatchObject({
      code: 'KL-PACK-UNSAFE',
      message: expect.stringContaining('of memory to read'),
    });
    expect(await rig.list()).toEqual(before);
  });

  it.runIf(process.platform === 'linux')('is read by programs that can not take all memory of the host', async () => {
    const { rig, source, commit } = await createRepository();
    commit();
    const runner = localRunner();
    const limits: string[] = [];
    const asking: Runner = {
      run: async (command, options) => {
        const [file, ...words] = command;
        const start = words.indexOf('git');
        if (start >= 0)
          limits.push((await runner.run([file, ...words.slice(0, start), 'sh', '-c', 'ulimit -d'], options)).stdout);
        return runner.run(command, options);
      },
    };
    expect((await rig.install(source, { runner: asking })).end).toBe('installed');
    expect(limits).toHaveLength(4);
    for (const limit of limits) expect(Number(limit)).toBeLessThanOrEqual(memoryMebibytes * 1024);
  });

  it.each([
    ['outside of its labs is installed without them', 'docs', undefined],
    ['in its labs is refused', 'labs/endless', 'KL-PACK-UNSAFE'],
    ['in place of a file is refused', 'LICENSE', 'KL-PACK-UNSAFE'],
  ])('with folders of folders without end %s', { timeout: 120_000 }, async (_, place, code) => {
    const repository = await createRepository();
    const { rig, source } = repository;
    repository.commit();
    commitEndless(repository, place);
    const before = await rig.list();
    if (code === undefined) expect((await rig.install(source)).end).toBe('installed');
    else {
      await expect(rig.install(source)).rejects.toMatchObject({ code });
      expect(await rig.list()).toEqual(before);
    }
  });

  it('shows nothing of a login when git fails', async () => {
    const { rig } = await createRepository();
    const before = await rig.list();
    for (const login of ['me:s3cret', 's3cret']) {
      const error = await rig.install(`git+http://${login}@127.0.0.1:1/x`).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(CommandFailed);
      expect((error as CommandFailed).command[0]).toBe('git');
      expect((error as CommandFailed).command).toContain('http://***@127.0.0.1:1/x');
      expect(JSON.stringify([error, String(error)])).not.toContain('s3cret');
    }
    expect(await rig.list()).toEqual(before);
  });

  it('without a pack is refused', async () => {
    const { rig, source, git, commit } = await createRepository();
    commit();
    git('rm', '--quiet', 'pack.yaml');
    commit();
    const before = await rig.list();
    await expect(rig.install(source)).rejects.toMatchObject({ code: 'KL-PACK-UNKNOWN' });
    expect(await rig.list()).toEqual(before);
  });

  it('that is not there fails as git says, and leaves nothing', async () => {
    const { rig, source, commit } = await createRepository();
    commit();
    const before = await rig.list();
    await expect(rig.install(`${source}#no-such-tag`)).rejects.toBeInstanceOf(CommandFailed);
    await expect(rig.install(`${source}-other`)).rejects.toBeInstanceOf(CommandFailed);
    expect(await rig.list()).toEqual(before);
  });

  it('leaves nothing when it is stopped', async () => {
    const { rig, source, commit } = await createRepository();
    commit();
    const before = await rig.list();
    const abort = new AbortController();
    const runner = localRunner();
    const stopping: Runner = {
      run: (command, options) => {
        if (command.includes('checkout')) abort.abort();
        return runner.run(command, options);
      },
    };
    await expect(rig.install(source, { runner: stopping, signal: abort.signal })).rejects.toBeInstanceOf(Interrupted);
    expect(await rig.list()).toEqual(before);
  });
});
