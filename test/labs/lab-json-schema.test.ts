import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { labJsonSchema, renderLabJsonSchema } from '../../src/labs/lab-json-schema.ts';
import { fieldsWithoutDescription } from '../rig/json-schema.ts';

describe('the JSON Schema of labs', () => {
  it('is the one committed; npm run schema writes it anew', () => {
    expect(readFileSync(new URL('../../labs/lab.schema.json', import.meta.url), 'utf8')).toBe(renderLabJsonSchema());
  });

  it('describes every field', () => {
    expect(fieldsWithoutDescription(labJsonSchema())).toEqual([]);
  });

  it('describes what is written, not what it becomes', () => {
    expect(labJsonSchema()).toMatchObject({
      required: expect.arrayContaining(['id', 'steps', 'namespace']),
      additionalProperties: false,
      properties: { steps: { type: 'array', minItems: 1 } },
    });
    expect(JSON.stringify(labJsonSchema())).toContain('"pattern":"^[1-9][0-9]{0,5}(?:ms|s|m)$"');
  });
});
