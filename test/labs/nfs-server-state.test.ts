import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFixture } from 'fs-fixture';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fileExists } from '../../src/exec/file-exists.ts';
import { localRunner } from '../../src/exec/local.ts';

const labs = join(import.meta.dirname, '../../labs');

/** As systemd's, for one unit: it is enabled and it runs where a file says so. */
const systemctl = `#!/bin/sh
set -eu
now=no
verb=$1
shift
for word; do case $word in --now) now=yes ;; --quiet | nfs-server.service) ;; *) exit 9 ;; esac; done
case $verb in
enable) touch "$STATE/enabled"; [ $now = no ] || touch "$STATE/active" ;;
disable) rm -f "$STATE/enabled"; [ $now = no ] || rm -f "$STATE/active" ;;
start) touch "$STATE/active" ;;
stop) rm -f "$STATE/active" ;;
is-enabled) [ -e "$STATE/enabled" ] ;;
is-active) [ -e "$STATE/active" ] ;;
*) exit 9 ;;
esac
`;
/** A cluster without volumes and classes. */
const kubectl = `#!/bin/sh
case "$*" in *'-o json') echo '{"items": []}' ;; *'apply -f -') cat >/dev/null ;; esac
`;

interface Server {
  /** Runs a script of a lab. */
  run(script: string): Promise<void>;
  /** Changes the unit, as somebody does on the node. */
  change(...words: readonly string[]): Promise<void>;
  isKept(): Promise<boolean>;
  state(): Promise<string>;
}

/** An NFS server whose files are in a folder. */
async function createServer(enabled: boolean, active: boolean): Promise<Server> {
  const fixture = await createFixture({
    'bin/systemctl': systemctl,
    'bin/kubectl': kubectl,
    'bin/exportfs': '#!/bin/sh\n',
    'etc/exports.d/.keep': '',
    'srv/.keep': '',
    'var/lib/.keep': '',
    filesystems: 'nodev\tnfsd\n',
    ...(enabled ? { 'state/enabled': '' } : {}),
    ...(active ? { 'state/active': '' } : {}),
    'state/.keep': '',
  });
  onTestFinished(() => fixture.rm());
  for (const tool of ['systemctl', 'kubectl', 'exportfs']) await chmod(fixture.getPath('bin', tool), 0o755);
  const env = {
    PATH: `${fixture.getPath('bin')}:${process.env['PATH']}`,
    STATE: fixture.getPath('state'),
    KUBELAB_NAMESPACE: 'lab',
    WORD: 'x',
  };
  const { signal } = new AbortController();
  const call = async (...command: readonly [string, ...string[]]): Promise<void> => {
    await localRunner().run(command, { timeout: 20_000, signal, env });
  };
  const places = { '/proc/filesystems': fixture.getPath('filesystems'), '/etc/': fixture.getPath('etc/') };
  const roots = { '/srv/nfs': fixture.getPath('srv/nfs'), '/var/lib/': fixture.getPath('var/lib/') };
  return {
    run: async (script) => {
      const text = await readFile(join(labs, script), 'utf8');
      const own = Object.entries({ ...places, ...roots }).reduce((rest, [path, other]) => rest.replaceAll(path, other), text);
      await writeFile(fixture.getPath('script.sh'), own);
      await call('sh', fixture.getPath('script.sh'));
    },
    change: (...words) => call('systemctl', ...words, 'nfs-server.service'),
    isKept: () => fileExists(fixture.getPath('var/lib/kubelab-nfs-server')),
    state: async () => {
      const is = (file: string): Promise<boolean> => fileExists(fixture.getPath('state', file));
      return `${(await is('enabled')) ? 'enabled' : 'disabled'} ${(await is('active')) ? 'active' : 'inactive'}`;
    },
  };
}

const [begin, end] = ['nfs/scripts/prepare.sh', 'nfs/scripts/clean-up.sh'];
const [beginClass, endClass] = ['storageclass-nfs/scripts/export.sh', 'storageclass-nfs/scripts/clean-up.sh'];

describe('the NFS server of the control plane, once a lab has ended', () => {
  it.each([
    ['disabled inactive', false, false],
    ['enabled active', true, true],
    ['disabled active', false, true],
    ['enabled inactive', true, false],
  ])('is as it was before it began: %s', async (was, enabled, active) => {
    const server = await createServer(enabled, active);
    await server.run(begin);
    // A setup that was cut off is done again.
    await server.change('enable', '--now');
    await server.run(begin);
    await server.change('disable', '--now');
    await server.run('nfs/scripts/bring-back.sh');
    await server.run(end);
    expect(await server.state()).toBe(was);
    expect(await server.isKept()).toBe(false);
    await server.run(beginClass);
    expect(await server.state()).toBe('enabled active');
    await server.run(endClass);
    expect(await server.state()).toBe(was);
    expect(await server.isKept()).toBe(false);
  });

  it('is left alone where nobody noted how it was, as after a second reset', async () => {
    const server = await createServer(false, false);
    await server.run(begin);
    await server.run(end);
    await server.change('enable', '--now');
    await server.run(end);
    await server.run(endClass);
    expect(await server.state()).toBe('enabled active');
  });

  it.each([
    [end, endClass],
    [endClass, end],
  ])('serves the other lab until that has ended, too: %s first', async (first, last) => {
    const server = await createServer(false, false);
    await server.run(begin);
    await server.run(beginClass);
    await server.run(first);
    expect(await server.state()).toBe('enabled active');
    await server.run(last);
    expect(await server.state()).toBe('disabled inactive');
    expect(await server.isKept()).toBe(false);
  });
});
