import { cp } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createFixture } from 'fs-fixture';
import { describe, expect, it, onTestFinished } from 'vitest';
import { packageFolder } from '../rig/program.ts';

/** Runs the launcher in a copy of the package that holds these files. */
async function launch(files: Record<string, string>): Promise<{ code: number; stdout: string; stderr: string }> {
  const fixture = await createFixture({ 'package.json': '{"type":"module"}', ...files });
  onTestFinished(() => fixture.rm());
  await cp(join(packageFolder, 'bin'), join(fixture.path, 'bin'), { recursive: true });
  const ended = promisify(execFile)(process.execPath, [join(fixture.path, 'bin/kubelab.js'), 'a', 'b']);
  return ended.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

describe('the launcher', () => {
  it('starts what was built', async () => {
    const { stdout } = await launch({ 'dist/src/main.js': 'console.log(process.argv.slice(2).join())' });
    expect(stdout).toBe('a,b\n');
  });

  it('says what to run when nothing is installed', async () => {
    const { code, stderr } = await launch({});
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'kubelab is not built. In its folder run: npm ci\n' });
  });

  it('says what to run when nothing is built', async () => {
    const { stderr } = await launch({ 'node_modules/commander/index.js': '' });
    expect(stderr).toBe('kubelab is not built. In its folder run: npm run build\n');
  });
});
