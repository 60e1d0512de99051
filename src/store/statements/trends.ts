import { type RuleBook, trendReachSeconds } from '../../domain/rule-book.ts';
import type { Dialect } from '../dialect.ts';
import { isUsable, signalAt } from './readings-scan.ts';

export function wantsTrends(rules: RuleBook): boolean {
  return trendReachSeconds(rules) > 0;
}

const PARTS = [0, 1, 2] as const;

/** What a trend of one signal is made of: the means of three parts of the last minutes, and the newest part's extremes. */
export function trendColumns(signal: number): readonly string[] {
  return [...PARTS.map((part) => `mean_${part}_${signal}`), `lowest_${signal}`, `highest_${signal}`];
}

function aggregates(signal: number, ts: string, value: string, isOurs: string): string {
  const within = (part: number) => `CASE WHEN ${isOurs} AND ${ts} > :trend_${part} AND ${ts} <= :trend_${part + 1} THEN ${value} END`;
  const [first, second, third, lowest, highest] = trendColumns(signal);
  return `AVG(${within(0)}) AS ${first}, AVG(${within(1)}) AS ${second}, AVG(${within(2)}) AS ${third},
    MIN(${within(2)}) AS ${lowest}, MAX(${within(2)}) AS ${highest}`;
}

/** What no sensor can measure is no part of a trend. */
function isPossible(value: string, signal: number, d: Dialect): string {
  return `${d.isFiniteNumber(value)} AND ${value} BETWEEN :trend_lowest_${signal} AND :trend_highest_${signal}`;
}

/** As columns of a whole part: every row of a wide table has all signals. */
export function wideTrends(signals: readonly string[], d: Dialect): string {
  const valueAt = (index: number) => signalAt(d, index);
  return signals.map((_signal, index) => aggregates(index, 'ts', valueAt(index), isPossible(valueAt(index), index, d))).join(',\n    ');
}

/** A relation of its own: a long table has one row a signal. */
export function longTrends(signals: readonly string[], d: Dialect): string {
  const each = signals.map((_signal, index) =>
    aggregates(index, 'r.ts', 'r.signal_value', `r.signal_type = :type_${index} AND ${isPossible('r.signal_value', index, d)}`),
  );
  return `trends AS (SELECT r.equipment_id, ${each.join(',\n    ')}
  FROM hot_read r WHERE r.part = 'live' AND r.ts > :trend_0 AND r.ts <= :trend_3
    AND ${isUsable(d, 'r.status')} AND ${d.isFiniteNumber('r.signal_value')}
  GROUP BY r.equipment_id)`;
}
