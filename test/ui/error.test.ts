import { describe, expect, it } from 'vitest';
import { StepsFailed, StepsInterrupted } from '../../src/cluster/run-steps.ts';
import { CommandFailed, Interrupted, KubelabError } from '../../src/errors/errors.ts';
import { createColour } from '../../src/ui/colour.ts';
import { type ErrorPage, renderError } from '../../src/ui/error.ts';
import { renderJsonError } from '../../src/ui/json-error.ts';

const page: ErrorPage = {
  colour: createColour({ isTTY: false, env: {} }),
  width: 80,
  mark: '✖',
  cwd: '/home/kim/study',
  home: '/home/kim',
  packageFolder: '/opt/kubelab',
  versions: 'kubelab 0.1.0, node v20.20.2, linux x64',
};

const failedJoin = new CommandFailed({
  command: ['kubeadm', 'join', '--config', '/etc/kubelab/the join.yaml'],
  place: 'worker1',
  exitCode: 1,
  timedOut: false,
  stdout: 'ignored',
  stderr: `${Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n')}\n\u001b[31merror\u001b[39m: token abcdef.0123456789abcdef is not known\n`,
  message: 'it ended with exit code 1',
});

describe('the face of an error', () => {
  it('says what, why and what to do when a person can fix it', () => {
    const error = new KubelabError('KL-SPEC-INVALID', 'kubelab.yaml has 2 errors.', {
      details: [
        'kubelab.yaml:3:7 workers.count: expected a number, got "two"',
        'kubelab.yaml:5:1 wrokers: unknown; did you mean workers?',
      ],
    });
    expect(renderError(error, page)).toMatchInlineSnapshot(`
      "✖ KL-SPEC-INVALID: The spec is not valid
        kubelab.yaml has 2 errors.
          kubelab.yaml:3:7 workers.count: expected a number, got "two"
          kubelab.yaml:5:1 wrokers: unknown; did you mean workers?

        Why: Each line below names a place in the file, what stands there and what was
             expected.
        What to do: Correct the lines named. An editor that reads JSON Schema shows
                    them while typing.
        More: kubelab explain KL-SPEC-INVALID
      "
    `);
  });

  it('shows the command behind it, too', () => {
    const error = new KubelabError('KL-STEP-FAILED', 'join failed.', { cause: failedJoin });
    expect(renderError(error, { ...page, logs: '/home/kim/study/.kubelab/study/logs' })).toContain(
      "  kubeadm join --config '/etc/kubelab/the join.yaml'\n",
    );
  });

  it('shows a tool that failed with its command and the end of its output', () => {
    const text = renderError(failedJoin, { ...page, logs: '.kubelab/study/logs' });
    expect(text.replaceAll(/( *\| line \d+\n)+/g, '  | ...\n')).toMatchInlineSnapshot(`
      "✖ A command failed on worker1: it ended with exit code 1

        kubeadm join --config '/etc/kubelab/the join.yaml'

        The end of its output:
        | ...
        | error: token [redacted] is not known

        Log: .kubelab/study/logs
      "
    `);
    expect(text.match(/\| line/g)).toHaveLength(19);
  });

  it('asks to report anything else, without private paths or secrets', () => {
    const error = new TypeError('x is not a function');
    error.stack = `TypeError: x is not a function, abcdef.0123456789abcdef
    at up (file:///opt/kubelab/dist/src/commands/up.js:1:2)
    at other (/home/kim/study/x.js:1:2)
    at more (/home/kim/y.js:1:2)`;
    expect(renderError(error, page)).toMatchInlineSnapshot(`
      "✖ This is a bug in kubelab

        TypeError: x is not a function, [redacted]
            at up (<kubelab>/dist/src/commands/up.js:1:2)
            at other (<cwd>/x.js:1:2)
            at more (~/y.js:1:2)

        kubelab 0.1.0, node v20.20.2, linux x64
        Please report it where you got kubelab from, with these lines and what you
        ran.
      "
    `);
  });

  it('takes a thrown value that is no error for a bug', () => {
    expect(renderError('oops', page)).toContain("  thrown: 'oops'\n");
  });

  it('tells each failed step and what was not started', () => {
    const error = new StepsFailed({
      failures: [
        {
          id: 'boot:worker2',
          node: 'worker2',
          title: 'boot',
          cause: new KubelabError('KL-MACHINE-FAILED', 'worker2 never answered.'),
        },
        { id: 'network', title: 'network', cause: new KubelabError('KL-NET-CLASH', '10.0.0.0/8 is in use.') },
      ],
      left: ['join:worker2', 'addons'],
      done: [],
      report: [],
    });
    expect(renderError(error, page)).toMatchInlineSnapshot(`
      "✖ boot on worker2 failed
        ✖ KL-MACHINE-FAILED: A machine did not start
          worker2 never answered.

          Why: Its process ended or it never answered.
          What to do: Read the log named, then run kubelab up again.
          More: kubelab explain KL-MACHINE-FAILED

      ✖ network failed
        ✖ KL-NET-CLASH: The address range is already in use
          10.0.0.0/8 is in use.

          Why: Nodes in a range that the host already routes elsewhere can not be
               reached, and break what was there.
          What to do: Choose another range, or write auto and let kubelab find one.
          More: kubelab explain KL-NET-CLASH

        Not started: join:worker2, addons
        What to do: Run the same command again once the cause is gone: it goes on
                    where it stopped.
      "
    `);
  });

  it('is short when the person stopped it', () => {
    expect(renderError(new Interrupted(), { ...page, logs: 'logs' })).toBe('Stopped on request.\n');
    const rest = { failures: [], left: ['addons'], done: ['network'], report: [] };
    expect(renderError(new StepsInterrupted(rest), page)).toMatchInlineSnapshot(`
      "Stopped on request.
        Not started: addons
        What to do: Run the same command again: it goes on where it stopped.
      "
    `);
  });

  it('shows the stack of any error on request', () => {
    const error = new KubelabError('KL-CLUSTER-BUSY', 'Process 42 works on it.');
    expect(renderError(error, { ...page, verbose: true })).toContain('\n  KubelabError: Process 42 works on it.\n');
    expect(renderError(error, page)).not.toContain('KubelabError');
  });
});

describe('an error as JSON', () => {
  it('is one line with its kind', () => {
    const kinds = [
      new KubelabError('KL-CLUSTER-BUSY', 'Busy.', { cause: failedJoin }),
      failedJoin,
      new Interrupted(),
      new Error('x'),
    ].map((error) => JSON.parse(renderJsonError(error, 4, page)) as Record<string, unknown>);
    expect(kinds.map(({ type, kind, exitCode }) => ({ type, kind, exitCode }))).toEqual([
      { type: 'error', kind: 'fixable', exitCode: 4 },
      { type: 'error', kind: 'tool', exitCode: 4 },
      { type: 'error', kind: 'interrupted', exitCode: 4 },
      { type: 'error', kind: 'bug', exitCode: 4 },
    ]);
    expect(kinds[0]).toMatchObject({ code: 'KL-CLUSTER-BUSY', cause: { kind: 'tool', place: 'worker1' } });
  });

  it('has the failures of steps', () => {
    const error = new StepsFailed({ failures: [{ id: 'a', title: 'a', cause: failedJoin }], left: ['b'], done: [], report: [] });
    expect(JSON.parse(renderJsonError(error, 4, page))).toMatchObject({
      kind: 'steps',
      left: ['b'],
      failures: [{ id: 'a', error: { kind: 'tool' } }],
    });
  });
});
