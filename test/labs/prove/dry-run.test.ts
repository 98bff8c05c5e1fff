import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kubectl } from '../../../src/kubernetes/kubectl.ts';
import { hasJudged, openDryRun } from '../../../src/labs/prove/dry-run.ts';
import { kubectlIn } from '../lab-rig.ts';
import { createFakeTools, type FakeTool, type FakeTools, type ToolHandler } from '../../rig/fake-tool.ts';

const asked = ['--kubeconfig', '/dev/null', '--namespace', 'lab-x', 'apply', '--dry-run=server', '-o', 'json', '-f', '-'];

/** What the next calls meet instead of an answer. */
const outages: { readonly exitCode: number; readonly stderr: string }[] = [];

/**
 * Answers as an API server does: the first line of a manifest is the port that it asks for; it gives every answer another
 * uid and address, fills in the protocol, keeps what was applied, and takes no port above 65535. What has port 443 is
 * stored: its status is another each time, and its replicas are what an autoscaler made them.
 */
function createServer(autoscaler: { replicas: number }): ToolHandler {
  let turn = 0;
  return ({ stdin }) => {
    const [port = '', protocol] = stdin.trim().split(' ');
    if (outages.length > 0) return outages.shift()!;
    if (Number(port) > 65_535) return { stderr: 'The Service is invalid\n', exitCode: 1 };
    turn += 1;
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': stdin };
    const service = {
      kind: 'Service',
      metadata: { name: 'web', uid: `u${turn}`, annotations, ...(port === '443' ? { resourceVersion: '7' } : {}) },
      spec: {
        clusterIP: `10.96.0.${turn}`,
        ports: [{ port: Number(port), protocol: protocol ?? 'TCP' }],
        ...(port === '443' ? { replicas: autoscaler.replicas } : {}),
      },
      ...(port === '443' ? { status: { observed: turn } } : {}),
    };
    return { stdout: JSON.stringify(service) };
  };
}

describe('a dry run of a changed manifest', () => {
  const place = { namespace: 'lab-x', fresh: true };
  const autoscaler = { replicas: 1 };
  let tools: FakeTools;
  let program: FakeTool;
  let kubectl: Kubectl;

  beforeAll(async () => {
    tools = await createFakeTools();
    program = await tools.add('kubectl');
    program.answer(({ args }) => args.join(' ') === asked.join(' '), createServer(autoscaler));
    kubectl = kubectlIn(tools.folder);
  });

  afterAll(async () => {
    expect(program.unexpected).toEqual([]);
    await tools.remove();
  });

  it.each([
    ['refused', 'what the server does not take', '65536\n'],
    ['same', 'what the server fills in itself', '80 TCP\n'],
    ['different', 'another value', '81\n'],
    ['different', 'what differs from what is filled in', '80 UDP\n'],
  ])('calls %s %s', async (verdict, _what, changed) => {
    const dryRun = await openDryRun(kubectl, place, '80\n');
    expect(await dryRun?.judge(changed)).toBe(verdict);
  });

  it('tells nothing where the manifest itself is refused', async () => {
    expect(await openDryRun(kubectl, place, '70000\n')).toBeUndefined();
  });

  it('tells nothing of what is there already where it was to be new', async () => {
    expect(await openDryRun(kubectl, place, '443\n')).toBeUndefined();
    expect(await openDryRun(kubectl, { ...place, fresh: false }, '443\n')).toBeDefined();
  });

  it.each([
    ['a node that ssh does not reach', { exitCode: 255, stderr: 'Connection closed\n' }],
    [
      'an API server that nobody reaches',
      { exitCode: 1, stderr: 'Unable to connect to the server: net/http: TLS handshake timeout\n' },
    ],
    ['one that is too slow', { exitCode: 1, stderr: 'Error from server (Timeout): etcdserver: request timed out\n' }],
  ])('does not take %s for a refusal', async (_, outage) => {
    const dryRun = await openDryRun(kubectl, place, '80\n');
    outages.push(outage);
    expect(await dryRun?.judge('80 TCP\n')).toBe('same');
    outages.push(outage, outage);
    expect(await dryRun?.judge('80 TCP\n')).toBe('different');
    expect(outages).toEqual([]);
  });

  it('sees by what is stored whether the slip makes a difference, whatever became of it since', async () => {
    const dryRun = await openDryRun(kubectl, { ...place, fresh: false }, '443\n');
    autoscaler.replicas = 2;
    expect(await dryRun?.judge('443 TCP\n')).toBe('same');
    expect(await dryRun?.judge('443 UDP\n')).toBe('different');
  });
});

it.each([
  [{ exitCode: 1, stderr: 'The Service "web" is invalid: spec.ports[0].port: must be between 1 and 65535\n' }, true],
  [{ exitCode: 1, stderr: 'The connection to the server 10.0.0.1:6443 was refused\n' }, false],
  [{ exitCode: 255, stderr: 'ssh: connect to host 10.0.0.1 port 22: No route to host\n' }, false],
  [{ exitCode: undefined, stderr: '' }, false],
])('what ended with %j has judged: %s', (result, judged) => {
  expect(hasJudged(result)).toBe(judged);
});
