import { KubelabError } from '../errors/errors.ts';
import type { Milliseconds, Runner, RunResult } from '../exec/runner.ts';

export interface KubectlOptions {
  /** Default 30 s. */
  readonly timeout?: Milliseconds;
  /** Given to kubectl on standard input. */
  readonly input?: string;
  /** Exit codes that are answers, not failures. Default: only 0. */
  readonly accept?: readonly number[] | 'any';
}

/** kubectl with its cluster already chosen. All reject with CommandFailed when kubectl fails, Interrupted when aborted. */
export interface Kubectl {
  /**
   * Runs a read such as `['get', 'nodes']` and parses its JSON; `-o json` is added. The type is what the caller expects,
   * not what was checked.
   * @throws KubelabError `KL-STEP-FAILED` when the answer is no JSON.
   */
  json<T>(args: readonly string[], options?: KubectlOptions): Promise<T>;
  /** Makes the cluster's objects equal to these manifests (server-side apply, field manager `kubelab`). */
  apply(yaml: string, options?: KubectlOptions): Promise<void>;
  run(args: readonly string[], options?: KubectlOptions): Promise<RunResult>;
}

/** Where kubectl runs and which cluster it talks to. */
export interface KubectlPlace {
  readonly runner: Runner;
  /** The kubeconfig's path where the runner runs. */
  readonly kubeconfig: string;
  readonly signal: AbortSignal;
  /** The program; default `kubectl`. */
  readonly program?: string;
}

const defaultTimeout: Milliseconds = 30_000;

/** A Kubectl that runs the program over a Runner, on this host or on a node. */
export function createKubectl(place: KubectlPlace): Kubectl {
  const run = (args: readonly string[], options: KubectlOptions = {}): Promise<RunResult> =>
    place.runner.run([place.program ?? 'kubectl', '--kubeconfig', place.kubeconfig, ...args], {
      timeout: options.timeout ?? defaultTimeout,
      signal: place.signal,
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(options.accept === undefined ? {} : { accept: options.accept }),
    });
  return {
    run,
    async json<T>(args: readonly string[], options?: KubectlOptions): Promise<T> {
      const { stdout } = await run([...args, '-o', 'json'], options);
      try {
        return JSON.parse(stdout) as T;
      } catch (cause) {
        throw new KubelabError('KL-STEP-FAILED', `kubectl ${args.join(' ')} did not answer with JSON`, { cause });
      }
    },
    async apply(yaml: string, options?: KubectlOptions): Promise<void> {
      await run(['apply', '--server-side', '--force-conflicts', '--field-manager=kubelab', '-f', '-'], {
        ...options,
        input: yaml,
      });
    },
  };
}
