import { createFixture, type FileTree } from 'fs-fixture';

/** The lab.yaml of a small sound lab. */
export const sampleYaml = `apiVersion: labpack/v1
kind: Lab
id: first-pod
version: 1.0.0
title: {en: "The first pod", ko: "첫 파드"}
summary: {en: "Make a pod.", ko: "파드를 만듭니다."}
minutes: 10
requires: {images: [web]}
namespace: lab-first-pod
vars:
  TOKEN: {random: hex8}
steps:
  - id: run
    title: {en: "Run it", ko: "실행하기"}
    goal: {en: "A pod web runs.", ko: "파드 web이 실행됩니다."}
    checks:
      - id: pod-ready
        object: {kind: Pod, name: web, conditions: {Ready: "True"}}
        within: 30s
        message: {en: "The pod is not ready.", ko: "파드가 준비되지 않았습니다."}
    hints:
      - {tier: 1, text: {en: "Which command makes one pod?", ko: "파드 하나를 만드는 명령은 무엇일까요?"}}
    solve:
      - {apply: files/web.yaml}
test:
  wrong:
    - {id: no-such-image, step: run, do: [{kubectl: [delete, pod, web, --ignore-not-found]}], mustFail: [pod-ready]}
`;

/** The files of the same lab. */
export const sampleFiles: Readonly<Record<string, string>> = {
  'lab.yaml': sampleYaml,
  'files/web.yaml': `apiVersion: v1
kind: Pod
metadata: {name: web, annotations: {token: "\${TOKEN}"}}
spec:
  containers:
    - {name: web, image: "\${image.web}", args: [httpd, -f, -p, "8080", -h, /]}
`,
  'text/en/index.md': '# The first pod\n\nA pod is where containers run.\n',
  'text/ko/index.md': '# 첫 파드\n\n파드는 컨테이너가 실행되는 곳입니다.\n',
  'text/en/run.md': '# Run it\n\nMake a pod called web.\n',
  'text/ko/run.md': '# 실행하기\n\nweb이라는 파드를 만듭니다.\n',
};

/** The lab on disk, in a folder called as it is, with files changed, added, or left out where they are undefined. */
export async function sampleLab(changes: Readonly<Record<string, FileContent>> = {}) {
  const files = Object.entries({ ...sampleFiles, ...changes }).filter(([, content]) => content !== undefined);
  const fixture = await createFixture({ 'first-pod': Object.fromEntries(files) as FileTree });
  return { path: fixture.getPath('first-pod'), [Symbol.asyncDispose]: () => fixture.rm() };
}

export type FileContent = FileTree[string] | undefined;
