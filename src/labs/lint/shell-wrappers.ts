import type { ShellCommand } from './shell-script.ts';

/** A command without what only says how it is run, such as `timeout 5` and `env A=b`. */
export interface BareCommand {
  readonly name: string;
  readonly arguments: readonly string[];
  /** It is ended when its time is up, or nobody waits for it. */
  readonly limited: boolean;
}

/** A command that runs the one that its arguments are. */
interface Wrapper {
  /** Flags whose value is the next word. */
  readonly valued?: RegExp;
  /** How many arguments come before the command. */
  readonly operands?: number;
  /** It ends the command, or goes on without it, unless one of these flags is given. */
  readonly limitsUnless?: RegExp;
}

const systemdLong =
  'unit|property|description|slice|service-type|uid|gid|nice|working-directory|setenv|machine|host|on-[a-z]+|timer-property|path-property|socket-property|background';

// In a flag of several letters only the last one can have the next word for its value.
const wrappers: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  ['timeout', { valued: /^(?:-[ks]|--kill-after|--signal)$/, operands: 1, limitsUnless: /^$/ }],
  ['env', { valued: /^(?:-[uC]|--unset|--chdir)$/ }],
  ['nice', { valued: /^(?:-n|--adjustment)$/ }],
  ['ionice', { valued: /^-[cn]$/ }],
  ['nohup', {}],
  ['sudo', { valued: /^(?:-[a-zA-Z]?[ugCDhpRrTtU]|--(?:user|group|host|prompt|chdir|chroot))$/ }],
  ['exec', { valued: /^-a$/ }],
  ['command', {}],
  ['time', { valued: /^-[fo]$/ }],
  ['stdbuf', { valued: /^(?:-[ioe]|--(?:input|output|error))$/ }],
  ['xargs', { valued: /^(?:-[a-zA-Z0]?[adEILnPs]|--(?:arg-file|delimiter|max-args|max-procs|max-lines))$/ }],
  ['setsid', {}],
  ['busybox', {}],
  ['chroot', { operands: 1 }],
  ['unshare', { valued: /^(?:-[RSGw]|--(?:root|wd|setuid|setgid))$/ }],
  ['nsenter', { valued: /^(?:-[a-zA-Z]*[tSGW]|--(?:target|setuid|setgid|wdns))$/ }],
  [
    'systemd-run',
    {
      valued: new RegExp(`^(?:-[a-zA-Z]*[puEMH]|--(?:${systemdLong}))$`),
      limitsUnless: /^(?:-[a-zA-Z]*[tPS]|--(?:wait|scope|pty|pipe|shell))$/,
    },
  ],
]);

const isAssignment = /^[A-Za-z_][A-Za-z0-9_]*=/;

/** Takes away whatever only runs another command. */
export function bare({ words }: Pick<ShellCommand, 'words'>): BareCommand {
  // An index, as a script may be nothing but such words: to drop each of them from the list takes as long as the list is.
  let at = 0;
  let limited = false;
  for (;;) {
    while (isAssignment.test(words[at] ?? '')) at += 1;
    const name = (words[at] ?? '').replace(/^.*\//, '');
    at += 1;
    const wrapper = wrappers.get(name);
    if (wrapper === undefined) return { name, arguments: words.slice(at), limited };
    let waits = wrapper.limitsUnless === undefined;
    while (words[at]?.startsWith('-')) {
      const flag = words[at] ?? '';
      waits ||= wrapper.limitsUnless?.test(flag) === true;
      at += wrapper.valued?.test(flag) === true ? 2 : 1;
    }
    limited ||= !waits;
    at += wrapper.operands ?? 0;
  }
}

const sshValued = /^-[46AaCfGgKkMNnqsTtVvXxYy]*[BbcDEeFIiJLlmOoPpQRSWw]$/;

/** What ssh runs on another machine, whose shell reads it, and the word at which it begins; undefined where there is none. */
export function findRemote({ name, arguments: words }: BareCommand): { text: string; index: number } | undefined {
  if (name !== 'ssh') return undefined;
  let at = 0;
  const skipFlags = (): void => {
    while (/^-./.test(words[at] ?? '')) at += sshValued.test(words[at] ?? '') ? 2 : 1;
  };
  skipFlags();
  // The name of the machine; flags may come after it, too.
  at += 1;
  skipFlags();
  return at < words.length ? { text: words.slice(at).join(' '), index: at } : undefined;
}
