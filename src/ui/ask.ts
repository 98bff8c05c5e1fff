import type { Readable, Writable } from 'node:stream';
import { Interrupted, KubelabError } from '../errors/errors.ts';
import { cleanText } from '../cluster/plain-text.ts';

export interface Question {
  /** Says what will happen, and what will be lost: "Destroy cluster study with its 3 machines?" */
  readonly text: string;
  /** The flag that answers it beforehand: `--yes`. */
  readonly flag: string;
  /** Asked even with `--yes`: it is about something that nobody could know of who gave that flag. */
  readonly apart?: true;
}

export interface Terminal {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly signal: AbortSignal;
}

/** Whether there is a person to ask. */
export function canAsk({ stdin, stderr }: Pick<Terminal, 'stdin' | 'stderr'>): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/**
 * Asks a person for yes or no; no is what Enter means.
 * @throws KubelabError `KL-USE` without a terminal, naming the flag to give.
 * @throws Interrupted when the person leaves the question with Ctrl-C.
 */
export async function askToConfirm(question: Question, terminal: Terminal): Promise<boolean> {
  if (!canAsk(terminal))
    throw new KubelabError('KL-USE', `This has to be confirmed, and there is no terminal to ask on: ${question.text}`, {
      cure: `Run the command with ${question.flag} if that is what you want.`,
      ko: {
        message: `대답이 필요하지만 물어볼 터미널이 없습니다: ${question.text}`,
        cure: `그렇게 하려면 명령에 ${question.flag} 플래그를 붙여 실행하세요.`,
      },
    });
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({
    message: cleanText(question.text),
    initialValue: false,
    // A terminal's streams are a Readable and a Writable; Node's interfaces for them say less.
    input: terminal.stdin as Readable,
    output: terminal.stderr as Writable,
    signal: terminal.signal,
  });
  if (isCancel(answer)) throw new Interrupted();
  return answer;
}
