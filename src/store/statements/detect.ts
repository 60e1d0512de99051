import type { SourceSettings } from '../../config/settings.ts';
import { REJECTION_REASONS } from '../../domain/detection.ts';
import type { Dialect } from '../dialect.ts';
import { equipmentKey, familiesInForce } from './families-in-force.ts';
import { allRead, isUsable, nextReading, readOf, signalAt, signalNames, valueOf } from './readings-scan.ts';
import { raisedAs, stretchesOf, WHOLE } from './stretches.ts';
import { SENSOR_STATE_COLUMNS, type SensorForm, sensorStates, suspectColumn } from './sensor-states.ts';
import { longTrends, trendColumns, wideTrends } from './trends.ts';

/** What the agent knows of an (equipment, family): KnownFamily. */
export const KNOWN_COLUMNS = [
  { name: 'equipment_id', kind: 'text' },
  { name: 'family', kind: 'text' },
  { name: 'began', kind: 'time' },
  { name: 'report', kind: 'integer' },
] as const;

/** Whose violations of when are dealt with: AccountedSpan. */
export const ACCOUNTED_COLUMNS = [
  { name: 'equipment_id', kind: 'text' },
  { name: 'family', kind: 'text' },
  { name: 'accounted_from', kind: 'time' },
  { name: 'accounted_until', kind: 'time' },
  { name: 'except_beyond', kind: 'real' },
] as const;

/** Of whose execution the readings after it are wanted: EffectWindow, as a part of its own for each. */
export const EFFECT_COLUMNS = [
  { name: 'part', kind: 'text' },
  { name: 'equipment_id', kind: 'text' },
  { name: 'family', kind: 'text' },
  { name: 'later_than', kind: 'time' },
  { name: 'up_to', kind: 'time' },
] as const;

/** What the statement has to know beside the data: rules by equipment, and trends, cost something. */
export interface DetectForm {
  readonly scoped: boolean;
  readonly trends: boolean;
  readonly isPast: boolean;
  /** Null: sensors are not looked at. */
  readonly sensors: SensorForm | null;
}

/** One row a reading and family, with the reason why it is rejected or NULL. Order matters: the first reason counts. */
function judged(source: SourceSettings, d: Dialect, name: string, { scoped }: DetectForm): string {
  const shape = source.shape;
  const value = valueOf(source, d, 'f');
  const conditions = [
    ...(scoped ? [`f.equipment_key = ${equipmentKey('r.equipment_id')}`] : []),
    ...(shape.kind === 'wide' ? [] : ['r.signal_type = f.signal_type']),
  ];
  const join = conditions.length === 0 ? 'CROSS JOIN f' : `JOIN f ON ${conditions.join(' AND ')}`;
  return `SELECT r.*, f.family, f.signal, f.sign, f.bound, f.clear_bound, f.on_delay, f.off_delay, f.clear_readings, f.counts, ${value} AS value,
  CASE WHEN NOT ${d.isPlainId('r.equipment_id')} THEN 'bad_id'
    WHEN NOT ${d.isReadableTime('r.ts')} THEN 'bad_time'
    WHEN r.ts > :live_up_to THEN 'future'${source.arrivalColumn === null ? '' : "\n    WHEN r.part = 'late' AND r.ts <= :late_after THEN 'too_late'"}
    WHEN NOT (${isUsable(d, 'r.status')}) THEN 'bad_quality'
    WHEN ${value} IS NULL THEN 'missing'
    WHEN NOT ${d.isFiniteNumber(`(${value})`)} THEN 'not_a_number'
    WHEN ${value} < f.lowest OR ${value} > f.highest THEN 'out_of_range' END AS reason
  FROM ${name} r ${join}`;
}

/** The spans of a family do not overlap, so that a reading finds at most one. */
const JOIN_ACCOUNTED = `LEFT JOIN a ON a.equipment_id = j.equipment_id AND a.family = j.family
    AND j.ts >= a.accounted_from AND j.ts < a.accounted_until`;

/** A violation counts when no row accounts for its moment, or when it is worse than those that do: an operator must not decide about less than was measured. */
const COUNTS = `(a.accounted_from IS NULL OR (a.except_beyond IS NOT NULL AND j.sign * j.value > j.sign * a.except_beyond))`;

const VIOLATES = 'j.sign * j.value > j.sign * j.bound';

/**
 * Why a reading is rejected costs several checks: `computedOnce` keeps the engine from repeating them for every sum. Rejected ones are told by
 * every cycle that sees them; of the past, which is read in pieces that overlap, each piece tells its own.
 */
function totals(source: SourceSettings, d: Dialect, form: DetectForm): string {
  const suspect = form.sensors ? suspectColumn(source, d) : { inner: '', outer: '' };
  const isOwn = form.isPast ? ' AND ts > :watermark' : '';
  const rejected = REJECTION_REASONS.map(
    (reason) => `SUM(CASE WHEN counts = 1 AND reason = '${reason}'${isOwn} THEN 1 ELSE 0 END) AS rejected_${reason}`,
  );
  return `totals AS ${d.once(`(SELECT ${rejected.join(', ')},
  SUM(CASE WHEN counts = 1 AND reason IS NULL AND ts > :watermark THEN 1 ELSE 0 END) AS accepted,
  MAX(CASE WHEN reason IS NULL THEN ts END) AS newest_good,
  MAX(CASE WHEN reason IS NULL AND part = 'backlog' AND ts > :watermark THEN 1 ELSE 0 END) AS backlog_has${suspect.outer}
  FROM ${d.computedOnce(`SELECT part, ts, counts, reason${suspect.inner} FROM all_judged`)} each_once)`)}`;
}

/**
 * The state of every (equipment, family) that violates or is asked for, as one row each.
 * - `all_judged` is read once, without sorting, for the totals; `hot` once more for the few that violate.
 * - Only the readings of those are ordered: runs (for the on-delay), the newest that is not clear, the peak.
 * - A reading can be in two parts: that of its range, and that of an execution which it came after. Within a range those that are older than
 *   the family's newest row are aggregated apart; runs are the whole range's, since a violation may last from before it.
 * - A stretch is what no lull divides that was long enough for the condition to be over.
 * - At equal times the violation counts: a normal reading does not end a run that violates at the same moment.
 */
export function detectSql(source: SourceSettings, d: Dialect, form: DetectForm): string {
  const wide = source.shape.kind === 'wide';
  return `WITH k AS ${d.jsonTable('known', KNOWN_COLUMNS)},
a AS ${d.jsonTable('accounted', ACCOUNTED_COLUMNS)},
e AS ${d.jsonTable('effects', EFFECT_COLUMNS)},
${allRead(source, d, form.isPast)},
${familiesInForce(form.scoped, d)},
all_judged AS (${judged(source, d, 'all_read', form)}),
${totals(source, d, form)},
violating AS ${d.once(`(SELECT j.part, j.equipment_id, j.family FROM all_judged j
    ${JOIN_ACCOUNTED}
  WHERE CASE WHEN ${VIOLATES} THEN j.reason IS NULL ELSE false END AND ${COUNTS})`)},
hot AS ${d.once(`(SELECT part, equipment_id, family FROM violating
  UNION SELECT 'live', equipment_id, family FROM violating WHERE part = 'late'
  UNION SELECT 'live', equipment_id, family FROM k WHERE report = 1
  UNION SELECT 'backlog', equipment_id, family FROM k WHERE report = 1 AND :backlog_after < :backlog_up_to
  UNION SELECT part, equipment_id, family FROM e)`)},
hot_read AS (${readOf('hot', source, d, form.isPast)}),
hot_judged AS (${judged(source, d, 'hot_read', form)}),
${statesOf(source, d, form)}${form.sensors ? `,\n${sensorStates(source, d, form.sensors, form.isPast)}` : ''}
SELECT totals.*, ${nextReading(source, d)} AS next_reading, h.part, h.is_earlier, h.equipment_id, h.family,
  s.last_at, s.last_value, s.first_raised_at, s.last_raised_at, s.peak_value, s.peak_at, s.unclear_since, s.unclear_until, s.is_cut, s.clear_since, s.clear_after, s.clear_readings, w.recent_runs,
  ${[...othersOf(source), ...trendsOf(source, form), ...(form.sensors ? SENSOR_STATE_COLUMNS.map((name) => `x.${name}`) : [])].join(', ')}
FROM totals LEFT JOIN (${found(form)}) h ON true
  LEFT JOIN states s ON s.part = h.part AND s.is_earlier = h.is_earlier AND s.equipment_id = h.equipment_id AND s.family = h.family
  LEFT JOIN wholes w ON w.part = h.part AND w.equipment_id = h.equipment_id AND w.family = h.family${
    wide
      ? ''
      : '\n  LEFT JOIN others o ON o.part = h.part AND o.is_earlier = h.is_earlier AND o.equipment_id = h.equipment_id AND o.family = h.family'
  }${form.trends && !wide ? "\n  LEFT JOIN trends t ON h.part = 'live' AND t.equipment_id = h.equipment_id" : ''}${
    form.sensors ? "\n  LEFT JOIN sensor_states x ON h.part = 'sensor' AND x.equipment_id = h.equipment_id AND x.channel = h.family" : ''
  }`;
}

/** What is told of: every hot part, what raises before the newest row began, and sensors as a part of their own, with the signal in the family's place. */
function found({ sensors }: DetectForm): string {
  return [
    'SELECT part, 0 AS is_earlier, equipment_id, family FROM hot',
    'SELECT part, is_earlier, equipment_id, family FROM states WHERE is_earlier = 1 AND first_raised_at IS NOT NULL',
    ...(sensors ? ["SELECT 'sensor', 0, equipment_id, channel FROM sensor_states"] : []),
  ].join(' UNION ALL ');
}

function othersOf(source: SourceSettings): readonly string[] {
  return signalNames(source).map((_signal, index) => `${source.shape.kind === 'wide' ? 's' : 'o'}.other_${index}`);
}

function trendsOf(source: SourceSettings, form: DetectForm): readonly string[] {
  if (!form.trends) return [];
  const alias = source.shape.kind === 'wide' ? 'w' : 't';
  return signalNames(source).flatMap((_signal, index) => trendColumns(index).map((column) => `${alias}.${column}`));
}

/** From the judged readings of what is hot to states: moments, runs, what raises, the places of peak and last. */
function statesOf(source: SourceSettings, d: Dialect, form: DetectForm): string {
  const wide = source.shape.kind === 'wide';
  const longParts = wide ? [] : [longOthers(source, d), ...(form.trends ? [longTrends(signalNames(source), d)] : [])];
  return `good AS (SELECT j.*, h.part AS of_part,
    CASE WHEN e.part IS NULL AND k.began IS NOT NULL AND j.ts < k.began THEN 1 ELSE 0 END AS is_earlier,
    COALESCE(k.report, 0) AS is_reported,
    CASE WHEN ${COUNTS} THEN 1 ELSE 0 END AS is_new,
    CASE WHEN ${VIOLATES} THEN 1 ELSE 0 END AS violates,
    CASE WHEN j.sign * j.value < j.sign * j.clear_bound THEN 1 ELSE 0 END AS clear
  FROM hot_judged j JOIN hot h ON h.equipment_id = j.equipment_id AND h.family = j.family
    LEFT JOIN e ON e.part = h.part
    LEFT JOIN k ON k.equipment_id = j.equipment_id AND k.family = j.family
    ${JOIN_ACCOUNTED}
  WHERE j.reason IS NULL AND (h.part = j.part OR (j.ts > e.later_than AND j.ts <= e.up_to))),
${stretchesOf(d)},
${raisedAs(source, d)},
placed AS (SELECT r.*,
    ROW_NUMBER() OVER (PARTITION BY is_earlier, ${WHOLE} ORDER BY raises DESC, sign * value DESC, ts) AS peak_place,
    ROW_NUMBER() OVER (PARTITION BY is_earlier, ${WHOLE} ORDER BY ts DESC, sign * value DESC) AS last_place
  FROM raised r),
states AS ${d.once(`(SELECT of_part AS part, is_earlier, equipment_id, family,
    MAX(CASE WHEN last_place = 1 THEN ts END) AS last_at, MAX(CASE WHEN last_place = 1 THEN value END) AS last_value,
    MIN(CASE WHEN raises = 1 THEN ts END) AS first_raised_at, MAX(CASE WHEN raises = 1 THEN ts END) AS last_raised_at,
    MAX(CASE WHEN peak_place = 1 AND raises = 1 THEN value END) AS peak_value,
    MAX(CASE WHEN peak_place = 1 AND raises = 1 THEN ts END) AS peak_at,
    MIN(CASE WHEN raises = 1 THEN unclear_since END) AS unclear_since, MAX(CASE WHEN raises = 1 THEN unclear_until END) AS unclear_until,
    ${source.arrivalColumn === null ? '0' : 'MAX(may_raise - raises)'} AS is_cut,
    MIN(CASE WHEN last_unclear IS NULL OR ts > last_unclear THEN ts END) AS clear_since, MAX(last_unclear) AS clear_after,
    COUNT(DISTINCT CASE WHEN last_unclear IS NULL OR ts > last_unclear THEN ts END) AS clear_readings${wide ? `,\n    ${wideOthers(source, d)}` : ''}
  FROM placed GROUP BY is_earlier, ${WHOLE})`)},
wholes AS (SELECT of_part AS part, equipment_id, family,
    COUNT(DISTINCT CASE WHEN run_start > :recent_after THEN run_start END) AS recent_runs${wide && form.trends ? `,\n    ${wideTrends(signalNames(source), d)}` : ''}
  FROM judged_runs GROUP BY ${WHOLE})${longParts.map((part) => `,\n${part}`).join('')}`;
}

/** The other signals at the peak: the same row of a wide table. */
function wideOthers(source: SourceSettings, d: Dialect): string {
  return signalNames(source)
    .map((_signal, index) => `MAX(CASE WHEN peak_place = 1 AND raises = 1 THEN ${signalAt(d, index)} END) AS other_${index}`)
    .join(', ');
}

/** The other signals at the peak: a long table's newest usable row of each at or before that moment. */
function longOthers(source: SourceSettings, d: Dialect): string {
  const names = signalNames(source);
  return `nearest AS (SELECT s.part, s.is_earlier, s.equipment_id, s.family, r.signal_type, r.signal_value,
    ROW_NUMBER() OVER (PARTITION BY s.part, s.is_earlier, s.equipment_id, s.family, r.signal_type ORDER BY r.ts DESC, r.signal_value = s.peak_value DESC, r.signal_value DESC) AS place
  FROM states s JOIN hot_read r ON r.part = s.part AND r.equipment_id = s.equipment_id AND r.ts <= s.peak_at
  WHERE ${isUsable(d, 'r.status')} AND ${d.isFiniteNumber('r.signal_value')}),
others AS (SELECT part, is_earlier, equipment_id, family, ${names
    .map((_signal, index) => `MAX(CASE WHEN signal_type = :type_${index} THEN signal_value END) AS other_${index}`)
    .join(', ')}
  FROM nearest WHERE place = 1 GROUP BY part, is_earlier, equipment_id, family)`;
}
