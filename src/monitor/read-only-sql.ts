/**
 * Lets through one SQL statement that only reads. This is the outer of two doors: it knows words, not the dialect, so
 * that it refuses too much rather than too little; a name that looks like a refused word passes in double quotes.
 */

import { AppError } from '../lib/app-error.ts';

const READING = ['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'EXPLAIN'];

/**
 * Words that change data, files or settings wherever they stand outside quotes: `WITH x AS (…) DELETE …` and
 * `EXPLAIN ANALYZE INSERT …` begin like reading statements and are none.
 */
const WRITING = new Set(
  (
    'INSERT UPDATE DELETE MERGE UPSERT TRUNCATE CREATE ALTER DROP RENAME COPY ATTACH DETACH INSTALL LOAD EXPORT IMPORT ' +
    'VACUUM CHECKPOINT CALL PRAGMA GRANT REVOKE BACKUP REINDEX SNAPSHOT'
  ).split(' '),
);

/** A quoted text or name (a doubled quote stands for itself), or a comment. */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g;
const UNFINISHED = /['"]|\/\*/;

/** Quotes of some dialects only: who does not know them sees other words between quotes than who does. */
const AMBIGUOUS = /\$\w*\$|\be'/i;

/**
 * The statement, without a semicolon at its end.
 * @throws AppError `sql.empty`, `sql.several` (more than one statement), `sql.not-read-only`
 */
export function readOnlyStatement(sql: string): string {
  const statement = sql.trim().replace(/(\s*;)+$/, '');
  if (AMBIGUOUS.test(statement)) {
    throw refusal('sql.not-read-only', "texts like $$…$$ and E'…' are not allowed", "Write them in plain quotes: '…'.");
  }
  const bare = statement.replace(QUOTED, ' ');
  const words = bare.toUpperCase().match(/[A-Z_][A-Z0-9_]*/g) ?? [];
  const [first] = words;
  if (first === undefined) throw refusal('sql.empty', 'there is no statement', 'Give one statement, e.g. SELECT 1.');
  if (bare.includes(';')) throw refusal('sql.several', 'more than one statement', 'Run them one after the other.');
  if (UNFINISHED.test(bare)) throw refusal('sql.not-read-only', 'a quote or comment does not end', 'End it.');
  if (!READING.includes(first) || !/^[\s(]*[a-z]/i.test(bare)) {
    throw refusal('sql.not-read-only', `a statement may not begin with ${first}`, `Allowed: ${READING.join(', ')}.`);
  }
  const writing = words.find((word) => WRITING.has(word));
  if (writing !== undefined) {
    const remedy = `Only reading is possible here; a column of that name goes into double quotes.`;
    throw refusal('sql.not-read-only', `the word ${writing} is not allowed`, remedy);
  }
  return statement;
}

function refusal(code: string, message: string, remedy: string): AppError {
  return new AppError(code, message, { remedy });
}
