import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FakeTool, FakeTools, ToolAnswer } from '../../rig/fake-tool.ts';

/**
 * A fake virsh with a pool that is a folder, as much of it as boxes need, with virsh's words and exit codes.
 * @param backings what volumes were cloned from.
 */
export async function addPool(
  tools: FakeTools,
  folder: string,
  backings: Readonly<Record<string, string>> = {},
): Promise<FakeTool> {
  const virsh = await tools.add('virsh');
  let seen: string[] = [];
  const refused = (stderr: string): ToolAnswer => ({ stderr: `error: ${stderr}\n`, exitCode: 1 });
  virsh.answer(['--connect', 'qemu:///system'], ({ args }): ToolAnswer => {
    const [verb = '', ...words] = args.slice(2);
    const last = words.at(-1) ?? '';
    if (verb === 'pool-dumpxml') return { stdout: `<pool type='dir'><target><path>${folder}</path></target></pool>` };
    if (verb === 'pool-info') return { stdout: 'Name:   default\nState:          running\n' };
    if (verb === 'pool-refresh') seen = readdirSync(folder);
    if (verb === 'vol-list') {
      const rows = seen.map((name) => ` ${name}   ${join(folder, name)}\n`);
      return { stdout: ` Name   Path\n----------------\n${rows.join('')}\n` };
    }
    if (verb === 'vol-dumpxml') {
      const backing = backings[last];
      const store =
        backing === undefined ? '' : `  <backingStore>\n    <path>${join(folder, backing)}</path>\n  </backingStore>\n`;
      return { stdout: `<volume type='file'>\n  <name>${last}</name>\n${store}</volume>\n` };
    }
    if (verb === 'vol-path')
      return seen.includes(last) ? { stdout: `${join(folder, last)}\n` } : refused('no storage vol with matching name');
    if (verb === 'vol-delete') {
      if (!existsSync(join(folder, last))) return refused(`cannot unlink file '${last}': No such file or directory`);
      rmSync(join(folder, last));
      seen = seen.filter((name) => name !== last);
    }
    return {};
  });
  return virsh;
}
