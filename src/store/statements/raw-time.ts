import type { SourceSettings } from '../../config/settings.ts';
import type { Dialect } from '../dialect.ts';

/** The offsets of the source's zone, one row for each run of local times that has one: LocalTime, and seconds to add for UTC. */
export const ZONE_COLUMNS = [
  { name: 'starts', kind: 'time' },
  { name: 'ends', kind: 'time' },
  { name: 'shift_seconds', kind: 'real' },
] as const;

/** March 1973 in the column's own unit: no reading is older, and a smaller number is in another unit. */
const EARLIEST_EPOCH = 100_000_000;

/** Units of the column in a second; null where it holds no numbers. */
export function epochUnitsPerSecond({ timestampFormat }: SourceSettings): 1 | 1000 | null {
  if (timestampFormat === 'epochSeconds') return 1;
  return timestampFormat === 'epochMillis' ? 1000 : null;
}

/** Whether the column's times are the engine's own UTC, so that they are compared as they stand. */
export function isEngineTime({ timestampFormat, timeZone }: SourceSettings): boolean {
  return timestampFormat === 'native' && timeZone === 'UTC';
}

/** What tells a time from what is none in a column of the source's format. */
export function rawTime(
  source: SourceSettings,
  d: Dialect,
  column: string,
): { readonly isReadable: string; readonly unreadable: string | null } {
  const perSecond = epochUnitsPerSecond(source);
  if (perSecond !== null) {
    const unreadable = d.unreadableNumbers(column, EARLIEST_EPOCH * perSecond);
    return { isReadable: `(${d.isFiniteNumber(column)} AND ${column} >= ${EARLIEST_EPOCH * perSecond})`, unreadable };
  }
  const isReadable = source.timestampFormat === 'iso' ? `(${d.timeOfIso(column)}) IS NOT NULL` : d.isReadableTime(column);
  return { isReadable, unreadable: d.unreadableTimes(column) };
}

/** The raw time as one of the engine's own, still in the source's zone; NULL for what is none. */
export function timeOfRaw(source: SourceSettings, d: Dialect, column: string): string {
  const perSecond = epochUnitsPerSecond(source);
  if (perSecond !== null) {
    const seconds = perSecond === 1 ? column : `${column} / ${perSecond}.0`;
    return `CASE WHEN ${rawTime(source, d, column).isReadable} THEN ${d.timeOfEpoch(seconds)} END`;
  }
  if (source.timestampFormat === 'iso') return d.timeOfIso(column);
  const time = d.toMilliseconds(column);
  return isEngineTime(source) ? time : `CASE WHEN ${d.isReadableTime(column)} THEN ${time} END`;
}
