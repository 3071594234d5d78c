/**
 * Reads configuration from environment variables. Each field has one, named in `docs/CONFIGURATION.md`; an unset or
 * empty variable says nothing. Texts are read by the type of their field: a number, `true` or `false`, `null` where the
 * field may be null, a list with commas (or in brackets), and YAML for a list of entries.
 */

import { parseDocument } from 'yaml';
import { assertNever } from '../lib/assert.ts';
import type { Field } from './config-fields.ts';
import type { Problem } from './config-problem.ts';
import { closest } from './config-suggest.ts';
import { formatPath, isTree, mergeTrees, treeOf } from './config-tree.ts';
import type { Tree } from './config-tree.ts';

const PREFIX = 'WHALEWATCH_';
/** Kubernetes describes a service named `whalewatch` in variables like these; they are not meant for us. */
const SERVICE_LINK = /^WHALEWATCH_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)$/;
const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;

export interface EnvironmentSources {
  readonly fields: readonly Field[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Variables of ours that are no fields. */
  readonly owned: readonly string[];
  /** Lists of entries as the file (or the default) has them, by field: what variables for single entries change. */
  readonly listed: Tree;
}

export interface EnvironmentValues {
  readonly tree: Tree;
  readonly problems: readonly Problem[];
  /** The variable that set the value at a path, or the list that it is in. */
  originOf(path: readonly PropertyKey[]): string | undefined;
}

/** Never throws: what is wrong is among the problems, or is left for the schema to refuse. */
export function readEnvironment(sources: EnvironmentSources): EnvironmentValues {
  const { fields, env, owned, listed } = sources;
  const known = fields.flatMap((field) => (field.env === undefined ? [] : [{ field, name: field.env }]));
  const names = known.map(({ name }) => name);
  const origins = new Map<string, string>();
  const problems: Problem[] = [];
  let tree: Tree = {};

  // Whole lists come first in the table of fields, so that variables for single entries change what those set.
  for (const { field, name } of known) {
    const text = env[name]?.trim() ?? '';
    if (text === '') continue;
    const value = readText(field, name, text);
    if (value.problem !== undefined) problems.push(value.problem);
    else if (field.entry === undefined) {
      tree = mergeTrees(tree, treeOf(field.path, value.value));
      origins.set(formatPath(field.path), name);
    } else {
      const [list = '', , ...rest] = field.path;
      const placed = placeInEntry(tree[list] ?? listed[list], field.entry, treeOf(rest, value.value));
      tree = mergeTrees(tree, { [list]: placed.entries });
      origins.set(formatPath([list, placed.index, ...rest]), name);
    }
  }
  for (const name of Object.keys(env).toSorted()) {
    const meant = names.includes(name) || owned.includes(name) || SERVICE_LINK.test(name);
    if (name.startsWith(PREFIX) && !meant && env[name] !== undefined) problems.push(unknownVariable(name, names));
  }
  return {
    tree,
    problems,
    originOf(path) {
      for (let length = path.length; length > 0; length--) {
        const origin = origins.get(formatPath(path.slice(0, length)));
        if (origin !== undefined) return origin;
      }
      return undefined;
    },
  };
}

type Reading = { value: unknown; problem?: undefined } | { problem: Problem };

function readText(field: Field, name: string, text: string): Reading {
  if (field.nullable && text.toLowerCase() === 'null') return { value: null };
  switch (field.type) {
    case 'number':
      return { value: NUMBER.test(text) ? Number(text) : text };
    case 'boolean':
      return { value: /^(true|yes|on|1)$/i.test(text) ? true : /^(false|no|off|0)$/i.test(text) ? false : text };
    case 'text':
      return { value: text };
    case 'texts':
      if (text === field.word) return { value: text };
      return text.startsWith('[') ? readYaml(field, name, text) : { value: text.split(',').map((item) => item.trim()) };
    case 'entries':
      return readYaml(field, name, text);
    default:
      return assertNever(field.type);
  }
}

function readYaml(field: Field, name: string, text: string): Reading {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error === undefined) return { value: document.toJS() as unknown };
  return {
    problem: {
      path: name,
      found: `not YAML or JSON: ${error.message.split(/ at line |\n/)[0] ?? ''}`,
      allowed: field.allowed,
      remedy: 'Correct the variable.',
    },
  };
}

/** The list with `part` laid upon its entry of that kind, which is added where it is missing. */
function placeInEntry(
  list: unknown,
  kind: { by: string; is: string },
  part: Tree,
): { entries: unknown[]; index: number } {
  const entries: unknown[] = Array.isArray(list) ? [...list] : [];
  const index = entries.findIndex((entry) => isTree(entry) && entry[kind.by] === kind.is);
  if (index < 0) return { entries: [...entries, { [kind.by]: kind.is, ...part }], index: entries.length };
  const entry = entries[index];
  entries[index] = isTree(entry) ? mergeTrees(entry, part) : part;
  return { entries, index };
}

function unknownVariable(name: string, known: readonly string[]): Problem {
  const meant = closest(name, known);
  return {
    path: name,
    found: 'unknown environment variable',
    remedy: meant === undefined ? 'Unset it.' : `Did you mean ${meant}? Rename or unset it.`,
  };
}
