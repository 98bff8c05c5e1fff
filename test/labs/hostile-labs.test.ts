import { lstat, readdir, readlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgramRig } from '../rig/program.ts';
import { leaveCluster } from '../rig/existing-cluster.ts';
import { sampleLab } from './sample-lab.ts';
import { hostileLabs } from './hostile-labs.ts';

/** Every file below a folder: its kind, size and time. */
async function listTree(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const lines = names.map(async (name) => {
    const file = join(folder, name);
    const facts = await lstat(file);
    const target = facts.isSymbolicLink() ? await readlink(file) : '';
    return `${name} ${facts.mode} ${facts.size} ${facts.isDirectory() ? '' : facts.mtimeMs} ${target}`;
  });
  return (await Promise.all(lines)).toSorted();
}

describe.runIf(process.platform === 'linux')('a hostile lab', () => {
  it.each(hostileLabs)('$name', async ({ files = {}, prepare, lint, start }) => {
    const rig = await createProgramRig();
    await leaveCluster(rig, []);
    await using lab = await sampleLab(files);
    const places = [dirname(rig.folder), dirname(lab.path)];
    await writeFile(join(dirname(lab.path), 'secret'), 'a secret of the user');
    prepare?.(lab.path);
    const before = await Promise.all(places.map(listTree));

    const linted = await rig.run('lab', 'lint', lab.path);
    expect(linted.exitCode).toBe(2);
    const said = linted.stdout + linted.stderr;
    expect(said).toContain(lint);
    const started = await rig.run('lab', 'start', lab.path);
    expect(started.exitCode).toBe(2);
    // What is sound as far as it is read is stopped here by the image that no source has.
    expect(started.stderr.replaceAll(/\s+/g, ' ')).toContain(start?.replaceAll(/\s+/g, ' ') ?? 'KL-LAB-UNFIT');
    if (start !== undefined) expect(started.stderr).toMatch(/KL-LAB-(?:INVALID|UNKNOWN)/);

    expect(said + started.stderr).not.toContain('a secret of the user');
    expect(said + started.stderr).not.toMatch(/[^\P{Cc}\t\n]|\p{Bidi_Control}/u);
    expect(await Promise.all(places.map(listTree))).toEqual(before);
  });
});
