import type { z } from 'zod';
import { CommandFailed } from '../../errors/errors.ts';
import type { RunResult } from '../../exec/runner.ts';
import { boundLine, boundText } from '../../cluster/plain-text.ts';
import { checkNumber, checkText, exitCodeWords } from './expectation.ts';
import type { Values } from '../interpolate.ts';
import type { checkFields, Expectation } from '../lab-check.ts';
import type { LabNode } from '../lab-cluster.ts';
import type { Localized } from '../lab-fields.ts';
import { both, mapLanguages } from '../localized.ts';
import type { Look, LookPlace } from '../look.ts';
import { nodesOf } from '../target.ts';

export type RunCheck = NonNullable<z.output<typeof checkFields.run>>;

/** From the one that says most about the whole to the one that says least. */
const severity = ['error', 'spoiled', 'notYet', 'pass', 'notApplicable'] as const;

/** Runs a script as root on nodes; the worst of them is what was found. @throws Interrupted, TargetUnknown */
export async function lookOnNodes(check: RunCheck, expect: Expectation | undefined, place: LookPlace): Promise<Look> {
  const script = check.run ?? (await place.readScript(check.script ?? ''));
  const looks = await Promise.all(nodesOf(check.on, place.cluster).map((node) => lookOnNode(script, check, expect, node, place)));
  return looks.toSorted((a, b) => severity.indexOf(a.status) - severity.indexOf(b.status))[0]!;
}

/** The environment of scripts: the attempt's variables, which are those in capitals, and the lab's namespace. */
export function scriptEnvironment(values: Values, namespace: string): Record<string, string> {
  const variables = Object.entries(values).filter(([name]) => /^[A-Z][A-Z0-9_]*$/.test(name));
  return { ...Object.fromEntries(variables), KUBELAB_NAMESPACE: namespace };
}

/** What the shell reads: the whole script first, so that no command in it can read the rest of it as its input. */
export function wrapScript(script: string): string {
  return `{\n${script}\n} </dev/null\n`;
}

async function lookOnNode(
  script: string,
  check: RunCheck,
  expect: Expectation | undefined,
  node: LabNode,
  place: LookPlace,
): Promise<Look> {
  try {
    const result = await place.onNode(node.name, ['sh', '-eu', '-s'], {
      timeout: check.timeout,
      input: wrapScript(script),
      env: scriptEnvironment(place.values, place.namespace),
      accept: [...Array(255).keys()],
    });
    return judge(result, expect, node);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const reason = error.timedOut ? describeTimeout(check, place) : both(error.message);
    const said = mapLanguages(reason, (words) => boundLine(`${node.name}: ${words}`));
    return { status: 'error', error: said, found: { node: node.name } };
  }
}

function describeTimeout({ timeout }: RunCheck, { cluster, deadline }: LookPlace): Localized {
  if (Date.now() >= deadline)
    return {
      en: 'the script has not ended when the time for all checks was over',
      ko: '모든 확인에 쓸 수 있는 시간이 다할 때까지 스크립트가 끝나지 않았습니다',
    };
  // Whatever runs on such a node is given longer.
  const seconds = (cluster.capabilities.slowness * timeout) / 1000;
  return { en: `the script has not ended after ${seconds} s`, ko: `스크립트가 ${seconds}초 안에 끝나지 않았습니다` };
}

function judge({ exitCode, stdout, stderr }: RunResult, expect: Expectation | undefined, { name }: LabNode): Look {
  const found = { node: name, stdout: boundText(stdout), stderr: boundText(stderr), exitCode };
  const said = boundLine(stdout.trim() === '' ? stderr : stdout);
  if (exitCode === (expect?.exitCode ?? 0)) {
    const mismatch = checkText('stdout', expect?.stdout, stdout) ?? checkText('stderr', expect?.stderr, stderr);
    return mismatch === undefined ? { status: 'pass', found } : { status: 'notYet', ...mismatch, found };
  }
  if (exitCode === 3) return { status: 'notApplicable', because: both(said), found };
  if (exitCode === 4) return { status: 'spoiled', ...(said === '' ? {} : { actual: both(said) }), found };
  if (exitCode === 1) return { status: 'notYet', ...(said === '' ? {} : { actual: both(said) }), found };
  if (expect?.exitCode !== undefined)
    return { status: 'notYet', ...checkNumber(exitCodeWords, expect.exitCode, exitCode), found };
  const words = boundLine(stderr.trim() === '' ? stdout : stderr);
  const ending = words === '' ? '' : `: ${words}`;
  const error = {
    en: `${name}: the script ended with ${exitCode}${ending}`,
    ko: `${name}: 스크립트가 종료 코드 ${exitCode}로 끝났습니다${ending}`,
  };
  return { status: 'error', error, found };
}
