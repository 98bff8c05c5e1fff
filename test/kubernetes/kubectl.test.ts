import { expect, test } from 'vitest';
import { KubelabError } from '../../src/errors/errors.ts';
import type { Command, RunOptions, Runner } from '../../src/exec/runner.ts';
import { createKubectl } from '../../src/kubernetes/kubectl.ts';

/** A Runner that answers every command alike and keeps what it was given. */
function answering(stdout: string): { runner: Runner; calls: { command: Command; options: RunOptions }[] } {
  const calls: { command: Command; options: RunOptions }[] = [];
  const runner: Runner = {
    run: (command, options) => {
      calls.push({ command, options });
      return Promise.resolve({ exitCode: 0, stdout, stderr: '', milliseconds: 1 });
    },
  };
  return { runner, calls };
}

const signal = new AbortController().signal;
const kubeconfig = '/etc/kubernetes/admin.conf';

test('json asks for JSON and parses it, with a timeout and the signal', async () => {
  const { runner, calls } = answering('{"items":[]}');
  const kubectl = createKubectl({ runner, kubeconfig, signal });
  expect(await kubectl.json(['get', 'nodes'])).toEqual({ items: [] });
  expect(calls[0]?.command).toEqual(['kubectl', '--kubeconfig', kubeconfig, 'get', 'nodes', '-o', 'json']);
  expect(calls[0]?.options).toEqual({ timeout: 30_000, signal });
});

test('an answer that is no JSON is a failure that names the command', async () => {
  const kubectl = createKubectl({ runner: answering('Unable to connect').runner, kubeconfig, signal });
  const error = await kubectl.json(['get', 'nodes']).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(KubelabError);
  expect((error as KubelabError).message).toContain('kubectl get nodes');
});

test('apply gives the manifests on standard input', async () => {
  const { runner, calls } = answering('');
  await createKubectl({ runner, kubeconfig, signal, program: '/usr/local/bin/kubectl' }).apply('kind: Namespace\n', {
    timeout: 5000,
  });
  expect(calls[0]?.command).toEqual([
    '/usr/local/bin/kubectl',
    '--kubeconfig',
    kubeconfig,
    'apply',
    '--server-side',
    '--force-conflicts',
    '--field-manager=kubelab',
    '-f',
    '-',
  ]);
  expect(calls[0]?.options).toEqual({ timeout: 5000, signal, input: 'kind: Namespace\n' });
});

test('run passes on which exit codes are answers', async () => {
  const { runner, calls } = answering('');
  await createKubectl({ runner, kubeconfig, signal }).run(['diff', '-f', '-'], { accept: [0, 1], input: 'x' });
  expect(calls[0]?.options).toEqual({ timeout: 30_000, signal, accept: [0, 1], input: 'x' });
});
