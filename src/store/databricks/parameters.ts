import type { SqlValue, Statement } from '../connection.ts';

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
