import type { SourceSettings } from '../config/settings.ts';
import {
  type AccountedSpan,
  type Detection,
  type EffectWindow,
  type KnownFamily,
  REJECTION_REASONS,
  type RejectionReason,
} from '../domain/detection.ts';
import type { DetectionRequest } from '../domain/detection-request.ts';
import { AgentError } from '../domain/errors.ts';
import type { Extremes, Reading } from '../domain/evidence-record.ts';
import { addSeconds, type Instant } from '../domain/instant.ts';
import type { NewestRows } from '../domain/newest-rows.ts';
import { CHATTER_WINDOW_SECONDS } from '../domain/queue.ts';
import { TREND_SECONDS } from '../domain/trend.ts';
import { FUTURE_TOLERANCE_SECONDS, type TimeRange } from '../domain/window.ts';
import type { Source, SourceProblem } from '../ports/source.ts';
import { read, type SqlValue } from './connection.ts';
import type { Dialect, TableColumn } from './dialect.ts';
import { columnsOf } from './describe-table.ts';
import { DetectedRows } from './detected-rows.ts';
import { newestRows } from './newest-rows.ts';
import { ReadingTimes } from './reading-times.ts';
import { encode } from './row-mapping.ts';
import { sensorStateOf } from './sensor-rows.ts';
import type { Session } from './session.ts';
import type { ParameterColumn } from './tables.ts';
import { mistypedColumns, missingColumns } from './source-columns.ts';
import { ACCOUNTED_COLUMNS, type DetectForm, detectSql, EFFECT_COLUMNS, KNOWN_COLUMNS } from './statements/detect.ts';
import { familyParams, isScoped, UNLIMITED } from './statements/families-in-force.ts';
import { equipmentSql, extremesSql, patternParams, signalNames, signalSql, unitParams } from './statements/readings-scan.ts';
import { sensorForm, sensorParams } from './statements/sensor-states.ts';
import { wantsTrends } from './statements/trends.ts';

type Row = Readonly<Record<string, unknown>>;

/** Before the id of a recommendation: a part of the readings that is no range. */
const EFFECT = 'effect ';

function partOf(row: Row): string {
  return String(row['part']);
}

/** The user's readings, wide or long, over any engine. */
export class SqlSource implements Source {
  readonly #session: Session;
  readonly #settings: SourceSettings;
  readonly #statements = new Map<string, string>();
  readonly #times: ReadingTimes;
  readonly #detected: DetectedRows;
  readonly #close: () => Promise<void>;

  /** @param close for a connection that is the source's alone */
  constructor(session: Session, settings: SourceSettings, close: () => Promise<void> = () => Promise.resolve()) {
    this.#session = session;
    this.#close = close;
    this.#settings = settings;
    // A name that is none is refused here, before anything is asked.
    this.#sql({ scoped: false, trends: false, sensors: null, isPast: false });
    this.#times = new ReadingTimes(settings, session.dialect);
    this.#detected = new DetectedRows(settings, session.dialect);
  }

  get statements(): number {
    return this.#session.statements;
  }

  get #dialect(): Dialect {
    return this.#session.dialect;
  }

  async detect(request: DetectionRequest): Promise<Detection> {
    const form = {
      scoped: isScoped(request.rules),
      trends: wantsTrends(request.rules),
      sensors: request.sensors ? sensorForm(request.sensors) : null,
      isPast: request.isPast ?? false,
    };
    const { rows } = await this.#session.run(read(this.#sql(form), this.#params(request, form)));
    const first = rows[0] ?? {};
    const count = (name: string) => Number(first[name] ?? 0);
    const rejected = Object.fromEntries(REJECTION_REASONS.map((reason) => [reason, count(`rejected_${reason}`)]));
    const found = rows.filter((row) => typeof row['equipment_id'] === 'string');
    const effects = found.filter((row) => partOf(row).startsWith(EFFECT));
    return {
      states: found.filter((row) => ['live', 'backlog', 'late'].includes(partOf(row))).map((row) => this.#detected.state(row)),
      effects: new Map(effects.map((row) => [partOf(row).slice(EFFECT.length), this.#detected.state(row)])),
      sensors: found.filter((row) => partOf(row) === 'sensor').map((row) => sensorStateOf(row, this.#dialect)),
      totals: {
        accepted: count('accepted'),
        rejected: rejected as Record<RejectionReason, number>, // made from the list of reasons just above
        newestGoodAt: this.#dialect.decodeTime(first['newest_good']),
        backlogHasReadings: count('backlog_has') === 1,
        nextReadingAt: this.#times.nextReading(first['next_reading'], request.window),
      },
    };
  }

  /** Composed once for each form: the text is long, and the engine keeps what it made of it. */
  #sql(form: DetectForm): string {
    const key = JSON.stringify(form);
    const sql = this.#statements.get(key) ?? detectSql(this.#settings, this.#dialect, form);
    this.#statements.set(key, sql);
    return sql;
  }

  #params({ window, rules, known, accounted, effects = [], sensors }: DetectionRequest, form: DetectForm): Record<string, SqlValue> {
    const d = this.#dialect;
    // A window of the past ends where it is looked from.
    const now = form.isPast ? window.live.upTo : addSeconds(window.live.upTo, -FUTURE_TOLERANCE_SECONDS);
    const { shape } = this.#settings;
    const backlog = window.backlog ?? { after: window.live.after, upTo: window.live.after };
    const names = signalNames(this.#settings);
    const types = shape.kind === 'wide' ? [] : names.map((name, index) => [`type_${index}`, shape.signals[name] ?? name] as const);
    return {
      ...familyParams(rules, { signals: shape.signals, physicalLimits: this.#settings.physicalLimits }),
      known: JSON.stringify(known.map((entry) => this.#knownRow(entry))),
      accounted: JSON.stringify(accounted.map((span) => this.#accountedRow(span))),
      effects: JSON.stringify(effects.map((entry) => this.#effectRow(entry))),
      usable: JSON.stringify(this.#settings.usableStatus),
      watermark: d.encodeTime(window.watermark),
      live_after: d.encodeBound(window.live.after),
      live_up_to: d.encodeBound(window.live.upTo),
      backlog_after: d.encodeBound(backlog.after),
      backlog_up_to: d.encodeBound(backlog.upTo),
      recent_after: d.encodeTime(addSeconds(now, -CHATTER_WINDOW_SECONDS)),
      ...(form.trends && this.#trendParams(now, window.live.upTo)),
      ...this.#times.params(window, form.isPast),
      ...Object.fromEntries(names.flatMap((name) => Object.entries(unitParams(this.#settings, name)))),
      ...(form.sensors && sensors && sensorParams(sensors, now, this.#settings, d)),
      ...Object.fromEntries(types),
      ...patternParams(this.#settings),
    };
  }

  /** The ends of a trend's three parts, the last of them open to clocks that are a little ahead. */
  #trendParams(now: Instant, upTo: Instant): Record<string, SqlValue> {
    const ends = [3, 2, 1].map((parts) => addSeconds(now, (-parts * TREND_SECONDS) / 3));
    const bounds = [...ends, upTo].map((end, index) => [`trend_${index}`, this.#dialect.encodeTime(end)] as const);
    const limits = signalNames(this.#settings).flatMap((name, index) => {
      const { min, max } = this.#settings.physicalLimits[name] ?? { min: -UNLIMITED, max: UNLIMITED };
      return [[`trend_lowest_${index}`, min] as const, [`trend_highest_${index}`, max] as const];
    });
    return { ...Object.fromEntries(bounds), ...Object.fromEntries(limits) };
  }

  #knownRow({ equipmentId, familyId, began, report }: KnownFamily): Record<string, SqlValue> {
    return this.#row(KNOWN_COLUMNS, { equipment_id: equipmentId, family: familyId, began, report: report ? 1 : 0 });
  }

  #accountedRow({ equipmentId, familyId, from, until, exceptBeyond }: AccountedSpan): Record<string, SqlValue> {
    const times = { accounted_from: from, accounted_until: until };
    return this.#row(ACCOUNTED_COLUMNS, { equipment_id: equipmentId, family: familyId, ...times, except_beyond: exceptBeyond });
  }

  #effectRow({ recommendationId, equipmentId, familyId, after, upTo }: EffectWindow): Record<string, SqlValue> {
    const range = { later_than: after, up_to: upTo };
    return this.#row(EFFECT_COLUMNS, { part: `${EFFECT}${recommendationId}`, equipment_id: equipmentId, family: familyId, ...range });
  }

  #row(columns: readonly ParameterColumn[], values: Readonly<Record<string, unknown>>): Record<string, SqlValue> {
    return Object.fromEntries(columns.map((column) => [column.name, encode(column, values[column.name], this.#dialect)]));
  }

  async readSignal(equipmentId: string, signal: string, range: TimeRange, limit: number): Promise<readonly Reading[]> {
    const params = { ...this.#signalParams(equipmentId, signal, range), limit };
    const { rows } = await this.#session.run(read(signalSql(this.#settings, this.#dialect, signal), params));
    return this.#points(rows).toReversed();
  }

  async readExtremes(equipmentId: string, signal: string, range: TimeRange, parts: number): Promise<Extremes> {
    const params = { ...this.#signalParams(equipmentId, signal, range), parts };
    const { rows } = await this.#session.run(read(extremesSql(this.#settings, this.#dialect, signal), params));
    return { points: this.#points(rows), readings: Number(rows[0]?.['readings'] ?? 0) };
  }

  #points(rows: readonly Row[]): readonly Reading[] {
    const points = rows.map((row) => ({ at: this.#dialect.decodeTime(row['ts']), value: Number(row['value']) }));
    return points.filter((point): point is Reading => point.at !== null);
  }

  #signalParams(equipmentId: string, signal: string, range: TimeRange): Record<string, SqlValue> {
    const { shape } = this.#settings;
    const mapped = shape.signals[signal];
    if (mapped === undefined) throw new AgentError('usage', `the source has no signal '${signal}'`, 'map it under source.columns');
    const limits = this.#settings.physicalLimits[signal];
    return {
      equipment: equipmentId,
      ...this.#times.signalParams(range),
      ...unitParams(this.#settings, signal),
      ...(shape.kind === 'wide' ? {} : { signal: mapped }),
      usable: JSON.stringify(this.#settings.usableStatus),
      lowest: limits?.min ?? -UNLIMITED,
      highest: limits?.max ?? UNLIMITED,
    };
  }

  async equipmentIds(readings: number): Promise<readonly string[]> {
    const { rows } = await this.#session.run(read(equipmentSql(this.#settings, this.#dialect), { readings }));
    return rows.map((row) => String(row['equipment_id']));
  }

  newestRows(rows: number, now: Instant): Promise<NewestRows> {
    return newestRows(this.#session, this.#settings, this.#times, { rows, now });
  }

  async missingColumns(): Promise<readonly SourceProblem[]> {
    return missingColumns(this.#settings, await this.#columns());
  }

  async mistypedColumns(): Promise<readonly SourceProblem[]> {
    return mistypedColumns(this.#settings, await this.#columns(), this.#dialect);
  }

  async unusableColumns(): Promise<readonly SourceProblem[]> {
    const present = await this.#columns();
    const missing = missingColumns(this.#settings, present);
    return missing.length > 0 || !this.#dialect.keepsTypes ? missing : mistypedColumns(this.#settings, present, this.#dialect);
  }

  #columns(): Promise<readonly TableColumn[]> {
    return columnsOf(this.#session, this.#settings.table);
  }

  /** The session belongs to whoever opened it. */
  close(): Promise<void> {
    return this.#close();
  }
}
