import { describe, expect, it } from 'vitest';
import { knownProblems, recognise } from '../../src/cluster/known-problems.ts';
import { CommandFailed, KubelabError } from '../../src/errors/errors.ts';

/** What the tools really printed, by the code that it must lead to. */
const recorded = [
  ['KL-HOST-DISK-FULL', "cp: error writing '/tree/usr/bin/kubelet': No space left on device"],
  ['KL-HOST-DISK-FULL', 'go: writing stat cache: write /root/go/pkg/mod/cache: no space left on device'],
  ['KL-HOST-ROOT', 'sudo: a password is required'],
  [
    'KL-HOST-PORT',
    'error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR Port-6443]: Port 6443 is in use',
  ],
  ['KL-HOST-KERNEL', "mount: /merged: unknown filesystem type 'overlay'."],
  ['KL-HOST-KERNEL', 'RTNETLINK answers: Operation not supported'],
] as const;

function failure(stderr: string): CommandFailed {
  return new CommandFailed({
    command: ['sh', 'fill-tree.sh', '/tree'],
    place: 'host',
    exitCode: 1,
    timedOut: false,
    stdout: '',
    stderr,
    message: 'it ended with exit code 1',
  });
}

describe('known problems', () => {
  it.each(recorded)('gives %s for %s', (code, stderr) => {
    const error = recognise(failure(`some line before\n${stderr}\nsome line after`));
    expect(error).toBeInstanceOf(KubelabError);
    expect((error as KubelabError).code).toBe(code);
    expect((error as KubelabError).message).toContain((stderr.split('\n').at(-1) ?? '').trim());
  });

  it('has a recorded text for every code in the table', () => {
    expect(new Set(knownProblems.map(({ code }) => code))).toEqual(new Set(recorded.map(([code]) => code)));
  });

  it('leaves other failures as they are', () => {
    const other = failure('Segmentation fault');
    expect(recognise(other)).toBe(other);
    const bug = new TypeError('x is not a function');
    expect(recognise(bug)).toBe(bug);
  });
});
