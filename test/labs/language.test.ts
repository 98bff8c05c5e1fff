import { describe, expect, it } from 'vitest';
import { languageOf } from '../../src/labs/language.ts';

describe('the language of the environment', () => {
  it.each([
    [{}, 'en'],
    [{ LANG: 'ko_KR.UTF-8' }, 'ko'],
    [{ LANG: 'ko_KR.UTF-8', LC_ALL: '' }, 'ko'],
    [{ LANG: 'ko_KR.UTF-8', LC_MESSAGES: 'C' }, 'en'],
    [{ LANG: 'C', LC_MESSAGES: 'C', LC_ALL: 'ko' }, 'ko'],
    [{ LANG: 'fr_FR.UTF-8' }, 'en'],
  ])('of %j is %s', (env, language) => {
    expect(languageOf(env)).toBe(language);
  });

  it('gives way to one that was asked for', () => {
    expect(languageOf({ LANG: 'ko_KR.UTF-8' }, 'en')).toBe('en');
    expect(languageOf({ LANG: 'ko_KR.UTF-8' }, 'xx')).toBe('ko');
  });
});
