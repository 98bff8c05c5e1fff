/** The files of a small lab that works as it is, by path: one step, both languages, a wrong answer. */
export function renderNewLab(id: string, schema: string): ReadonlyMap<string, string> {
  return new Map([
    ['lab.yaml', renderYaml(id, schema)],
    ['files/greeting.yaml', renderConfigMap('${WORD}')],
    ['files/wrong/other-word.yaml', renderConfigMap('another word')],
    ['text/en/index.md', english.index],
    ['text/en/greet.md', english.greet],
    ['text/ko/index.md', korean.index],
    ['text/ko/greet.md', korean.greet],
  ]);
}

function renderYaml(id: string, schema: string): string {
  return `# yaml-language-server: $schema=${schema}
apiVersion: labpack/v1
kind: Lab
id: ${id} # never changes once learners have begun; the folder is called the same
version: 1.0.0
title: {en: "A first greeting", ko: "첫 인사"}
summary: {en: "Keep a word in a ConfigMap.", ko: "단어를 컨피그맵에 보관합니다."}
minutes: 5
topics: [configmap]
requires:
  kubernetes: ">=1.24"
  nodes: {controlPlane: 1, workers: 0}
namespace: lab-${id}

# The same for the whole attempt: texts, manifests and checks use it as \${WORD}, scripts as $WORD.
vars:
  WORD: {pick: [hello, welcome, greetings]}

steps:
  - id: greet # its text is in text/en/greet.md and text/ko/greet.md
    title: {en: "Keep the word", ko: "단어 보관하기"}
    goal:
      en: "The ConfigMap greeting holds the word \${WORD} under the key word."
      ko: "컨피그맵 greeting의 키 word에 단어 \${WORD}가 들어 있습니다."
    minutes: 5
    checks:
      - id: word-kept
        object:
          kind: ConfigMap
          name: greeting
          match: {data: {word: "\${WORD}"}}
        message:
          en: "Under the key word stands {{actual.data.word|nothing}}."
          ko: "키 word의 값: {{actual.data.word|없음}}"
    hints:
      - tier: 1
        text:
          en: "kubectl create configmap --help shows how a key gets its value."
          ko: "kubectl create configmap --help를 보면 키에 값을 넣는 방법을 알 수 있습니다."
    solve:
      - {apply: files/greeting.yaml}

grade: {pass: 1}

# What the checks must refuse: kubelab lab test tries it.
test:
  wrong:
    - id: other-word
      step: greet
      do: [{apply: files/wrong/other-word.yaml}]
      mustFail: [word-kept]
`;
}

function renderConfigMap(word: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: {name: greeting}
data:
  word: "${word}"
`;
}

const english = {
  index: `# A first greeting

A ConfigMap holds settings that are no secret, apart from the program that reads them.
`,
  greet: `# Keep the word

Your namespace is \`\${namespace}\`. Make a ConfigMap called \`greeting\` in it, with the key \`word\` and the value \`\${WORD}\`.

See what you made:

\`\`\`sh
kubectl -n \${namespace} get configmap greeting -o yaml
\`\`\`
`,
} as const;

const korean = {
  index: `# 첫 인사

컨피그맵(ConfigMap)은 비밀이 아닌 설정을, 그것을 읽는 프로그램과 따로 보관합니다.
`,
  greet: `# 단어 보관하기

여러분의 네임스페이스는 \`\${namespace}\`입니다. 그 안에 \`greeting\`이라는 컨피그맵을 만들고, 키 \`word\`에 값 \`\${WORD}\`를 넣으세요.

만든 것을 확인합니다.

\`\`\`sh
kubectl -n \${namespace} get configmap greeting -o yaml
\`\`\`
`,
} as const;
