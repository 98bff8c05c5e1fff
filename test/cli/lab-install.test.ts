import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createProgramRig } from '../rig/program.ts';

describe('lab install', () => {
  it.each([
    ['git+http://user:s3cretpass@127.0.0.1:1/x.git', 'A command failed on this host'],
    ['http://user:s3cretpass@127.0.0.1:1/x.git#v1', 'A command failed on this host'],
    ['git+http://s3cretpass@127.0.0.1:1/x.git', 'A command failed on this host'],
    ['http://user:s3cretpass@127.0.0.1:1/x.tgz', 'KL-PACK-UNKNOWN'],
    ['http://s3cretpass@127.0.0.1:1/x.tgz', 'KL-PACK-UNKNOWN'],
    ['ftp://user:s3cretpass@127.0.0.1:1/x.tgz', 'KL-PACK-UNKNOWN'],
  ])('of %s shows nothing of the login, however it fails', { timeout: 60_000 }, async (source, shown) => {
    const rig = await createProgramRig();
    for (const flags of [[], ['--json'], ['--verbose']]) {
      const { exitCode, stdout, stderr } = await rig.run('lab', 'install', source, '--yes', ...flags);
      expect(exitCode).not.toBe(70);
      expect(exitCode).not.toBe(0);
      expect(stdout + stderr).not.toContain('s3cretpass');
      if (!flags.includes('--json')) expect(stderr).toContain(shown);
    }
    expect(await readdir(rig.home)).toEqual(['.keep']);
  });

  it('says in its title which tag it installs', async () => {
    const rig = await createProgramRig();
    const { stdout, stderr } = await rig.run('lab', 'install', 'git+http://user:s3cretpass@127.0.0.1:1/x.git#v1', '--yes');
    expect(stdout + stderr).toContain('install http://***@127.0.0.1:1/x.git#v1');
  });

  it('of an archive that leads to an address with a login is refused, and leaves nothing', async () => {
    const server = createServer((_, response) => {
      response.writeHead(302, { location: `http://u:p@127.0.0.1:${port}/ok` }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const rig = await createProgramRig();
    expect(await rig.run('lab', 'install', `http://127.0.0.1:${port}/cred`, '--yes')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('KL-SOURCE-REFUSED'),
    });
    expect(await readdir(rig.home)).toEqual(['.keep']);
  });
});
