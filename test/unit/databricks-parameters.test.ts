import { describe, expect, test } from '@jest/globals';
import type { SqlValue } from '../../src/store/connection.ts';
import { fitted, MOST_PARAMETERS } from '../../src/store/databricks/parameters.ts';

const numbered = (name: string, values: readonly SqlValue[]) =>
  Object.fromEntries(values.map((value, index) => [`${name}_${index}`, value] as const));
const limits = (count: number) =>
  numbered(
    'lowest',
    Array.from({ length: count }, (_, index) => index + 0.5),
  );

describe('the parameters of a statement', () => {
  test('are what they are as long as one may have so many', () => {
    const asked = { sql: 'SELECT :lowest_0', params: limits(MOST_PARAMETERS) };
    expect(fitted(asked)).toEqual(asked);
  });

  test('become one list for each name that is numbered where there are more, and are read from it as their types', () => {
    const params = {
      ...limits(MOST_PARAMETERS),
      ...numbered('signal', ['a', "it's", '5']),
      shift_7: 5e-324,
      count_1: 12,
      at: 'x',
      none_1: null,
    };
    const sql = `SELECT :signal_1, :lowest_10 + :lowest_1, :shift_7, :count_1, :at, :none_1, ':signal_1' -- :signal_1
FROM t`;
    const { sql: picking, params: left } = fitted({ sql, params });
    expect(picking).toBe(
      `SELECT get_json_object(:signal_listed, '$[1]'), CAST(get_json_object(:lowest_listed, '$[10]') AS DOUBLE) + CAST(get_json_object(:lowest_listed, '$[1]') AS DOUBLE), CAST(get_json_object(:shift_listed, '$[0]') AS DOUBLE), CAST(get_json_object(:count_listed, '$[0]') AS INTEGER), :at, :none_1, ':signal_1' -- :signal_1
FROM t`,
    );
    expect(left).toEqual({
      at: 'x',
      none_1: null,
      signal_listed: '["a","it\'s","5"]',
      lowest_listed: JSON.stringify(Object.values(limits(MOST_PARAMETERS)).map(String)),
      shift_listed: '["5e-324"]',
      count_listed: '["12"]',
    });
  });
});
