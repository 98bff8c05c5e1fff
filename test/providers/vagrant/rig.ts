import { spawnSync } from 'node:child_process';
import { localRunner } from '../../../src/exec/local.ts';
import type { Runner } from '../../../src/exec/runner.ts';
import type { FakeTools } from '../../rig/fake-tool.ts';

/** Runs commands on this host, with the fakes hiding the real tools. */
export function runnerWith(tools: FakeTools): Runner {
  const local = localRunner();
  const path = tools.path(process.env['PATH']);
  return { run: (command, options) => local.run(command, { ...options, env: { ...options.env, PATH: path } }) };
}

const preamble = `
require "vagrant"
$:.unshift(*Gem::Specification.find_by_name("vagrant-libvirt").full_require_paths)
require "vagrant-libvirt/action/handle_box_image"
Image = VagrantPlugins::ProviderLibvirt::Action::HandleBoxImage
`;

/** Runs Ruby with Vagrant and vagrant-libvirt loaded; `ARGV` has the arguments. @returns what it prints. */
export function askVagrant(code: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('ruby', ['-e', preamble + code, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ruby: ${stderr}`);
  return stdout.trim();
}

/** Why Vagrant can't be asked here, or false. */
export const withoutVagrant: string | false =
  spawnSync('ruby', ['-e', preamble]).status === 0 ? false : 'vagrant and vagrant-libvirt are not installed here for Ruby';
