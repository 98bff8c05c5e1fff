import { join } from 'node:path';
import { KubelabError } from '../errors/errors.ts';
import { quoteCommand } from '../exec/quote.ts';
import { sshCommand } from '../exec/ssh.ts';
import { defineRawCommand } from './command.ts';
import { findNode, openExisting } from './existing.ts';

export const ssh = defineRawCommand({
  name: 'ssh',
  summary: 'go into a node as root, or run a command there',
  description:
    'One word after the name is a line for the shell of the node, pipes and all; several words reach the command there as they are.',
  usage: '<node> [-- command...]',
  examples: [
    { command: 'kubelab ssh worker1', what: 'a shell on worker1' },
    { command: 'kubelab ssh worker1 -- systemctl status kubelet', what: 'one command' },
    { command: "kubelab ssh worker1 'journalctl -u kubelet | tail'", what: 'a line for its shell' },
  ],
  run: async ([name, ...rest], context) => {
    // Errors of these have nothing to do with the logs of the cluster.
    const { workspace, state, provider } = await openExisting({ ...context, showLogsAt: () => undefined });
    if (name === undefined)
      throw new KubelabError('KL-USE', 'No node was named.', {
        details: [`nodes: ${state.nodes.map((node) => node.name).join(', ')}`],
        cure: 'Run kubelab ssh NODE.',
      });
    const node = findNode(state, name);
    const machine = (await provider.inspect()).find((candidate) => candidate.name === node.name);
    if (machine?.state !== 'running')
      throw new KubelabError('KL-CLUSTER-HALTED', `${node.name} is ${machine === undefined ? 'not there' : 'not running'}`);
    const { runAttached } = await import('../exec/local.ts');
    const target = { configFile: join(workspace.folder.root, 'ssh_config'), host: node.name, sudo: false };
    // -a: nothing in a machine may use the keys of the person.
    const command = sshCommand(target, remoteWords(rest), ['-a']);
    return runAttached(command, { signal: context.signal, env: context.env, cwd: context.cwd });
  },
});

function remoteWords(words: readonly string[]): readonly string[] {
  const command = words[0] === '--' ? words.slice(1) : words;
  return command.length > 1 ? [quoteCommand(command)] : command;
}
