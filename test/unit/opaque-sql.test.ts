import { describe, expect, test } from '@jest/globals';
import { isQuestion } from '../../src/store/opaque-sql.ts';

describe('a statement only asks', () => {
  test.each([
    'SELECT 1',
    ' select *\nFROM agent_health',
    '-- how many\n/* of */ SELECT COUNT(*) FROM t',
    'SHOW TABLES',
    'DESCRIBE t',
    'EXPLAIN SELECT 1',
  ])('%j does', (sql) => expect(isQuestion(sql)).toBe(true));

  test.each([
    "INSERT INTO t VALUES ('SELECT')",
    'WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x',
    '-- SELECT 1\nDELETE FROM t',
    "UPDATE t SET note = 'x'",
    'SELECTED',
    '',
  ])('%j may write', (sql) => expect(isQuestion(sql)).toBe(false));
});
