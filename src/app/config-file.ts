/** Reads a configuration file. JSON is YAML, so one parser reads both, and knows the line of everything it read. */

import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { Problem } from './config-problem.ts';
import { isTree } from './config-tree.ts';
import type { Tree } from './config-tree.ts';

export interface ConfigFile {
  /** What the file holds; `null` where it could not be read. */
  readonly tree: Tree | null;
  readonly problems: readonly Problem[];
  /** `file:line` of the value at a path, `undefined` where the file does not hold it. */
  originOf(path: readonly PropertyKey[]): string | undefined;
}

/** Without a path: an empty file. Never throws: what is wrong is among the problems. */
export function readConfigFile(path: string | undefined): ConfigFile {
  if (path === undefined) return { tree: {}, problems: [], originOf: () => undefined };
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'no such file' : String(error);
    return unreadable([
      { path, found: `the file cannot be read: ${why}`, remedy: 'Check the path given with --config.' },
    ]);
  }
  return parseConfigText(text, path);
}

function parseConfigText(text: string, path: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) {
    return unreadable(
      document.errors.map((error) => ({
        path: `${path}:${lines.linePos(error.pos[0]).line}`,
        // The parser adds an excerpt of the file, which may hold what must not be printed: its first line suffices.
        found: `not YAML or JSON: ${error.message.split(/ at line |\n/)[0] ?? ''}`,
        remedy: 'Correct the syntax.',
      })),
    );
  }
  const tree: unknown = document.toJS() ?? {};
  if (!isTree(tree)) {
    return unreadable([
      {
        path,
        found: `found ${Array.isArray(tree) ? 'a list' : 'a single value'}`,
        allowed: 'fields with values, e.g. "bus: { kind: nats }"',
        remedy: 'See docs/CONFIGURATION.md.',
      },
    ]);
  }
  return {
    tree,
    problems: [],
    originOf(place) {
      const offset = offsetOf(document, place);
      return offset === undefined ? undefined : `${path}:${lines.linePos(offset).line}`;
    },
  };
}

function unreadable(problems: Problem[]): ConfigFile {
  return { tree: null, problems, originOf: () => undefined };
}

/** Where the path's last key (or list entry) begins in the text. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined || !isScalar(pair.key)) return undefined;
      offset = pair.key.range?.[0];
      node = pair.value;
    } else if (isSeq(node) && typeof key === 'number') {
      const item: unknown = node.items[key];
      if (!(isScalar(item) || isMap(item) || isSeq(item))) return undefined;
      offset = item.range?.[0];
      node = item;
    } else {
      return undefined;
    }
  }
  return offset;
}
