/** The marks that stand before a line. */
export interface Symbols {
  readonly done: string;
  readonly failed: string;
  readonly skipped: string;
  readonly warning: string;
  readonly note: string;
  readonly spinner: readonly string[];
}

/** Unicode marks, or ASCII ones on the Linux console, whose font lacks them. */
export function chooseSymbols(env: Readonly<Record<string, string | undefined>>): Symbols {
  if (env['TERM'] === 'linux')
    return { done: '+', failed: 'x', skipped: '-', warning: '!', note: 'i', spinner: ['-', '\\', '|', '/'] };
  return {
    done: '✔',
    failed: '✖',
    skipped: '-',
    warning: '⚠',
    note: 'ℹ',
    spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
  };
}
