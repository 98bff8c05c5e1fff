import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packJsonSchema, renderPackJsonSchema } from '../../../src/labs/pack/pack-json-schema.ts';
import { fieldsWithoutDescription } from '../../rig/json-schema.ts';

describe('the JSON Schema of packs', () => {
  it('is the one committed; npm run schema writes it anew', () => {
    expect(readFileSync(new URL('../../../labs/pack.schema.json', import.meta.url), 'utf8')).toBe(renderPackJsonSchema());
  });

  it('describes every field', () => {
    expect(fieldsWithoutDescription(packJsonSchema())).toEqual([]);
  });

  it('describes what is written, not what it becomes', () => {
    expect(packJsonSchema()).toMatchObject({
      required: ['apiVersion', 'kind', 'name', 'version', 'title', 'authors', 'licence', 'labs'],
      additionalProperties: false,
    });
  });
});
