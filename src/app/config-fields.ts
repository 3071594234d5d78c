/**
 * The fields of the configuration as a flat table, derived from the schema: what the documentation prints, what the
 * environment may set, and what a complaint calls allowed.
 */

import { isTree, valueAt } from './config-tree.ts';
import type { Tree } from './config-tree.ts';

/** What a field holds; decides how the text of an environment variable is read. */
export type FieldType = 'number' | 'boolean' | 'text' | 'texts' | 'entries';

/** One field. */
export interface Field {
  /** Names from the root; `[]` stands for the entries of a list. */
  readonly path: readonly string[];
  /** In a list of several kinds of entries: the kind that the field belongs to, e.g. the exchange. */
  readonly entry?: { readonly by: string; readonly is: string };
  readonly type: FieldType;
  /** The word that may stand in the place of a list, such as `all`. */
  readonly word?: string;
  readonly nullable: boolean;
  /** True where the field must be given. */
  readonly required: boolean;
  /** Never printed, and refused in files. */
  readonly secret: boolean;
  /** In words. */
  readonly allowed: string;
  /** The permitted values, where they are few. */
  readonly choices: readonly string[];
  /** In words; `undefined` where there is none. */
  readonly defaultText: string | undefined;
  readonly description: string;
  /** The environment variable that sets it; none for what tells kinds of entries apart, since the names hold it. */
  readonly env: string | undefined;
}

/** All fields of a JSON schema made of strict objects, scalars, lists, and lists of entries told apart by a constant. */
export function describeFields(schema: unknown): readonly Field[] {
  return fieldsBelow(asTree(schema), [], undefined);
}

function fieldsBelow(schema: Tree, path: readonly string[], entry: Field['entry']): Field[] {
  const required = texts(schema['required']);
  return Object.entries(asTree(schema['properties'])).flatMap(([name, node]) => {
    const field = asTree(node);
    const here = [...path, name];
    if (isTree(field['properties'])) return fieldsBelow(field, here, entry);
    const self = describe(field, here, { required: required.includes(name), entry });
    return [self, ...entryKinds(field).flatMap((kind) => fieldsBelow(kind.schema, [...here, '[]'], kind.entry))];
  });
}

/** The kinds of entries that a list takes, by the constant that tells them apart. */
function entryKinds(list: Tree): { schema: Tree; entry: NonNullable<Field['entry']> }[] {
  const kinds = valueAt(list, ['items', 'oneOf']);
  if (!Array.isArray(kinds)) return [];
  return kinds.map((kind) => {
    const schema = asTree(kind);
    for (const [by, node] of Object.entries(asTree(schema['properties']))) {
      const is = asTree(node)['const'];
      if (typeof is === 'string') return { schema, entry: { by, is } };
    }
    throw new TypeError('a kind of entries has no constant that tells it from the others');
  });
}

function describe(node: Tree, path: readonly string[], place: { required: boolean; entry: Field['entry'] }): Field {
  const { scalar, nullable, word } = partsOf(node);
  const { entry, required } = place;
  const choices = choicesOf(scalar);
  return {
    path,
    ...(entry === undefined ? {} : { entry }),
    type: typeOf(scalar),
    ...(word === undefined ? {} : { word }),
    nullable,
    required,
    secret: node['secret'] === true,
    allowed: asText(node['allowed']) ?? `${rangeOf(scalar, choices)}${nullable ? ', or null' : ''}`,
    choices,
    defaultText: asText(node['defaultText']) ?? defaultOf(node),
    description: asText(node['description']) ?? '',
    env: entry?.by === path.at(-1) ? undefined : envName(path, entry),
  };
}

/** `WHALEWATCH_STORE_QUESTDB_URL`; an entry of a list is addressed by its kind: `WHALEWATCH_EXCHANGES_KRAKEN_PAIRS`. */
function envName(path: readonly string[], entry: Field['entry']): string {
  const names = path.map((name) => (name === '[]' ? (entry?.is ?? name) : name));
  return ['whalewatch', ...names].map((name) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()).join('_');
}

/** A node without its alternatives: null, and a word in the place of a list. */
function partsOf(node: Tree): { scalar: Tree; nullable: boolean; word: string | undefined } {
  const isNullable = Array.isArray(node['type']) && node['type'].includes('null');
  if (!Array.isArray(node['anyOf'])) return { scalar: node, nullable: isNullable, word: undefined };
  const options = (node['anyOf'] as unknown[]).map(asTree);
  const list = options.find((option) => option['type'] === 'array');
  const word = list === undefined ? undefined : asText(options.find((option) => 'const' in option)?.['const']);
  const scalar = list ?? options.find((option) => option['type'] !== 'null') ?? {};
  return { scalar, nullable: options.some((option) => option['type'] === 'null'), word };
}

function typeOf(node: Tree): FieldType {
  const types = texts(node['type']);
  if (types.includes('integer') || types.includes('number')) return 'number';
  if (types.includes('boolean')) return 'boolean';
  if (!types.includes('array')) return 'text';
  return entryKinds(node).length > 0 ? 'entries' : 'texts';
}

function choicesOf(node: Tree): string[] {
  const values = Array.isArray(node['enum']) ? node['enum'] : 'const' in node ? [node['const']] : [];
  return values.map(String);
}

function rangeOf(node: Tree, choices: readonly string[]): string {
  if (choices.length > 0) return choices.join(', ');
  const type = texts(node['type'])[0] ?? 'string';
  const span = `from ${String(node['minimum'])} to ${String(node['maximum'])}`;
  switch (type) {
    case 'integer':
      return `whole number ${span}`;
    case 'number':
      return `number ${span}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'list';
    default:
      return 'text';
  }
}

function defaultOf(node: Tree): string | undefined {
  const value = node['default'];
  if (value === undefined) return undefined;
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}

function asTree(value: unknown): Tree {
  return isTree(value) ? value : {};
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}
