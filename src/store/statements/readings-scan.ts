import type { SourceSettings } from '../../config/settings.ts';
import type { Dialect } from '../dialect.ts';
import { like } from './patterns.ts';
import { isEngineTime, rawTime, timeOfRaw, ZONE_COLUMNS } from './raw-time.ts';

/** The equipment that this agent is responsible for, as conditions that follow others. */
function likeConditions(source: SourceSettings, column: string): string {
  const likes = (list: readonly string[], name: string) =>
    list.map((_pattern, index) => `LOWER(${column}) LIKE :${name}_${index} ESCAPE '!'`).join(' OR ');
  const { include, exclude } = namedPatterns(source);
  const parts = [
    ...(include.length > 0 ? [`(${likes(include, 'include')})`] : []),
    ...(exclude.length > 0 ? [`NOT (${likes(exclude, 'exclude')})`] : []),
  ];
  return parts.length > 0 ? ` AND (${column} IS NULL OR (${parts.join(' AND ')}))` : '';
}

/** '*' includes everything, and a condition that is always true would still be evaluated for every reading. */
function namedPatterns({ equipment }: SourceSettings): SourceSettings['equipment'] {
  return { include: equipment.include.includes('*') ? [] : equipment.include, exclude: equipment.exclude };
}

/** The parameters of the equipment patterns: `*` is any run of characters, everything else stands for itself. */
export function patternParams(source: SourceSettings): Record<string, string> {
  const { include, exclude } = namedPatterns(source);
  return Object.fromEntries([
    ...include.map((pattern, index) => [`include_${index}`, like(pattern)] as const),
    ...exclude.map((pattern, index) => [`exclude_${index}`, like(pattern)] as const),
  ]);
}

/** The signals in a fixed order; a wide table's readings of them travel as one list, or as s0, s1, … */
export function signalNames(source: SourceSettings): readonly string[] {
  return Object.keys(source.shape.signals);
}

const MEASURED = 'measured';

/** The value of a wide table's signal in a reading. @param of the reading's name and a dot, where it needs one */
export function signalAt(d: Dialect, index: number, of = ''): string {
  return d.lists === null ? `${of}s${index}` : d.lists.at(`${of}${MEASURED}`, String(index));
}

/** The value in the reading `r` of the signal whose place in signalNames another relation has as `signal_index`. */
export function valueOf(source: SourceSettings, d: Dialect, relation: string): string {
  if (source.shape.kind === 'long') return 'r.signal_value';
  const place = `${relation}.signal_index`;
  if (d.lists !== null) return d.lists.at(`r.${MEASURED}`, place);
  return `CASE ${place} ${signalNames(source)
    .map((_signal, index) => `WHEN ${index} THEN r.s${index}`)
    .join(' ')} END`;
}

/** A signal's place in signalNames, as a parameter of `valueOf`. */
export function signalIndex(signals: Readonly<Record<string, string>>, signal: string): number | null {
  const index = Object.keys(signals).indexOf(signal);
  return index < 0 ? null : index;
}

/** Whether a status, in lower case, lets its reading count. */
export function isUsable(d: Dialect, status: string): string {
  return `COALESCE(${status}, 'null') IN (SELECT value FROM ${d.jsonList('usable')} u)`;
}

/** A finite number in the unit that is used; what is none stays as it is, for detection to say why it is rejected. */
function inUsedUnit(source: SourceSettings, d: Dialect, value: string, signal: string): string {
  if (!Object.hasOwn(source.units, signal)) return value;
  const at = signalNames(source).indexOf(signal);
  const converted = `(${value} + :unit_shift_${at}) * :unit_factor_${at} / :unit_divisor_${at} + :unit_offset_${at}`;
  return `CASE WHEN ${d.isFiniteNumber(value)} THEN ${converted} ELSE ${value} END`;
}

/** The numbers of the conversion of one signal; none where it is used as it is stored. */
export function unitParams(source: SourceSettings, signal: string): Record<string, number> {
  const conversion = source.units[signal];
  if (conversion === undefined) return {};
  const at = signalNames(source).indexOf(signal);
  return Object.fromEntries(Object.entries(conversion).map(([name, number]) => [`unit_${name}_${at}`, number]));
}

interface Named {
  readonly expression: string;
  readonly name: string;
}

function valuesOf(source: SourceSettings, d: Dialect): readonly Named[] {
  const { shape } = source;
  if (shape.kind === 'wide') {
    const number = (column: string) => d.lists?.number(d.quote(column)) ?? d.quote(column);
    const each = Object.entries(shape.signals).map(([signal, column]) => inUsedUnit(source, d, number(column), signal));
    if (d.lists !== null) return [{ expression: d.lists.of(each), name: MEASURED }];
    return each.map((expression, index) => ({ expression, name: `s${index}` }));
  }
  const [signal, value] = [d.quote(shape.signalColumn), d.quote(shape.valueColumn)];
  const cases = signalNames(source).flatMap((name, index) =>
    Object.hasOwn(source.units, name) ? [`WHEN :type_${index} THEN ${inUsedUnit(source, d, value, name)}`] : [],
  );
  return [
    { expression: signal, name: 'signal_type' },
    { expression: cases.length === 0 ? value : `CASE ${signal} ${cases.join(' ')} ELSE ${value} END`, name: 'signal_value' },
  ];
}

/**
 * Rows of the table as (part, equipment_id, ts, status, …values), the time as the engine's own UTC, or NULL where it can be none.
 * `rows` is a condition on the table's columns; what it says about the raw time can use an index.
 */
function readings(source: SourceSettings, d: Dialect, part: string, values: readonly Named[], rows: string): string {
  const { columns } = source;
  const raw = d.quote(columns.timestamp);
  const status = columns.status === null ? 'NULL' : d.qualityText(d.quote(columns.status));
  const select = (...times: readonly string[]) =>
    `SELECT '${part}' AS part, ${d.quote(columns.equipment)} AS equipment_id, ${times.join(', ')}, ${status} AS status, ${values
      .map(({ expression, name }) => `${expression} AS ${name}`)
      .join(', ')}
  FROM ${d.quote(source.table)} WHERE ${rows}`;
  const time = timeOfRaw(source, d, raw);
  if (source.timeZone === 'UTC') return select(`${time} AS ts`);
  const iso = source.timestampFormat === 'iso';
  const local = select(`${time} AS local_time`, ...(iso ? [`${d.hasOffset(raw)} AS in_utc`] : []));
  const zone = `SELECT starts, ends, shift_seconds FROM ${d.jsonRows('zone', ZONE_COLUMNS)} spans`;
  return `SELECT part, equipment_id, CASE WHEN z.shift_seconds IS NULL THEN local_time ELSE ${d.plusSeconds('local_time', 'z.shift_seconds')} END AS ts,
    status, ${values.map(({ name }) => name).join(', ')}
  FROM ${d.computedOnce(local)} l LEFT JOIN ${d.computedOnce(zone)} z ON l.local_time >= z.starts AND l.local_time < z.ends${iso ? ' AND NOT l.in_utc' : ''}`;
}

/** The readings of the window as (part, equipment_id, ts, status, …), restricted by `extra`; of a window in the past nothing that is later. */
function scan(source: SourceSettings, d: Dialect, extra: string, isPast: boolean): string {
  const [equipment, raw] = [d.quote(source.columns.equipment), d.quote(source.columns.timestamp)];
  const values = valuesOf(source, d);
  const whose = `${likeConditions(source, equipment)}${extra.replaceAll('$equipment', equipment)}`;
  const rows = (part: string, condition: string) => readings(source, d, part, values, `${condition}${whose}`);
  const names = ['part', 'equipment_id', 'ts', 'status', ...values.map(({ name }) => name)].join(', ');
  const within = (select: string, moments: string) => `SELECT ${names} FROM ${d.computedOnce(select)} each_once WHERE ${moments}`;
  const { unreadable } = rawTime(source, d, raw);
  const readable = unreadable === null ? '' : ` AND NOT ${unreadable}`;
  const own = isEngineTime(source);
  // An ISO text's offset can be any, so its range is wider than the window, and a slice must not count the text of no time again.
  const untimed = source.timestampFormat === 'iso' ? '' : 'ts IS NULL OR ';
  const ranges = own
    ? [
        rows('live', `${raw} > :live_after${isPast ? ` AND ${raw} <= :live_up_to` : ''}${readable}`),
        rows('backlog', `${raw} > :backlog_after AND ${raw} <= :backlog_up_to`),
      ]
    : [
        isPast
          ? within(
              rows('live', `${raw} > :live_raw_after AND ${raw} <= :live_raw_up_to${readable}`),
              `${untimed}(ts > :live_after AND ts <= :live_up_to)`,
            )
          : within(rows('live', `${raw} > :live_raw_after${readable}`), 'ts IS NULL OR ts > :live_after'),
        within(
          rows('backlog', `${raw} > :backlog_raw_after AND ${raw} <= :backlog_raw_up_to`),
          `${untimed}(ts > :backlog_after AND ts <= :backlog_up_to)`,
        ),
      ];
  return [
    ...ranges,
    ...(unreadable === null || extra !== '' || isPast ? [] : [rows('live', unreadable)]),
    ...(source.arrivalColumn === null
      ? []
      : [within(rows('late', arrivedLate(source, d)), `${d.isReadableTime('ts')} AND ts <= :late_up_to`)]),
  ].join('\n  UNION ALL ');
}

/** `all_read`: what `scan` gives of all equipment, which several parts of a statement look at. */
export function allRead(source: SourceSettings, d: Dialect, isPast: boolean): string {
  const select = `(${scan(source, d, '', isPast)})`;
  return `all_read AS ${d.hasIndexes ? select : d.once(select)}`;
}

/** The readings in `all_read` of the equipment that another part names, which are few. */
export function readOf(ids: string, source: SourceSettings, d: Dialect, isPast: boolean): string {
  if (d.hasIndexes) return scan(source, d, ` AND $equipment IN (SELECT equipment_id FROM ${ids})`, isPast);
  return `SELECT * FROM all_read WHERE equipment_id IN (SELECT equipment_id FROM ${ids})`;
}

/** By the index on the ingest time: a condition on the reading's time as well would let the engine choose the other one, for years of rows. */
function arrivedLate(source: SourceSettings, d: Dialect): string {
  const arrival = d.quote(source.arrivalColumn ?? '');
  const arrived = `${arrival} > :arrived_raw_after AND ${rawTime(source, d, arrival).isReadable}`;
  if (source.timestampFormat !== 'iso') return arrived;
  return `${arrived} AND ${d.timeOfIso(arrival)} > CASE WHEN ${d.hasOffset(arrival)} THEN :arrived_after ELSE :arrived_local_after END`;
}

/** The first reading after the slice, by the index, as its raw time; only asked for while there is a slice. */
export function nextReading(source: SourceSettings, d: Dialect): string {
  const raw = d.quote(source.columns.timestamp);
  const [after, upTo] = isEngineTime(source) ? [':backlog_up_to', ':live_up_to'] : [':next_raw_after', ':next_raw_up_to'];
  const isWithin = (from: string, to: string) => `${d.timeOfIso(raw)} > ${from} AND ${d.timeOfIso(raw)} <= ${to}`;
  // What is no time, taken for the next reading's, would leave the watermark where it is for ever.
  const isTime =
    source.timestampFormat === 'iso'
      ? `CASE WHEN ${d.hasOffset(raw)} THEN ${isWithin(':backlog_up_to', ':live_up_to')} ELSE ${isWithin(':next_local_after', ':next_local_up_to')} END`
      : rawTime(source, d, raw).isReadable;
  return `(SELECT MIN(${raw}) FROM ${d.quote(source.table)}
  WHERE :backlog_after < :backlog_up_to AND ${raw} > ${after} AND ${raw} <= ${upTo} AND ${isTime})`;
}

/** Good readings of one signal; what detection rejects must not stand in the evidence. */
function goodReadings(source: SourceSettings, d: Dialect, signal: string): string {
  const { shape, columns } = source;
  const [equipment, raw] = [d.quote(columns.equipment), d.quote(columns.timestamp)];
  const column = d.quote(shape.kind === 'wide' ? (shape.signals[signal] ?? '') : shape.valueColumn);
  const own = isEngineTime(source);
  const rows = [
    `${equipment} = :equipment AND ${raw} > ${own ? ':after' : ':raw_after'} AND ${raw} <= ${own ? ':up_to' : ':raw_up_to'}`,
    ...(shape.kind === 'wide' ? [] : [`${d.quote(shape.signalColumn)} = :signal`]),
  ].join(' AND ');
  const values = [{ expression: inUsedUnit(source, d, column, signal), name: 'value' }];
  return `SELECT ts, value FROM (${readings(source, d, 'signal', values, rows)}) r
  WHERE ${own ? '' : 'ts > :after AND ts <= :up_to AND '}${d.isReadableTime('ts')}
    AND ${isUsable(d, 'status')} AND ${d.isFiniteNumber('value')} AND value BETWEEN :lowest AND :highest`;
}

/** The newest of them, newest first. */
export function signalSql(source: SourceSettings, d: Dialect, signal: string): string {
  return `${goodReadings(source, d, signal)}
  ORDER BY ts DESC LIMIT :limit`;
}

/**
 * The least and the greatest of each of `parts` equal parts of the time from the first to the last of them: a picture has only so many columns,
 * and a mean would hide the peak that all of it is about. Whether an engine rounds or cuts off the number of a part only moves where parts begin.
 */
export function extremesSql(source: SourceSettings, d: Dialect, signal: string): string {
  const part = `${d.secondsBetween('first_ts', 'ts')} * :parts / NULLIF(${d.secondsBetween('first_ts', 'last_ts')}, 0)`;
  return `WITH good AS (SELECT ts, value, MIN(ts) OVER () AS first_ts, MAX(ts) OVER () AS last_ts FROM (${goodReadings(source, d, signal)}) g),
parted AS (SELECT ts, value, CAST(${part} AS INTEGER) AS part FROM good),
ranked AS (SELECT ts, value, ROW_NUMBER() OVER (PARTITION BY part ORDER BY value, ts) AS from_least,
  ROW_NUMBER() OVER (PARTITION BY part ORDER BY value DESC, ts) AS from_greatest, COUNT(*) OVER () AS readings FROM parted)
SELECT ts, value, readings FROM ranked WHERE from_least = 1 OR from_greatest = 1 ORDER BY ts, value`;
}

/** The ids in the newest readings, by the index on their time. */
export function equipmentSql(source: SourceSettings, d: Dialect): string {
  const [equipment, raw] = [d.quote(source.columns.equipment), d.quote(source.columns.timestamp)];
  return `SELECT DISTINCT equipment_id FROM (SELECT ${equipment} AS equipment_id FROM ${d.quote(source.table)}
  WHERE ${rawTime(source, d, raw).isReadable} ORDER BY ${raw} DESC LIMIT :readings) newest
  WHERE ${d.isPlainId('equipment_id')} ORDER BY equipment_id`;
}

/** The raw times of the newest rows, by their index, beside what detection makes of them. */
export function newestRowsSql(source: SourceSettings, d: Dialect): string {
  const raw = d.quote(source.columns.timestamp);
  const newest = `SELECT ${raw} AS newest_time FROM ${d.quote(source.table)} WHERE ${raw} IS NOT NULL ORDER BY ${raw} DESC LIMIT :rows`;
  const rows = `${raw} >= (SELECT MIN(newest_time) FROM (${newest}) n)`;
  return `SELECT ts, raw_time FROM (${readings(source, d, 'newest', [{ expression: raw, name: 'raw_time' }], rows)}) r
  ORDER BY raw_time DESC LIMIT :rows`;
}
