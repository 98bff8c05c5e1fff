import type { RuleFinding } from './finding.ts';
import { listActions } from './lab-parts.ts';
import { isEverywhere, ownWords, readClusterKinds } from './outside.ts';
import { kubectlWaits, kubectlWords } from './shell-verdicts.ts';
import type { LabSubject } from './subject.ts';

/** LAB038 and LAB043, and LAB032 as far as all objects are meant: what actions tell kubectl. */
export function judgeKubectl({ lab, api }: LabSubject): RuleFinding[] {
  const clusterKindOf = readClusterKinds(api);
  return listActions(lab).flatMap(({ action, path, purpose }): RuleFinding[] => {
    if (!('kubectl' in action)) return [];
    const find = ({ rule, message, index }: WordFinding): RuleFinding => ({
      rule,
      message,
      at: { path: [...path, 'kubectl', index] },
    });
    // A wrong answer is done once, in a step that has just begun.
    const twice = purpose === 'wrong' ? [] : failsTwice(action.kubectl);
    const reach = judgeReach(action.kubectl, lab.namespace, clusterKindOf);
    return [...judgeWords(action.kubectl, action.input !== undefined), ...twice, ...reach].map(find);
  });
}

interface WordFinding {
  readonly rule: 'LAB032' | 'LAB038' | 'LAB043';
  readonly message: string;
  /** Of the argument. */
  readonly index: number;
}

const elsewhere =
  /^(?:--kubeconfig|--context|--server|-s|--token|--cluster|--user|--as|--as-group|--certificate-authority)(?:=|$)/;

function judgeWords(words: readonly string[], hasInput: boolean): WordFinding[] {
  const own = ownWords(words);
  const find = (message: string, index = 0): WordFinding => ({ rule: 'LAB038', message, index });
  const foreign = own.flatMap((word, index) =>
    elsewhere.test(word) ? [find(`${word} leads to another cluster or another user`, index)] : [],
  );
  const files = own.flatMap((word, index) => {
    const [, flag, given = ''] = /^(-f|-k|--filename|--kustomize)=?(.*)$/.exec(word) ?? [];
    const file = given === '' ? words[index + 1] : given;
    if (flag === undefined || file === '-') return [];
    return [find(`${word} names a file of a node; write "-f", "-", and name the file of the lab in input`, index)];
  });
  const others = [kubectlWaits(words), judgeInput(own, hasInput)]
    .flatMap((message) => message ?? [])
    .map((message) => find(message));
  return [...foreign, ...files, ...others];
}

/** Why kubectl fails when it is told the same again, as far as can be seen. */
function failsTwice(words: readonly string[]): WordFinding[] {
  const [verb = ''] = kubectlWords(words);
  const has = (flag: RegExp): boolean => words.some((word) => flag.test(word));
  if (has(/^--dry-run/)) return [];
  if (['create', 'run', 'expose', 'autoscale'].includes(verb))
    return [{ rule: 'LAB043', message: `kubectl ${verb} fails where the object is there already; apply a manifest`, index: 0 }];
  // With a selector, nothing to delete is no failure.
  if (verb === 'delete' && !has(/^(?:--ignore-not-found.*|--all|-l.*|--selector.*)$/))
    return [
      { rule: 'LAB043', message: 'kubectl delete fails where the object is gone already; give it --ignore-not-found', index: 0 },
    ];
  return [];
}

/** Where kubectl is told to take objects of other namespaces, or all that are outside of namespaces. */
function judgeReach(
  words: readonly string[],
  namespace: string,
  clusterKindOf: ReturnType<typeof readClusterKinds>,
): WordFinding[] {
  const own = ownWords(words);
  const everywhere = own.flatMap((word, index): WordFinding[] => {
    const message = `expected no namespace, or that of the lab, ${namespace}; found all namespaces`;
    return isEverywhere(word) ? [{ rule: 'LAB032', message, index }] : [];
  });
  const [verb, kinds = ''] = kubectlWords(own);
  const isAll = verb === 'delete' && own.some((word) => /^--all(?:=true)?$/.test(word));
  const outside = kinds.split(',').find((kind) => clusterKindOf(kind) !== undefined);
  if (!isAll || outside === undefined) return everywhere;
  const message = `kubectl delete ${outside} --all removes also what is not the lab's; name the objects`;
  return [...everywhere, { rule: 'LAB032', message, index: own.indexOf(kinds) }];
}

/** What is wrong with how kubectl and a file on its standard input go together. */
function judgeInput(words: readonly string[], given: boolean): string | undefined {
  const fileFlag = words.some(
    (word, index) => /^(?:-f-|--filename=-)$/.test(word) || (/^(?:-f|--filename)$/.test(word) && words[index + 1] === '-'),
  );
  const reads = fileFlag || words.includes('-i') || words.some((word) => word.endsWith('=/dev/stdin'));
  if (given) return reads ? undefined : 'there is an input, and kubectl does not read it; write "-f", "-"';
  return fileFlag ? 'kubectl reads its standard input, and there is no input' : undefined;
}
