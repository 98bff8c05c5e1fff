import { KubelabError } from '../../errors/errors.ts';

/** How Vagrant itself reaches a machine. */
export interface SshAccess {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string;
}

const longest = 16_384;

/**
 * Reads the output of `vagrant ssh-config NAME`: the block of that host, with the first key.
 * @throws KubelabError `KL-MACHINE-FAILED` when anything of it is missing or is not what it should be.
 */
export function parseSshConfig(output: string, name: string): SshAccess {
  const fields = output.length > longest ? new Map<string, string>() : readBlock(output, name);
  const [host = '', port = '', user = '', identityFile = ''] = ['hostname', 'port', 'user', 'identityfile'].map(
    (key) => fields.get(key) ?? '',
  );
  const sound =
    /^[A-Za-z0-9.:-]{1,253}$/.test(host) &&
    !host.startsWith('-') &&
    /^\d{1,5}$/.test(port) &&
    Number(port) >= 1 &&
    Number(port) <= 65_535 &&
    /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(user) &&
    // Quotes and control characters could end the line of the file that the path is written to.
    /^[^"\p{Cc}]{1,4096}$/u.test(identityFile);
  if (!sound)
    throw new KubelabError('KL-MACHINE-FAILED', `what Vagrant says of reaching ${name} can not be understood`, {
      details: output.slice(0, 1_000).trim().split('\n').slice(0, 12),
      cure: `Run vagrant ssh-config ${name} in the cluster's folder and see what it prints.`,
    });
  return { host, port: Number(port), user, identityFile };
}

function readBlock(output: string, name: string): Map<string, string> {
  const fields = new Map<string, string>();
  let inside = false;
  for (const line of output.split(/\r?\n/)) {
    const [, key = '', value = ''] = /^\s*([A-Za-z]+)\s+(.*?)\s*$/.exec(line) ?? [];
    if (key.toLowerCase() === 'host') inside = value === name;
    else if (inside && key !== '' && !fields.has(key.toLowerCase()))
      fields.set(key.toLowerCase(), value.replace(/^"(.*)"$/, '$1'));
  }
  return fields;
}

/** An ssh configuration to get in as Vagrant does. */
export function describeAccess(name: string, access: SshAccess): string {
  // The machine's own keys are what is asked for by this way; nobody can know them before.
  return `Host ${name}
  HostName ${access.host}
  Port ${access.port}
  User ${access.user}
  IdentityFile "${access.identityFile.replaceAll('\\', '/')}"
  IdentitiesOnly yes
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  PasswordAuthentication no
  ForwardAgent no
  BatchMode yes
  LogLevel ERROR
  ConnectTimeout 10
`;
}

/** Opens root's door for a key, and tells whether sshd lets root in and which host keys there are. Can be run again. */
export const admitScript = `set -eu
umask 077
mkdir -p /root/.ssh
read -r key
grep -qxF "$key" /root/.ssh/authorized_keys 2>/dev/null || printf '%s\\n' "$key" >>/root/.ssh/authorized_keys
! command -v restorecon >/dev/null 2>&1 || restorecon -R /root/.ssh || true
PATH=$PATH:/usr/sbin:/sbin sshd -T 2>/dev/null | grep -i '^permitrootlogin ' || true
cat /etc/ssh/ssh_host_*_key.pub
`;

/** What the script printed. A machine is not trusted: all but public keys is dropped. */
export function parseAdmission(output: string): { readonly rootMayLogIn: boolean; readonly hostKeys: readonly string[] } {
  const lines = output.slice(0, 65_536).split(/\r?\n/);
  const hostKeys = lines.flatMap((line) => {
    const [, key] = /^((?:ssh|ecdsa|sk)-[a-z0-9@.-]{1,60} [A-Za-z0-9+/]{20,8192}={0,3})(?: |$)/.exec(line) ?? [];
    return key === undefined ? [] : [key];
  });
  return { rootMayLogIn: !/^permitrootlogin (?:no|forced-commands-only)\s*$/im.test(output), hostKeys: hostKeys.slice(0, 8) };
}
