import type { NewReading } from '../ports/schema-store.ts';
import { write } from './connection.ts';
import type { Dialect } from './dialect.ts';
import { jsonParts, propertyOf, toRow } from './row-mapping.ts';
import type { Session } from './session.ts';
import { type Column, SENSOR_DATA, type Table } from './tables.ts';

/** What a reading brings along; its time is the store's, less its age. */
const GIVEN = SENSOR_DATA.columns.filter((column) => column.name !== 'timestamp');
const VALUES: ReadonlySet<Column> = new Set(GIVEN.filter((column) => column.kind === 'real'));
/** JSON has no NaN: a value that is none travels as a mark beside it. */
const markOf = (column: Column): string => `${column.name}_is_nan`;
const MARKS: readonly Column[] = [...VALUES].map((column) => ({ name: markOf(column), kind: 'integer' }));
const AGE: Column = { name: 'age_seconds', kind: 'real' };
const FED: Table = { name: SENSOR_DATA.name, key: null, columns: [...GIVEN, AGE, ...MARKS] };

function expressionOf(column: Column, d: Dialect): string {
  const name = d.quote(column.name);
  return VALUES.has(column) ? `CASE WHEN ${d.quote(markOf(column))} = 1 THEN ${d.notANumber} ELSE ${name} END` : name;
}

function rowOf(reading: NewReading, d: Dialect): object {
  const given = new Map<string, unknown>(Object.entries(reading));
  for (const column of VALUES) {
    const property = propertyOf(column.name);
    if (!Number.isNaN(given.get(property))) continue;
    given.delete(property);
    given.set(propertyOf(markOf(column)), 1);
  }
  return toRow(FED, Object.fromEntries(given), d);
}

/**
 * One statement for all rows, so that a feed of thousands costs the store as much as a feed of one. A try after a lost
 * answer may store them twice, with another time: readings have no identity, and detection counts situations, not rows.
 */
export async function appendReadings(session: Session, readings: readonly NewReading[]): Promise<void> {
  const d = session.dialect;
  const names = GIVEN.map((column) => d.quote(column.name)).join(', ');
  const values = GIVEN.map((column) => expressionOf(column, d)).join(', ');
  const sql = `INSERT INTO ${SENSOR_DATA.name} (${names}, ${d.quote('timestamp')})
SELECT ${values}, ${d.plusSeconds(d.now, `-${d.quote(AGE.name)}`)} FROM ${d.jsonRows('rows', FED.columns)} r`;
  const parts = jsonParts(
    readings.map((reading) => rowOf(reading, d)),
    d.maxParameterBytes,
  );
  await session.runParts(parts.map((part) => write(sql, { rows: part })));
}
