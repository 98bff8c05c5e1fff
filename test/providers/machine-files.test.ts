import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { machineFiles } from '../../src/providers/nspawn/machine-files.ts';
import { findMachineProcesses } from '../../src/providers/nspawn/processes.ts';

describe('the files of one machine', () => {
  const files = machineFiles({
    name: 'worker1',
    address: '10.83.7.21/24',
    gateway: '10.83.7.1',
    authorizedKey: 'ssh-ed25519 AAAA kubelab\n',
    hostKey: { secret: 'SECRET', public: 'PUBLIC' },
  });
  const find = (path: string) => files.find((file) => file.path === path);

  it('lets only the cluster in, and keeps what is secret to root', () => {
    expect(find('root/.ssh/authorized_keys')).toMatchObject({ text: 'ssh-ed25519 AAAA kubelab\n', mode: 0o600 });
    expect(find('etc/ssh/ssh_host_ed25519_key')).toMatchObject({ text: 'SECRET', mode: 0o600 });
  });

  it('sets its one address before anything else starts', () => {
    const unit = find('etc/systemd/system/kubelab-network.service')?.text;
    expect(unit).toContain('ip address replace 10.83.7.21/24 dev host0');
    expect(unit).toContain('Before=sysinit.target');
    expect(find('etc/systemd/system/sysinit.target.d/kubelab-network.conf')?.text).toContain('Wants=kubelab-network.service');
  });
});

describe('finding the process of a machine', () => {
  it('takes systemd-nspawn with that very root, and neither sudo nor another root', async () => {
    const tree = `/nowhere/kubelab-test-${process.pid}`;
    const sudo = spawn('perl', ['-e', 'sleep 30', '--', 'systemd-nspawn', `--directory=${tree}`], {
      argv0: 'sudo',
      stdio: 'ignore',
    });
    try {
      await new Promise((resolve) => sudo.once('spawn', resolve));
      expect(await findMachineProcesses([tree])).toEqual(new Map());
    } finally {
      sudo.kill('SIGKILL');
    }
    const machine = spawn('perl', ['-e', 'sleep 30', '--', `--directory=${tree}`], {
      argv0: '/usr/bin/systemd-nspawn',
      stdio: 'ignore',
    });
    try {
      await new Promise((resolve) => machine.once('spawn', resolve));
      expect(await findMachineProcesses([tree, `${tree}-other`])).toEqual(new Map([[tree, machine.pid]]));
    } finally {
      machine.kill('SIGKILL');
    }
  });
});
