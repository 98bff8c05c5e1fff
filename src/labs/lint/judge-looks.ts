import { showText, type YamlPath } from '../../cluster/yaml-document.ts';
import { findBuiltInKind } from '../../kubernetes/kinds.ts';
import { FieldPathInvalid } from '../field-path.ts';
import type { Values } from '../interpolate.ts';
import type { Check, Guard, ObjectCheck } from '../lab-check.ts';
import type { FieldOfObject } from '../lab-fields.ts';
import type { RuleFinding } from './finding.ts';
import { type ApiView, claimedVersions, type FieldProblem, judgeData, judgeFieldPath } from './api-paths.ts';
import { judgeKind, type KindVerdict } from './judge-kinds.ts';
import { listLooks, type LookFields } from './lab-parts.ts';
import { findDifferences, findDifferencesAt } from '../check/match.ts';
import { fieldsIn } from '../message.ts';
import { fillInKnown, sampleValues } from './manifest-objects.ts';
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
            judgeTemplates(text, { fields, check, ranges }, [...path, 'message', language], subject),
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
  const view: ApiView = { api, ...claimedVersions(api, ranges), operators: true };
  const verdict = judgeKind(apiVersion, kind, api, ranges);
  const problem = verdict.problem ?? judgeReadable(apiVersion, kind);
  const findings: RuleFinding[] = problem === undefined ? [] : [{ ...problem, at: { path: [...path, 'kind'] } }];
  if (verdict.kind === undefined) return { findings, shape: undefined, view };
  const shape = { is: 'object', type: verdict.kind.type } as const;
  const places = Object.keys(where ?? {}).flatMap((key) => judgeFieldPath(key, shape, [...path, 'where', key], view));
  return { findings: [...findings, ...places.map(asFinding)], shape, view };
}

/** Who looks may read what comes with Kubernetes and kubelab's add-ons, and no Secrets. */
function judgeReadable(apiVersion: string, kind: string): KindVerdict['problem'] {
  if (findBuiltInKind(apiVersion, kind) !== undefined) return undefined;
  return { rule: 'LAB028', message: `checks may not read ${showText(kind)} of ${showText(apiVersion)}` };
}

function asFinding({ path, message, partly }: FieldProblem): RuleFinding {
  return { rule: partly ? 'LAB034' : 'LAB033', message, at: { path, key: true } };
}

function judgeObject(object: ObjectCheck, path: YamlPath, subject: LabSubject, ranges: readonly string[]): RuleFinding[] {
  const { match, not, distinct, conditions, where } = object;
  const { findings: known, shape, view } = knowObject(object, path, subject, ranges);
  const values = sampleValues(subject.lab);
  const findings = [
    ...known,
    ...tryMatch(match, [...path, 'match'], false, values),
    ...tryMatch(not, [...path, 'not'], false, values),
    ...tryMatch(where, [...path, 'where'], true, values),
  ];
  if (shape === undefined) return findings;
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

/** LAB039: a message names what its kind of check finds. */
function judgeTemplates(text: string, { fields, check, ranges }: Told, path: YamlPath, subject: LabSubject): RuleFinding[] {
  const find = (message: string): RuleFinding => ({ rule: 'LAB039', message, at: { path } });
  const named = fieldsIn(text);
  const empty = [...text.matchAll(/\{\{([^{}]*)\}\}/g)].some(([, inner = '']) => /^\s*(?:\||$)/.test(inner));
  const open = text.replaceAll(/\{\{[^{}]*\}\}/g, '').includes('{{');
  const broken = empty || open ? [find('a {{ is not closed, or has nothing in it')] : [];
  const known =
    fields.object !== undefined
      ? ['actual', 'count', 'selected']
      : check !== undefined && 'answer' in check && check.answer
        ? ['answer']
        : outputs;
  return [
    ...broken,
    ...named.flatMap((field): RuleFinding[] => {
      const [root = ''] = field.split(/[.[]/, 1);
      if (!known.includes(root)) return [find(`{{${field}}} names nothing that is found; there is: ${known.join(', ')}`)];
      const inner = field.slice(root.length).replace(/^\./, '');
      if (fields.object === undefined || inner === '') return [];
      const { shape, view } = knowObject(fields.object, path, subject, ranges);
      if (shape === undefined) return [];
      return judgeFieldPath(inner, shape, path, view).map(({ message, partly }) => ({
        rule: partly ? 'LAB034' : 'LAB039',
        message,
        at: { path },
      }));
    }),
  ];
}

const outputs = ['actual', 'stdout', 'stderr', 'exitCode', 'body', 'status', 'node', 'pod'];

interface Told {
  readonly fields: LookFields;
  readonly check: Check | Guard | undefined;
  readonly ranges: readonly string[];
}

/** LAB036: what is matched, tried on nothing: operators are there, and take what they are given. */
function tryMatch(
  data: Readonly<Record<string, unknown>> | undefined,
  path: YamlPath,
  paths: boolean,
  values: Values,
): RuleFinding[] {
  if (data === undefined) return [];
  try {
    const filled = fillInData(data, values);
    if (paths) findDifferencesAt(filled, undefined);
    else findDifferences(filled, undefined);
    return [];
  } catch (error) {
    if (error instanceof FieldPathInvalid) return [];
    const message = error instanceof Error ? error.message : String(error);
    return [{ rule: 'LAB036', message, at: { path } }];
  }
}

function fillInData<Data>(data: Data, values: Values): Data {
  if (typeof data === 'string') return fillInKnown(data, values) as Data;
  if (Array.isArray(data)) return data.map((item: unknown) => fillInData(item, values)) as Data;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, fillInData(value, values)])) as Data;
}
