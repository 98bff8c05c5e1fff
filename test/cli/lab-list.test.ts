import { describe, expect, it } from 'vitest';
import { leaveCluster } from '../rig/existing-cluster.ts';
import { createProgramRig } from '../rig/program.ts';

/** No word of English in it but names. */
const english = /\b(?:LAB|MINUTES|STATE|ABOUT|Next|fits?|begin|bring)\b/;

describe('the list of labs', () => {
  it('is in the language that is asked for, before there is a cluster', async () => {
    const rig = await createProgramRig();
    const { stdout } = await rig.run('lab', 'list', '--lang', 'ko');
    expect(stdout).toMatch(/^실습 +분 +상태 +내용$/m);
    expect(stdout).toContain('kubelab up  실습에 쓸 클러스터를 만듭니다');
    expect(stdout).not.toMatch(english);
  });

  it('is in the language of the locale, with how each lab stands', async () => {
    const rig = await createProgramRig({ env: { LANG: 'ko_KR.UTF-8' } });
    await leaveCluster(rig, []);
    const { stdout } = await rig.run('lab', 'list');
    expect(stdout).toMatch(/^emptydir .* 맞지 않음 /m);
    expect(stdout).toContain('다음 명령:\n  kubelab lab start ID  실습을 시작합니다');
    expect(stdout).not.toMatch(english);
  });

  it('is in English otherwise, and its data in no language', async () => {
    const rig = await createProgramRig();
    await leaveCluster(rig, []);
    const { stdout } = await rig.run('lab', 'list');
    expect(stdout).toMatch(/^LAB +MINUTES +STATE +ABOUT$/m);
    expect(stdout).toMatch(/^emptydir .* does not fit /m);
    const { stdout: inEnglish } = await rig.run('lab', 'list', '--json', '--lang', 'en');
    const { stdout: korean } = await rig.run('lab', 'list', '--json', '--lang', 'ko');
    expect(inEnglish).toContain('"id":"emptydir"');
    expect(korean).toBe(inEnglish);
  });
});
