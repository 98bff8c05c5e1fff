import { KubelabError } from '../../errors/errors.ts';

/** Where a pack comes from. */
export type PackSource =
  /** An archive, or a folder with a pack.yaml. */
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string; readonly sha256: string | undefined }
  | { readonly kind: 'git'; readonly url: string; readonly protocol: GitProtocol; readonly ref: string | undefined };

const gitProtocols = ['https', 'http', 'ssh', 'file'] as const;
export type GitProtocol = (typeof gitProtocols)[number];

const scheme = /^(git\+)?([a-z][a-z0-9+.-]*):\/\//i;
/** A branch, a tag or a commit: what git reads as one name, and never as a flag, a range or a rule. */
const refName = /^[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}$/;

/**
 * Reads what a user calls a pack.
 * @throws KubelabError `KL-PACK-UNKNOWN` for a URL that no pack can come from.
 */
export function parsePackSource(text: string): PackSource {
  const [, git, name = ''] = scheme.exec(text) ?? [];
  if (name === '') {
    if (/^git\+|^[a-z]+::/i.test(text)) throw unusable(text, 'it is no URL');
    return { kind: 'path', path: text };
  }
  const bare = git === undefined ? text : text.slice(git.length);
  if (!URL.canParse(bare)) throw unusable(text, 'it is no URL');
  const url = new URL(bare);
  const fragment = decode(url.hash.slice(1), text);
  url.hash = '';
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  if (git !== undefined || /\.git\/?$/.test(url.pathname)) return parseGit(text, url, fragment);
  if (!isWeb) throw unusable(text, `archives come by https or http, not by ${name}`);
  if (hasLogin(url))
    throw unusable(
      text,
      'archives are fetched without a login',
      'Fetch the archive with a program that can log in, such as curl, and install the file.',
    );
  if (fragment === '') return { kind: 'url', url: url.href, sha256: undefined };
  const [, hex] = /^sha256=(.*)$/.exec(fragment) ?? [];
  if (hex === undefined) throw unusable(text, 'behind # only sha256=HEX can stand');
  return { kind: 'url', url: url.href, sha256: parseSha256(hex) };
}

/** A SHA-256 as people write it. @throws KubelabError `KL-USE` */
export function parseSha256(text: string): string {
  const hex = text.replace(/^sha256:/, '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return hex;
  throw new KubelabError('KL-USE', 'A SHA-256 has 64 hexadecimal digits.', {
    cure: 'Copy it whole, as kubelab lab pack or sha256sum prints it.',
  });
}

function parseGit(text: string, url: URL, ref: string): PackSource {
  const protocol = gitProtocols.find((one) => `${one}:` === url.protocol);
  if (protocol === undefined) throw unusable(text, 'git repositories come by https, http, ssh or file');
  // What begins with a hyphen could be read as a flag by the programs that git calls.
  if ([url.hostname, decode(url.username, text)].some((part) => part.startsWith('-')))
    throw unusable(text, 'its host or user begins with a hyphen');
  if (ref !== '' && (!refName.test(ref) || ref.includes('..')))
    throw unusable(text, 'behind # a branch, a tag or a commit can stand');
  return { kind: 'git', url: url.href, protocol, ref: ref === '' ? undefined : ref };
}

function decode(part: string, text: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw unusable(text, 'it is no URL');
  }
}

function unusable(text: string, why: string, cure?: string): KubelabError {
  // It may not be a URL at all, so that nothing says where a login in it would end: at its last @, at most.
  const harmless = text.replace(/:\/*[^]*@/, `://${hidden}@`);
  const short = harmless.length > 100 ? `${harmless.slice(0, 97)}...` : harmless;
  return new KubelabError('KL-PACK-UNKNOWN', `No pack can come from ${JSON.stringify(short)}: ${why}.`, {
    cure:
      cure ?? 'Name an archive, a folder with a pack.yaml, https://HOST/FILE.labpack.tar.gz, or git+https://HOST/REPOSITORY#TAG.',
  });
}

const hidden = '***';

function hasLogin({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

/** A URL as messages may show it: without a login. A token often stands where a user name does, alone or with any password. */
export function showUrl(text: string): string {
  const url = new URL(text);
  // For ssh it is a name, which is as public as the host's.
  const isName = url.protocol === 'ssh:' && url.password === '';
  if (!hasLogin(url) || isName) return url.href;
  url.username = hidden;
  url.password = '';
  return url.href;
}

/** What a program said of a URL, as messages may show it: without its login, however much of the URL is named. */
export function hideLogin(said: string, text: string): string {
  const shown = showUrl(text);
  if (shown === text) return said;
  return said.replaceAll(text, shown).replaceAll(/:\/\/[^/\s]*@/g, `://${hidden}@`);
}

/** A source as messages may show it. */
export function showSource(source: PackSource): string {
  if (source.kind === 'path') return source.path;
  const ref = source.kind === 'git' && source.ref !== undefined ? `#${source.ref}` : '';
  return showUrl(source.url) + ref;
}
