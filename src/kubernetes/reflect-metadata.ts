interface MetadataReflect {
  defineMetadata?(key: unknown, value: unknown, target: object): void;
  getMetadata?(key: unknown, target: object): unknown;
  getOwnMetadata?(key: unknown, target: object): unknown;
}

/**
 * Gives `Reflect` the three metadata functions that @peculiar/x509 asks for when it is loaded, unless it has them.
 * Its dependency container throws at import without them; the rest of that proposal it does not use.
 */
export function provideReflectMetadata(): void {
  const reflect = Reflect as MetadataReflect;
  if (reflect.getMetadata) return;
  const known = new WeakMap<object, Map<unknown, unknown>>();
  reflect.defineMetadata = (key, value, target) => {
    const own = known.get(target) ?? new Map<unknown, unknown>();
    known.set(target, own.set(key, value));
  };
  reflect.getOwnMetadata = (key, target) => known.get(target)?.get(key);
  reflect.getMetadata = (key, target) => {
    for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null) {
      const own = known.get(at);
      if (own?.has(key)) return own.get(key);
    }
    return undefined;
  };
}
