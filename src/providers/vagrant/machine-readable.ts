/** One line of `vagrant --machine-readable`: https://developer.hashicorp.com/vagrant/docs/cli/machine-readable */
export interface VagrantMessage {
  /** The machine that it is about; empty for none. */
  readonly target: string;
  /** Such as `ui`, `action`, `state`, `error-exit`. */
  readonly type: string;
  readonly data: readonly string[];
}

/** Reads one line; undefined for one that is not Vagrant's, such as a warning of Ruby. */
export function parseMessage(line: string): VagrantMessage | undefined {
  const [time = '', target, type, ...data] = line.replace(/\r$/, '').split(',');
  if (!/^\d+$/.test(time) || target === undefined || type === undefined) return undefined;
  return { target, type, data: data.map(decodeField) };
}

function decodeField(field: string): string {
  return field.replaceAll('%!(VAGRANT_COMMA)', ',').replaceAll('\\n', '\n').replaceAll('\\r', '');
}

/** What a person would have seen: the words of `ui` messages, and lines that are not Vagrant's as they are. */
export function readWords(output: string): string {
  const words = output.split('\n').flatMap((line) => {
    const message = parseMessage(line);
    if (message === undefined) return line.trim() === '' ? [] : [line];
    // The words of the error that ends Vagrant come twice: as a message to the person, and by its class.
    return message.type === 'ui' ? [message.data[1] ?? ''] : [];
  });
  return words.map((text) => `${text.replace(/\n+$/, '')}\n`).join('');
}
