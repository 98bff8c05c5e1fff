import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderSpecJsonSchema, specJsonSchema } from '../../src/cluster/spec-json-schema.ts';
import { fieldsWithoutDescription } from '../rig/json-schema.ts';

describe('the JSON Schema of the spec', () => {
  it('is the one committed; npm run schema writes it anew', () => {
    expect(readFileSync(new URL('../../kubelab.schema.json', import.meta.url), 'utf8')).toBe(renderSpecJsonSchema());
  });

  it('describes every field', () => {
    expect(fieldsWithoutDescription(specJsonSchema())).toEqual([]);
  });

  it('describes what is written, not what it becomes', () => {
    expect(specJsonSchema()).toMatchObject({
      required: ['name'],
      additionalProperties: false,
      properties: { workers: { properties: { memory: { type: 'string', default: '2GiB' } } } },
    });
  });
});
