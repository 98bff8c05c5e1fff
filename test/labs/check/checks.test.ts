import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { emulatedMachine, virtualMachine } from '../../../src/cluster/provider.ts';
import { CommandFailed } from '../../../src/errors/errors.ts';
import { localRunner } from '../../../src/exec/local.ts';
import type { RunResult } from '../../../src/exec/runner.ts';
import type { CheckResult } from '../../../src/labs/check/check-result.ts';
import { probe } from '../../../src/labs/check/probe.ts';
import { readField } from '../../../src/labs/check/read-field.ts';
import { checkStep, type RoundInput } from '../../../src/labs/check/round.ts';
import { nodesOf } from '../../../src/labs/target.ts';
import { channelMessage, exitStatus, type ApiScript } from '../../rig/api-server.ts';
import { podOf, podsPath, roundOf, startLab, type LabRig, type RunOnNode } from '../lab-rig.ts';

const open: LabRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig.close();
});

async function start(script: ApiScript, run?: RunOnNode): Promise<LabRig> {
  const rig = await startLab(script, run);
  open.push(rig);
  return rig;
}

/** The results of checks, looked at together. */
async function look(
  rig: LabRig,
  checks: readonly Record<string, unknown>[],
  change: Partial<RoundInput> = {},
): Promise<readonly CheckResult[]> {
  const numbered = checks.map((check, index) => ({ id: `c${index}`, ...check }));
  return (await checkStep(roundOf(rig, numbered, change))).results;
}

const statuses = (results: readonly CheckResult[]) => results.map(({ status }) => status);

describe('object', () => {
  const three = {
    [podsPath]: {
      items: [podOf('a'), podOf('b', { node: 'worker2' }), podOf('c', { ready: false, labels: { app: 'web', tier: 'x' } })],
    },
  };
  const web = { kind: 'Pod', labels: { app: 'web' } };
  const tierX = { kind: 'Pod', labels: { tier: 'x' } };
  const ready = { conditions: { Ready: 'True' } };

  it.each([
    ['one of them is enough', { ...web, ...ready }, 'pass'],
    ['one by its name', { kind: 'Pod', name: 'c', ...ready }, 'notYet'],
    ['every one', { ...web, ...ready, every: true }, 'notYet'],
    ['every one of those that fields select', { ...web, ...ready, where: { 'status.phase': 'Running' }, every: true }, 'pass'],
    ['every one of none', { kind: 'Pod', name: 'x', every: true }, 'notYet'],
    ['at least two', { ...web, ...ready, count: { atLeast: 2 } }, 'pass'],
    ['at least three', { ...web, ...ready, count: { atLeast: 3 } }, 'notYet'],
    ['at most one', { ...web, ...ready, count: { atMost: 1 } }, 'notYet'],
    ['none of many', { kind: 'Pod', labels: { app: 'x' }, count: { atMost: 0 } }, 'pass'],
    ['two nodes', { ...web, ...ready, distinct: { path: 'spec.nodeName', atLeast: 2 } }, 'pass'],
    ['three nodes', { ...web, distinct: { path: 'spec.nodeName', atLeast: 3 } }, 'notYet'],
    ['what must not be', { ...web, not: { status: { phase: 'Running' } } }, 'pass'],
    ['what must not be on any', { ...web, not: { status: { phase: 'Running' } }, every: true }, 'notYet'],
    ['absent', { kind: 'Pod', name: 'x', absent: true }, 'pass'],
    ['absent, but it is there', { kind: 'Pod', name: 'a', absent: true }, 'notYet'],
    ['a mistake in the lab', { ...web, match: { status: { $phase: 1 } } }, 'error'],
    ['another', { ...web, where: { 'status..phase': 1 } }, 'error'],
  ])('%s', async (_, object, status) => {
    expect(statuses(await look(await start({ objects: three }), [{ object }]))).toEqual([status]);
  });

  it('does not take a pod that is being deleted for a ready one', async () => {
    const { metadata, ...leaving } = podOf('b', { node: 'worker2' });
    const going = { ...leaving, metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    const rig = await start({ objects: { [podsPath]: { items: [podOf('a'), going] } } });
    const results = await look(rig, [
      { object: { kind: 'Pod', name: 'b', ...ready } },
      { object: { ...web, ...ready, distinct: { path: 'spec.nodeName', atLeast: 2 } } },
      { object: { ...web, ...ready, every: true } },
      { object: { ...web, ...ready } },
      { object: { kind: 'Pod', name: 'b', absent: true } },
    ]);
    expect(statuses(results)).toEqual(['notYet', 'notYet', 'notYet', 'pass', 'notYet']);
    expect(results[0]).toMatchObject({
      differences: [{ en: 'condition Ready: True, but the pod is being deleted' }],
      chain: [{ en: 'Pod b is being deleted.' }],
    });
  });

  it('says what it expected and what it found', async () => {
    const rig = await start({ objects: three });
    const results = await look(rig, [
      { object: { ...web, ...ready, count: { atLeast: 3 } } },
      { object: { kind: 'Pod', name: 'x' } },
      { object: { ...web, ...ready, every: true } },
      { object: { ...web, distinct: { path: 'spec.nodeName', atLeast: 3 } } },
      { object: { ...web, count: { atLeast: 1, atMost: 1 } }, message: { en: '{{count}} of {{selected}}', ko: '{{count}}' } },
    ]);
    expect(results[0]).toMatchObject({
      expected: { en: 'at least 3 Pod app=web as described' },
      actual: { en: '2' },
      differences: [{ en: 'condition Ready: expected True, found False' }],
    });
    expect(results[1]).toMatchObject({ expected: { en: 'Pod x' }, actual: { en: 'nothing' } });
    expect(results[2]).toMatchObject({ expected: { en: 'every Pod app=web as described' }, actual: { en: '2 of 3' } });
    expect(results[3]).toMatchObject({
      expected: { en: 'at least 3 different values of spec.nodeName' },
      actual: { en: '2 ("worker1", "worker2")' },
    });
    expect(results[4]).toMatchObject({
      expected: { en: 'exactly 1 Pod app=web as described' },
      actual: { en: '3' },
      message: { en: '3 of 3' },
    });
  });

  it.each([
    ['at most one', { ...web, ...ready, count: { atMost: 1 } }, undefined],
    ['three as described', { ...web, match: { status: { phase: 'Running' } }, count: { atLeast: 3 } }, 'Container main of Pod c'],
    [
      'three of two',
      { kind: 'Pod', labels: { app: 'web' }, where: { 'status.phase': 'Running' }, count: { atLeast: 3 } },
      undefined,
    ],
    ['two nodes on one', { kind: 'Pod', name: 'a', distinct: { path: 'spec.nodeName', atLeast: 2 } }, undefined],
    ['absent', { kind: 'Pod', name: 'a', absent: true }, undefined],
    ['by its name, with other fields', { kind: 'Pod', name: 'a', where: { 'spec.nodeName': 'worker2' } }, undefined],
    ['by its name, with other labels', { kind: 'Pod', name: 'a', labels: { app: 'x' } }, undefined],
    ['by its labels, with other fields', { ...tierX, where: { 'status.phase': 'Running' } }, 'Container main of Pod c'],
    ['by a name that none has', { kind: 'Pod', name: 'x', where: { 'status.phase': 'Running' } }, 'There is no Pod x.'],
    ['by labels that none has', { kind: 'Pod', labels: { app: 'x' }, count: { atLeast: 1 } }, 'There is no Pod with the labels'],
  ])('explains only what stands in the way: %s', async (_, object, chain) => {
    const [result] = await look(await start({ objects: three }), [{ object }]);
    expect(result?.status).toBe('notYet');
    expect(result?.chain?.[0]?.en).toEqual(chain === undefined ? undefined : expect.stringContaining(chain));
    if (chain === undefined) expect(result?.differences).toBeUndefined();
  });

  it('looks where it is told to', async () => {
    const rig = await start({
      objects: {
        '/api/v1/namespaces/other/pods': { items: [podOf('a')] },
        '/api/v1/nodes': { items: [{ metadata: { name: 'n' } }] },
      },
    });
    expect(
      statuses(
        await look(rig, [
          { object: { kind: 'Pod', name: 'a', namespace: 'other' } },
          { object: { kind: 'Node', name: 'n', namespace: 'other' } },
        ]),
      ),
    ).toEqual(['pass', 'pass']);
  });
});

describe('exec', () => {
  /** Pods that say their own name, and end with what the command asks for. */
  const script = (...pods: object[]): ApiScript => ({
    objects: { [podsPath]: { items: pods } },
    exec: (url, socket) => {
      const [command = '', argument = ''] = url.searchParams.getAll('command');
      if (command === 'name') socket.send(channelMessage(1, `${url.pathname.split('/')[6]}\n`));
      if (command === 'say') socket.send(channelMessage(1, ` ${argument} \n`));
      if (command === 'fail') socket.send(channelMessage(2, 'no such thing'));
      if (command !== 'hang') {
        socket.send(exitStatus(command === 'fail' ? Number(argument) : 0));
        socket.close();
      }
    },
  });

  it('compares what a command says', async () => {
    const rig = await start(script(podOf('a')));
    const exec = (command: string[]) => ({ pod: 'a', command });
    const results = await look(rig, [
      { exec: exec(['say', '\nabc\n']), expect: { stdout: { equals: '${TOKEN}' } } },
      { exec: exec(['say', 'one\ntwo']), expect: { stdout: { matches: '^t.o$', contains: 'on', lacks: 'three' } } },
      { exec: exec(['say', 'one']), expect: { stdout: { lacks: 'on' } } },
      { exec: exec(['fail', '3']) },
      { exec: exec(['fail', '3']), expect: { exitCode: 3, stderr: { contains: 'such' } } },
      { exec: { ...exec(['hang']), timeout: '100ms' } },
    ]);
    expect(statuses(results)).toEqual(['pass', 'pass', 'notYet', 'notYet', 'pass', 'error']);
    expect(results[2]).toMatchObject({ expected: { en: 'stdout without on' }, actual: { en: 'stdout: one' } });
    expect(results[3]).toMatchObject({ expected: { en: 'exit code 0' }, actual: { en: 'exit code 3: no such thing' } });
    expect(results[5]?.message?.en).toContain('has not ended after 1 s');
  });

  it('gives it longer where nodes are slow', async () => {
    const rig = await start(script(podOf('a')));
    const cluster = { ...rig.cluster, capabilities: emulatedMachine };
    const [result] = await look(rig, [{ exec: { pod: 'a', command: ['hang'], timeout: '300ms' } }], { cluster });
    expect(result?.message?.en).toContain('has not ended after 1.5 s');
  });

  it('takes a pod that is ready, or all', async () => {
    const rig = await start(script(podOf('a', { ready: false }), podOf('b'), podOf('c')));
    const pods = { app: 'web' };
    const results = await look(rig, [
      { exec: { pods, command: ['name'] }, expect: { stdout: { equals: 'b' } } },
      { exec: { pods, all: true, command: ['name'] } },
      { exec: { pods: { app: 'x' }, command: ['name'] } },
      { exec: { pod: 'a', command: ['name'] } },
      { exec: { pod: 'a', container: 'main', command: ['name'] } },
      { exec: { pod: 'b', container: 'main', command: ['name'] } },
      { exec: { pod: 'b', container: 'other', command: ['name'] } },
    ]);
    expect(statuses(results)).toEqual(['pass', 'notYet', 'notYet', 'notYet', 'notYet', 'pass', 'notYet']);
    expect(results[6]?.actual).toEqual({ en: 'no container other in Pod b', ko: 'b 파드에 없는 컨테이너: other' });
    expect(results[1]).toMatchObject({ expected: { en: 'Pod app=web ready' }, actual: { en: '2 of 3 ready' } });
    expect(results[1]?.chain?.[0]?.en).toBe('Container main of Pod a is being made.');
    expect(results[2]?.chain?.[0]?.en).toBe('There is no Pod with the labels app=x.');
    const all = await start(script(podOf('b'), podOf('c')));
    const [one] = await look(all, [
      {
        exec: { pods, all: true, command: ['name'] },
        expect: { stdout: { equals: 'b' } },
        message: { en: '{{pod}}', ko: '{{pod}}' },
      },
    ]);
    expect(one).toMatchObject({ status: 'notYet', message: { en: 'c' } });
  });
});

describe('run', () => {
  const on = (run: string, more = {}) => ({ run: { on: 'worker1', run, ...more } });

  it('takes the exit code for the result', async () => {
    const results = await look(await start({}), [
      on('exit 0'),
      on('echo not there; exit 1'),
      on('echo no such thing here; exit 3'),
      on('echo broken; exit 4'),
      on('echo bad >&2; exit 2'),
      on('echo $undefined_thing'),
      on('sleep 60', { timeout: '200ms' }),
      { ...on('exit 7'), expect: { exitCode: 7 } },
      { ...on('echo abc'), expect: { stdout: { equals: '${TOKEN}' } } },
    ]);
    expect(statuses(results)).toEqual(['pass', 'notYet', 'notApplicable', 'spoiled', 'error', 'error', 'error', 'pass', 'pass']);
    expect(results[1]?.actual).toEqual({ en: 'not there', ko: 'not there' });
    expect(results[2]?.because?.en).toBe('no such thing here');
    expect(results[4]?.message).toEqual({
      en: 'worker1: the script ended with 2: bad',
      ko: 'worker1: 스크립트가 종료 코드 2로 끝났습니다: bad',
    });
    expect(results[6]?.message).toEqual({
      en: 'worker1: the script has not ended after 0.2 s',
      ko: 'worker1: 스크립트가 0.2초 안에 끝나지 않았습니다',
    });
  });

  it('says how long a script had where nodes are slow', async () => {
    const rig = await start({}, (_, command, options) =>
      localRunner().run(command as [string, ...string[]], { ...options, timeout: emulatedMachine.slowness * options.timeout }),
    );
    const cluster = { ...rig.cluster, capabilities: emulatedMachine };
    const [result] = await look(rig, [on('sleep 60', { timeout: '100ms' })], { cluster });
    expect(result?.message?.en).toBe('worker1: the script has not ended after 0.5 s');
  });

  it('gives scripts the variables, and no input', async () => {
    const script = 'test "$TOKEN" = abc; test "$KUBELAB_NAMESPACE" = lab-x; test -z "$(cat)"; test "${TOKEN}" = abc';
    const reading = (path: string) =>
      path === 'checks/a.sh' ? Promise.resolve(script) : Promise.reject(new Error('no such file'));
    const rig = await start({});
    const results = await look(
      rig,
      [on(script), { run: { on: 'worker1', script: 'checks/a.sh' } }, { run: { on: 'worker1', script: 'checks/b.sh' } }],
      { readScript: reading },
    );
    expect(statuses(results)).toEqual(['pass', 'pass', 'error']);
  });

  it('runs on all nodes that are meant, and finds the worst', async () => {
    const codes: Record<string, number> = { control1: 0, control2: 3, worker1: 1, worker2: 0 };
    const rig = await start({}, (node): Promise<RunResult> =>
      Promise.resolve({ exitCode: codes[node] ?? 0, stdout: node, stderr: '', milliseconds: 1 }),
    );
    const results = await look(
      rig,
      ['control-plane', 'workers', 'nodes', 'control2', 'worker2', 'worker7', 'nfs-server'].map((name) => ({
        run: { on: name, run: 'x' },
        message: { en: '{{node}}', ko: '{{node}}' },
      })),
    );
    expect(statuses(results)).toEqual(['pass', 'notYet', 'notYet', 'notApplicable', 'pass', 'error', 'pass']);
    expect(results[2]?.message?.en).toBe('worker1');
  });

  it('runs only a few at a time on one node', async () => {
    let now = 0;
    let most = 0;
    const rig = await start({}, async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 20));
      now -= 1;
      return { exitCode: 0, stdout: '', stderr: '', milliseconds: 20 };
    });
    expect(statuses(await look(rig, Array(13).fill(on('true'))))).toEqual(Array(13).fill('pass'));
    expect(most).toBe(4);
  });

  it('blames nobody when the node can not be reached', async () => {
    const rig = await start({}, () =>
      Promise.reject(
        new CommandFailed({
          command: ['ssh'],
          place: 'worker1',
          exitCode: 255,
          timedOut: false,
          stdout: '',
          stderr: 'no route',
          message: 'ssh ended with 255',
        }),
      ),
    );
    expect((await look(rig, [on('true')]))[0]).toMatchObject({ status: 'error', message: { en: 'worker1: ssh ended with 255' } });
  });
});

describe('http', () => {
  const services = '/api/v1/namespaces/lab-x/services';
  const slices = '/apis/discovery.k8s.io/v1/namespaces/lab-x/endpointslices';
  const objects = {
    [podsPath]: { items: [podOf('web'), podOf('slow', { ready: false, labels: { app: 'slow' } })] },
    [services]: {
      items: [
        {
          metadata: { name: 'web', namespace: 'lab-x' },
          spec: { clusterIP: '10.96.0.7', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
        },
        { metadata: { name: 'six', namespace: 'lab-x' }, spec: { clusterIP: 'fd00::7', ports: [{ port: 80 }] } },
        { metadata: { name: 'evil', namespace: 'lab-x' }, spec: { clusterIP: '-o/etc/x', ports: [{ port: 80 }] } },
        {
          metadata: { name: 'headless', namespace: 'lab-x' },
          spec: { clusterIP: 'None', selector: { app: 'web' }, ports: [{ port: 80, name: 'http' }] },
        },
        {
          metadata: { name: 'empty', namespace: 'lab-x' },
          spec: { clusterIP: 'None', selector: { app: 'nobody' }, ports: [{ port: 80, name: 'http' }] },
        },
      ],
    },
    [slices]: {
      items: [
        {
          metadata: { name: 'headless-1', labels: { 'kubernetes.io/service-name': 'headless' } },
          ports: [{ name: 'http', port: 8080 }],
          endpoints: [
            { addresses: ['10.244.9.9'], conditions: { ready: false } },
            { addresses: ['10.244.0.5'], conditions: { ready: true } },
          ],
        },
      ],
    },
  };

  /** Nodes whose curl knows some addresses. */
  async function world(): Promise<{ rig: LabRig; asked: string[]; times: string[] }> {
    const asked: string[] = [];
    const times: string[] = [];
    const rig = await start({ objects }, (node, command) => {
      const url = command.at(-1) ?? '';
      asked.push(`${node} ${url}`);
      times.push(command[command.indexOf('--max-time') + 1] ?? '');
      const answer = (exitCode: number, stdout: string, stderr = ''): Promise<RunResult> =>
        Promise.resolve({ exitCode, stdout, stderr, milliseconds: 1 });
      if (url.includes(':81')) return answer(7, '\n000', 'curl: (7) Connection refused');
      if (url.endsWith('/missing')) return answer(0, 'not here\n404');
      if (url.endsWith('/odd'))
        return Promise.reject(
          new CommandFailed({
            command,
            place: node,
            exitCode: 3,
            timedOut: false,
            stdout: '',
            stderr: 'curl: (3) URL malformed',
            message: 'failed',
          }),
        );
      return answer(0, 'hello\nworld\n\n200');
    });
    return { rig, asked, times };
  }

  it('asks services, pods and nodes at their addresses', async () => {
    const { rig, asked } = await world();
    const results = await look(rig, [
      { http: { service: 'web', port: 80 }, expect: { body: { equals: 'hello\nworld' }, status: 200 } },
      { http: { service: 'headless', port: 80, path: '/x?y=[1]' } },
      { http: { pod: 'web', port: 8080, from: 'worker2' } },
      { http: { node: 'workers', port: 30080, from: 'control2' } },
      { http: { service: 'six', port: 80 } },
    ]);
    expect(statuses(results)).toEqual(Array(5).fill('pass'));
    expect(asked.toSorted()).toEqual(
      [
        'control1 http://10.96.0.7:80/',
        'control1 http://10.244.0.5:8080/x?y=[1]',
        'worker2 http://10.244.0.5:8080/',
        'control2 http://10.0.0.3:30080/',
        'control2 http://10.0.0.4:30080/',
        'control1 http://[fd00::7]:80/',
      ].toSorted(),
    );
  });

  it.each([
    ['ordinary', virtualMachine, '10.0'],
    ['slow', emulatedMachine, '50.0'],
  ])('gives an answer as long as it takes on %s nodes', async (_, capabilities, seconds) => {
    const { rig, times } = await world();
    await look(rig, [{ http: { node: 'worker1', port: 80 } }], { cluster: { ...rig.cluster, capabilities } });
    expect(times).toEqual([seconds]);
  });

  it('says what it got instead', async () => {
    const { rig, asked } = await world();
    const results = await look(rig, [
      { http: { service: 'web', port: 80, path: '/missing' } },
      { http: { service: 'web', port: 80, path: '/missing' }, expect: { status: 404, body: { contains: 'not' } } },
      { http: { node: 'worker1', port: 81 }, message: { en: '{{status|none}}', ko: '{{status|없음}}' } },
      { http: { node: 'worker1', port: 81 }, expect: { refused: true } },
      { http: { node: 'worker1', port: 82 }, expect: { refused: true } },
      { http: { node: 'worker1', port: 80, path: '/odd' } },
      { http: { service: 'evil', port: 80 } },
      { http: { service: 'web', port: 8080 } },
      { http: { service: 'gone', port: 80 } },
      { http: { service: 'empty', port: 80 } },
      { http: { pod: 'slow', port: 80 } },
    ]);
    expect(statuses(results)).toEqual([
      'notYet',
      'pass',
      'notYet',
      'pass',
      'notYet',
      'error',
      'error',
      'notYet',
      'notYet',
      'notYet',
      'notYet',
    ]);
    expect(results[0]).toMatchObject({ expected: { en: 'status 200' }, actual: { en: 'status 404' } });
    expect(results[2]).toMatchObject({
      expected: { en: 'an answer from http://10.0.0.3:81/' },
      actual: { en: 'no answer: Connection refused' },
      message: { en: 'none' },
    });
    expect(results[4]).toMatchObject({ expected: { en: 'no answer from http://10.0.0.3:82/' }, actual: { en: 'status 200' } });
    expect(results[7]).toMatchObject({ actual: { en: 'Service web has no port 8080' } });
    expect(results[8]?.chain?.[0]?.en).toBe('There is no Service gone.');
    expect(results[9]?.chain?.[0]?.en).toBe('Service empty selects no pod: none in namespace lab-x has the labels app=nobody.');
    expect(results[10]).toMatchObject({ actual: { en: 'Pod slow is not ready' } });
    expect(asked.join()).not.toContain('etc');
  });
});

/** Servers on this host that give these answers, whatever they are asked. @returns their ports */
async function serve(...answers: readonly string[]): Promise<readonly number[]> {
  const servers = await Promise.all(
    answers.map(async (answer) => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined).once('data', () => socket.end(answer));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  });
  return servers.map((server) => (server.address() as AddressInfo).port);
}

it('what does not speak HTTP is not as it should be, and no trouble of the lab', async () => {
  const ports = await serve(
    '-ERR unknown command\r\n',
    'HTTP/7.5 200 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhello',
  );
  // The nodes are this host.
  const rig = await start({}, (_, command, options) => {
    const here = command.map((word) => word.replace('10.0.0.3', '127.0.0.1'));
    return localRunner().run(here as [string, ...string[]], options);
  });
  const asked = ports.map((port) => ({ http: { node: 'worker1', port } }));
  const results = await look(rig, [...asked, ...asked.map((check) => ({ ...check, expect: { refused: true } }))]);
  expect(statuses(results)).toEqual(Array(6).fill('notYet'));
  expect(results[0]).toMatchObject({
    expected: { en: `an answer over HTTP from http://10.0.0.3:${ports[0]}/` },
    actual: {
      en: expect.stringMatching(/^something answers there, and not with HTTP: \S/) as string,
      ko: expect.stringMatching(/^답하는 것은 있지만 HTTP가 아님: \S/) as string,
    },
  });
  expect(results[2]?.actual?.en).toMatch(/^the answer broke off: \S/);
  expect(results[3]?.expected).toEqual({
    en: `no answer from http://10.0.0.3:${ports[0]}/`,
    ko: `http://10.0.0.3:${ports[0]}/에서 답이 없을 것`,
  });
});

describe('answer', () => {
  const question = { en: 'q', ko: 'q' };
  const field = { kind: 'Pod', name: 'web', path: 'spec.nodeName' };

  it.each([
    [['Two', 'three'], ' tWO\n', 'pass'],
    [['two words'], 'Two   Words', 'pass'],
    [['${TOKEN}'], 'abc', 'pass'],
    [['two'], 'three', 'notYet'],
    [['two'], '', 'notYet'],
    [['two'], undefined, 'notYet'],
    [field, 'WORKER1', 'pass'],
    [field, 'worker2', 'notYet'],
    [{ ...field, name: 'gone' }, 'worker1', 'error'],
  ])('%j is answered with %j: %s', async (is, given, status) => {
    const rig = await start({ objects: { [podsPath]: { items: [podOf('web')] } } });
    const results = await look(rig, [{ answer: { question, is } }], { answers: given === undefined ? {} : { c0: given } });
    expect(statuses(results)).toEqual([status]);
  });
});

it('a question without an answer is not told that its answer is wrong', async () => {
  const rig = await start({});
  const answer = { question: { en: 'q', ko: 'q' }, is: ['two'] };
  const message = { en: 'Not so. Count again.', ko: '아닙니다. 다시 세어 보세요.' };
  const results = await look(
    rig,
    ['open', 'blank', 'wrong'].map((id) => ({ id, answer, message })),
    {
      answers: { blank: '  ', wrong: 'three' },
    },
  );
  expect(results.map((result) => result.message)).toEqual([
    {
      en: 'This question is not answered yet. Answer with: kubelab lab check --answer open=...',
      ko: '아직 이 질문에 답하지 않았습니다. 답하는 방법: kubelab lab check --answer open=...',
    },
    expect.objectContaining({ en: expect.stringContaining('--answer blank=') as string }),
    message,
  ]);
  expect(results.map(({ actual }) => actual?.en)).toEqual([undefined, undefined, 'three']);
});

describe('beside rounds', () => {
  it('a wait is told what is missing', async () => {
    const rig = await start({ objects: { [podsPath]: { items: [podOf('web', { ready: false })] } } });
    const input = { namespace: 'lab-x', values: { NAME: 'web' }, cluster: rig.cluster, readScript: () => Promise.resolve('') };
    const object = { apiVersion: 'v1', kind: 'Pod', name: '${NAME}', conditions: { Ready: 'True' } };
    expect(await probe({ ...input, fields: { object } })).toEqual({
      status: 'notYet',
      text: 'condition Ready: expected True, found False',
    });
    expect(await probe({ ...input, fields: { object: { ...object, conditions: { Ready: 'False' } } } })).toMatchObject({
      status: 'pass',
    });
    expect(await probe({ ...input, values: {}, fields: { object } })).toMatchObject({ status: 'error' });
  });

  it('a field is remembered as text', async () => {
    const pods = [podOf('a', { node: '' }), podOf('b')];
    const rig = await start({ objects: { [podsPath]: { items: pods } } });
    const read = (field: { path: string; name?: string }) =>
      readField({
        field: { apiVersion: 'v1', kind: 'Pod', ...field },
        namespace: 'lab-x',
        values: { NAME: 'b' },
        cluster: rig.cluster,
      });
    expect(await read({ name: '${NAME}', path: 'spec.nodeName' })).toBe('worker1');
    expect(await read({ path: 'spec.containers[0].ports[0].containerPort' })).toBe('8080');
    expect(await read({ path: 'spec.containers[0].ports' })).toBe('[{"containerPort":8080}]');
    expect(await read({ path: 'spec.nothing' })).toBeUndefined();
    expect(await read({ name: 'gone', path: 'spec.nodeName' })).toBeUndefined();
  });

  it('the storage node comes before the control plane for NFS', async () => {
    const { cluster } = await start({});
    const names = (nodes: readonly { name: string }[]) => nodes.map(({ name }) => name);
    expect(names(nodesOf('nfs-server', cluster))).toEqual(['control1']);
    const storage = { name: 'storage1', role: 'storage', address: '10.0.0.9', memoryMiB: 512 } as const;
    const nodes = { nodes: [...cluster.nodes, storage] };
    expect(names(nodesOf('nfs-server', nodes))).toEqual(['storage1']);
    expect(names(nodesOf('nodes', nodes))).toEqual(['control1', 'control2', 'worker1', 'worker2']);
  });
});
