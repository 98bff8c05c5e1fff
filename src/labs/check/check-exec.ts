import type { z } from 'zod';
import type { ExecResult } from '../../kubernetes/api-exec.ts';
import { boundText } from '../../cluster/plain-text.ts';
import { checkNumber, checkText, exitCodeWords, type Mismatch } from './expectation.ts';
import { fieldAt, listAt, textAt } from '../field-path.ts';
import type { checkFields, Expectation } from '../lab-check.ts';
import type { Localized } from '../lab-fields.ts';
import { mapLanguages, nothing } from '../localized.ts';
import type { Look, LookPlace, Subject } from '../look.ts';
import { describeSelector } from './select-objects.ts';
import { hasLabels, isReadyPod, nameOf, type KubeObject } from '../snapshot.ts';

export type ExecCheck = NonNullable<z.output<typeof checkFields.exec>>;

/** Runs a command in pods and compares what it says. @throws ApiError, Interrupted */
export async function lookInPods(check: ExecCheck, expect: Expectation | undefined, place: LookPlace): Promise<Look> {
  const { namespace } = place;
  const pods = (await place.snapshot.list({ apiVersion: 'v1', kind: 'Pod', namespace })).filter((pod) => isMeant(check, pod));
  const subject = (objects: readonly KubeObject[]): Subject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    namespace,
    selector: describeSelector({ name: check.pod, labels: check.pods }),
    byName: check.pod !== undefined,
    selected: pods.length,
    objects,
  });
  const notReady = pods.filter((pod) => !isUsable(check, pod));
  const ready = pods.filter((pod) => isUsable(check, pod));
  if (ready.length === 0 || (check.all === true && notReady.length > 0)) {
    const shown = notReady[0];
    return {
      status: 'notYet',
      expected: describeReady(describeSelector({ name: check.pod, labels: check.pods })),
      actual: describePods(check, pods, ready.length),
      found: shown === undefined ? {} : { actual: shown, pod: nameOf(shown) },
      subject: subject(notReady),
    };
  }
  const chosen = check.all === true ? ready : ready.slice(0, 1);
  const looks = await Promise.all(chosen.map((pod) => lookInPod(check, expect, namespace, pod, place)));
  const worst = looks.find(({ status }) => status !== 'pass');
  return worst ?? looks[0]!;
}

function describeReady(selector: string): Localized {
  return { en: `Pod ${selector} ready`, ko: `${selector} 파드가 준비됨` };
}

function describePods({ container }: ExecCheck, pods: readonly KubeObject[], ready: number): Localized {
  const without = pods.find(
    (pod) => container !== undefined && !listAt(pod, 'spec', 'containers').some((one) => textAt(one, 'name') === container),
  );
  if (without !== undefined)
    return {
      en: `no container ${container} in Pod ${nameOf(without)}`,
      ko: `${nameOf(without)} 파드에 없는 컨테이너: ${container}`,
    };
  if (pods.length === 0) return nothing;
  return { en: `${ready} of ${pods.length} ready`, ko: `${pods.length}개 가운데 ${ready}개 준비됨` };
}

function isMeant(check: ExecCheck, pod: KubeObject): boolean {
  if (check.pod !== undefined) return nameOf(pod) === check.pod;
  const over = ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'));
  return hasLabels(pod, check.pods ?? {}) && !over && fieldAt(pod, 'metadata', 'deletionTimestamp') === undefined;
}

/** A named container only has to run itself: the pod may be unready for another one's sake. */
function isUsable({ container }: ExecCheck, pod: KubeObject): boolean {
  if (container === undefined) return isReadyPod(pod);
  const status = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses']
    .flatMap((list) => listAt(pod, 'status', list))
    .find((one) => textAt(one, 'name') === container);
  return fieldAt(status, 'state', 'running') !== undefined && fieldAt(pod, 'metadata', 'deletionTimestamp') === undefined;
}

async function lookInPod(
  check: ExecCheck,
  expect: Expectation | undefined,
  namespace: string,
  pod: KubeObject,
  place: LookPlace,
): Promise<Look> {
  const { container, command, timeout } = check;
  const name = nameOf(pod);
  const request = { namespace, pod: name, command, timeout, ...(container === undefined ? {} : { container }) };
  const result = await place.cluster.api.exec(request);
  const found = {
    actual: pod,
    pod: name,
    stdout: boundText(result.stdout),
    stderr: boundText(result.stderr),
    exitCode: result.exitCode,
  };
  const mismatch = compare(expect, result);
  if (mismatch === undefined) return { status: 'pass', found };
  return { status: 'notYet', ...mismatch, found };
}

function compare(expect: Expectation | undefined, { stdout, stderr, exitCode }: ExecResult): Mismatch {
  const code = checkNumber(exitCodeWords, expect?.exitCode ?? 0, exitCode);
  if (code !== undefined)
    return stderr.trim() === ''
      ? code
      : { ...code, actual: mapLanguages(code.actual, (words) => `${words}: ${boundText(stderr.trim(), 300)}`) };
  return checkText('stdout', expect?.stdout, stdout) ?? checkText('stderr', expect?.stderr, stderr);
}
