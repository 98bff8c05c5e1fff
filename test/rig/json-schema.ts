interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** The paths of those fields of a JSON Schema that an editor has nothing to say about. */
export function fieldsWithoutDescription(schema: Schema): string[] {
  const { definitions = {} } = schema;
  const describe = (field: Schema): string | undefined =>
    field.description ??
    [...(field.allOf ?? []), ...resolve(field, definitions)].map(describe).find((text) => text !== undefined);
  const look = (inner: Schema, path: string): string[] => {
    const fields = Object.entries(inner.properties ?? {});
    return [
      ...fields.filter(([, field]) => describe(field) === undefined).map(([name]) => `${path}.${name}`),
      ...fields.flatMap(([name, field]) => look(field, `${path}.${name}`)),
      ...branchesOf(inner, definitions).flatMap((branch) => look(branch, path)),
    ];
  };
  return [...new Set(look(schema, ''))];
}

function branchesOf(schema: Schema, definitions: Readonly<Record<string, Schema>>): Schema[] {
  const { anyOf = [], allOf = [], items, additionalProperties } = schema;
  const inner = [items, additionalProperties].filter((one) => typeof one === 'object');
  return [...anyOf, ...allOf, ...inner, ...resolve(schema, definitions)];
}

function resolve({ $ref }: Schema, definitions: Readonly<Record<string, Schema>>): Schema[] {
  const target = definitions[$ref?.replace('#/definitions/', '') ?? ''];
  return target === undefined ? [] : [target];
}
