import type { Localized } from './lab-fields.ts';

/** Where there is no value. */
export const nothing: Localized = { en: 'nothing', ko: '없음' };

/** What reads the same in every language: names, numbers, what a program said. */
export function both(text: string): Localized {
  return { en: text, ko: text };
}

/** The same change in every language. */
export function mapLanguages({ en, ko }: Localized, change: (text: string) => string): Localized {
  return { en: change(en), ko: change(ko) };
}
