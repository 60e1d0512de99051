import { SENSOR_FAULTS, type SensorFault, type SensorState } from '../domain/sensor-states.ts';
import { AgentError } from '../domain/errors.ts';
import type { Dialect } from './dialect.ts';
import type { SENSOR_STATE_COLUMNS } from './statements/sensor-states.ts';

/** A bad reading may hold anything, and is told in a line. */
const LONGEST_VALUE = 60;

/** One row about a sensor, as `sensorStates` returns it. */
export function sensorStateOf(row: Readonly<Record<string, unknown>>, d: Dialect): SensorState {
  const at = (name: (typeof SENSOR_STATE_COLUMNS)[number]) => d.decodeTime(row[name]);
  const [newestAt, badAt, badSince, goodSince] = [at('newest_at'), at('bad_at'), at('bad_since'), at('good_since')];
  if (newestAt === null) throw new AgentError('bug', 'a sensor came back without a reading');
  const fault = SENSOR_FAULTS.find((known) => known === row['bad_verdict']);
  const since = at('stuck_since');
  return {
    equipmentId: String(row['equipment_id']),
    signal: String(row['family']),
    newestAt,
    newestGoodAt: at('newest_good_at'),
    bad: badAt !== null && fault ? { since: badSince ?? badAt, at: badAt, fault, value: badValue(fault, row) } : null,
    good: goodSince === null ? null : { since: goodSince, readings: Number(row['good_readings']) },
    motion:
      typeof row['is_stuck'] === 'number' && since !== null
        ? { isStuck: row['is_stuck'] === 1, since, value: Number(row['stuck_value']) }
        : null,
    isDroppedOut: Number(row['is_dropped_out'] ?? 0) === 1,
  };
}

/** What the reading said: its quality, or its value. */
function badValue(fault: SensorFault, row: Readonly<Record<string, unknown>>): string {
  const said = fault === 'bad_quality' ? row['bad_status'] : row['bad_value'];
  const text = typeof said === 'string' || typeof said === 'number' ? String(said) : said === null ? 'none' : `a ${typeof said}`;
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
