import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadSpec } from '../../src/cluster/load-spec.ts';
import { parseApiFields } from '../../src/kubernetes/api-fields.ts';
import { labJsonSchema } from '../../src/labs/lab-json-schema.ts';
import { lintLab } from '../../src/labs/lint/lint-lab.ts';
import { loadLab, readLab } from '../../src/labs/load-lab.ts';
import { packJsonSchema } from '../../src/labs/pack/pack-json-schema.ts';
import { readPack } from '../../src/labs/pack/pack.ts';
import { openPackFolder, readPackFolder } from '../../src/labs/pack/read-folder.ts';
import { packYaml, samplePack } from './pack/sample-pack.ts';
import { sampleLab, sampleYaml } from './sample-lab.ts';

const api = parseApiFields(readFileSync(new URL('../../labs/kubernetes-fields.json', import.meta.url), 'utf8'));

/** A lab with a map of every kind that the format has, all of them on one line, so that each brace begins one. */
const rich = sampleYaml
  .replace(
    'vars:',
    'lang: {default: en}\nobjectives: [{id: make, text: {en: "Make a pod", ko: "파드를 만든다"}}]\nreset: {also: [{kubectl: [get, pods]}]}\ngrade: {pass: 1}\nupgrade: {during: {http: "http://web/", every: 1s, maxGap: 20s}}\nvars:\n  WORD: {pick: [a, b]}\n  PLAIN: {value: a}',
  )
  .replace(
    '    checks:',
    `    remember: {NODE: {kind: Pod, name: web, path: spec.nodeName}}
    setup: [{on: workers, run: "true"}, {until: {exec: {pod: web, command: [ls]}, expect: {stdout: {lacks: x}}}}]
    guards: [{id: alive, http: {service: web, port: 80}, expect: {status: 200}, message: {en: "Gone.", ko: "없습니다."}}]
    checks:
      - {id: where, when: {kubernetes: ">=1.24"}, answer: {question: {en: "Where?", ko: "어디?"}, is: {kind: Pod, path: spec.nodeName}, choices: [{id: here, text: {en: "Here", ko: "여기"}}]}, message: {en: "No.", ko: "아닙니다."}}
      - {id: count, object: {kind: Pod, count: {atLeast: 1}, distinct: {path: spec.nodeName, atLeast: 2}}, message: {en: "No.", ko: "아닙니다."}}`,
  );

/** Keys of these are names that the author chooses: where `{` begins such a map, an extension is no extension. */
const named = /(?:remember|conditions): $/;

function extend(yaml: string): string {
  const inner = yaml.replaceAll(/(?<=(?<before>^.*))\{(?=[A-Za-z])/gm, (brace, before: string) =>
    named.test(before) || before.endsWith('$') ? brace : '{x-note: {any: [thing, "${NO_SUCH}"], $in: 1}, ',
  );
  return `x-tool: {deep: {x-y: 1}}\n${inner.replaceAll(/^( +)- id: (.*)$/gm, '$1- id: $2\n$1  x-list: [1, 2]')}`;
}

async function detailsOf(yaml: string): Promise<readonly string[]> {
  await using fixture = await sampleLab({ 'lab.yaml': yaml });
  const failure: unknown = await loadLab(fixture.path, 'x').catch((error: unknown) => error);
  return (failure as { details?: readonly string[] }).details ?? [];
}

describe('extensions of lab.yaml', () => {
  it('may stand in every map of fields, and nothing of them is read', async () => {
    const extended = extend(rich);
    expect(extended.match(/x-note/g)?.length).toBeGreaterThan(40);
    await using plain = await sampleLab({ 'lab.yaml': rich });
    await using other = await sampleLab({ 'lab.yaml': extended });
    const [expected, found] = [await readLab(plain.path), await readLab(other.path)];
    expect(found.findings).toEqual([]);
    expect(found.value).toEqual(expected.value);
    expect(found.document.data).toEqual(expected.document.data);
    const { locate } = await loadLab(other.path, 'x');
    expect(locate(['id'])).toBe('x/lab.yaml:4:5');
  });

  it('can hold what the lab names elsewhere', async () => {
    const message = '{en: "The pod is not ready.", ko: "파드가 준비되지 않았습니다."}';
    await using fixture = await sampleLab({
      'lab.yaml': `x-texts: [&unready ${message}]\n${sampleYaml.replace(`message: ${message}`, 'message: *unready')}`,
    });
    expect((await loadLab(fixture.path)).lab.steps[0]?.checks[0]?.message.en).toBe('The pod is not ready.');
  });

  it('are names like any other where the author chooses the names', async () => {
    const yaml = sampleYaml.replace(
      'object: {kind: Pod, name: web,',
      'object: {kind: Pod, labels: {x-team: a}, match: {metadata: {annotations: {x-note: b}}}, where: {x-path: c},',
    );
    await using fixture = await sampleLab({ 'lab.yaml': yaml });
    expect((await loadLab(fixture.path)).lab.steps[0]?.checks[0]?.object).toMatchObject({
      labels: { 'x-team': 'a' },
      match: { metadata: { annotations: { 'x-note': 'b' } } },
      where: { 'x-path': 'c' },
    });
    expect(await detailsOf(sampleYaml.replace('TOKEN: {random: hex8}', 'x-token: {random: hex8}'))).toEqual([
      'x/lab.yaml:11:3 vars: expected a name in capitals, such as TOKEN, found "x-token"',
    ]);
  });

  it.each([
    ['y-note: 1', 'x/lab.yaml:1:1 unknown key "y-note"; known here: '],
    ['X-note: 1', 'x/lab.yaml:1:1 unknown key "X-note"; known here: '],
    ['x_note: 1', 'x/lab.yaml:1:1 unknown key "x_note"; known here: '],
    ['" x-note": 1', 'x/lab.yaml:1:1 unknown key " x-note"; known here: '],
    ['x-note: 1\nx-note: 2', 'x/lab.yaml:2:1 the key "x-note" is given twice, first at 1:1'],
    ['x-note: {a: {__proto__: {b: 1}}}', 'x/lab.yaml:1:14 the key "__proto__" is not allowed'],
    ['x-note: {constructor: 1}', 'x/lab.yaml:1:10 the key "constructor" is not allowed'],
    ['x-note: &a [*a]', 'x/lab.yaml:1:13 this alias stands for something that it is a part of'],
    [`x-note: ${'['.repeat(60)}${']'.repeat(60)}`, 'x/lab.yaml:1:59 nested too deeply'],
    [`x-note: [&a 1${', *a'.repeat(101)}]`, 'x/lab.yaml:1:416 the file uses aliases (*name) more than 100 times'],
  ])('are no way around anything: %#', async (line, detail) => {
    expect(await detailsOf(`${line}\n${sampleYaml}`)).toEqual([expect.stringContaining(detail)]);
  });

  it('count as part of the file, which has a size', async () => {
    await using fixture = await sampleLab({ 'lab.yaml': `x-note: ${'a'.repeat(260 * 1024)}\n${sampleYaml}` });
    await expect(loadLab(fixture.path)).rejects.toMatchObject({ code: 'KL-LAB-INVALID', message: /too large/ });
  });

  it('use no variable and no file', async () => {
    const extension = 'x-note: {run: "$WORD", text: "${WORD}", apply: files/more.yaml, matches: "("}';
    await using fixture = await sampleLab({
      'lab.yaml': `${extension}\n${sampleYaml.replace('vars:', 'vars:\n  WORD: {random: word}')}`,
      'files/more.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n',
    });
    expect((await lintLab(fixture.path, 'x', api)).map(({ rule }) => rule)).toEqual(['LAB010', 'LAB005']);
  });

  it('are in the JSON Schema, wherever keys are known', () => {
    const closed = (schema: unknown): Record<string, unknown>[] => {
      if (typeof schema !== 'object' || schema === null) return [];
      const own = 'additionalProperties' in schema && schema.additionalProperties === false ? [schema] : [];
      return [...own, ...Object.values(schema).flatMap(closed)];
    };
    for (const [schema, least] of [
      [labJsonSchema(), 20],
      [packJsonSchema(), 3],
    ] as const) {
      const maps = closed(schema);
      expect(maps.length).toBeGreaterThanOrEqual(least);
      for (const map of maps) expect(map['patternProperties']).toEqual({ '^x-': {} });
    }
  });
});

describe('extensions of a pack', () => {
  it('may stand in pack.yaml, and go to no learner', async () => {
    const extended = packYaml.replace('title: {', 'x-shop: {price: 0}\ntitle: {x-font: serif, ');
    expect(readPack(extended, 'pack.yaml')).toEqual(readPack(packYaml, 'pack.yaml'));
    expect(() => readPack(packYaml.replace('title: {', 'title: {fr: x, '), 'pack.yaml')).toThrow('1 error');
    await using fixture = await samplePack({ 'pack.yaml': extended, 'labs/first-pod/lab.yaml': extend(rich) });
    const read = async (build: 'learner' | 'instructor'): Promise<string> => {
      const { files } = await readPackFolder(await openPackFolder(fixture.path), build);
      return ['pack.yaml', 'labs/first-pod/lab.yaml'].map((file) => Buffer.from(files.get(file) ?? '').toString()).join('');
    };
    expect(await read('instructor')).toContain('x-shop');
    expect(await read('learner')).not.toMatch(/x-/);
    expect(parse(extended)).toHaveProperty('x-shop');
  });
});

describe('a spec', () => {
  it('has no room for extensions', () => {
    expect(() => loadSpec('name: study\nx-note: 1\n', 'kubelab.yaml')).toThrow(
      expect.objectContaining({ code: 'KL-SPEC-INVALID' }),
    );
  });
});
