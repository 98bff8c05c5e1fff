import { catalogue, type CatalogueEntry, type ErrorCode } from '../errors/catalogue.ts';
import { nearest } from '../cluster/near-miss.ts';
import { KubelabError } from '../errors/errors.ts';
import { korean } from '../errors/korean.ts';
import { languageOf } from '../labs/language.ts';
import type { Block } from '../ui/block.ts';
import { type CommandResult, defineCommand } from './command.ts';

interface Explanation extends CatalogueEntry {
  readonly code: ErrorCode;
}

export const explain = defineCommand({
  name: 'explain',
  summary: 'say what an error code means and what to do',
  description: 'Every error that you can do something about has a code that never changes. Without a code, lists all of them.',
  args: { code: { summary: 'such as KL-SPEC-INVALID; the KL- may be left out', optional: true } },
  flags: {},
  examples: [
    { command: 'kubelab explain KL-CLUSTER-BUSY', what: 'one code' },
    { command: 'kubelab explain', what: 'all codes' },
  ],
  run: async ({ args }, { env }) =>
    args.code === undefined ? listCodes() : explainCode(findCode(args.code), languageOf(env) === 'ko'),
});

function listCodes(): CommandResult {
  const explanations = allCodes().map((code) => ({ code, ...catalogue[code] }));
  const rows = explanations.map(({ code, title }) => [code, title]);
  return { data: explanations, human: () => [{ kind: 'table', table: { columns: ['CODE', 'MEANING'], rows } }] };
}

function explainCode(code: ErrorCode, inKorean: boolean): CommandResult {
  const explanation: Explanation = { code, ...catalogue[code] };
  const translated = inKorean ? korean[code] : undefined;
  return {
    data: explanation,
    human: () =>
      translated === undefined
        ? showExplanation(explanation, 'What to do', `kubelab ends with exit code ${explanation.exit} then.`)
        : showExplanation({ code, ...translated }, '해결 방법', `이때 kubelab의 종료 코드는 ${explanation.exit}입니다.`),
  };
}

function showExplanation({ code, title, why, cure }: Omit<Explanation, 'exit'>, cureTitle: string, ending: string): Block[] {
  return [
    { kind: 'heading', text: `${code}: ${title}` },
    { kind: 'text', text: why },
    { kind: 'heading', text: cureTitle },
    { kind: 'text', text: cure },
    { kind: 'text', text: ending },
  ];
}

function findCode(asked: string): ErrorCode {
  const wanted = asked.toUpperCase().replace(/^(?!KL-)/, 'KL-');
  const found = allCodes().find((code) => code === wanted);
  if (found !== undefined) return found;
  throw new KubelabError('KL-USE', `There is no error code ${asked}.`, {
    details: findNear(wanted).map((code) => `Did you mean ${code}?`),
    cure: 'Run kubelab explain to see all codes.',
  });
}

/** The code that was mistyped, or those that contain what was typed. */
function findNear(wanted: string): string[] {
  const mistyped = nearest(wanted, allCodes());
  return mistyped === undefined ? allCodes().filter((code) => code.includes(wanted.replace(/^KL-/, ''))) : [mistyped];
}

function allCodes(): ErrorCode[] {
  // The catalogue's type says which keys it has; Object.keys does not.
  return Object.keys(catalogue) as ErrorCode[];
}
