import type { SourceSettings } from '../config/settings.ts';
import type { DetectedState, Raised } from '../domain/detection.ts';
import type { Instant } from '../domain/instant.ts';
import type { Trend } from '../domain/trend.ts';
import type { Dialect } from './dialect.ts';
import { signalNames } from './statements/readings-scan.ts';
import { trendColumns } from './statements/trends.ts';

type Row = Readonly<Record<string, unknown>>;

/** What the detection statement's rows say, in the domain's spelling. */
export class DetectedRows {
  readonly #settings: SourceSettings;
  readonly #dialect: Dialect;

  constructor(settings: SourceSettings, dialect: Dialect) {
    this.#settings = settings;
    this.#dialect = dialect;
  }

  /** Of one (equipment, family) in one part of the readings. */
  state(row: Row): DetectedState {
    const time = (name: string): Instant | null => this.#dialect.decodeTime(row[name]);
    const [lastAt, clearSince] = [time('last_at'), time('clear_since')];
    return {
      part: row['part'] === 'backlog' || row['part'] === 'late' ? row['part'] : 'live',
      isEarlier: Number(row['is_earlier']) === 1,
      equipmentId: String(row['equipment_id']),
      familyId: String(row['family']),
      last: lastAt ? { at: lastAt, value: Number(row['last_value']) } : null,
      raised: this.#raised(row),
      clear: clearSince ? { since: clearSince, readings: Number(row['clear_readings']), after: time('clear_after') } : null,
      recentRuns: Number(row['recent_runs'] ?? 0),
    };
  }

  #raised(row: Row): Raised | null {
    const names = ['first_raised_at', 'last_raised_at', 'peak_at', 'unclear_since', 'unclear_until'];
    const [firstAt, lastAt, at, unclearSince, unclearUntil] = names.map((name) => this.#dialect.decodeTime(row[name]));
    if (!firstAt || !lastAt || !at || !unclearSince || !unclearUntil) return null;
    const peak = { value: Number(row['peak_value']), at, signals: this.#others(row), trends: this.#trends(row) };
    return { firstAt, lastAt, peak, unclearSince, unclearUntil, isCut: Number(row['is_cut']) === 1 };
  }

  #others(row: Row): ReadonlyMap<string, number> {
    const pairs = signalNames(this.#settings).map((name, index) => [name, row[`other_${index}`]] as const);
    return new Map(
      pairs.filter((pair): pair is readonly [string, number] => typeof pair[1] === 'number' && this.#isPossible(pair[0], pair[1])),
    );
  }

  /** What no sensor can measure proves nothing, beside a peak as little as in it. */
  #isPossible(signal: string, value: number): boolean {
    const limits = this.#settings.physicalLimits[signal];
    return Number.isFinite(value) && (limits === undefined || (value >= limits.min && value <= limits.max));
  }

  #trends(row: Row): ReadonlyMap<string, Trend> {
    const value = (name: string | undefined): number | null => {
      const found = name === undefined ? null : row[name];
      return typeof found === 'number' && Number.isFinite(found) ? found : null;
    };
    const trends = signalNames(this.#settings).map((name, index) => {
      const [first, second, third, lowest, highest] = trendColumns(index).map(value);
      const trend: Trend = { means: [first ?? null, second ?? null, third ?? null], lowest: lowest ?? null, highest: highest ?? null };
      return [name, trend] as const;
    });
    return new Map(trends.filter(([, { means }]) => means.some((mean) => mean !== null)));
  }
}
