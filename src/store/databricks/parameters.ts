import type { SqlValue, Statement } from '../connection.ts';
import { joinOpaque, splitOpaque } from '../opaque-sql.ts';

type Asked = Pick<Statement, 'sql' | 'params'>;

/** As the warehouse names types. A null has none: it takes that of the place where it stands. */
export interface TypedParameter {
  readonly type: 'STRING' | 'INTEGER' | 'BIGINT' | 'DOUBLE' | null;
  readonly value: SqlValue;
}

const MOST_INTEGER = 2 ** 31 - 1;
const LEAST_INTEGER = -(2 ** 31);

/**
 * Every value with its type said. A whole number is the smallest integer type that holds it, because LIMIT takes no BIGINT; where it is
 * compared with a DOUBLE the engine widens it.
 */
export function typedParameters(params: Statement['params']): Readonly<Record<string, TypedParameter>> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { type: typeOf(value), value }]));
}

function typeOf(value: SqlValue): TypedParameter['type'] {
  if (value === null) return null;
  if (typeof value === 'string') return 'STRING';
  if (!Number.isSafeInteger(value)) return 'DOUBLE';
  return value >= LEAST_INTEGER && value <= MOST_INTEGER ? 'INTEGER' : 'BIGINT';
}

/** Of one statement on a SQL warehouse. A request with more is refused. */
export const MOST_PARAMETERS = 256;

const NUMBERED = /^(.+)_\d+$/;

/**
 * A statement within MOST_PARAMETERS: where it has more, those whose names differ by their number alone (`lowest_0`, `lowest_1`, …) become one
 * parameter `lowest_listed` each, a JSON list of texts that the statement picks from. What it picks is constant: the engine computes it once.
 */
export function fitted({ sql, params }: Asked): Asked {
  if (Object.keys(params).length <= MOST_PARAMETERS) return { sql, params };
  const lists = new Map<string, string[]>();
  const kept: Record<string, SqlValue> = {};
  const places = new Map<string, string>();
  for (const [name, value] of Object.entries(params)) {
    const list = NUMBERED.exec(name)?.[1];
    const type = typeOf(value);
    if (list === undefined || type === null) {
      kept[name] = value;
      continue;
    }
    const values = lists.get(list) ?? [];
    lists.set(list, values);
    const place = `get_json_object(:${list}_listed, '$[${values.push(String(value)) - 1}]')`;
    places.set(name, type === 'STRING' ? place : `CAST(${place} AS ${type})`);
  }
  const { bare, opaque } = splitOpaque(sql, 'databricks');
  const picking = bare.replace(/:(\w+)/g, (found, name: string) => places.get(name) ?? found);
  for (const [list, values] of lists) kept[`${list}_listed`] = JSON.stringify(values);
  return { sql: joinOpaque(picking, opaque), params: kept };
}
