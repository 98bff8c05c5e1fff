import type { ShellCommand } from './shell-script.ts';
import { transferChanges } from './shell-transfers.ts';
import { bare, findRemote } from './shell-wrappers.ts';

export const kubectlChanges = new Set(
  'annotate apply attach autoscale cordon cp create debug delete drain edit evict exec expose label patch replace run scale set taint uncordon'.split(
    ' ',
  ),
);
const changing = new Set(
  (
    'rm rmdir mv cp tee dd mkdir touch ln chmod chown chgrp install truncate shred mkfs mount umount kill pkill killall ' +
    'useradd userdel usermod groupadd passwd modprobe rmmod reboot poweroff shutdown halt apt apt-get dpkg dnf yum apk rpm ' +
    'swapon swapoff mknod mkfifo unlink sync eval source .'
  ).split(' '),
);
/**
 * Commands that look or change, by their arguments. None of the expressions has two parts that both take any number of the
 * same letters: over a word of a million of them that would never end.
 */
const changingArguments: Readonly<Record<string, RegExp>> = {
  systemctl:
    /^(?:start|stop|restart|reload|enable|disable|mask|unmask|kill|isolate|daemon-reload|daemon-reexec|set-property|edit|revert|reset-failed|try-restart|reload-or-restart)$/,
  service: /^(?:start|stop|restart|reload)$/,
  sed: /^(?:-[a-zA-Z]*i|--in-place)/,
  ip: /^(?:add|del|delete|set|flush|replace|change|append)$/,
  iptables: /^(?:-[ADIRFXPNZE]|--(?:append|delete|insert|replace|flush|policy|new-chain))$/,
  ip6tables: /^(?:-[ADIRFXPNZE]|--(?:append|delete|insert|replace|flush|policy|new-chain))$/,
  nft: /^(?:add|delete|insert|replace|flush|create|destroy|-f)$/,
  sysctl: /^(?:-w|--write|-p|--load|--system)$|=/,
  crictl: /^(?:rm|rmi|rmp|stop|stopp|start|run|runp|create|pull|exec|update)$/,
  ctr: /^(?:rm|delete|run|kill|pull|import|push|tag|prune|exec)$/,
  exportfs: /^-[aruf]+$/,
  find: /^-(?:delete|exec|execdir|ok|okdir|fprint|fls)$/,
  kubeadm: /^(?:init|join|reset|apply|node|renew|create|delete|pull|generate-csr)$/,
  wipefs: /^(?:-[bfiJnpq]*[ao]|--(?:all|offset)(?:=|$))/,
  etcdctl: /^(?:put|del|defrag|compaction|restore|member|move-leader)$/,
  hostnamectl: /^set-/,
  timedatectl: /^set-/,
};

/** How a command changes something, in words that follow "and"; undefined for one that only looks, as far as can be seen. */
export function changesSomething(command: ShellCommand): string | undefined {
  const { name, arguments: words } = bare(command);
  const target = command.redirects.find(
    ({ operator, target }) => isWrite(operator) && !/^(?:\/dev\/(?:null|stdout|stderr)|&?\d|-)$/.test(target),
  );
  if (target !== undefined) return `here ${target.target} is written`;
  if (name === 'kubectl') {
    const verb = kubectlWords(words)[0] ?? '';
    const second = kubectlWords(words)[1] ?? '';
    const restarts = verb === 'rollout' && ['restart', 'undo', 'pause', 'resume'].includes(second);
    const configures = verb === 'config' && !['view', 'current-context', 'get-contexts', 'get-clusters'].includes(second);
    return kubectlChanges.has(verb) || restarts || configures
      ? `kubectl ${restarts || configures ? `${verb} ${second}` : verb} may`
      : undefined;
  }
  if (changing.has(name)) return `${name} may`;
  const transfer = transferChanges(name, words);
  if (transfer !== undefined) return transfer;
  // A command may be called `constructor`, which every object has.
  const pattern = Object.hasOwn(changingArguments, name) ? changingArguments[name] : undefined;
  const found = words.find((word) => pattern?.test(word) === true);
  return found === undefined ? undefined : `${name} ${found} may`;
}

function isWrite(operator: string): boolean {
  return ['>', '>>', '>|', '<>', '>&'].includes(operator);
}

const valueFlags = new Set([
  '-n',
  '--namespace',
  '-l',
  '--selector',
  '-o',
  '--output',
  '--kubeconfig',
  '--context',
  '-c',
  '--request-timeout',
]);

/** The arguments of kubectl that are no flags: its verb, then what it is about. */
export function kubectlWords(words: readonly string[]): string[] {
  return words.filter((word, index) => !word.startsWith('-') && !valueFlags.has(words[index - 1] ?? ''));
}

const has = (words: readonly string[], flag: RegExp): boolean => words.some((word) => flag.test(word));

/**
 * Why a command may never end; undefined for one that ends, as far as can be seen.
 * @param patient somebody else ends the wait, and only what would stay behind for ever is of interest.
 */
export function waitsWithoutLimit(command: ShellCommand, patient = false): string | undefined {
  const { name, arguments: words, limited } = bare(command);
  if (limited) return undefined;
  switch (name) {
    case 'curl':
      return has(words, /^(?:-[a-zA-Z]*m\d*|--max-time.*)$/) ? undefined : 'give curl --max-time';
    case 'wget':
      // Without -T it gives up all the same, if late.
      return patient || has(words, /^(?:-[a-zA-Z]*T|--timeout)/) ? undefined : 'give wget -T';
    case 'nc':
    case 'ncat':
      return has(words, /^-[a-zA-Z]*w/) ? undefined : `give ${name} -w`;
    case 'ping':
      return has(words, /^-[a-zA-Z]*[cw]/) ? undefined : 'give ping -c';
    case 'tail':
      return has(words, /^(?:-[a-zA-Z0-9]*[fF]|--follow.*)$/) ? 'tail -f follows forever' : undefined;
    case 'watch':
    case 'top':
      return `${name} goes on forever`;
    case 'sleep':
      return has(words, /^(?:infinity|inf|\d{4,}s?|\d+[hd])$/) ? 'it sleeps too long' : undefined;
    case 'journalctl':
      return has(words, /^(?:-(?=[a-z]*f)[a-z]+|--follow)$/) ? 'journalctl -f follows forever' : undefined;
    case 'kubectl':
      return kubectlWaits(words);
    default:
      return undefined;
  }
}

/** Why kubectl with these arguments may never end, or waits for somebody to type. */
export function kubectlWaits(words: readonly string[]): string | undefined {
  const [verb = '', second = ''] = kubectlWords(words);
  const timeout = has(words, /^--timeout(?:=.+)?$/);
  if (['edit', 'attach', 'port-forward', 'proxy', 'debug'].includes(verb)) return `kubectl ${verb} waits for somebody`;
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  if (['exec', 'run'].includes(verb) && has(own, /^(?:-(?=[a-z]*[it])[a-z]+|--stdin|--tty)$/))
    return `kubectl ${verb} -it waits for somebody`;
  if (verb === 'logs' && has(words, /^(?:-[a-z]*f|--follow(?:=true)?)$/)) return 'kubectl logs -f follows forever';
  if (has(own, /^(?:-w|--watch(?:=true)?|--watch-only)$/)) return 'kubectl -w watches forever';
  if (verb === 'rollout' && second === 'status' && !timeout) return 'give kubectl rollout status --timeout';
  return verb === 'delete' && !timeout && !has(words, /^--wait=false$/) && has(words, /^--grace-period=\d{4,}$/)
    ? 'it waits too long'
    : undefined;
}

export function downloads(command: ShellCommand): boolean {
  return ['curl', 'wget'].includes(bare(command).name);
}

const shellName = /^(?:ba|da|z|k|a)?sh$/;

/** A script that is an argument of a shell, or the arguments of ssh. */
export interface GivenScript {
  readonly text: string;
  /** Which word of the command it is. */
  readonly index: number;
  /** It is ended when its time is up, or nobody waits for it. */
  readonly limited: boolean;
}

/**
 * The script in `sh -c 'a; b'` or `ssh host 'a; b'`, whatever stands before the shell and among its flags; undefined for any
 * other command.
 */
export function findGivenScript({ words }: Pick<ShellCommand, 'words'>): GivenScript | undefined {
  const command = bare({ words });
  const { name, arguments: rest, limited } = command;
  const remote = findRemote(command);
  if (remote !== undefined) return { text: remote.text, index: words.length - rest.length + remote.index, limited };
  if (!shellName.test(name)) return undefined;
  let at = 0;
  let isGiven = false;
  for (; /^[-+]./.test(rest[at] ?? ''); at += 1) {
    const flag = rest[at] ?? '';
    if (/^-[a-zA-Z]/.test(flag) && flag.includes('c')) isGiven = true;
    // `-o pipefail`, also as the last of several letters.
    if (/^[-+][a-zA-Z]/.test(flag) && /o$/i.test(flag)) at += 1;
    if (flag !== '--') continue;
    at += 1;
    break;
  }
  const text = rest[at];
  return isGiven && text !== undefined ? { text, index: words.length - rest.length + at, limited } : undefined;
}

/** Whether a command runs what it is given: a shell, or an interpreter. */
export function runsWhatItReads(command: ShellCommand): boolean {
  const { name } = bare(command);
  return shellName.test(name) || /^(?:python[0-9.]*|perl|node|ruby|eval|source|\.)$/.test(name);
}
