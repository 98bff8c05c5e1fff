import type { YamlPath } from '../../cluster/yaml-document.ts';
import type { ObjectCheck } from '../lab-check.ts';
import type { FieldOfObject } from '../lab-fields.ts';
import type { RuleFinding } from './finding.ts';
import { type ApiView, claimedVersions, type FieldProblem, judgeData, judgeFieldPath } from './api-paths.ts';
import { judgeKind } from './judge-kinds.ts';
import { listLooks } from './lab-parts.ts';
import type { LabSubject } from './subject.ts';

/** LAB028, LAB029, LAB033, LAB034 and LAB039: what checks, guards, waits and remembered fields name in the cluster. */
export function judgeLooks(subject: LabSubject): RuleFinding[] {
  const { lab } = subject;
  const range = lab.requires.kubernetes;
  const looks = listLooks(lab).flatMap(({ fields, path, check, versions }): RuleFinding[] => {
    const ranges = versions === undefined ? [range] : [range, versions];
    const object = fields.object === undefined ? [] : judgeObject(fields.object, [...path, 'object'], subject, ranges);
    const is = check !== undefined && 'answer' in check ? check.answer?.is : undefined;
    const answer = is === undefined || Array.isArray(is) ? [] : judgeField(is, [...path, 'answer', 'is'], subject, ranges);
    const messages =
      check === undefined
        ? []
        : Object.entries(check.message).flatMap(([language, text]) =>
            judgeTemplates(text, fields.object, [...path, 'message', language], subject, ranges),
          );
    return [...object, ...answer, ...messages];
  });
  const remembered = lab.steps.flatMap(({ remember }, step) =>
    Object.entries(remember).flatMap(([name, field]) => judgeField(field, ['steps', step, 'remember', name], subject, [range])),
  );
  return [...looks, ...remembered];
}

type Selector = Pick<ObjectCheck, 'apiVersion' | 'kind' | 'where'>;
interface Known {
  readonly findings: readonly RuleFinding[];
  /** The type of the object, where it is known. */
  readonly shape: { readonly is: 'object'; readonly type: string } | undefined;
  readonly view: ApiView;
}

function knowObject(
  { apiVersion, kind, where }: Selector,
  path: YamlPath,
  { api }: LabSubject,
  ranges: readonly string[],
): Known {
  const view: ApiView = { api, versions: claimedVersions(api, ranges), operators: true };
  const verdict = judgeKind(apiVersion, kind, api, ranges);
  const findings: RuleFinding[] = verdict.problem === undefined ? [] : [{ ...verdict.problem, at: { path: [...path, 'kind'] } }];
  if (verdict.kind === undefined) return { findings, shape: undefined, view };
  const shape = { is: 'object', type: verdict.kind.type } as const;
  const places = Object.keys(where ?? {}).flatMap((key) => judgeFieldPath(key, shape, [...path, 'where', key], view));
  return { findings: [...findings, ...places.map(asFinding)], shape, view };
}

function asFinding({ path, message, partly }: FieldProblem): RuleFinding {
  return { rule: partly ? 'LAB034' : 'LAB033', message, at: { path, key: true } };
}

function judgeObject(object: ObjectCheck, path: YamlPath, subject: LabSubject, ranges: readonly string[]): RuleFinding[] {
  const { findings, shape, view } = knowObject(object, path, subject, ranges);
  if (shape === undefined) return [...findings];
  const { match, not, distinct, conditions } = object;
  const problems = [
    ...(match === undefined ? [] : judgeData(match, shape, [...path, 'match'], view)),
    ...(not === undefined ? [] : judgeData(not, shape, [...path, 'not'], view)),
    ...(distinct === undefined ? [] : judgeFieldPath(distinct.path, shape, [...path, 'distinct', 'path'], view)),
    ...(conditions === undefined ? [] : judgeFieldPath('status.conditions', shape, [...path, 'conditions'], view)),
  ];
  return [...findings, ...problems.map(asFinding)];
}

function judgeField(field: FieldOfObject, path: YamlPath, subject: LabSubject, ranges: readonly string[]): RuleFinding[] {
  const { findings, shape, view } = knowObject(field, path, subject, ranges);
  if (shape === undefined) return [...findings];
  return [...findings, ...judgeFieldPath(field.path, shape, [...path, 'path'], view).map(asFinding)];
}

function judgeTemplates(
  text: string,
  object: ObjectCheck | undefined,
  path: YamlPath,
  subject: LabSubject,
  ranges: readonly string[],
): RuleFinding[] {
  return [...text.matchAll(/\{\{([^}]*)\}\}/g)].flatMap(([whole, inner = '']): RuleFinding[] => {
    const [, field] = /^\s*actual(?:\.([^|]+?))?\s*(?:\|[^|]*)?$/.exec(inner) ?? [];
    const isKnown = /^\s*actual\b/.test(inner) && !/^\s*actual[^.|\s]/.test(inner);
    if (!isKnown) {
      const message = `${whole} names nothing that was found; expected {{actual.FIELD|WORD}}`;
      return [{ rule: 'LAB039', message, at: { path } }];
    }
    if (field === undefined || object === undefined) return [];
    const { shape, view } = knowObject(object, path, subject, ranges);
    if (shape === undefined) return [];
    return judgeFieldPath(field, shape, path, view).map(({ message, partly }) => ({
      rule: partly ? 'LAB034' : 'LAB039',
      message,
      at: { path },
    }));
  });
}
