import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/cluster/near-miss.ts';

describe('nearest', () => {
  it.each([
    ['worker', ['name', 'workers', 'network'], 'workers'],
    ['memroy', ['memory', 'count'], 'memory'],
    ['FLANNEL', ['flannel', 'calico'], 'flannel'],
    ['crio', ['containerd', 'cri-o'], 'cri-o'],
    ['foo', ['name', 'workers', 'box'], undefined],
    ['', ['name'], undefined],
    ['vbox', ['auto', 'libvirt', 'virtualbox', 'nspawn'], undefined],
  ])('%s of %j is %s', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });

  it('finds a word that one letter was lost from', () => {
    const words = fc.stringMatching(/^[a-z]{3,12}$/);
    fc.assert(
      fc.property(words, fc.nat(), (word, at) => {
        const index = at % word.length;
        expect(nearest(word.slice(0, index) + word.slice(index + 1), [word])).toBe(word);
      }),
    );
  });

  it('does not choke on a very long word', () => {
    expect(nearest('x'.repeat(1_000_000), ['name'])).toBeUndefined();
  });
});
