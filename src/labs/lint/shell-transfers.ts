import { readOptions, type ShellOption } from './shell-options.ts';

/** How curl, wget and tar change something, in words that follow "and"; undefined where they only look, as far as can be seen. */
export function transferChanges(name: string, words: readonly string[]): string | undefined {
  switch (name) {
    case 'curl':
      return curlChanges(words);
    case 'wget':
      return wgetChanges(words);
    case 'tar':
      return tarChanges(words);
    default:
      return undefined;
  }
}

// What a variable holds can not be seen; it may be what mktemp made.
const goesAway = /^(?:-$|\/dev\/(?:null|stdout|stderr|fd\/\d+)$|(?:\/var)?\/tmp(?:\/|$)|[$`])/;

function isKept(target: string): boolean {
  return !goesAway.test(target) || /(?:^|\/)\.\.(?:\/|$)/.test(target);
}

function findFlag(options: readonly ShellOption[], flags: readonly string[]): ShellOption | undefined {
  return options.find(({ flag }) => flag !== undefined && flags.includes(flag));
}

const changingMethod = /^(?:POST|PUT|PATCH|DELETE)$/i;

/** A request that changes something where it arrives. */
function requestChanges(
  name: string,
  options: readonly ShellOption[],
  methods: readonly string[],
  data: readonly string[],
): string | undefined {
  const method = options.findLast(({ flag }) => flag !== undefined && methods.includes(flag));
  if (method?.value !== undefined)
    return changingMethod.test(method.value) ? `${name} ${method.flag} ${method.value} may` : undefined;
  const sent = findFlag(options, data);
  return sent === undefined ? undefined : `${name} ${sent.flag} may`;
}

const curlValued = {
  letters: 'AbCcdDeEFHKmoPQrtTuUwxXyYz',
  names: (
    'request output output-dir data data-raw data-binary data-ascii data-urlencode form form-string json upload-file header ' +
    'user user-agent max-time connect-timeout retry retry-delay retry-max-time cacert cert key resolve connect-to write-out ' +
    'proxy interface referer cookie cookie-jar dump-header config range url url-query unix-socket noproxy limit-rate ciphers'
  ).split(' '),
};
const curlData =
  '-d --data --data-raw --data-binary --data-ascii --data-urlencode --json -F --form --form-string -T --upload-file'.split(' ');

const curlFiles = ['-o', '--output', '-D', '--dump-header', '-c', '--cookie-jar'];

function curlChanges(words: readonly string[]): string | undefined {
  const options = readOptions(words, curlValued);
  // With it, data become a part of the address, and with -I nothing but headers come back.
  const isGet = findFlag(options, ['-G', '--get', '-I', '--head']) !== undefined;
  const request = requestChanges('curl', options, ['-X', '--request'], isGet ? [] : curlData);
  if (request !== undefined) return request;
  const folder = findFlag(options, ['--output-dir'])?.value ?? '';
  const within = (file: string): string => (folder === '' || /^[/$`-]/.test(file) ? file : `${folder}/${file}`);
  const written = options
    .filter(({ flag, value }) => curlFiles.includes(flag ?? '') && value !== undefined)
    .map(({ value = '' }) => within(value))
    .find(isKept);
  if (written !== undefined) return `here ${written} is written`;
  const named = findFlag(options, ['-O', '--remote-name', '--remote-name-all']);
  return named === undefined || (folder !== '' && !isKept(folder)) ? undefined : `curl ${named.flag} writes a file`;
}

const wgetValued = {
  letters: 'aABDeiIlOoPQRtTUwX',
  names: (
    'output-document output-file append-output directory-prefix timeout tries wait header user password method post-data ' +
    'post-file body-data body-file user-agent input-file execute ca-certificate certificate private-key referer'
  ).split(' '),
};

function wgetChanges(words: readonly string[]): string | undefined {
  const options = readOptions(words, wgetValued);
  const request = requestChanges('wget', options, ['--method'], ['--post-data', '--post-file']);
  if (request !== undefined) return request;
  const output = findFlag(options, ['-O', '--output-document']);
  if (output?.value !== undefined) return isKept(output.value) ? `here ${output.value} is written` : undefined;
  const asks = options.some(({ flag }) => flag === undefined) && findFlag(options, ['--spider']) === undefined;
  const folder = findFlag(options, ['-P', '--directory-prefix'])?.value;
  return asks && (folder === undefined || isKept(folder)) ? 'wget without -O writes a file' : undefined;
}

const tarValued = {
  letters: 'CfFgIKLNTVXbH',
  names:
    'directory file files-from exclude exclude-from strip-components transform use-compress-program one-file-system owner'.split(
      ' ',
    ),
};

function tarChanges(words: readonly string[]): string | undefined {
  const [first = '', ...rest] = words;
  // `tar xf FILE`: the first word needs no hyphen, and values of its letters come after it.
  const isOld = /^[a-zA-Z]/.test(first);
  const letters = isOld ? [...first].map((letter): ShellOption => ({ flag: `-${letter}`, value: undefined })) : [];
  const options = [...letters, ...readOptions(isOld ? rest : words, tarValued)];
  if (findFlag(options, ['-x', '--extract', '--get']) === undefined) return undefined;
  if (findFlag(options, ['-O', '--to-stdout']) !== undefined) return undefined;
  const folders = options.filter(({ flag }) => flag === '-C' || flag === '--directory').map(({ value }) => value ?? '');
  const kept = folders.find(isKept);
  if (kept === undefined && folders.length > 0) return undefined;
  return kept === undefined ? 'tar -x writes files' : `tar -x writes files in ${kept}`;
}
