import { styleText } from 'node:util';

/** The few styles that kubelab uses, by what they mean. Without colour each returns its text unchanged. */
export interface Colour {
  readonly enabled: boolean;
  strong(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  careful(text: string): string;
  accent(text: string): string;
}

export interface ColourChoice {
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What `--color` or `--no-color` said. Wins over the environment. */
  readonly flag?: boolean;
}

type Style = Parameters<typeof styleText>[0];

/** Decides by the flag, then FORCE_COLOR, then NO_COLOR, then whether a capable terminal reads along. */
export function createColour(choice: ColourChoice): Colour {
  const enabled = wantsColour(choice);
  const paint = (style: Style) => (text: string) =>
    // The stream was judged above; styleText would judge by the stdout of the process.
    enabled && text !== '' ? styleText(style, text, { validateStream: false }) : text;
  return {
    enabled,
    strong: paint('bold'),
    faint: paint('dim'),
    good: paint('green'),
    bad: paint('red'),
    careful: paint('yellow'),
    accent: paint('cyan'),
  };
}

function wantsColour({ isTTY, env, flag }: ColourChoice): boolean {
  if (flag !== undefined) return flag;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return isTTY && env['TERM'] !== 'dumb';
}
