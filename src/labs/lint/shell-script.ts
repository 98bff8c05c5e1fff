/** A simple command of a shell script: `kubectl get pods >/dev/null`. */
export interface ShellCommand {
  /** Without quotes; expansions are left as they are written. */
  readonly words: readonly string[];
  readonly redirects: readonly { readonly operator: string; readonly target: string }[];
  /** From 0. */
  readonly line: number;
  /** What stands between it and the command before it: `&&`, `||`, `|`, `;`, or nothing where it begins something. */
  readonly before: string;
  /** It stands in `$(...)` or backticks: its output becomes a part of the next command that does not. */
  readonly captured?: true;
}

export interface ShellLoop {
  readonly keyword: 'while' | 'until' | 'for';
  readonly line: number;
  /** All commands in its condition and its body. */
  readonly commands: readonly ShellCommand[];
}

export interface ShellScript {
  readonly commands: readonly ShellCommand[];
  readonly loops: readonly ShellLoop[];
  /** What does not fit together; undefined where all does, as far as this reader can see. */
  readonly problem: { readonly line: number; readonly text: string } | undefined;
}
