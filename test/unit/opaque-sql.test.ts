import { describe, expect, test } from '@jest/globals';
import { countStatements, isQuestion, joinOpaque, splitOpaque } from '../../src/store/opaque-sql.ts';

const opaqueOf = (sql: string, engine: 'embedded' | 'databricks') => splitOpaque(sql, engine).opaque;

describe('a statement only asks', () => {
  test.each([
    'SELECT 1',
    ' select *\nFROM agent_health',
    '-- how many\n/* of */ SELECT COUNT(*) FROM t',
    'SHOW TABLES',
    'DESCRIBE t',
    'EXPLAIN SELECT 1',
  ])('%j does', (sql) => expect(isQuestion(sql, 'embedded')).toBe(true));

  test.each([
    "INSERT INTO t VALUES ('SELECT')",
    'WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x',
    '-- SELECT 1\nDELETE FROM t',
    "UPDATE t SET note = 'x'",
    'SELECTED',
    '',
  ])('%j may write', (sql) => expect(isQuestion(sql, 'embedded')).toBe(false));

  test('which another end of a comment decides on a warehouse', () => {
    expect(isQuestion('/* /* */ SELECT 1 */ DELETE FROM t', 'databricks')).toBe(false);
    expect(isQuestion('/* /* */ SELECT 1', 'embedded')).toBe(true);
    expect(isQuestion('-- SELECT 1\rDELETE FROM t', 'databricks')).toBe(false);
    expect(isQuestion('-- DELETE\\\nFROM t\nSELECT 1', 'databricks')).toBe(true);
  });
});

describe('what must not be looked into', () => {
  test.each([
    [String.raw`'it\'s; one' || 'x'`, [String.raw`'it\'s; one'`, "'x'"]],
    [String.raw`"say \"; no\"" + 1`, [String.raw`"say \"; no\""`]],
    [String.raw`'ends in \\' || ';'`, [String.raw`'ends in \\'`, "';'"]],
    [String.raw`r'C:\' || R"\d;"`, [String.raw`r'C:\'`, String.raw`R"\d;"`]],
    ["'it''s'", ["'it'", "'s'"]],
    ['`a``;b` + x[1]', ['`a``;b`']],
    ['/* one /* two */ ; */ 1', ['/* one /* two */ ; */']],
    ['1 /* no end ;', ['/* no end ;']],
    ["-- it's\n1 -- two", ["-- it's", '-- two']],
  ])('on a warehouse: %j', (sql, opaque) => {
    expect(opaqueOf(sql, 'databricks')).toEqual(opaque);
    expect(countStatements(`SELECT ${sql}`, 'databricks')).toBe(1);
  });

  test.each([
    [String.raw`'C:\' || ';'`, [String.raw`'C:\'`, "';'"]],
    ["'it''s; one'", ["'it''s; one'"]],
    ['[a;b] + "c"";"', ['[a;b]', '"c"";"']],
    ['/* one /* two ; */ 1', ['/* one /* two ; */']],
  ])('in SQLite: %j', (sql, opaque) => {
    expect(opaqueOf(sql, 'embedded')).toEqual(opaque);
    expect(countStatements(`SELECT ${sql}`, 'embedded')).toBe(1);
  });

  test('is put back where it was', () => {
    const sql = String.raw`SELECT r'\' /* ' /* */ */ || 'b' -- c`;
    const { bare, opaque } = splitOpaque(sql, 'databricks');
    expect(joinOpaque(bare, opaque)).toBe(sql);
  });

  test('hides no second statement', () => {
    expect(countStatements(String.raw`SELECT 'a\\'; DROP TABLE t --'`, 'databricks')).toBe(2);
    expect(countStatements(String.raw`SELECT r'\'; DROP TABLE t --'`, 'databricks')).toBe(2);
    expect(countStatements(String.raw`SELECT '\'; DROP TABLE t --'`, 'embedded')).toBe(2);
    expect(countStatements(String.raw`SELECT '\'; DROP TABLE t --'`, 'databricks')).toBe(1);
  });
});
