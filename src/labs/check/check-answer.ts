import type { Check } from '../lab-check.ts';
import type { Localized } from '../lab-fields.ts';
import { both } from '../localized.ts';
import type { Look, LookPlace } from '../look.ts';
import { readFieldFrom } from './read-field.ts';

type AnswerCheck = NonNullable<Check['answer']>;

const nothingThere: Localized = {
  en: 'the cluster has nothing to compare the answer with',
  ko: '클러스터에 답과 견줄 값이 없습니다',
};

/** Compares the learner's answer with the right one, without regard to case and outer spaces. @throws ApiError */
export async function lookAtAnswer(check: AnswerCheck, given: string | undefined, place: LookPlace): Promise<Look> {
  if (given === undefined || given.trim() === '')
    return { status: 'notYet', actual: { en: 'no answer', ko: '답 없음' }, found: {} };
  const found = { answer: given };
  const right = await rightAnswers(check, place);
  if (right.length === 0) return { status: 'error', error: nothingThere, found };
  if (right.some((answer) => fold(answer) === fold(given))) return { status: 'pass', found };
  return { status: 'notYet', actual: both(given.trim().slice(0, 200)), found };
}

/** The answers that are taken, with those that the cluster holds. None when it holds none. @throws ApiError */
export async function rightAnswers({ is }: AnswerCheck, place: LookPlace): Promise<readonly string[]> {
  if (Array.isArray(is)) return is;
  const value = await readFieldFrom(is, place.snapshot, place.namespace);
  return value === undefined ? [] : [value];
}

function fold(answer: string): string {
  return answer.trim().normalize('NFC').toLowerCase().replaceAll(/\s+/g, ' ');
}
