import { read, write } from './connection.ts';
import type { Session } from './session.ts';
import { SENSOR_DATA } from './tables.ts';

const SAMPLE_READINGS = [
  ['REACTOR_01', 75.5, 85, 50, 'good'],
  ['REACTOR_02', 92, 95, 48, 'warning'],
  ['PUMP_01', 68, 70, 55, 'good'],
  ['PUMP_02', 88.5, 92, 45, 'warning'],
  ['VALVE_01', 70, 65, 60, 'good'],
] as const;
const SAMPLE_AUTHOR = 'ops-agent setup';

/** Inserts one reading of each of a few pieces of equipment, once. @returns how many of them are there */
export async function insertSampleReadings(session: Session): Promise<number> {
  const d = session.dialect;
  const rows = SAMPLE_READINGS.map(([equipment_id, temperature, pressure, flow_rate, sensor_status]) => ({
    sensor_id: `SENSOR_${equipment_id}`,
    equipment_id,
    temperature,
    pressure,
    flow_rate,
    sensor_status,
  }));
  const columns = SENSOR_DATA.columns.filter((column) => !['timestamp', 'recorded_by'].includes(column.name));
  await session.run(
    write(
      `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, ${d.quote('timestamp')}, recorded_by)
SELECT sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, ${d.now}, :author FROM ${d.jsonRows('rows', columns)} r
WHERE NOT EXISTS (SELECT 1 FROM sensor_data s WHERE s.recorded_by = :author)`,
      { rows: JSON.stringify(rows), author: SAMPLE_AUTHOR },
    ),
  );
  const counted = await session.run(read('SELECT COUNT(*) AS n FROM sensor_data WHERE recorded_by = :author', { author: SAMPLE_AUTHOR }));
  return Number(counted.rows[0]?.['n'] ?? 0);
}
