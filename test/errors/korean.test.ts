import { describe, expect, it } from 'vitest';
import { catalogue, type CatalogueEntry, type ErrorCode } from '../../src/errors/catalogue.ts';
import { korean, type KoreanEntry } from '../../src/errors/korean.ts';

// The types say which keys there are; Object.keys does not.
const codes = Object.keys(catalogue) as ErrorCode[];
const translated = Object.entries(korean) as [ErrorCode, KoreanEntry][];

/** The commands and flags that a text names. */
function namedIn({ why, cure }: KoreanEntry): string[] {
  return [...`${why} ${cure}`.matchAll(/kubelab (?:lab [a-z]+|up|init|status|kubectl)|--[a-z-]+/g)].map(([name]) => name);
}

describe('the catalogue in Korean', () => {
  it('has every code that is about labs', () => {
    const missing = codes.filter((code) => code.startsWith('KL-LAB-') && korean[code] === undefined);
    expect(missing).toEqual([]);
  });

  it.each(translated)('says in Korean what the catalogue says of %s', (code, entry) => {
    const english: CatalogueEntry = catalogue[code];
    expect(Object.values(entry).filter((text) => !/[가-힣]/.test(text))).toEqual([]);
    expect(namedIn(entry)).toEqual(expect.arrayContaining(namedIn(english)));
  });
});
