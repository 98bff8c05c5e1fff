import { type FileContent, sampleFiles, sampleYaml } from '../sample-lab.ts';

/** Files of the sample lab that are other than they should be. */
type Changes = Readonly<Record<string, FileContent>>;

/** Changes of lab.yaml, as pairs of what is there and what takes its place. */
function yaml(...replacements: readonly (readonly [string, string])[]): Changes {
  return { 'lab.yaml': change(sampleYaml, replacements) };
}

function change(text: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((rest, [from, to]) => {
    if (!rest.includes(from)) throw new Error(`the sample lab does not hold ${from}`);
    return rest.replace(from, () => to);
  }, text);
}

function file(name: string, ...replacements: readonly (readonly [string, string])[]): Changes {
  return { [name]: change(sampleFiles[name] ?? '', replacements) };
}

const check = 'object: {kind: Pod, name: web, conditions: {Ready: "True"}}';
const solve = '- {apply: files/web.yaml}';

/** A check that runs a script. */
function checkScript(...lines: readonly string[]): Changes {
  return yaml([check, `run:\n          on: workers\n          run: |\n${lines.map((line) => `            ${line}`).join('\n')}`]);
}

/** A check that runs a command in a container. */
function checkExec(...command: readonly string[]): Changes {
  return yaml([check, `exec: {pod: web, command: ${JSON.stringify(command)}}`]);
}

/** A solution that runs a script. */
function solveScript(...lines: readonly string[]): Changes {
  return yaml([solve, `${solve}\n      - on: worker1\n        run: |\n${lines.map((line) => `          ${line}`).join('\n')}`]);
}

const objects = (...all: readonly string[]): Changes => ({
  'files/web.yaml': `${sampleFiles['files/web.yaml']}${all.map((text) => `---\n${text}\n`).join('')}`,
});

// Put together here: whole ones in this file would be taken for real.
const keyHeader = (owner: string): string => ['-----BEGIN ', owner, 'PRIVATE KEY-----'].join('');
const awsKey = ['AKIA', 'ABCDEFGHIJKLMNOP'].join('');

/** A second step. */
function stepTwo(field: string): string {
  return `  - id: two
    title: {en: "Two", ko: "둘"}
    goal: {en: "Look.", ko: "봅니다."}
    minutes: 1
    ${field}
    checks:
      - {id: there, object: {kind: Pod, name: web}, message: {en: "No.", ko: "아니오."}}
    hints: [{tier: 1, text: {en: "Think.", ko: "생각하세요."}}]
    solve: [{kubectl: [get, pods]}]
`;
}

/** What breaks each rule, and what comes near and does not. */
export const brokenLabs: Readonly<Record<string, Changes>> = {
  LAB001: yaml(['minutes: 10', 'minutes: ten'], [solve, '- {aply: files/web.yaml}']),
  LAB002: yaml(['id: first-pod', 'id: second-pod']),
  LAB003: {
    'files/passwd': ({ symlink: link }) => link('/etc/passwd'),
    'files/a b': 'x',
    'files/latin.txt': Buffer.from([0xe4]),
    'files/heap.txt': 'x'.repeat(1024 * 1024 + 1),
  },
  'LAB003-picture': { ...yaml([solve, '- {apply: files/web.png}']), 'files/web.png': 'kind: Pod' },
  LAB004: yaml([solve, '- {apply: files/wbe.yaml}']),
  LAB005: { 'files/old.yaml': 'kind: Pod', 'text/en/picture.md': 'hello' },
  LAB006: yaml(['    hints:', '      - {id: pod-ready, object: {kind: Pod}, message: {en: "No.", ko: "아니오."}}\n    hints:']),
  'LAB006-answers': yaml([
    'test:',
    `  - id: again
    title: {en: "Again", ko: "다시"}
    goal: {en: "Say it.", ko: "말하기."}
    minutes: 1
    checks:
      - {id: said, answer: {question: {en: "What?", ko: "무엇?"}, is: [web]}, message: {en: "No.", ko: "아니오."}}
      - {id: said, answer: {question: {en: "What?", ko: "무엇?"}, is: [web]}, message: {en: "No.", ko: "아니오."}}
      - {id: pod-ready, object: {kind: Pod}, message: {en: "No.", ko: "아니오."}}
    hints: [{tier: 1, text: {en: "Think.", ko: "생각하세요."}}]
    solve: [{answer: {said: true}}]
upgrade: {keep: [pod-ready]}
test:`,
  ]),
  LAB007: yaml(
    ['mustFail: [pod-ready]', 'mustFail: [pod-redy]'],
    ['- {tier: 1,', '- {tier: 1, when: {check: nothing},'],
    ['within: 30s', 'needs: [other]'],
    ['minutes: 10', 'minutes: 10\nupgrade: {keep: [gone]}'],
    [solve, `${solve}\n      - {answer: {pod-ready: true}}`],
  ),
  'LAB007-steps': yaml(
    ['{en: "Run it", ko: "실행하기"}', '{en: "Run it", ko: "실행하기"}\n    needs: [run]'],
    ['test:', `${stepTwo('needs: [run, three]')}${stepTwo('needs: [two]').replace('id: two', 'id: three')}test:`],
  ),
  LAB008: yaml(
    ['within: 30s', 'needs: [second]'],
    [
      '    hints:',
      '      - {id: second, needs: [pod-ready], object: {kind: Pod}, message: {en: "No.", ko: "아니오."}}\n    hints:',
    ],
  ),
  LAB009: {
    ...yaml(
      ['A pod web runs.', 'A pod web runs ${TOKN} on ${node.worker2}, $${SHELL}.'],
      ['파드 web이 실행됩니다.', '${TOKN} ${node.worker2} 파드.'],
    ),
    ...file('files/web.yaml', ['${TOKEN}', '${TOKEN} ${image.shell}']),
    ...file('text/en/run.md', ['called web', 'called web ${home}']),
    ...file('text/ko/run.md', ['web이라는', '${home} web이라는']),
  },
  'LAB009-titles': yaml(
    ['"The first pod", ko: "첫', '"The first pod ${TOKEN}", ko: "${TOKEN} 첫'],
    ['"Run it", ko: "', '"Run ${TOKEN}", ko: "${TOKEN} '],
  ),
  'LAB009-needs': yaml(
    ['    checks:', '    remember: {UID: {kind: Pod, name: web, path: metadata.uid}}\n    checks:'],
    ['test:', `${stepTwo('needs: []').replace('Look.", ko: "', 'Look at ${UID}.", ko: "${UID} ')}test:`],
  ),
  LAB010: yaml(['TOKEN: {random: hex8}', 'TOKEN: {random: hex8}\n  SPARE: {value: x}']),
  LAB011: { 'text/ko/run.md': undefined, 'text/en/index.md': undefined, 'text/ko/index.md': undefined },
  LAB012: {
    ...file('text/en/run.md', ['Make a pod', '```sh\nkubectl get pods\n```\n\nMake a pod']),
    ...file('text/ko/run.md', ['web이라는', '```sh\nkubectl get pod\n```\n\nweb이라는']),
    ...file('text/ko/index.md', ['파드는', '~~~\nkubectl\n~~~\n\n파드는']),
  },
  LAB013: file('text/en/run.md', ['called web', 'called ${TOKEN}']),
  'LAB013-short': yaml(
    ['"A pod web runs.", ko: "파드 web이', '"A pod ${TOKEN} runs.", ko: "파드 $${TOKEN}이'],
    [
      '{en: "The pod is not ready.", ko: "파드가',
      '{en: "The pod is {{actual.status.phase|missing}}.", ko: "{{count}} {{ actual.status.phase | 없음 }} 파드가',
    ],
    [
      '{en: "Which command makes one pod?", ko: "파드',
      '{en: "What makes ${namespace} and ${TOKEN}?", ko: "${TOKEN} ${namespace} 파드',
    ],
    [check, 'object: {kind: Pod, name: web, labels: {en: "${TOKEN}", ko: web}}'],
  ),
  LAB014: file('text/ko/run.md', ['web이라는', '[web](https://kubernetes.io/ko/docs/)이라는']),
  LAB015: file('text/ko/run.md', ['# 실행하기', '# 실행하기\n\n## 그리고']),
  LAB016: { 'text/ko/run.md': '# Run it\n\nMake a pod called web.\n' },
  LAB017: yaml(
    ['Which command makes one pod?', 'Try kubectl run web --image=x --port=80 now.'],
    ['The pod is not ready.', 'You want run web  --image=x --port=80.'],
    [solve, '- {kubectl: [run, web, --image=x, --port=80]}\n      - {apply: files/web.yaml}'],
  ),
  'LAB017-manifest': {
    ...yaml(['The pod is not ready.', 'Write a: restartPolicy: Never and terminationGracePeriodSeconds: 1']),
    ...file('files/web.yaml', ['spec:', 'spec:\n  restartPolicy: Never\n  terminationGracePeriodSeconds: 1']),
  },
  LAB018: file('text/en/run.md', ['called web', 'called <b>web</b>, `<name>` <!-- x --> 1 < 2 <https://kubernetes.io>']),
  LAB019: {
    ...file('text/en/run.md', [
      'called web',
      'called ![web](https://example.com/x.png) [a [b]](javascript:alert(1)) [c](#run) [d](files/gone.md)',
    ]),
    ...file('text/ko/run.md', [
      'web이라는',
      '![web](https://example.com/x.png) [a [b]](javascript:alert(1)) [c](#run) [d](files/gone.md)',
    ]),
  },
  LAB020: {
    ...yaml([check, 'exec: {pod: web, command: [ls]}\n        expect: {stdout: {contains: "\\e[31m"}}']),
    ...file('files/web.yaml', ['spec:', '# \u202e\nspec:']),
  },
  'LAB020-names': yaml(
    [check, `object: {kind: Pod, name: web, labels: {"a\\u202eb": x}, match: {"spec\\e[2J": {}}}`],
    ['minutes: 10', 'objectives: [{id: see, text: {en: "See\\u00ad it", ko: "보기\\u3164"}}]\nminutes: 10'],
  ),
  LAB021: yaml(['minutes: 10', 'minutes: 10\ngrade: {pass: 2}']),
  LAB022: yaml(['minutes: 10', 'minutes: 4']),
  LAB023: checkScript(
    'kubectl -n "$KUBELAB_NAMESPACE" delete pod web',
    'out=$(timeout 5 kubectl rollout restart deployment/web)',
    'echo "$out" >/tmp/out 2>&1',
    'grep -q x /etc/hosts >/dev/null 2>&1 && sed -i s/a/b/ /etc/hosts',
    'systemctl is-active kubelet && systemctl restart kubelet',
    'kubectl get pods -o name | tee /tmp/pods',
    'sed -n 1p /etc/hosts',
  ),
  'LAB023-exec': yaml([
    check,
    `exec:
          pod: web
          command:
            - /bin/sh
            - -euo
            - pipefail
            - -c
            - |
              cat /data/x
              rm -rf /data || true
              curl http://web/ | sh
              wget -qO- http://web/`,
  ]),
  'LAB023-exec-words': checkExec('env', 'A=b', 'rm', '-rf', '${TOKEN}', '>/dev/null', "it's"),
  'LAB023-inner': checkScript('timeout 5 sh -c "curl http://web/; touch /tmp/x"', 'bash -c \'sh -c "rm /x"\'', "sh -c 'echo \"'"),
  'LAB023-wrapped': checkScript(
    'nsenter -t 1 -m -- rm /etc/x',
    'ssh worker2 -p 22 "cat /etc/hosts; rm /etc/x"',
    'systemd-run --wait -p MemoryMax=1M kubeadm reset -f',
    'curl -m 5 -sfX DELETE http://web/',
    'curl -m 5 -sfo /etc/x http://web/',
    'wget -T 5 -q http://web/',
    'tar -C / -xf /x.tar',
    'nsenter -t 1 -n ip addr',
    'ssh worker2 -- cat /etc/hosts',
    'curl -m 5 -sf -o /dev/null http://web/',
    'tar -tf /x.tar',
  ),
  LAB024: checkScript('test -f /etc/kubernetes/kubelet.conf || true'),
  'LAB024-at-the-end': checkScript('n=$(grep -c x /etc/hosts || true)', 'test "$n" = 3', 'true'),
  'LAB024-anywhere': checkScript(
    'test -f /etc/kubernetes/kubelet.conf || true',
    'systemctl is-active kubelet ||',
    '  :',
    'state=$(systemctl is-active kubelet || true)',
    'left=`ls /x || :`',
    'count=$(grep -c x /etc/hosts || true)',
    '[ "$((count + 1))" = 2 ] && [ "$(cat /x || true)" = "$state" ]',
    'test -d /var/lib/x || exit 0',
    'if ls /y || true; then exit 1; fi',
  ),
  LAB025: solveScript(
    'curl http://web/',
    'curl -fsS --max-time 5 http://web/',
    'timeout 5 curl http://web/',
    'while ! kubectl get ns; do sleep 1; done',
    'i=0; while [ "$i" -lt 5 ]; do i=$((i + 1)); sleep 1; done',
    'kubectl rollout status deployment/web',
    'tail -f /var/log/syslog',
  ),
  'LAB025-exec': checkExec('sh', '-c', 'curl http://web/; while true; do a; done'),
  'LAB025-exec-words': checkExec('tail', '-f', '/log'),
  'LAB042-exec': checkExec('busybox', 'ash', '+x', '-c', '--', 'if true; then'),
  LAB026: solveScript('curl -m 5 https://example.com/x.sh | sh', 'sh -c "$(curl -m 5 https://example.com/x.sh)"', 'echo x | sh'),
  LAB027: { 'files/web.yaml': 'a: &a [*a]\n---\napiVersion: v1\nkind: Pod\nkind: Pod\n---\n- 7\n' },
  LAB028: {
    ...yaml(
      [check, 'object: {kind: Pdo, name: web}'],
      ['    checks:', '    remember: {UID: {kind: Secret, name: key, path: metadata.uid}}\n    checks:'],
    ),
    ...objects(
      'apiVersion: app/v1\nkind: Deployment\nmetadata: {name: x}',
      'kind: Pod',
      'apiVersion: example.com/v1\nkind: Thing',
    ),
  },
  LAB029: {
    ...yaml(
      [check, 'object: {apiVersion: autoscaling/v2beta2, kind: HorizontalPodAutoscaler, name: web}'],
      ['{images:', '{kubernetes: ">=1.24 <1.37", images:'],
    ),
    ...objects(
      'apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: x}',
      'apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: x}',
    ),
  },
  LAB030: {
    ...yaml([solve, `${solve}\n      - {kubectl: [run, x, --image, "busybox:1"]}`]),
    ...file('files/web.yaml', ['image: "${image.web}"', 'image: "nginx:1.27"']),
  },
  LAB031: yaml(['images: [web]', 'images: [web, shell]']),
  LAB032: {
    ...yaml([
      solve,
      `${solve}\n      - {kubectl: [get, pods, -n, kube-system]}\n      - {kubectl: [get, pods, "--namespace=\${namespace}"]}`,
    ]),
    ...file('files/web.yaml', ['{name: web,', '{name: web, namespace: default,']),
  },
  'LAB032-all': yaml([
    solve,
    `${solve}
      - {kubectl: [delete, pods, --all, -A]}
      - {kubectl: [get, pods, --all-namespaces]}
      - {kubectl: [delete, pv, --all]}
      - {kubectl: [delete, "pods,StorageClasses.storage.k8s.io", --all=true]}
      - {kubectl: [delete, validatingadmissionpolicies, --all]}
      - {kubectl: [delete, pods, --all]}
      - {kubectl: [delete, pv, own, --ignore-not-found]}
      - {kubectl: [exec, web, --, ls, -A, --all]}`,
  ]),
  LAB033: {
    ...yaml([
      check,
      'object: {kind: Pod, where: {spec.nodName: x, "metadata.labels[\\"a/b\\"]": y}, match: {spec: {containers: [{img: x}], replicas: 1}, status: {$phse: x}}}',
    ]),
    ...file('files/web.yaml', ['image: "${image.web}",', 'image: "${image.web}", port: [80], env: {A: b},']),
  },
  'LAB033-types': {
    ...yaml([
      check,
      `object:
          kind: Pod
          match: {metadata: {labels: {a: 1, b: true}}, spec: {priority: ten, hostNetwork: "yes", nodeName: 7}}
          not: {spec: {priority: "\${TOKEN}", containers: [{ports: [{containerPort: "80"}, {containerPort: {$in: [x, 80]}}]}]}}`,
    ]),
    ...objects(
      `apiVersion: apps/v1
kind: Deployment
metadata: {name: x, labels: {a: 1, b: "1", c: "\${TOKEN}", d: \${TOKEN}}}
spec:
  replicas: three
  minReadySeconds: "3"
  revisionHistoryLimit: \${TOKEN}
  progressDeadlineSeconds: 1_000
  selector: {matchLabels: web}
  paused: "yes"
  template:
    spec:
      hostNetwork: yes
      hostIPC: 'no'
      priority: 1.5
      containers:
        - name: web
          image: \${image.web}
          command: [sleep, 3600]
          args: \${TOKEN}
          ports: [{containerPort: 80}]
          livenessProbe: {httpGet: {port: true}, exec: null}
          resources: {limits: {cpu: 1, memory: 64Mi}}`,
    ),
  },
  'LAB033-missing': {
    ...yaml([
      solve,
      `${solve}
      - {kubectl: [patch, deployment, web, --patch-file=/dev/stdin], input: files/part.yaml}
      - {kubectl: [apply, --server-side, -f, "-"], input: files/own.yaml}`,
    ]),
    'files/part.yaml':
      'apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{image: "${image.web}"}]}}}\n',
    'files/own.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n',
    ...objects(
      `apiVersion: apps/v1
kind: Deployment
metadata: {name: x}
spec:
  selector: null
  template:
    spec:
      containers:
        - image: \${image.web}
          ports: [{name: http}]
          readinessProbe: {httpGet: {path: /, httpHeaders: [{name: X-Empty}]}}
          env: [{value: x}, {name: Y}]`,
      `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: x}
spec: {scaleTargetRef: {kind: Deployment}, metrics: [{type: Resource, resource: {name: cpu}}]}
status: {conditions: [{type: AbleToScale}]}`,
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x}\nspec: {policyTypes: [Ingress]}',
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: x}\nroleRef: {kind: Role, name: x}',
      'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: x}',
    ),
  },
  'LAB033-between': {
    ...yaml(
      ['{images:', '{kubernetes: ">=1.25 <1.30", images:'],
      [check, 'object: {kind: Pod, name: web, match: {spec: {hostUsers: false, schedulingGates: [], hostnameOverride: x}}}'],
    ),
    ...objects(
      'apiVersion: autoscaling/v2beta1\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}',
      'apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR\nmetadata: {name: x}',
      'apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: x}',
    ),
  },
  LAB034: file('files/web.yaml', ['spec:', 'spec:\n  hostUsers: false']),
  LAB035: {
    ...yaml(
      ['namespace: lab-first-pod', 'namespace: lab-first-pod\nreset: {clusterObjects: [{kind: PriorityClass, name: high}]}'],
      [solve, `${solve}\n      - {kubectl: [create, clusterrole, watcher, --verb=get, --resource=pods]}`],
    ),
    ...objects(
      'apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 1',
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: other}',
    ),
  },
  LAB036: yaml([check, 'object: {kind: Pod, absent: true, match: {spec: {}}}\n        expect: {stdout: {}}']),
  'LAB036-http': yaml([
    check,
    'http: {service: web, port: 80}\n        expect: {stdout: {contains: x}, refused: true, status: 200, body: {}}',
  ]),
  'LAB036-match': yaml([
    check,
    'object: {kind: Pod, match: {spec: {nodeName: {$inn: [x]}}}, not: {spec: {nodeName: {$in: x}}}, where: {spec.nodeName: {$gte: "${TOKEN}"}}}',
  ]),
  'LAB036-reachable': yaml(
    [
      check,
      `object: {kind: Pod, name: web, conditions: {Ready: "true", Initialized: "\${TOKEN}", PodScheduled: Unknown}, count: {atLeast: 2}}`,
    ],
    [
      '    hints:',
      `      - {id: many, object: {kind: Pod, labels: {app: web}, conditions: {Ready: "False"}, count: {atLeast: 2}}, message: {en: "No.", ko: "아니오."}}
      - {id: one, object: {kind: Pod, name: web, count: {atLeast: 1, atMost: 1}}, message: {en: "No.", ko: "아니오."}}
    guards:
      - {id: differ, object: {kind: Pod, name: web, distinct: {path: spec.nodeName, atLeast: 2}}, message: {en: "No.", ko: "아니오."}}
    hints:`,
    ],
    [solve, `${solve}\n      - until: {object: {kind: Pod, name: web, conditions: {Ready: ""}}}`],
  ),
  LAB037: yaml([check, 'exec: {pod: web, command: [ls]}\n        expect: {stdout: {matches: "(${TOKEN}"}}']),
  LAB038: yaml([
    solve,
    `${solve}
      - {kubectl: [edit, pod, web]}
      - {kubectl: [apply, -f, /tmp/x.yaml]}
      - {kubectl: [apply, -f, "-"]}
      - {kubectl: [get, pods], input: files/web.yaml}
      - {kubectl: [--kubeconfig=/etc/kubernetes/admin.conf, get, pods, -w]}
      - {kubectl: [rollout, status, deployment/web]}
      - {kubectl: [exec, web, --, tail, -f, x]}`,
  ]),
  LAB039: yaml(
    [
      'The pod is not ready.',
      'The pod is {{actual.status.phase|missing}}, {{actual.status.fase}}, {{found}} or {{ actual | none }}, {{count}} {{stdout}} {{}}.',
    ],
    [
      '파드가 준비되지',
      '{{actual.status.phase|없음}} {{actual.status.fase}} {{found}} {{actual}} {{count}} {{stdout}} 파드가 준비되지',
    ],
  ),
  LAB040: yaml([
    '    - {id: no-such-image, step: run, do: [{kubectl: [delete, pod, web, --ignore-not-found]}], mustFail: [pod-ready]}\n',
    '    []\n',
  ]),
  LAB041: yaml(
    [check, 'http: {node: worker2, port: 80, from: control2}'],
    [solve, `${solve}\n      - {on: worker3, run: "true"}\n      - {on: worker1, run: "true"}`],
  ),
  LAB043: yaml(
    [
      solve,
      `${solve}
      - {kubectl: [create, configmap, web]}
      - {kubectl: [create, -f, "-", --dry-run=client], input: files/web.yaml}
      - {kubectl: [delete, pod, web]}
      - {kubectl: [delete, pods, -l, app=web]}
      - {kubectl: [exec, web, --, run]}`,
    ],
    ['--ignore-not-found]}]', 'x]}]'],
  ),
  LAB044: yaml([check, 'answer: {question: {en: "What?", ko: "무엇?"}, is: [web]}']),
  LAB045: {
    'files/solve.sh': [
      keyHeader('RSA '),
      `key="${keyHeader('')}\\nabc"`,
      Buffer.from(keyHeader('OPENSSH ')).toString('base64'),
      `${awsKey} ${awsKey.slice(0, 4)}IOSFODNN7EXAMPLE`,
      ...['ghp_', 'github_pat_', 'glpat-', 'xoxb-', 'AIza', 'npm_', 'sk_live_'].map((start) => `${start}${'0aB'.repeat(20)}`),
      `${keyHeader('').replace('PRIVATE', 'PUBLIC')} ghp_short xoxb-`,
    ].join('\n'),
    ...yaml([solve, `${solve}\n      - {on: worker1, script: files/solve.sh}`]),
    ...file('text/en/run.md', ['called web', `called web, \`${awsKey}\``]),
    ...file('text/ko/run.md', ['web이라는', `\`${awsKey}\` web이라는`]),
  },
  LAB046: yaml([check, `${check}\n        points: 2`], ['    checks:\n', '    points: 3\n    checks:\n']),
  LAB042: solveScript('if true; then', '  echo "x', 'fi'),
};
