import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../cluster/files.ts';
import type { Node } from '../../cluster/node.ts';
import { waitFor } from '../../cluster/wait.ts';
import { knownHostsFile, sshOverrideFile } from '../../cluster/write-folder.ts';
import { KubelabError, unlessFailed } from '../../errors/errors.ts';
import { sshFailed, sshRunner } from '../../exec/ssh.ts';
import type { VagrantContext, VagrantSettings } from './settings.ts';
import { admitScript, describeAccess, parseAdmission, parseSshConfig, type SshAccess } from './ssh-access.ts';
import type { Vagrant } from './vagrant-command.ts';

const second = 1_000;

/** How long a machine may take to answer after Vagrant found it ready. */
function patience(settings: VagrantSettings): number {
  return settings.emulated ? 900 * second : 120 * second;
}

/** Whether the node lets root in by what the folder says. */
async function answers(node: Node, context: VagrantContext): Promise<boolean> {
  const options = { timeout: 10 * second, signal: context.signal, accept: [0, sshFailed] };
  const result = await unlessFailed(node.run(['true'], options));
  return result?.exitCode === 0;
}

/**
 * Makes the node one that the folder's ssh configuration leads to: root takes the cluster's key, and the machine's host
 * keys are known. Waits until it answers.
 * @param isRunning tells whether it is still worth waiting.
 * @throws KubelabError `KL-WAIT-DEADLINE`; `KL-MACHINE-FAILED` when the machine ends or lets root not in.
 */
export async function admit(
  node: Node,
  parts: { readonly settings: VagrantSettings; readonly context: VagrantContext; readonly vagrant: Vagrant },
  isRunning: () => Promise<boolean>,
): Promise<void> {
  const { settings, context, vagrant } = parts;
  if (await answers(node, context)) return;
  const output = await vagrant.read(['ssh-config', node.name], settings.emulated ? 300 * second : 60 * second);
  const given = parseSshConfig(output.stdout, node.name);
  const own: SshAccess = { ...given, host: node.address, port: 22 };
  let round = 0;
  await waitFor(
    {
      what: `ssh on ${node.name}`,
      hint: `See whether vagrant ssh ${node.name} gets in: run it in ${settings.folder}.`,
      deadline: patience(settings),
      every: second,
      ready: async () => {
        round += 1;
        // The way that Vagrant goes is for hosts that do not reach the nodes' network.
        let answer: true | string = 'no answer yet';
        for (const access of round > 3 ? [own, given] : [own]) {
          answer = await tryAccess(node, access, access === own, settings, context);
          if (answer === true) return true;
        }
        if (!(await isRunning()))
          throw new KubelabError('KL-MACHINE-FAILED', `the machine of ${node.name} ended while it booted`);
        return answer;
      },
    },
    context.signal,
  );
}

/** @returns true, or a sentence on why not yet. */
async function tryAccess(
  node: Node,
  access: SshAccess,
  direct: boolean,
  settings: VagrantSettings,
  context: VagrantContext,
): Promise<true | string> {
  const folder = { root: settings.folder };
  const config = path.join(settings.folder, 'machines', `${node.name}.access`);
  await mkdir(path.dirname(config), { recursive: true, mode: 0o700 });
  await writeFileAtomic(config, describeAccess(node.name, access), { mode: 0o600 });
  try {
    const entry = sshRunner(context.local, { configFile: config, host: node.name, sudo: true });
    const options = { timeout: settings.emulated ? 120 * second : 20 * second, signal: context.signal };
    const input = `${(await settings.authorizedKey()).trim()}\n`;
    const result = await unlessFailed(entry.run(['sh', '-c', admitScript], { ...options, input, accept: 'any' }));
    if (result?.exitCode !== 0) return lastLine(result?.stderr) ?? 'no answer yet';
    const { rootMayLogIn, hostKeys } = parseAdmission(result.stdout);
    if (!rootMayLogIn) throw rootShutOut(node.name);
    if (hostKeys.length === 0) return 'its sshd has no host keys';
    await writeFileAtomic(knownHostsOf(settings, node.name), hostKeys.map((key) => `${node.name} ${key}\n`).join(''));
    if (direct && !settings.emulated) await rm(sshOverrideFile(folder, node.name), { force: true });
    else await writeFileAtomic(sshOverrideFile(folder, node.name), describeWay(node.name, access), { mode: 0o600 });
  } finally {
    await rm(config, { force: true });
  }
  return (await answers(node, context)) || 'root can not log in yet';
}

function lastLine(text: string | undefined): string | undefined {
  return text
    ?.trim()
    .split('\n')
    .at(-1)
    ?.replaceAll(/[^\x20-\x7e]/g, '')
    .slice(0, 160);
}

/** A machine without hardware virtualisation needs longer to greet than the folder's configuration gives. */
function describeWay(name: string, { host, port }: SshAccess): string {
  return `Host ${name}
  HostName ${host}
  Port ${port}
  ConnectTimeout 30
`;
}

function rootShutOut(name: string): KubelabError {
  return new KubelabError('KL-MACHINE-FAILED', `the sshd of ${name} lets root not in`, {
    cure: 'Use a box whose sshd has PermitRootLogin prohibit-password, which is what sshd does by itself.',
  });
}

function knownHostsOf(settings: VagrantSettings, node: string): string {
  return knownHostsFile({ root: settings.folder }, node);
}

/** Removes what was kept for reaching a machine that is no more. */
export async function forgetAccess(settings: VagrantSettings, node: string): Promise<void> {
  await rm(knownHostsOf(settings, node), { force: true });
  await rm(sshOverrideFile({ root: settings.folder }, node), { force: true });
}
