import { BlockList, isIP, isIPv6 } from 'node:net';
import { CommandFailed } from '../../errors/errors.ts';
import type { RunResult } from '../../exec/runner.ts';
import { boundLine, boundText } from '../../cluster/plain-text.ts';
import { checkNumber, checkText, type Mismatch, statusWords } from './expectation.ts';
import { findAddresses, type HttpCheck } from './http-address.ts';
import type { Expectation } from '../lab-check.ts';
import type { LabNode } from '../lab-cluster.ts';
import type { Localized } from '../lab-fields.ts';
import { both, mapLanguages } from '../localized.ts';
import type { Look, LookPlace, Subject } from '../look.ts';
import { nodesOf } from '../target.ts';

/** curl: could not connect, took too long, nothing came, or the connection was cut. */
const noAnswer = new Set([7, 28, 52, 56]);
const noHttp: Localized = { en: 'something answers there, and not with HTTP', ko: '답하는 것은 있지만 HTTP가 아님' };
const brokeOff: Localized = { en: 'the answer broke off', ko: '답이 중간에 끊김' };
/** curl: what came is of no form of HTTP that there is today, or is no HTTP at all; not all came, or went. */
const badAnswer = new Map([
  [1, noHttp],
  [8, noHttp],
  [18, brokeOff],
  [55, brokeOff],
]);
const bodyLimit = 256 * 1024;

/** Asks over HTTP, from every node that `from` means, whatever address the check names. @throws ApiError, Interrupted */
export async function lookOverHttp(check: HttpCheck, expect: Expectation | undefined, place: LookPlace): Promise<Look> {
  const { addresses, object, missing } = await findAddresses(check, place);
  const subject = subjectOf(check, place, object === undefined ? [] : [object]);
  const actual = object === undefined ? {} : { actual: object };
  if (missing !== undefined)
    return {
      status: 'notYet',
      expected: { en: 'an address to ask', ko: '물어볼 주소' },
      actual: missing,
      found: actual,
      ...subject,
    };
  const pairs = nodesOf(check.from, place.cluster).flatMap((from) => addresses.map((address) => ({ from, ...address })));
  const looks = await Promise.all(pairs.map((pair) => ask(check, expect, pair, place)));
  const worst = looks.find(({ status }) => status === 'error') ?? looks.find(({ status }) => status !== 'pass') ?? looks[0]!;
  return { ...worst, found: { ...actual, ...worst.found }, ...(worst.status === 'notYet' ? subject : {}) };
}

function subjectOf(check: HttpCheck, place: LookPlace, objects: Subject['objects']): { readonly subject?: Subject } {
  if (check.node !== undefined) return {};
  const kind = check.service === undefined ? 'Pod' : 'Service';
  const selector = check.service ?? check.pod ?? '';
  const namespace = check.namespace ?? place.namespace;
  return { subject: { apiVersion: 'v1', kind, namespace, selector, byName: true, selected: objects.length, objects } };
}

/**
 * Addresses that mean the node itself, its neighbours or nobody: no pod and no service has one, but there are servers behind
 * some that answer to a node alone, such as those that tell a machine in a cloud its secrets. Other networks are let be: a
 * script of the same lab can ask them as well.
 */
const astray = listNetworks(['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/127', 'fe80::/10', 'ff00::/8']);

function listNetworks(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [first = '', prefix] = network.split('/');
    list.addSubnet(first, Number(prefix), isIPv6(first) ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Also where the address is written as one of the other kind, `::ffff:127.0.0.1`. */
function leadsAstray(host: string): boolean {
  return astray.check(host.replace(/%.*$/, ''), isIPv6(host) ? 'ipv6' : 'ipv4');
}

function noAddress(host: string): Localized {
  return { en: `${host} is no address`, ko: `${host}: 주소가 아닙니다` };
}

function noTarget(host: string): Localized {
  return { en: `${host} is no address of a pod or a service`, ko: `${host}: 파드나 서비스의 주소가 아닙니다` };
}

interface Pair {
  readonly from: LabNode;
  readonly host: string;
  readonly port: number;
}

async function ask(check: HttpCheck, expect: Expectation | undefined, pair: Pair, place: LookPlace): Promise<Look> {
  const { from, host, port } = pair;
  // The address came from the cluster.
  if (isIP(host) === 0) return { status: 'error', error: noAddress(boundLine(host)), found: {} };
  if (leadsAstray(host)) return { status: 'error', error: noTarget(host), found: {} };
  const path = check.path.startsWith('/') ? check.path : `/${check.path}`;
  const url = `http://${isIPv6(host) ? `[${host}]` : host}:${port}${path}`;
  const seconds = (check.timeout / 1000).toFixed(1);
  try {
    const flags = ['-q', '-sS', '--globoff', '--noproxy', '*', '--max-time', seconds, '-w', '\n%{http_code}'];
    const result = await place.onNode(from.name, ['curl', ...flags, '--', url], {
      timeout: check.timeout + 10_000,
      accept: [0, ...noAnswer, ...badAnswer.keys()],
    });
    return judge(result, expect, from, url);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const words = boundLine(error.stderr.trim() === '' ? error.message : error.stderr);
    return { status: 'error', error: both(`${from.name}: ${words}`), found: { node: from.name } };
  }
}

function judge({ exitCode, stdout, stderr }: RunResult, expect: Expectation | undefined, from: LabNode, url: string): Look {
  const refused = noAnswer.has(exitCode);
  const where = { node: from.name, url };
  if (refused && expect?.refused === true) return { status: 'pass', found: where };
  const why = boundLine(stderr.replace(/^curl: \(\d+\) /, ''));
  const bad = badAnswer.get(exitCode);
  if (bad !== undefined) return { status: 'notYet', ...sayBadAnswer(expect, url, bad, why), found: where };
  if (refused) {
    const actual = { en: `no answer: ${why}`, ko: `답 없음: ${why}` };
    return { status: 'notYet', expected: { en: `an answer from ${url}`, ko: `${url}의 답` }, actual, found: where };
  }
  if (expect?.refused === true) {
    const status = stdout.slice(stdout.lastIndexOf('\n') + 1);
    const actual = mapLanguages(statusWords, (words) => `${words} ${boundLine(status)}`);
    return { status: 'notYet', expected: noAnswerFrom(url), actual, found: where };
  }
  const cut = stdout.lastIndexOf('\n');
  const status = Number(stdout.slice(cut + 1));
  const body = stdout.slice(0, Math.min(cut, bodyLimit));
  const found = { ...where, status, body: boundText(body) };
  const mismatch =
    (expect?.status === undefined ? plainStatus(status) : checkNumber(statusWords, expect.status, status)) ??
    checkText('body', expect?.body, body);
  return mismatch === undefined ? { status: 'pass', found } : { status: 'notYet', ...mismatch, found };
}

function noAnswerFrom(url: string): Localized {
  return { en: `no answer from ${url}`, ko: `${url}에서 답이 없을 것` };
}

/** Whatever listens there is not what should: a service that leads to the wrong port, as a rule. */
function sayBadAnswer(expect: Expectation | undefined, url: string, bad: Localized, why: string): Mismatch {
  const answer = { en: `an answer over HTTP from ${url}`, ko: `${url}의 HTTP 답` };
  return {
    expected: expect?.refused === true ? noAnswerFrom(url) : answer,
    actual: mapLanguages(bad, (words) => `${words}: ${why}`),
  };
}

/** Without a status to expect, any that is no error will do. */
function plainStatus(status: number): Mismatch {
  return status >= 200 && status < 400 ? undefined : checkNumber(statusWords, 200, status);
}
