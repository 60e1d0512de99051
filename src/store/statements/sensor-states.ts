import type { SourceSettings } from '../../config/settings.ts';
import { addSeconds, type Instant } from '../../domain/instant.ts';
import { readingFaults } from '../../domain/sensor-states.ts';
import { WHOLE_ROW } from '../../domain/work-order.ts';
import type { SensorRequest } from '../../domain/detection-request.ts';
import type { SqlValue } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import type { ParameterColumn } from '../tables.ts';
import { UNLIMITED } from './families-in-force.ts';
import { isUsable, readOf, signalAt, signalIndex, valueOf } from './readings-scan.ts';

/** What the statement looks for beyond single readings; each costs a look at every reading. */
export interface SensorForm {
  readonly stuck: boolean;
  readonly stepping: boolean;
  readonly dropOut: boolean;
}

/** Every sensor of one equipment: its signals and, where quality belongs to the row, all of them together. */
const CHANNEL_COLUMNS: readonly ParameterColumn[] = [
  { name: 'channel', kind: 'text' },
  { name: 'signal_index', kind: 'integer' },
  { name: 'signal_type', kind: 'text' },
  { name: 'lowest', kind: 'real' },
  { name: 'highest', kind: 'real' },
  { name: 'max_step', kind: 'real' },
];

const SENSOR_COLUMNS: readonly ParameterColumn[] = [
  { name: 'equipment_id', kind: 'text' },
  { name: 'channel', kind: 'text' },
];

/** What a row about a sensor adds to the result of the detection statement. */
export const SENSOR_STATE_COLUMNS = [
  'newest_at',
  'newest_good_at',
  'bad_at',
  'bad_since',
  'bad_verdict',
  'bad_status',
  'bad_value',
  'good_since',
  'good_readings',
  'is_stuck',
  'stuck_since',
  'stuck_value',
  'is_dropped_out',
] as const;

/** The smallest part of the time for which values stand still that readings must span: feeds are not punctual. */
const LEAST_SPAN = 0.9;

export function sensorForm({ rules, known }: SensorRequest): SensorForm | null {
  const form = { stuck: rules.stuck !== null, stepping: Object.keys(rules.stepping).length > 0, dropOut: rules.dropOutSeconds !== null };
  const isAsked = readingFaults(rules).length > 0 || known.length > 0 || Object.values(form).some(Boolean);
  return isAsked ? form : null;
}

/**
 * For a wide table, whether some reading of the live range is bad, as a column of the totals: `reasons` tell it of the signals that
 * have a rule, and the others are looked at here. While nothing is bad, nothing more has to be read.
 */
export function suspectColumn(source: SourceSettings, d: Dialect): { readonly inner: string; readonly outer: string } {
  if (source.shape.kind === 'long') return { inner: '', outer: '' };
  const odd = Object.keys(source.shape.signals).map((_signal, index) =>
    d.seemsImpossible(signalAt(d, index), `:lowest_${index}`, `:highest_${index}`),
  );
  return {
    inner: `, CASE WHEN counts = 1 AND part = 'live' AND (${odd.join(' OR ')}) THEN 1 ELSE 0 END AS odd`,
    outer: `,\n  MAX(CASE WHEN odd = 1 OR (reason = 'bad_quality' AND part = 'live') THEN 1 ELSE 0 END) AS suspect`,
  };
}

/** One row a reading and sensor, with what is wrong with it or 'good'; readings that say nothing about a sensor are left out. */
function sensed(source: SourceSettings, d: Dialect, readings: string): string {
  const wide = source.shape.kind === 'wide';
  const value = valueOf(source, d, 'c');
  const quality = wide
    ? `WHEN c.channel = '${WHOLE_ROW}' THEN CASE WHEN ${isUsable(d, 'r.status')} THEN 'good' ELSE 'bad_quality' END
    WHEN NOT (${isUsable(d, 'r.status')}) THEN NULL`
    : `WHEN NOT (${isUsable(d, 'r.status')}) THEN 'bad_quality'`;
  const verdict = `CASE ${quality}
    WHEN ${value} IS NULL THEN NULL
    WHEN NOT ${d.isFiniteNumber(`(${value})`)} THEN 'not_a_number'
    WHEN ${value} < c.lowest OR ${value} > c.highest THEN 'out_of_range' ELSE 'good' END`;
  return `SELECT * FROM (SELECT r.equipment_id, c.channel, r.ts, r.status, ${value} AS value, c.max_step, ${verdict} AS verdict
    FROM ${readings} r ${wide ? 'CROSS JOIN channels c' : 'JOIN channels c ON r.signal_type = c.signal_type'}
    WHERE r.part = 'live' AND r.ts <= :live_up_to AND ${d.isPlainId('r.equipment_id')} AND ${d.isReadableTime('r.ts')}) v
  WHERE verdict = 'good' OR verdict IN (SELECT value FROM ${d.jsonList('faults')} l)`;
}

/** Equipment with a bad reading in the live range. */
function withBadReadings(source: SourceSettings, d: Dialect): string {
  const isWide = source.shape.kind === 'wide';
  const odd = isWide
    ? Object.keys(source.shape.signals).map((_signal, index) =>
        d.seemsImpossible(signalAt(d, index, 'r.'), `:lowest_${index}`, `:highest_${index}`),
      )
    : [d.seemsImpossible('r.signal_value', 'c.lowest', 'c.highest')];
  // The totals come first: while they say that nothing is bad, no reading is looked at. Without any rule they say nothing.
  const from = isWide
    ? 'totals t CROSS JOIN all_read r WHERE COALESCE(t.suspect, 1) = 1 AND'
    : 'all_read r JOIN channels c ON r.signal_type = c.signal_type WHERE';
  return `SELECT r.equipment_id FROM ${from} r.part = 'live' AND r.ts <= :live_up_to
    AND ${[`(NOT (${isUsable(d, 'r.status')})`, ...odd].join(' OR ')})`;
}

/** Of all sensors what only many readings together can say: whether values stand still, how far they are apart, when the last was good. */
function figures(source: SourceSettings, d: Dialect, form: SensorForm): string {
  const recent = `verdict = 'good' AND ts > :stuck_after`;
  const span = d.secondsBetween(`MIN(CASE WHEN ${recent} THEN ts END)`, `MAX(CASE WHEN ${recent} THEN ts END)`);
  const stuck = `COUNT(CASE WHEN ${recent} THEN value END) AS recent_readings, ${span} AS recent_span,
    MIN(CASE WHEN ${recent} THEN value END) AS recent_lowest, MAX(CASE WHEN ${recent} THEN value END) AS recent_highest,
    MIN(CASE WHEN ${recent} THEN ts END) AS recent_since`;
  const isStuck = `CASE WHEN recent_highest - recent_lowest > :stuck_tolerance THEN 0
    WHEN recent_readings >= :stuck_readings AND recent_span >= :stuck_span THEN 1 END AS is_stuck`;
  const rowLives = `MAX(CASE WHEN channel = '${WHOLE_ROW}' THEN newest_good END) OVER (PARTITION BY equipment_id)`;
  const isDroppedOut = `CASE WHEN newest_good < :drop_out_before AND (channel = '${WHOLE_ROW}' OR COALESCE(${rowLives}, :live_up_to) >= :drop_out_before) THEN 1 ELSE 0 END AS is_dropped_out`;
  const flags = [
    ...(form.stuck ? ['is_stuck = 1'] : []),
    ...(form.stepping ? ['spread > max_step'] : []),
    // In a silent feed everything has dropped out, and no sensor has.
    ...(form.dropOut ? ['(is_dropped_out = 1 AND (SELECT newest_good FROM totals) >= :drop_out_before)'] : []),
  ];
  return `figures AS ${d.once(`(SELECT g.*, ${form.stuck ? isStuck : 'NULL AS is_stuck'}, ${form.dropOut ? isDroppedOut : 'NULL AS is_dropped_out'} FROM (
  SELECT equipment_id, channel, MAX(max_step) AS max_step, MAX(CASE WHEN verdict = 'good' THEN ts END) AS newest_good,
    MAX(CASE WHEN verdict = 'good' THEN value END) - MIN(CASE WHEN verdict = 'good' THEN value END) AS spread${
      form.stuck
        ? `,
    ${stuck}`
        : ''
    }
  FROM (${sensed(source, d, 'all_read')}) every GROUP BY equipment_id, channel) g)`)},
flagged AS ${d.once(`(SELECT equipment_id, channel FROM figures WHERE ${flags.join(' OR ')})`)},
`;
}

/** A good reading too far from the good one before it is as bad as any other. */
function stepped(): string {
  return `SELECT p.*, CASE WHEN verdict = 'good' AND ABS(value - previous) > max_step THEN 'stepping' ELSE verdict END AS judgement
  FROM (SELECT s.*, LAG(value) OVER (PARTITION BY equipment_id, channel, CASE WHEN verdict = 'good' THEN 1 ELSE 0 END ORDER BY ts, value) AS previous
    FROM sensed s) p`;
}

function newestBad(column: string): string {
  return `MAX(CASE WHEN bad_place = 1 AND is_bad = 1 THEN ${column} END)`;
}

/**
 * `sensor_states`: one row for each sensor that is faulty or asked for. `all_read` and `totals` are the detection's own.
 * Only the readings of the equipment that such a sensor belongs to are ordered. At equal times the bad reading counts.
 */
export function sensorStates(source: SourceSettings, d: Dialect, form: SensorForm, isPast: boolean): string {
  const wantsFigures = form.stuck || form.stepping || form.dropOut;
  const sensor = 'PARTITION BY equipment_id, channel';
  const isGoodAgain = 'last_bad IS NULL OR ts > last_bad';
  return `channels AS ${d.jsonTable('channels', CHANNEL_COLUMNS)},
sensors AS ${d.jsonTable('sensors', SENSOR_COLUMNS)},
${wantsFigures ? figures(source, d, form) : ''}suspects AS ${d.once(`(${withBadReadings(source, d)}
  UNION SELECT equipment_id FROM sensors${wantsFigures ? ' UNION SELECT equipment_id FROM flagged' : ''})`)},
suspect_read AS (${readOf('suspects', source, d, isPast)}),
sensed AS (${sensed(source, d, 'suspect_read')}),
judged_sensors AS (${form.stepping ? stepped() : 'SELECT s.*, verdict AS judgement FROM sensed s'}),
sensor_moments AS (SELECT j.*, CASE WHEN judgement = 'good' THEN 0 ELSE 1 END AS is_bad,
    MAX(CASE WHEN judgement = 'good' THEN 0 ELSE 1 END) OVER (${sensor}, ts) AS bad_then,
    MAX(CASE WHEN judgement <> 'good' THEN ts END) OVER (${sensor}) AS last_bad
  FROM judged_sensors j),
sensor_runs AS (SELECT m.*, MAX(CASE WHEN bad_then = 0 AND ts < last_bad THEN ts END) OVER (${sensor}) AS good_before,
    ROW_NUMBER() OVER (${sensor} ORDER BY is_bad DESC, ts DESC, judgement, value) AS bad_place
  FROM sensor_moments m),
each_sensor AS (SELECT equipment_id, channel, MAX(ts) AS newest_at, MAX(CASE WHEN bad_then = 0 THEN ts END) AS newest_good_at,
    MAX(last_bad) AS bad_at, MIN(CASE WHEN bad_then = 1 AND (good_before IS NULL OR ts > good_before) THEN ts END) AS bad_since,
    ${newestBad('judgement')} AS bad_verdict, ${newestBad('status')} AS bad_status, ${newestBad('value')} AS bad_value,
    MIN(CASE WHEN ${isGoodAgain} THEN ts END) AS good_since, COUNT(DISTINCT CASE WHEN ${isGoodAgain} THEN ts END) AS good_readings
  FROM sensor_runs GROUP BY equipment_id, channel),
sensor_states AS ${d.once(`(SELECT e.*, ${
    wantsFigures
      ? `g.is_stuck, ${form.stuck ? 'g.recent_since AS stuck_since, g.recent_lowest AS stuck_value' : 'NULL AS stuck_since, NULL AS stuck_value'}, g.is_dropped_out`
      : 'NULL AS is_stuck, NULL AS stuck_since, NULL AS stuck_value, NULL AS is_dropped_out'
  }
  FROM each_sensor e LEFT JOIN sensors k ON k.equipment_id = e.equipment_id AND k.channel = e.channel${
    wantsFigures
      ? `
    LEFT JOIN figures g ON g.equipment_id = e.equipment_id AND g.channel = e.channel
    LEFT JOIN flagged w ON w.equipment_id = e.equipment_id AND w.channel = e.channel`
      : ''
  }
  WHERE e.bad_at IS NOT NULL OR k.equipment_id IS NOT NULL${wantsFigures ? ' OR w.equipment_id IS NOT NULL' : ''})`)}`;
}

/** The parameters that `sensorStates` and the totals' column read. */
export function sensorParams({ rules, known }: SensorRequest, now: Instant, source: SourceSettings, d: Dialect): Record<string, SqlValue> {
  const { shape, physicalLimits } = source;
  const limits = (signal: string) => ({
    lowest: physicalLimits[signal]?.min ?? -UNLIMITED,
    highest: physicalLimits[signal]?.max ?? UNLIMITED,
  });
  const signals = Object.entries(shape.signals).map(([channel, signal_type]) => {
    return {
      channel,
      signal_index: signalIndex(shape.signals, channel),
      signal_type,
      ...limits(channel),
      max_step: rules.stepping[channel] ?? null,
    };
  });
  const wholeRow = { channel: WHOLE_ROW, signal_index: null, signal_type: null, lowest: null, highest: null, max_step: null };
  const { stuck, dropOutSeconds } = rules;
  return {
    channels: JSON.stringify(shape.kind === 'wide' ? [wholeRow, ...signals] : signals),
    sensors: JSON.stringify(known.map(({ equipmentId, signal }) => ({ equipment_id: equipmentId, channel: signal }))),
    faults: JSON.stringify(readingFaults(rules)),
    ...(shape.kind === 'wide' &&
      Object.fromEntries(
        signals.flatMap(({ lowest, highest }, index) => [
          [`lowest_${index}`, lowest],
          [`highest_${index}`, highest],
        ]),
      )),
    ...(stuck && {
      stuck_after: d.encodeTime(addSeconds(now, -stuck.seconds)),
      stuck_tolerance: stuck.tolerance,
      stuck_readings: stuck.minReadings,
      stuck_span: stuck.seconds * LEAST_SPAN,
    }),
    ...(dropOutSeconds !== null && { drop_out_before: d.encodeTime(addSeconds(now, -dropOutSeconds)) }),
  };
}
