import type { Instant } from '../domain/instant.ts';
import { isoOf, SECOND_MS } from '../domain/instant.ts';
import type { Recommendation } from '../domain/recommendation.ts';

/** `45s`, `12m`, `3h 05m`, `2d 4h`: how long ago, to the precision that somebody on shift needs. */
export function ageText(since: Instant, now: Instant): string {
  const seconds = Math.max(0, Math.floor((now - since) / SECOND_MS));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m`;
  if (hours < 48) return `${hours}h ${String(minutes % 60).padStart(2, '0')}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

export function timeText(at: Instant | null): string {
  return at === null ? '-' : isoOf(at);
}

/** The readings that were taken with the peak, in the specification's units. */
export function readingsText(row: Pick<Recommendation, 'temperatureReading' | 'pressureReading' | 'flowRateReading'>): string {
  const parts = [
    [row.temperatureReading, '°C'],
    [row.pressureReading, 'PSI'],
    [row.flowRateReading, 'GPM'],
  ] as const;
  const present = parts.flatMap(([value, unit]) => (value === null ? [] : [`${value} ${unit}`]));
  return present.length === 0 ? '-' : present.join(', ');
}

interface ShownAction {
  readonly tag: string;
  readonly value: number;
  readonly unit?: unknown;
  readonly old?: unknown;
}

/** What is stored need not be an action any more; what is not is shown as it is, never passed over. */
function isAction(value: unknown): value is ShownAction {
  if (value === null || typeof value !== 'object') return false;
  return 'tag' in value && typeof value.tag === 'string' && 'value' in value && typeof value.value === 'number';
}

/** One line per action: `[default]REACTOR_02/ThroughputSetpoint: 100 → 75 %`. */
export function actionLines(actions: unknown): readonly string[] {
  if (!Array.isArray(actions)) return [`(not readable: ${JSON.stringify(actions)})`];
  if (actions.length === 0) return ['(none: advice only)'];
  return actions.map((action: unknown) => {
    if (!isAction(action)) return `(not readable: ${JSON.stringify(action)})`;
    const old = typeof action.old === 'number' ? String(action.old) : 'unknown';
    const unit = typeof action.unit === 'string' && action.unit !== '' ? ` ${action.unit}` : '';
    return `${action.tag}: ${old} → ${action.value}${unit}`;
  });
}

/** ` by operator_john`, or nothing: who decided, as far as the row says. */
export function decidedBy(row: Recommendation): string {
  const by = row.status === 'rejected' ? row.rejectedByOperator : row.approvedByOperator;
  return by === null ? '' : ` by ${by}`;
}
