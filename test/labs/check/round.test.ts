import { afterEach, describe, expect, it } from 'vitest';
import { Interrupted } from '../../../src/errors/errors.ts';
import { localRunner } from '../../../src/exec/local.ts';
import { reportCheck } from '../../../src/labs/check/check-report.ts';
import { lookAt } from '../../../src/labs/check/look-at-check.ts';
import { limitCommands } from '../../../src/labs/node-commands.ts';
import { checkStep } from '../../../src/labs/check/round.ts';
import { settleChecks } from '../../../src/labs/check/settle-checks.ts';
import { createSnapshots } from '../../../src/labs/snapshot.ts';
import { beginStanding } from '../../../src/labs/check/verdict.ts';
import { channelMessage, exitStatus, type ApiScript } from '../../rig/api-server.ts';
import { podOf, podsPath, roundOf, startLab, type LabRig, type RunOnNode } from '../lab-rig.ts';

const open: LabRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig.close();
});

async function start(script: ApiScript, run?: RunOnNode, signal?: AbortSignal): Promise<LabRig> {
  const rig = await startLab(script, run, signal);
  open.push(rig);
  return rig;
}

const web = { kind: 'Pod', name: 'web' };
const ready = { object: { ...web, conditions: { Ready: 'True' } } };
const passing = { object: { kind: 'Pod' } };
const failing = { object: { kind: 'Pod', match: { spec: { nodeName: 'nowhere' } } } };
const lists = (rig: LabRig) => rig.requests.filter((line) => line === `GET ${podsPath}`).length;
const withPod = () => start({ objects: { [podsPath]: { items: [podOf('web')] } } });

/** Pods that are ready or not, one look after the other; the last one stays. */
function changing(...looks: readonly boolean[]): ApiScript {
  let count = 0;
  return {
    answer: (request, response) => {
      if (request.url !== podsPath) return false;
      const now = looks[Math.min(count, looks.length - 1)] ?? false;
      count += 1;
      response.end(JSON.stringify({ items: [podOf('web', { ready: now })] }));
      return true;
    },
  };
}

const services = '/api/v1/namespaces/lab-x/services';

describe('a round', () => {
  it('lists each kind once, whatever number of checks looks at it', async () => {
    const rig = await start({
      objects: {
        [podsPath]: { items: [podOf('web'), podOf('db', { labels: { app: 'db' } })] },
        [services]: { items: [{ metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } }] },
        '/api/v1/nodes': { items: [{ metadata: { name: 'worker1' } }] },
      },
    });
    const round = await checkStep(
      roundOf(rig, [
        { id: 'a', ...ready },
        { id: 'b', object: { kind: 'Pod', labels: { app: 'db' } } },
        { id: 'c', needs: ['a', 'b'], object: { kind: 'Pod', count: { atLeast: 2, atMost: 2 } } },
        { id: 'd', object: { kind: 'Service', name: 'web', match: { spec: { ports: [{ port: '80' }] } } } },
        { id: 'e', object: { kind: 'Node', name: '${node.worker1}' } },
      ]),
    );
    expect(round.results.map(({ status }) => status)).toEqual(Array(5).fill('pass'));
    expect(rig.requests.toSorted()).toEqual([`GET ${podsPath}`, `GET ${services}`, 'GET /api/v1/nodes'].toSorted());
    expect(round.calls).toBe(3);
  });

  it('tells which lists it looked at, as they were first, also of checks that had settled before its last pass', async () => {
    let version = 41;
    const rig = await start({
      answer: (_, response) => {
        response.end(JSON.stringify({ metadata: { resourceVersion: `${version++}` }, items: [] }));
        return true;
      },
    });
    const looked: unknown[] = [];
    const checks = [
      { id: 'a', object: { kind: 'Service', name: 'web' } },
      { id: 'b', within: '1s', ...passing },
    ];
    await checkStep(roundOf(rig, checks, { looked: (seen) => void looked.push(seen) }));
    const first = expect.stringMatching(/^4[12]$/) as string;
    expect(version).toBeGreaterThan(43);
    const firsts = [podsPath, services].map((path) => ({ path, version: first }));
    expect(looked).toEqual([{ lists: expect.arrayContaining(firsts) as unknown, isPartial: false }]);
  });

  it.each([
    ['could not be read', 500],
    ['are of a kind that the cluster does not know', 404],
  ])('tells that it looked at objects that %s', async (_, status) => {
    const rig = await start({
      answer: (request, response) => {
        response.writeHead(request.url === podsPath ? status : 200).end('{"metadata":{"resourceVersion":"7"}}');
        return true;
      },
    });
    const looked: unknown[] = [];
    const checks = [
      { id: 'a', ...passing },
      { id: 'b', object: { kind: 'Service', name: 'web' } },
    ];
    await checkStep(roundOf(rig, checks, { looked: (seen) => void looked.push(seen) }));
    const lists = expect.arrayContaining([{ path: services, version: '7' }]) as unknown;
    expect(looked).toEqual([{ lists, isPartial: true }]);
    expect(looked).not.toEqual([
      { lists: expect.arrayContaining([expect.objectContaining({ path: podsPath })]) as unknown, isPartial: true },
    ]);
  });

  it('looks only at the checks that are asked for, and those that they need', async () => {
    const checks = [
      { id: 'a', ...passing },
      { id: 'b', needs: ['a'], ...failing },
      { id: 'c', needs: ['b'], ...passing },
      { id: 'd', within: '10m', ...failing },
    ];
    const { results } = await checkStep(roundOf(await withPod(), checks, { only: ['c'] }));
    expect(results.map(({ check, status }) => [check, status])).toEqual([
      ['a', 'pass'],
      ['b', 'notYet'],
      ['c', 'blocked'],
    ]);
  });

  it('keeps the order of the step, and says what each check is worth', async () => {
    const { results, step, spoiled } = await checkStep(
      roundOf(await withPod(), [
        { id: 'b', points: 3, ...failing },
        { id: 'a', ...passing },
      ]),
    );
    expect(results).toMatchObject([
      {
        check: 'b',
        status: 'notYet',
        points: 3,
        message: { en: 'Not yet.' },
        differences: [{ en: 'spec.nodeName: expected nowhere, found worker1' }],
      },
      { check: 'a', status: 'pass', points: 1 },
    ]);
    expect([step, spoiled]).toEqual(['step', []]);
  });

  it('blocks what needs a check that has not passed, and does not look at it', async () => {
    const rig = await withPod();
    const { results } = await checkStep(
      roundOf(rig, [
        { id: 'a', needs: ['b'], object: { kind: 'Node' } },
        { id: 'b', needs: ['c'], object: { kind: 'Node' } },
        { id: 'c', ...failing },
        { id: 'd', needs: ['e'], ...passing },
        { id: 'e', when: { kubernetes: '>=1.99' }, ...failing },
        { id: 'f', needs: ['g'], ...passing },
        { id: 'g', needs: ['f'], ...passing },
      ]),
    );
    expect(results.map(({ status }) => status)).toEqual([
      'blocked',
      'blocked',
      'notYet',
      'pass',
      'notApplicable',
      'blocked',
      'blocked',
    ]);
    expect(results[1]?.because).toEqual({ en: 'First c has to pass.', ko: '먼저 c 확인을 통과해야 합니다.' });
    expect(results[4]?.because?.en).toContain('>=1.99');
    expect(rig.requests).not.toContain('GET /api/v1/nodes');
  });

  it('looks again within the time that a check has, and not at others', async () => {
    const rig = await start(changing(false, false, true));
    const said: string[] = [];
    const { results } = await checkStep(
      roundOf(
        rig,
        [
          { id: 'slow', ...ready, within: '10s' },
          { id: 'now', ...failing },
        ],
        { progress: (text) => said.push(text) },
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(['pass', 'notYet']);
    expect(lists(rig)).toBe(3);
    expect(said[0]).toBe('slow: condition Ready: expected True, found False');
    expect(results[0]?.milliseconds).toBeGreaterThan(1500);
  });

  it('lets what waits go on in the pass in which its need is met', async () => {
    const rig = await start(changing(false, true));
    const { results } = await checkStep(
      roundOf(rig, [
        { id: 'b', needs: ['a'], ...ready },
        { id: 'a', ...ready, within: '5s' },
      ]),
    );
    expect(results.map(({ status }) => status)).toEqual(['pass', 'pass']);
    expect(lists(rig)).toBe(2);
  });

  it('gives up when the time is over', async () => {
    const rig = await start(changing(false));
    const { results } = await checkStep(roundOf(rig, [{ id: 'a', ...ready, within: '1500ms' }]));
    expect(results[0]?.status).toBe('notYet');
    expect(lists(rig)).toBe(3);
  });

  it('waits for a named object that goes and comes again, and where another check shows that the learner has begun', async () => {
    let looks = 0;
    const rig = await start({
      answer: (request, response) => {
        if (request.url !== podsPath) return false;
        looks += 1;
        const there = { 1: [podOf('web', { ready: false })], 2: [] }[looks] ?? [podOf('web'), podOf('db')];
        response.end(JSON.stringify({ items: there }));
        return true;
      },
    });
    const { results } = await checkStep(
      roundOf(
        rig,
        [
          { id: 'replaced', ...ready, within: '1m' },
          { id: 'begun', object: { kind: 'Pod', count: { atLeast: 0 } } },
          { id: 'follows', needs: ['begun'], object: { kind: 'Pod', name: 'db' }, within: '1m' },
          { id: 'by-hand', object: { kind: 'Pod', name: 'db' }, within: '1m' },
        ],
        { patience: { forNothing: 0 } },
      ),
    );
    expect(results.map(({ check, status }) => [check, status])).toEqual([
      ['replaced', 'pass'],
      ['begun', 'pass'],
      ['follows', 'pass'],
      ['by-hand', 'notYet'],
    ]);
  });

  it('keeps nobody waiting for what has to be made by hand, and waits for what a controller makes', async () => {
    const events = '/api/v1/namespaces/lab-x/events';
    const seen = new Set<string | undefined>();
    const rig = await start({
      answer: (request, response) => {
        if (request.url !== podsPath && request.url !== events) return false;
        const items = seen.has(request.url) ? [podOf('web')] : [];
        seen.add(request.url);
        response.end(JSON.stringify({ items }));
        return true;
      },
    });
    const { results } = await checkStep(
      roundOf(
        rig,
        [
          { id: 'named', object: { kind: 'Pod', name: 'db' }, within: '1m' },
          { id: 'asked', http: { service: 'db', port: 80 }, within: '1m' },
          { id: 'inside', exec: { pod: 'db', command: ['x'] }, within: '1m' },
          { id: 'labels', object: { kind: 'Pod', labels: { app: 'web' } }, within: '1m' },
          { id: 'fields', object: { kind: 'Pod', where: { 'status.phase': 'Running' } }, within: '1m' },
          { id: 'both', object: { kind: 'Pod', name: 'web', where: { 'status.phase': 'Running' } }, within: '1m' },
          { id: 'told', object: { kind: 'Event', name: 'web' }, within: '1m' },
        ],
        { patience: { forNothing: 0 } },
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(['notYet', 'notYet', 'notYet', 'pass', 'pass', 'pass', 'pass']);
    for (const { milliseconds } of results.slice(0, 3)) expect(milliseconds).toBeLessThan(30_000);
  });

  it('has more patience where it is asked to, but not with answers', async () => {
    const rig = await start(changing(false, true));
    const answer = { question: { en: 'q', ko: 'q' }, is: ['a'] };
    const { results } = await checkStep(
      roundOf(
        rig,
        [
          { id: 'a', ...ready },
          { id: 'b', answer },
        ],
        { patience: { atLeast: 5000 } },
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(['pass', 'notYet']);
    expect(lists(rig)).toBe(2);
  });

  it('does not let one that takes long keep the others waiting', async () => {
    const rig = await start({ ...changing(true, false, true), exec: () => undefined });
    const { results } = await checkStep(
      roundOf(rig, [
        { id: 'slow', exec: { pod: 'web', command: ['x'], timeout: '4s' } },
        { id: 'after', needs: ['slow'], ...ready },
        { id: 'quick', object: { ...web, conditions: { Ready: 'False' } }, within: '10s' },
        { id: 'next', needs: ['quick'], object: { ...web, conditions: { Ready: 'False' } } },
      ]),
    );
    expect(results.map(({ status }) => status)).toEqual(['error', 'blocked', 'pass', 'pass']);
    expect(results[2]!.milliseconds).toBeLessThan(3000);
    expect(results[0]!.milliseconds).toBeGreaterThan(3900);
  });

  it('does not look again at what is a mistake in the lab', async () => {
    const rig = await start(changing(false));
    const mistake = { object: { ...web, match: { status: { $phase: 1 } } } };
    const round = await checkStep(
      roundOf(
        rig,
        [
          { id: 'a', ...mistake, within: '1m' },
          { id: 'b', run: { on: 'worker9', run: 'true' } },
        ],
        { patience: { atLeast: 60_000 } },
      ),
    );
    expect(round.results.map(({ status }) => status)).toEqual(['error', 'error']);
    // Looked at again, it would have taken the minute that it may have.
    expect(round.milliseconds).toBeLessThan(30_000);
  });

  it('waits for an API server that comes back', async () => {
    let count = 0;
    const rig = await start({
      answer: (_, response) => {
        count += 1;
        if (count === 1) response.writeHead(503).end();
        else response.end(JSON.stringify({ items: [podOf('web')] }));
        return true;
      },
    });
    const { results } = await checkStep(roundOf(rig, [{ id: 'a', ...ready, within: '10s' }]));
    expect(results[0]?.status).toBe('pass');
  });

  it('wants what holds to stay, and looks again when it did not', async () => {
    const stays = await checkStep(roundOf(await start(changing(true)), [{ id: 'a', ...ready, holds: '1500ms' }]));
    expect([stays.results[0]?.status, stays.results[0]!.milliseconds >= 1500]).toEqual(['pass', true]);
    const breaks = await checkStep(roundOf(await start(changing(true, false)), [{ id: 'a', ...ready, holds: '2s' }]));
    expect(breaks.results[0]?.status).toBe('notYet');
    const rig = await start(changing(true, false, true));
    const returns = await checkStep(roundOf(rig, [{ id: 'a', ...ready, holds: '1s', within: '10s' }]));
    expect([returns.results[0]?.status, lists(rig)]).toEqual(['pass', 4]);
  });

  it('takes what has passed once for passed', async () => {
    const rig = await withPod();
    const { results } = await checkStep(
      roundOf(
        rig,
        [
          { id: 'a', ...failing, once: true },
          { id: 'b', ...failing },
          { id: 'c', ...failing, once: true },
        ],
        { latched: ['a', 'b'] },
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(['pass', 'notYet', 'notYet']);
  });

  it('tells guards that are broken, and those that nothing is known of', async () => {
    const rig = await withPod();
    const { spoiled, guardErrors, results } = await checkStep(
      roundOf(rig, [{ id: 'a', ...passing }], {
        guards: [
          { id: 'fine', ...passing },
          { id: 'gone', object: { kind: 'Service', name: 'web' }, message: { en: '${TOKEN} is gone', ko: '${TOKEN} 없음' } },
          { id: 'unsure', run: { on: 'worker9', run: 'true' } },
        ],
      }),
    );
    expect(spoiled).toEqual([{ guard: 'gone', message: { en: 'abc is gone', ko: 'abc 없음' } }]);
    expect(guardErrors).toEqual([
      {
        guard: 'unsure',
        error: { en: 'this cluster has no node for worker9', ko: '이 클러스터에는 worker9에 해당하는 노드가 없습니다' },
      },
    ]);
    expect(results[0]?.status).toBe('pass');
    expect(lists(rig)).toBe(1);
  });

  it('fills in messages from the lab and from what was found', async () => {
    const message = {
      en: '${TOKEN}: {{actual.status.phase|missing}}, {{actual.status.nothing|missing}}',
      ko: '{{actual.status.nothing}}',
    };
    const { results } = await checkStep(
      roundOf(await withPod(), [
        { id: 'a', ...failing, message },
        { id: 'b', object: { kind: 'Pod', name: '${UNKNOWN}' } },
        { id: 'c', ...failing, message: { en: '${UNKNOWN}', ko: '없음' } },
      ]),
    );
    expect(results[0]?.message).toEqual({ en: 'abc: Running, missing', ko: '없음' });
    expect(results[1]).toMatchObject({ status: 'error', message: { en: '${UNKNOWN} in the check b has no value' } });
    expect(results[2]?.message?.en).toBe('${UNKNOWN} in the message of c has no value');
  });

  it('lets no escapes and no floods out of the cluster', async () => {
    const evil = `\u001B]0;title\u0007\u001B[31mred\u001B[0m\u0000\u009B31m\u202E${'x'.repeat(100_000)}`;
    const pod = { ...podOf('web'), status: { ...podOf('web').status, phase: evil } };
    const rig = await start({
      objects: { [podsPath]: { items: [pod] } },
      exec: (_, socket) => {
        socket.send(channelMessage(1, evil));
        socket.send(exitStatus(0));
        socket.close();
      },
    });
    const message = { en: '{{actual.status.phase}}{{stdout}}', ko: '{{actual.status.phase}}' };
    const round = await checkStep(
      roundOf(rig, [
        { id: 'a', object: { ...web, match: { status: { phase: 'Running' } } }, message },
        { id: 'b', exec: { pod: 'web', command: ['x'] }, expect: { stdout: { equals: 'x' } }, message },
        { id: 'c', run: { on: 'worker1', run: `printf '\\033[31mred\\033[0m'; exit 1` }, message },
      ]),
    );
    expect(round.results.map(({ status }) => status)).toEqual(['notYet', 'notYet', 'notYet']);
    const texts: string[] = [];
    JSON.stringify(round, (_, value: unknown) => (typeof value === 'string' ? texts.push(value) : value));
    // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
    for (const text of texts) expect(text).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202A-\u202E]/);
    const text = texts.join('\n');
    expect(text).toContain('red');
    expect(text.length).toBeLessThan(5000);
  });

  it('blames nobody when the API server is gone', async () => {
    const rig = await withPod();
    await rig.close();
    const { results } = await checkStep(roundOf(rig, [{ id: 'a', ...ready }]));
    expect(results[0]).toMatchObject({
      status: 'error',
      message: { en: expect.stringContaining('can not be reached') as string },
    });
  });

  it('says what checks may not read', async () => {
    const rig = await start({
      answer: (_, response) => Boolean(response.writeHead(403).end('{"message": "pods is forbidden"}')),
    });
    const { results } = await checkStep(roundOf(rig, [{ id: 'a', ...ready }]));
    const said = 'the API server answered 403: pods is forbidden';
    expect(results[0]?.message).toEqual({
      en: `checks may not read this: ${said}`,
      ko: `확인은 이것을 읽을 수 없습니다: ${said}`,
    });
  });

  it('ends when it is interrupted', async () => {
    const controller = new AbortController();
    const rig = await start(changing(false), undefined, controller.signal);
    setTimeout(() => controller.abort(), 200);
    await expect(checkStep(roundOf(rig, [{ id: 'a', ...ready, within: '1m' }]))).rejects.toThrow(Interrupted);
  });
});

it('finds kinds that are not built in, and takes unknown ones for absent', async () => {
  const group = {
    resources: [
      { name: 'widgets/status', kind: 'Widget', namespaced: true },
      { name: 'widgets', kind: 'Widget', namespaced: true },
    ],
  };
  const rig = await start({
    objects: { '/apis/x.io/v1': group, '/apis/x.io/v1/namespaces/lab-x/widgets': { items: [{ metadata: { name: 'w' } }] } },
  });
  const widget = { apiVersion: 'x.io/v1', kind: 'Widget' };
  const { results } = await checkStep(
    roundOf(rig, [
      { id: 'a', object: { ...widget, name: 'w' } },
      { id: 'b', object: { ...widget, name: 'w', absent: true } },
      { id: 'c', object: { apiVersion: 'x.io/v1', kind: 'Gadget', absent: true } },
      { id: 'd', object: { apiVersion: 'y.io/v1', kind: 'Widget', name: 'w' } },
    ]),
  );
  expect(results.map(({ status }) => status)).toEqual(['pass', 'notYet', 'pass', 'notYet']);
  expect(results[1]).toMatchObject({ expected: { en: 'no Widget w' }, actual: { en: 'w' } });
});

describe('a round whose time is over', () => {
  it('begins nothing more, and says what was not looked at', async () => {
    let begun = 0;
    const rig = await start({}, (_, __, options) => {
      begun += 1;
      return localRunner().run(['sleep', '100'], options);
    });
    const run = { on: 'worker1', run: 'sleep 100', timeout: '10m' };
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const input = roundOf(rig, [...ids.map((id) => ({ id, run })), { id: 'g', needs: ['f'], run }]);
    const deadline = Date.now() + 3000;
    const place = {
      ...input,
      namespace: 'lab-x',
      snapshot: createSnapshots(rig.api).take(),
      onNode: limitCommands(rig.cluster, deadline),
      deadline,
    };
    const guarded = Array.from({ length: 5 }, () => lookAt('guard', { run: input.step.checks[0]!.run }, place));
    const standings = input.step.checks.map((check) => beginStanding(check, '1.36.4', []));
    const { signal } = rig.cluster;
    await settleChecks(standings, { first: place, takePlace: () => place, patience: {}, deadline, signal, waiting: () => {} });
    expect(Date.now() - deadline).toBeLessThan(20_000);
    const results = await Promise.all(standings.map((standing) => reportCheck(standing, place)));
    const none = { status: 'error', message: { en: 'No time was left to look.', ko: '확인할 시간이 남지 않았습니다.' } };
    expect(results).toMatchObject([...ids.map(() => none), { status: 'blocked', because: { en: 'First f has to pass.' } }]);
    expect((await Promise.all(guarded)).map(({ status, error }) => [status, error?.en])).toEqual([
      ...Array.from({ length: 4 }, () => ['error', 'worker1: the script has not ended when the time for all checks was over']),
      ['error', 'No time was left to look.'],
    ]);
    expect(begun).toBe(4);
  });

  it('keeps what an earlier look found', async () => {
    const check = { id: 'a', within: '10m', run: { on: 'worker1', run: 'exit 1' } };
    const rig = await start({});
    const input = roundOf(rig, [check]);
    const deadline = Date.now() + 1900;
    const takePlace = () => ({
      ...input,
      namespace: 'lab-x',
      snapshot: createSnapshots(rig.api).take(),
      onNode: limitCommands(rig.cluster, deadline),
      deadline,
    });
    const standings = input.step.checks.map((one) => beginStanding(one, '1.36.4', []));
    const { signal } = rig.cluster;
    const options = { first: takePlace(), takePlace, patience: {}, deadline, signal, waiting: () => {} };
    expect(await reportCheck(standings[0]!, await settleChecks(standings, options))).toMatchObject({ status: 'notYet' });
  });
});
