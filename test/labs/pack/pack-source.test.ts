import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KubelabError } from '../../../src/errors/errors.ts';
import { parsePackSource, showUrl } from '../../../src/labs/pack/pack-source.ts';

const hex = '0123456789abcdef'.repeat(4);

describe('parsePackSource', () => {
  it.each([
    ['class.tar.gz', { kind: 'path', path: 'class.tar.gz' }],
    ['../packs/class', { kind: 'path', path: '../packs/class' }],
    ['C:\\packs\\class', { kind: 'path', path: 'C:\\packs\\class' }],
    ['--upload-pack=x', { kind: 'path', path: '--upload-pack=x' }],
    ['https://x.org/a.tar.gz', { kind: 'url', url: 'https://x.org/a.tar.gz', sha256: undefined }],
    [`http://x.org/a?b#sha256=${hex.toUpperCase()}`, { kind: 'url', url: 'http://x.org/a?b', sha256: hex }],
    ['git+https://x.org/a#v1.0', { kind: 'git', url: 'https://x.org/a', protocol: 'https', ref: 'v1.0' }],
    ['https://x.org/a.git', { kind: 'git', url: 'https://x.org/a.git', protocol: 'https', ref: undefined }],
    ['ssh://git@x.org/a.git#main', { kind: 'git', url: 'ssh://git@x.org/a.git', protocol: 'ssh', ref: 'main' }],
    ['git+file:///srv/a#release/1', { kind: 'git', url: 'file:///srv/a', protocol: 'file', ref: 'release/1' }],
  ])('reads %j', (text, source) => {
    expect(parsePackSource(text)).toEqual(source);
  });

  it.each([
    'ftp://x.org/a.tar.gz',
    'file:///etc/passwd',
    'https://',
    'https://x.org/a#v1',
    'git+ext://sh -c touch evil',
    'git+ext::sh -c touch% evil',
    'ext::sh -c touch% evil',
    'git+https://x.org/a#--upload-pack=touch evil',
    'git+https://x.org/a#-x',
    'git+https://x.org/a#main:refs/heads/main',
    'git+https://x.org/a#+main',
    'git+https://x.org/a#a..b',
    'git+https://x.org/a#a%00b',
    'git+https://x.org/a#%',
    'git+ssh://-oProxyCommand=evil/a',
    'git+ssh://-oProxyCommand=evil@x.org/a',
    'git+ssh://%2doProxyCommand=evil@x.org/a',
    'git+javascript://x.org/a',
    'git+x',
  ])('refuses %j', (text) => {
    expect(() => parsePackSource(text)).toThrow(expect.objectContaining({ code: 'KL-PACK-UNKNOWN' }));
  });

  it('refuses a digest that is none', () => {
    expect(() => parsePackSource('https://x.org/a#sha256=12')).toThrow(expect.objectContaining({ code: 'KL-USE' }));
  });

  it('never gives git a name or a URL that is a flag', () => {
    const pieces = fc.constantFrom(
      'git+',
      'https://',
      'ssh://',
      'ext::',
      '-',
      '--',
      '#',
      '/',
      '@',
      ':',
      '.git',
      'x.org',
      '%2d',
      ' ',
      '\n',
      'a',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 10 }), (parts) => {
        try {
          const source = parsePackSource(parts.join(''));
          if (source.kind !== 'git') return;
          expect(source.url).toMatch(/^(?:https|http|ssh|file):\/\/(?!-)[^\s]*$/);
          expect(source.ref ?? 'HEAD').toMatch(/^[A-Za-z0-9_][A-Za-z0-9._/-]*$/);
        } catch (error) {
          if (!(error instanceof KubelabError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('shows no password', () => {
    expect(showUrl('https://me:secret@x.org/a')).toBe('https://me:***@x.org/a');
  });
});
