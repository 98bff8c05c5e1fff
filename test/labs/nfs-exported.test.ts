import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localRunner } from '../../src/exec/local.ts';
import { createFakeTools } from '../rig/fake-tool.ts';

const script = join(import.meta.dirname, '../../labs/nfs/checks/exported.sh');
const options = 'sync,wdelay,hide,no_subtree_check,sec=sys,rw,secure,root_squash,no_all_squash';

/** As `exportfs -v` of nfs-utils 2.6 prints it: a tab before the client, and a new line first where the path is long. */
const client = (name: string, has = options): string => `/srv/nfs/lab  \t${name}(${has})\n`;
const other = `/srv/nfs/another-folder-with-a-name\n\t\t10.83.43.99(${options})\n`;
const both = client('10.83.43.21') + client('10.83.43.22');

/** What the check says on a server that exports this, where worker1 and worker2 are 10.83.43.21 and 10.83.43.22. */
async function check(exports: string): Promise<number | undefined> {
  const tools = await createFakeTools();
  try {
    (await tools.add('exportfs')).answer(/^-v$/, { stdout: exports });
    const getent = await tools.add('getent');
    getent.answer(['hosts', 'worker1'], { stdout: '10.83.43.21     worker1\n' });
    getent.answer(['hosts', 'worker2'], { stdout: '10.83.43.22     worker2\n' });
    const env = { PATH: tools.path(process.env['PATH']) };
    const { signal } = new AbortController();
    return (await localRunner().run(['sh', script], { timeout: 20_000, signal, accept: 'any', env })).exitCode;
  } finally {
    await tools.remove();
  }
}

describe('the check of what the NFS server exports', () => {
  it.each([
    ['both workers', both],
    ['both workers, and another folder to somebody else', other + both],
  ])('passes for %s', async (_what, exports) => expect(await check(exports)).toBe(0));

  it.each([
    ['nothing', ''],
    ['another folder', other],
    ['one worker', client('10.83.43.21')],
    ['everybody', client('<world>')],
    ['a third client', both + client('10.0.2.15')],
    ['the address of NAT beside one worker', client('10.83.43.21') + client('10.0.2.15')],
    ['reading only', client('10.83.43.21', options.replace('rw', 'ro')) + client('10.83.43.22')],
    ['root as root', client('10.83.43.21', options.replace('root_squash', 'no_root_squash')) + client('10.83.43.22')],
  ])('does not pass for %s', async (_what, exports) => expect(await check(exports)).toBe(1));
});
