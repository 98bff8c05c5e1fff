import { describe, expect, it } from 'vitest';
import { askToClear, askToReset, askToSolve, askToStop, askToStopWithout } from '../../src/commands/lab-questions.ts';
import { languages } from '../../src/labs/language.ts';
import type { Lab } from '../../src/labs/lab.ts';

const lab = (isolation: Lab['isolation'], clusterObjects: Lab['reset']['clusterObjects'] = []) => ({
  id: 'surgery',
  namespace: 'lab-surgery',
  isolation,
  reset: { first: [], also: [], clusterObjects },
});

const questions = {
  stop: askToStop,
  reset: (one: ReturnType<typeof lab>, language: 'en' | 'ko') => askToReset(one, 'kubelet', language),
  clear: askToClear,
};

describe.each(Object.entries(questions))('what is asked before labs are taken off a cluster: %s', (name, ask) => {
  it.each(languages)('says what goes, by what the lab may change, in %s', (language) => {
    const said = (['namespace', 'nodes', 'cluster'] as const).map((isolation) => ask(lab(isolation), language));
    for (const text of said) {
      expect(text).toContain('surgery');
      expect(text).toContain('lab-surgery');
      expect(text).toMatch(/\?$/);
      expect(/[가-힣]/.test(text)).toBe(language === 'ko');
    }
    const [plain = '', nodes = '', cluster = ''] = said;
    const [node, whole] = language === 'ko' ? ['노드', '클러스터 전체'] : ['nodes', 'whole cluster'];
    expect(plain).not.toMatch(new RegExp(`${node}|${whole}`));
    expect([nodes.includes(node), nodes.includes(whole)]).toEqual([true, false]);
    expect([cluster.includes(node), cluster.includes(whole)]).toEqual([false, true]);
  });

  it.each(languages)('names what is outside of the namespace, in %s', (language) => {
    const objects = [
      { kind: 'persistentvolume', name: 'box' },
      { kind: 'storageclass', name: 'fast' },
    ];
    expect(ask(lab('namespace', objects), language)).toContain('persistentvolume box, storageclass fast');
  });

  it('reads well', () => {
    const one = lab('nodes', [{ kind: 'persistentvolume', name: 'box' }]);
    expect(languages.map((language) => ask(one, language))).toMatchSnapshot(name);
  });
});

it.each(languages)('says where what a learner made may change for a solution, in %s', (language) => {
  const [plain = '', nodes = '', cluster = ''] = (['namespace', 'nodes', 'cluster'] as const).map((isolation) =>
    askToSolve(lab(isolation), 'kubelet', language),
  );
  const [node, whole] = language === 'ko' ? ['노드', '클러스터에서'] : ['nodes', 'on the cluster'];
  for (const text of [plain, nodes, cluster]) expect(text).toMatch(/^(?=.*surgery)(?=.*kubelet).*\?$/);
  expect([plain, nodes].map((text) => text.includes('lab-surgery'))).toEqual([true, true]);
  expect([plain, nodes, cluster].map((text) => [text.includes(node), text.includes(whole)])).toEqual([
    [false, false],
    [true, false],
    [false, true],
  ]);
});

it('ends a lab that can not be read, with the reason in one sentence', () => {
  expect(askToStopWithout('x', 'there is no lab x', 'en')).toMatch(/^there is no lab x\. End lab x .*\?$/);
  expect(askToStopWithout('x', 'There is no lab x.', 'ko')).toMatch(/^There is no lab x\. 그래도 x 실습을 .*\?$/);
});
