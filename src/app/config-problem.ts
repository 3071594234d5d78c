/** What is wrong with a configuration, in words that a person can act on. */

import type { z } from 'zod';
import type { Field } from './config-fields.ts';
import { closest, closestPair } from './config-suggest.ts';
import { formatPath, isTree, valueAt } from './config-tree.ts';
import type { Tree } from './config-tree.ts';

/** One problem. */
export interface Problem {
  /** The field, the file or the variable that it is about. */
  readonly path: string;
  /** Where the value was set: `file:line`, the environment variable, or the command line. */
  readonly origin?: string;
  readonly found: string;
  readonly allowed?: string;
  readonly remedy: string;
}

/** One line. */
export function formatProblem(problem: Problem): string {
  const origin = problem.origin === undefined ? '' : ` (${problem.origin})`;
  const allowed = problem.allowed === undefined ? '' : `; allowed: ${problem.allowed}`;
  return `${problem.path}${origin}: ${problem.found}${allowed}. ${problem.remedy}`;
}

export interface ProblemContext {
  readonly fields: readonly Field[];
  /** The merged configuration that the schema refused, without the secrets that were read from files. */
  readonly tree: Tree;
  originOf(path: readonly PropertyKey[]): string | undefined;
}

/** The schema's complaints, said by what the fields allow. */
export function explainIssues(issues: readonly z.core.$ZodIssue[], context: ProblemContext): Problem[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownField([...issue.path, key], context))
      : [refusedValue(issue, context)],
  );
}

function unknownField(path: readonly PropertyKey[], context: ProblemContext): Problem {
  const siblings = namesBelow(path.slice(0, -1), context);
  const meant = closest(String(path.at(-1)), siblings);
  return {
    path: formatPath(path),
    ...origin(path, context),
    found: 'unknown field',
    allowed: siblings.join(', '),
    remedy: meant === undefined ? 'Remove it.' : `Did you mean "${meant}"? Rename or remove it.`,
  };
}

function refusedValue(issue: z.core.$ZodIssue, context: ProblemContext): Problem {
  const { path } = issue;
  const value = valueAt(context.tree, path);
  const field = fieldAt(path, context);
  const choices = choicesAt(path, field, context);
  const group = field === undefined && choices.length === 0;
  const fallback = group ? 'fields with values' : choices.join(', ');
  const allowed = issue.code === 'custom' && issue.message !== 'Invalid input' ? issue.message : field?.allowed;
  return {
    path: formatPath(path),
    // Of what must be given and is not, the entry where it is missing is the place to go.
    ...origin(value === undefined && field?.required === true ? path.slice(0, -1) : path, context),
    found: found(value, field),
    allowed: allowed ?? fallback,
    remedy: remedy(value, field, choices),
  };
}

function remedy(value: unknown, field: Field | undefined, choices: readonly string[]): string {
  if (value === undefined) return field?.required === false ? 'Set it.' : 'Add it.';
  const meant =
    typeof value !== 'string'
      ? undefined
      : field?.path.at(-1) === 'pairs'
        ? closestPair(value)
        : closest(value, choices);
  if (meant !== undefined && meant !== value) return `Did you mean "${meant}"?`;
  const fallback = field?.required === true ? undefined : field?.defaultText;
  return fallback === undefined ? 'Correct it.' : `Correct it, or remove it for the default (${fallback}).`;
}

/** Choices of the field; where an entry's kind is unknown no field fits, and the kinds themselves are the choices. */
function choicesAt(path: readonly PropertyKey[], field: Field | undefined, context: ProblemContext): readonly string[] {
  if (field !== undefined) return field.choices;
  const kinds = context.fields
    .filter((f) => f.entry?.by === path.at(-1) && matches(f.path, path))
    .flatMap((f) => f.choices);
  return [...new Set(kinds)];
}

/** The field at a path, or the list whose entry stands there. */
function fieldAt(path: readonly PropertyKey[], { fields, tree }: ProblemContext): Field | undefined {
  const inList = typeof path.at(-1) === 'number' ? path.slice(0, -1) : path;
  return fields.find((field) => matches(field.path, inList) && belongs(field, inList, tree));
}

function namesBelow(parent: readonly PropertyKey[], { fields, tree }: ProblemContext): string[] {
  const names = fields
    .filter((field) => field.path.length > parent.length && matches(field.path.slice(0, parent.length), parent))
    .filter((field) => belongs(field, parent, tree))
    .map((field) => field.path[parent.length] ?? '')
    .filter((name) => name !== '[]');
  return [...new Set(names)];
}

function matches(pattern: readonly string[], path: readonly PropertyKey[]): boolean {
  return (
    pattern.length === path.length &&
    pattern.every((name, i) => (name === '[]' ? typeof path[i] === 'number' : name === path[i]))
  );
}

/** False where the field is of another kind of entry than the one at the path. */
function belongs(field: Field, path: readonly PropertyKey[], tree: Tree): boolean {
  const at = path.findIndex((key) => typeof key === 'number');
  if (field.entry === undefined || at < 0) return field.entry === undefined;
  const entry = valueAt(tree, path.slice(0, at + 1));
  return isTree(entry) && entry[field.entry.by] === field.entry.is;
}

function origin(path: readonly PropertyKey[], context: ProblemContext): { origin?: string } {
  const place = context.originOf(path);
  return place === undefined ? {} : { origin: place };
}

const SHOWN_CHARS_MAX = 60;

function found(value: unknown, field: Field | undefined): string {
  if (field?.secret === true) return value === undefined ? 'missing' : 'found a hidden value';
  if (value !== undefined) return `found ${show(value)}`;
  return field?.required === false ? `its default is ${field.defaultText ?? 'none'}` : 'missing';
}

/** The value, short, without what an address may hold of users and passwords. */
function show(value: unknown): string {
  if (isTree(value)) return 'fields with values';
  const text = JSON.stringify(value).replace(/:\/\/[^/\s"]*@/g, '://[hidden]@');
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text;
}
