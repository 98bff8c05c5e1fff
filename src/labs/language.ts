/** The languages that labs come in. The first is the one that every lab has. */
export const languages = ['en', 'ko'] as const;
export type Language = (typeof languages)[number];

/** The language that was asked for, or the one of the environment, as programs of the C library find it; else English. */
export function languageOf(env: Readonly<Record<string, string | undefined>>, asked?: unknown): Language {
  const wanted = languages.find((language) => language === asked);
  if (wanted !== undefined) return wanted;
  const locale = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((value) => value !== undefined && value !== '') ?? '';
  return languages.find((language) => locale.toLowerCase().startsWith(language)) ?? 'en';
}
