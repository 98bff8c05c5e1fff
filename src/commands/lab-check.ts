import type { Attempt } from '../labs/attempt/attempt.ts';
import { checkAttempt } from '../labs/attempt/attempt-flow.ts';
import { hasPassed, type Round } from '../labs/check/check-result.ts';
import type { Step } from '../labs/lab.ts';
import type { LoadedLab } from '../labs/load-lab.ts';
import { stepOf } from '../labs/attempt/stage.ts';
import { exitCodes } from '../errors/catalogue.ts';
import { KubelabError } from '../errors/errors.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { describeNext, describeRound } from './lab-report.ts';
import { onStage, openReady } from './lab-stage.ts';

export const labCheck = defineCommand({
  name: 'check',
  summary: 'look at what you did, and say what is missing',
  description: 'Looks at the cluster and changes nothing. Exit code 1 while something is missing.',
  args: {},
  flags: {
    answer: { type: 'strings', value: 'question=answer', summary: 'your answer to a question of the step' },
  },
  examples: [
    { command: 'kubelab lab check', what: 'all checks of the step' },
    { command: 'kubelab lab check --answer which-node=worker1', what: 'with an answer' },
  ],
  run: ({ flags }, context) => runCheck(context, flags.answer),
});

async function runCheck(context: Context, given: readonly string[]): Promise<CommandResult> {
  const { existing, loaded, attempt } = await openReady(context);
  const step = stepOf({ loaded }, attempt.step);
  const answered: Attempt = { ...attempt, answers: { ...attempt.answers, ...readAnswers(given, step) } };
  const title = `lab check ${loaded.lab.id}`;
  const result = await onStage(context, { existing, loaded, attempt, title, changes: false }, (stage) =>
    checkAttempt(stage, answered),
  );
  return showRound(loaded, result.attempt, result.round);
}

/** `question=answer` as it is typed. @throws KubelabError `KL-USE` with the questions that there are. */
export function readAnswers(given: readonly string[], step: Step): Record<string, string> {
  const questions = step.checks.filter(({ answer }) => answer !== undefined).map(({ id }) => id);
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      const question = text.slice(0, Math.max(0, at));
      if (at > 0 && questions.includes(question)) return [question, text.slice(at + 1)];
      throw unknownQuestion(text, questions);
    }),
  );
}

function unknownQuestion(text: string, questions: readonly string[]): KubelabError {
  const asked = questions.length > 0;
  const forms = questions.map((id) => `--answer ${id}=YOUR_ANSWER`);
  return new KubelabError('KL-USE', `${JSON.stringify(text)} answers no question of this step`, {
    cure: asked ? `Write it as ${forms.join(' or ')}.` : 'This step asks nothing.',
    ko: {
      message: `${JSON.stringify(text)}에 맞는 질문이 이 단계에 없습니다.`,
      cure: asked ? `이렇게 쓰세요: ${forms.join(' 또는 ')}.` : '이 단계에는 질문이 없습니다.',
    },
  });
}

export function showRound(loaded: LoadedLab, attempt: Attempt, round: Round): CommandResult {
  return {
    data: { lab: loaded.lab.id, passed: hasPassed(round), ...round },
    human: () => [...describeRound(round, stepOf({ loaded }, round.step), attempt), describeNext(loaded, attempt, round)],
    exitCode: hasPassed(round) ? exitCodes.done : exitCodes.notPassed,
  };
}
