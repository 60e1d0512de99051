import type { NewReading } from '../ports/store.ts';
import { write } from './connection.ts';
import { jsonParts, toRow } from './row-mapping.ts';
import type { Session } from './session.ts';
import { SENSOR_DATA } from './tables.ts';

/** What a reading brings along; its time is the store's. */
const GIVEN = SENSOR_DATA.columns.filter((column) => column.name !== 'timestamp');

/**
 * One statement for all rows, so that a feed of thousands costs the store as much as a feed of one. A try after a lost
 * answer may store them twice, with another time: readings have no identity, and detection counts situations, not rows.
 */
export async function appendReadings(session: Session, readings: readonly NewReading[]): Promise<void> {
  const d = session.dialect;
  const names = GIVEN.map((column) => d.quote(column.name)).join(', ');
  const sql = `INSERT INTO ${SENSOR_DATA.name} (${names}, ${d.quote('timestamp')})
SELECT ${names}, ${d.now} FROM ${d.jsonRows('rows', GIVEN)} r`;
  const rows = readings.map((reading) => toRow(SENSOR_DATA, reading, d));
  await session.runParts(jsonParts(rows, d.maxParameterBytes).map((part) => write(sql, { rows: part })));
}
