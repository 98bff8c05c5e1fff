import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileExists } from '../../src/exec/file-exists.ts';
import { localRunner } from '../../src/exec/local.ts';
import { createFakeTools, type FakeTools } from '../rig/fake-tool.ts';

const lab = join(import.meta.dirname, '../../labs/node-surgery');
const golden = join(import.meta.dirname, '../golden/kubeadm');
const joins = readdirSync(golden).filter((name) => name.includes('-join-worker'));
const own = /tlsBootstrapToken: "?abcdef\.0123456789abcdef"?/;

/** Runs a line or script whose files on a node are these instead. */
async function run(text: string, files: Readonly<Record<string, string>>, tools: FakeTools, JOIN = '') {
  const script = Object.entries(files).reduce((rest, [path, other]) => rest.replaceAll(path, other), text);
  const file = join(tools.folder, 'script.sh');
  await writeFile(file, script);
  const { signal } = new AbortController();
  const env = { PATH: tools.path(process.env['PATH']), JOIN };
  return localRunner().run(['sh', file], { timeout: 20_000, signal, accept: 'any', env });
}

async function withTools<Result>(work: (tools: FakeTools) => Promise<Result>): Promise<Result> {
  const tools = await createFakeTools();
  try {
    return await work(tools);
  } finally {
    await tools.remove();
  }
}

describe('a new token in the file that kubelab joined a worker with', () => {
  it.each(joins)('is put there by the command of the text: %s', async (name) => {
    const text = readFileSync(join(lab, 'text/en/rejoin.md'), 'utf8');
    const command = /^(sed .* \/opt\/kubelab\/node\/kubeadm\.yaml) >\/root\/join\.yaml$/m.exec(text)?.[1] ?? '';
    const { stdout } = await withTools((tools) => run(command, { '/opt/kubelab/node/kubeadm.yaml': join(golden, name) }, tools));
    expect(stdout).toContain('tlsBootstrapToken: YOUR_NEW_TOKEN\n');
    expect(stdout).not.toMatch(own);
  });

  it.each(joins)('is put there by the solution, as a text even when it is all digits: %s', async (name) => {
    await withTools(async (tools) => {
      for (const tool of ['ip', 'systemctl']) (await tools.add(tool)).answer([], {});
      let config = '';
      (await tools.add('kubeadm')).answer(['join', '--config'], async ({ args }) => {
        config = await readFile(args[2] ?? '', 'utf8');
        return {};
      });
      const kubernetes = join(tools.folder, 'kubernetes');
      await mkdir(kubernetes);
      const subnet = join(tools.folder, 'subnet.env');
      await writeFile(subnet, 'FLANNEL_SUBNET=10.244.1.1/24\n');
      const files = {
        '/opt/kubelab/node/kubeadm.yaml': join(golden, name),
        '/root/join.yaml': join(tools.folder, 'join.yaml'),
        '/etc/kubernetes': kubernetes,
        '/run/flannel/subnet.env': subnet,
      };
      const script = readFileSync(join(lab, 'scripts/join.sh'), 'utf8');
      expect(await run(script, files, tools, '12345678')).toMatchObject({ exitCode: 0 });
      // A pod that starts before flannel would get an address of the old range, and a bridge that keeps all others away.
      expect(await fileExists(subnet)).toBe(false);
      expect(config).toContain('tlsBootstrapToken: "123456.1234567812345678"\n');
      expect(config).not.toMatch(own);
    });
  });
});

describe('the check of the token that a worker joined with', () => {
  /** What it says when these asked for certificates, oldest first. */
  async function check(...users: readonly string[]): Promise<number | undefined> {
    return withTools(async (tools) => {
      const stdout = users.map((user) => `${user}\n`).join('');
      (await tools.add('kubectl')).answer(/ get certificatesigningrequests --sort-by \.metadata\.creationTimestamp /, { stdout });
      const script = readFileSync(join(lab, 'checks/new-token.sh'), 'utf8');
      const files = { '/opt/kubelab/node/kubeadm.yaml': join(golden, '1.36-first.yaml') };
      return (await run(script, files, tools)).exitCode;
    });
  }

  it('passes when the last one to join showed a new token', async () =>
    expect(await check('system:bootstrap:abcdef', 'system:bootstrap:4lq0cf', 'system:node:worker1')).toBe(0));

  it("does not pass when the last one to join showed kubelab's, whatever came before", async () =>
    expect(await check('system:bootstrap:4lq0cf', 'system:bootstrap:abcdef', 'system:node:worker1')).toBe(1));

  it('says nothing when no trace is left', async () => {
    expect(await check()).toBe(3);
    expect(await check('system:node:worker1')).toBe(3);
  });
});
