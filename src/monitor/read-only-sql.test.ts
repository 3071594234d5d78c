import { describe, expect, test } from 'vitest';
import { readOnlyStatement } from './read-only-sql.ts';

describe('a statement that only reads', () => {
  test.each([
    ['SELECT 1', 'SELECT 1'],
    ['  select * from trades;  ;\n', 'select * from trades'],
    ["-- newest first\nSELECT ';' || 'DROP TABLE x' FROM t", "-- newest first\nSELECT ';' || 'DROP TABLE x' FROM t"],
    ['(SELECT 1) UNION (SELECT 2)', '(SELECT 1) UNION (SELECT 2)'],
    ['WITH a AS (SELECT 1) SELECT * FROM a', 'WITH a AS (SELECT 1) SELECT * FROM a'],
    ['SHOW TABLES', 'SHOW TABLES'],
    ['DESCRIBE trades', 'DESCRIBE trades'],
    ['EXPLAIN SELECT 1', 'EXPLAIN SELECT 1'],
    [
      'SELECT "update", last_update, created FROM t /* drop it */',
      'SELECT "update", last_update, created FROM t /* drop it */',
    ],
    ["SELECT 'it''s'", "SELECT 'it''s'"],
  ])('%s passes', (sql, statement) => {
    expect(readOnlyStatement(sql)).toBe(statement);
  });
});

describe('anything else', () => {
  test.each([
    ['', 'sql.empty'],
    [' ;; ', 'sql.empty'],
    ['-- nothing', 'sql.empty'],
    ['SELECT 1; SELECT 2', 'sql.several'],
    ['SELECT 1; DROP TABLE trades', 'sql.several'],
    ["SELECT 'a'; DROP TABLE trades --'", 'sql.several'],
    ['DROP TABLE trades', 'sql.not-read-only'],
    ['/* SELECT */ DELETE FROM trades', 'sql.not-read-only'],
    ['WITH a AS (SELECT 1) DELETE FROM trades', 'sql.not-read-only'],
    ['EXPLAIN ANALYZE INSERT INTO t VALUES (1)', 'sql.not-read-only'],
    ["COPY trades TO '/tmp/x'", 'sql.not-read-only'],
    ["ATTACH 'x.db'", 'sql.not-read-only'],
    ['PRAGMA database_list', 'sql.not-read-only'],
    ['1 SELECT', 'sql.not-read-only'],
    ["SELECT 'a", 'sql.not-read-only'],
    ['SELECT 1 /* open', 'sql.not-read-only'],
    ["SELECT E'\\''; DROP TABLE trades; --'", 'sql.not-read-only'],
    ["SELECT $$ ' $$; DROP TABLE trades; SELECT $$ ' $$", 'sql.not-read-only'],
    ["SELECT $a$ ' $a$", 'sql.not-read-only'],
    ['/* /* */ DROP TABLE trades */', 'sql.not-read-only'],
  ])('%s is refused: %s', (sql, code) => {
    expect(() => readOnlyStatement(sql)).toThrow(expect.objectContaining({ code, remedy: expect.any(String) }));
  });
});
