import { describe, expect, it } from 'vitest';
import { KubelabError } from '../../../src/errors/errors.ts';
import { parseLock } from '../../../src/labs/pack/pack-lock.ts';
import { readPack } from '../../../src/labs/pack/pack.ts';
import { packYaml } from './sample-pack.ts';

function findingsOf(text: string): readonly string[] {
  try {
    readPack(text, 'pack.yaml');
    return [];
  } catch (error) {
    if (error instanceof KubelabError && error.code === 'KL-PACK-INVALID') return [error.message, ...error.details];
    throw error;
  }
}

describe('readPack', () => {
  it('reads what a pack is', () => {
    expect(readPack(packYaml, 'pack.yaml').pack).toMatchObject({ name: 'class', labs: ['first-pod'], lang: { default: 'en' } });
  });

  it('names every mistake with its place', () => {
    const text = packYaml
      .replace('name: class', 'name: Class Room')
      .replace('1.0.0', 'v1')
      .replace('licence:', 'license:')
      .replace('[first-pod]', '[first-pod, "../x", first-pod]');
    expect(findingsOf(text)).toMatchInlineSnapshot(`
      [
        "5 errors in pack.yaml",
        "pack.yaml:2:1 licence: missing, expected a licence as SPDX names it, such as CC-BY-4.0",
        "pack.yaml:4:7 name: expected an id of lower-case letters, digits and single hyphens, beginning with a letter, found "Class Room"",
        "pack.yaml:5:10 version: expected a version such as 1.0.0, found "v1"",
        "pack.yaml:8:1 unknown key "license"; did you mean "licence"?",
        "pack.yaml:9:19 labs[1]: expected an id of lower-case letters, digits and single hyphens, beginning with a letter, found "../x"",
      ]
    `);
    expect(findingsOf(packYaml.replace('[first-pod]', '[first-pod, first-pod]'))).toMatchInlineSnapshot(`
      [
        "1 error in pack.yaml",
        "pack.yaml:9:19 labs[1]: the lab first-pod is named twice",
      ]
    `);
  });

  it('takes no version that is written in more than one way', () => {
    for (const version of ['1.0', '01.0.0', '1.0.0-rc.1', '1.0.0+x', '1.0.0/../..'])
      expect(findingsOf(packYaml.replace('1.0.0', version)), version).toHaveLength(2);
  });

  it.each(['', '[]', 'x: *y', '__proto__: 1', '{'.repeat(1000), `a: "${'x'.repeat(70_000)}"`])('refuses %.20j', (text) => {
    expect(findingsOf(text)).not.toEqual([]);
  });
});

describe('parseLock', () => {
  it.each(['', '{}', '{"files": {"__proto__": "x"}}', 'a: 1\na: 2', '{"kind": "PackLock"'])('refuses %j', (text) => {
    expect(() => parseLock(text)).toThrow(expect.objectContaining({ code: 'KL-PACK-INVALID' }));
  });
});
