import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KubelabError } from '../../../src/errors/errors.ts';
import { hideLogin, parsePackSource, showSource, showUrl } from '../../../src/labs/pack/pack-source.ts';

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

  it.each(['https://me:s3cret@x.org/a.tar.gz', 'http://t0ken@x.org/a', 'https://:s3cret@x.org/a#sha256=12'])(
    'refuses the login in %j with a cure that does without',
    (text) => {
      expect(() => parsePackSource(text)).toThrow(
        expect.objectContaining({ code: 'KL-PACK-UNKNOWN', cure: expect.stringContaining('curl') }),
      );
    },
  );

  it.each([
    'https://s3cret@x.org/a.tar.gz',
    'ftp://me:s3cret@x.org/a',
    'https://me:s3cret@x.org:port/a',
    'https://me:s3/cret@x.org/a',
    'git+https://me:s3cret@x.org/a#a..b',
    'git+https://-me:s3cret@x.org/a',
    'git+https:me:s3cret@',
    `https://me:${'s3cret'.repeat(30)}@x.org/a`,
  ])('shows nothing of the login when it refuses %j', (text) => {
    expect(() => parsePackSource(text)).toThrow(
      expect.objectContaining({ code: 'KL-PACK-UNKNOWN', message: expect.not.stringMatching(/s3|cret/) }),
    );
  });
});

describe('a URL as messages show it', () => {
  it.each([
    ['https://me:secret@x.org/a', 'https://***@x.org/a'],
    ['https://token@x.org/a', 'https://***@x.org/a'],
    ['https://token:x-oauth-basic@x.org/a', 'https://***@x.org/a'],
    ['https://:secret@x.org/a', 'https://***@x.org/a'],
    ['ssh://git:secret@x.org/a', 'ssh://***@x.org/a'],
    ['ssh://git@x.org/a', 'ssh://git@x.org/a'],
    ['https://x.org/a@b', 'https://x.org/a@b'],
    ['file:///srv/a', 'file:///srv/a'],
  ])('%s', (url, shown) => {
    expect(showUrl(url)).toBe(shown);
  });

  it('has its tag or commit', () => {
    expect(showSource(parsePackSource('git+https://me:secret@x.org/a#v1'))).toBe('https://***@x.org/a#v1');
    expect(showSource(parsePackSource('packs/me:secret@x'))).toBe('packs/me:secret@x');
  });

  it('hides a login in what others say', () => {
    const url = "https://me:se'cret@x.org/a";
    const said = `unable to access '${url}/': no Password for 'https://me@x.org': mail a@x.org`;
    expect(hideLogin(said, url)).toBe(
      "unable to access 'https://***@x.org/a/': no Password for 'https://***@x.org': mail a@x.org",
    );
    expect(hideLogin('ssh://git@x.org/a', 'ssh://git@x.org/a')).toBe('ssh://git@x.org/a');
  });
});
