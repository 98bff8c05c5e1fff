import { describe, expect, it } from 'vitest';
import { sampleFiles } from '../labs/sample-lab.ts';
import { leaveCluster } from '../rig/existing-cluster.ts';
import { createProgramRig, type ProgramRig } from '../rig/program.ts';

const korean = { LANG: 'ko_KR.UTF-8' };

/** A cluster that nobody asks, with no images, and a lab that needs one. */
async function createErrorRig(env: Readonly<Record<string, string>>): Promise<ProgramRig> {
  const files = Object.fromEntries(Object.entries(sampleFiles).map(([file, text]) => [`first-pod/${file}`, text]));
  const rig = await createProgramRig({ files, env });
  await leaveCluster(rig, []);
  return rig;
}

describe('what goes wrong with a lab', () => {
  it('is told in Korean where the environment is Korean', async () => {
    const { exitCode, stdout, stderr } = await (await createErrorRig(korean)).run('lab', 'start', './first-pod');
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatchInlineSnapshot(`
      "✖ KL-LAB-UNFIT: 실습이 이 클러스터에 맞지 않습니다
        first-pod 실습은 study 클러스터에 맞지 않습니다.
          web 역할을 할 이미지가 필요하지만, 이 클러스터의 소스에는 그런 이미지가 없습니다.

        이유: 클러스터에 없는 것이 필요합니다. 오류의 각 줄이 무엇인지 알려 줍니다.
        해결 방법: kubelab lab list에서 다른 실습을 고르거나, 스펙을 바꾸고 kubelab up을 실행하세요.
        자세히: kubelab explain KL-LAB-UNFIT

        로그: <folder>/.kubelab/study/logs
      "
    `);
  });

  it('is told in English elsewhere', async () => {
    const { stderr } = await (await createErrorRig({ LANG: 'C' })).run('lab', 'start', './first-pod');
    expect(stderr).toMatchInlineSnapshot(`
      "✖ KL-LAB-UNFIT: The lab does not fit this cluster
        first-pod does not fit study
          It needs an image for the role web (sh, and httpd as busybox has it: httpd -f -p PORT -h FOLDER), and the source of this cluster has none.

        Why: It needs something that the cluster has not; each line says what.
        What to do: Take another lab from kubelab lab list, or change the spec and run kubelab up.
        More: kubelab explain KL-LAB-UNFIT

        Log: <folder>/.kubelab/study/logs
      "
    `);
  });

  it('is told in the language that the command was given', async () => {
    const { stderr } = await (await createErrorRig({ LANG: 'C' })).run('lab', 'start', './first-pod', '--lang', 'ko');
    expect(stderr).toBe((await (await createErrorRig(korean)).run('lab', 'start', './first-pod')).stderr);
  });

  it('has the cure that the case has, in Korean too', async () => {
    const { stderr } = await (await createErrorRig(korean)).run('lab', 'reset', '--lap');
    expect(stderr).toMatchInlineSnapshot(`
      "✖ KL-USE: 명령을 이해하지 못했습니다
        Unknown option '--lap'.
          Did you mean --lab?

        이유: 없는 명령이나 플래그이거나, 플래그가 받지 않는 값입니다.
        해결 방법: kubelab lab reset --help를 실행해 보세요.
        자세히: kubelab explain KL-USE
      "
    `);
  });

  it('is English for programs', async () => {
    const [here, elsewhere] = await Promise.all(
      [korean, { LANG: 'C' }].map(async (env) => (await createErrorRig(env)).run('lab', 'check', '--json')),
    );
    expect(here).toEqual(elsewhere);
    expect(JSON.parse(here?.stdout ?? '')).toEqual({
      type: 'error',
      exitCode: 2,
      kind: 'fixable',
      code: 'KL-LAB-NONE',
      title: 'No lab has been started on this cluster',
      message: 'no lab is being worked on on study',
      details: [],
      why: 'The command is about the lab that is being worked on, and there is none.',
      cure: 'See kubelab lab list, then run kubelab lab start ID.',
      logs: expect.any(String) as string,
    });
  });

  it('offers the lab that was meant', async () => {
    const { stderr } = await (await createErrorRig(korean)).run('lab', 'start', 'emptydri');
    expect(stderr).toContain('  "emptydri" 실습이 없습니다.\n    혹시 emptydir 실습을 찾으시나요?\n');
  });
});

it('other commands say in English what went wrong', async () => {
  const rig = await createProgramRig({ env: korean });
  const { stderr } = await rig.run('status');
  expect(stderr).toContain('KL-SPEC-MISSING: There is no kubelab.yaml here\n  kubelab.yaml is not there\n');
  expect(stderr).toContain('What to do: ');
  expect((await rig.run('lab', 'status')).stderr).toContain('여기에 kubelab.yaml이 없습니다\n  kubelab.yaml 파일이 없습니다.\n');
});

it('explain knows the same codes in Korean', async () => {
  const rig = await createProgramRig({ env: korean });
  expect((await rig.run('explain', 'lab-none')).stdout).toMatchInlineSnapshot(`
    "KL-LAB-NONE: 이 클러스터에서 시작한 실습이 없습니다
    진행 중인 실습에 쓰는 명령인데, 진행 중인 실습이 없습니다.

    해결 방법
    kubelab lab list에서 고른 다음 kubelab lab start ID를 실행하세요.

    이때 kubelab의 종료 코드는 2입니다.
    "
  `);
  expect((await rig.run('explain', 'KL-NET-CLASH')).stdout).toContain('What to do\n');
});
