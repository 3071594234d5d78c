/** Plain configuration trees, as files and environments give them: merging, reading by path, freezing. */

/** Fields by name; values are anything that YAML can say. */
export type Tree = { readonly [field: string]: unknown };

/** A type with every part of it read-only. */
export type DeepReadonly<T> = T extends readonly (infer Element)[]
  ? readonly DeepReadonly<Element>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `over` laid upon `base`: mappings are merged, everything else (lists too) is replaced, `undefined` says nothing. */
export function mergeTrees(base: Tree, over: Tree): Tree {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    if (value !== undefined) merged.set(key, isTree(value) && isTree(below) ? mergeTrees(below, value) : value);
  }
  // Unlike an assignment, this makes a field of its own even of a key such as `__proto__`.
  return Object.fromEntries(merged);
}

/** The value at a path, `undefined` where there is none. */
export function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  let value = tree;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** A tree that holds one value, at a path. */
export function treeOf(path: readonly string[], value: unknown): Tree {
  const [first = '', ...rest] = path;
  return Object.fromEntries([[first, rest.length === 0 ? value : treeOf(rest, value)]]);
}

/** `exchanges[0].pairs`: how a path is written for people. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );
}

/** Freezes a value and everything in it, in place. */
export function deepFreeze(value: unknown): void {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
}
