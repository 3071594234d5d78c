/**
 * Secrets: given by their environment variable, or read from the file that `<field>File` names. A secret written into
 * the configuration file or on the command line is refused, since both are read by others.
 */

import { readFileSync } from 'node:fs';
import type { Field } from './config-fields.ts';
import type { Problem } from './config-problem.ts';
import { formatPath, isTree, mergeTrees, treeOf, valueAt } from './config-tree.ts';
import type { Tree } from './config-tree.ts';

export interface SecretSources {
  readonly file: Tree;
  readonly env: Tree;
  readonly overrides: Tree;
}

/** The secrets that files hold, to be laid upon the configuration. Never throws. */
export function resolveSecrets(
  fields: readonly Field[],
  sources: SecretSources,
): { tree: Tree; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  let tree: Tree = {};
  for (const field of fields.filter((candidate) => candidate.secret)) {
    const path = formatPath(field.path);
    if (valueAt(sources.file, field.path) !== undefined || valueAt(sources.overrides, field.path) !== undefined) {
      problems.push({
        path,
        found: 'a secret in the configuration file or on the command line',
        remedy: `Set ${field.env ?? 'its variable'}, or ${path}File to the path of a file that holds it.`,
      });
      continue;
    }
    const file = secretPath(field, sources);
    if (file === undefined) continue;
    if (valueAt(sources.env, field.path) !== undefined) {
      problems.push({
        path,
        found: `set by ${field.env ?? 'its variable'} and by ${path}File`,
        remedy: 'Keep one of the two.',
      });
      continue;
    }
    const secret = readSecret(file);
    if (secret.ok) tree = mergeTrees(tree, treeOf(field.path, secret.text));
    else problems.push({ path: `${path}File`, found: secret.why, remedy: 'Check the path and its permissions.' });
  }
  return { tree, problems };
}

function secretPath(field: Field, { file, env, overrides }: SecretSources): string | undefined {
  const path = [...field.path.slice(0, -1), `${field.path.at(-1) ?? ''}File`];
  const value = valueAt(overrides, path) ?? valueAt(env, path) ?? valueAt(file, path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function readSecret(file: string): { ok: true; text: string } | { ok: false; why: string } {
  try {
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    return text === '' ? { ok: false, why: `${file} is empty` } : { ok: true, text };
  } catch (error) {
    return { ok: false, why: `the secret cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** A copy of the configuration that may be printed: secrets are replaced, everything else is as it was. */
export function redactFields(fields: readonly Field[], config: object): Tree {
  let copy: Tree = isTree(config) ? config : {};
  for (const field of fields) {
    if (field.secret && valueAt(copy, field.path) !== undefined) {
      copy = mergeTrees(copy, treeOf(field.path, '[hidden]'));
    }
  }
  return copy;
}
