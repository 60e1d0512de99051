import type { Trend } from './trend.ts';
import { isBeyond, type Signal } from './rules.ts';

/** What one signal does when a violation peaks: against its normal range, and over the last minutes. */
export const BEHAVIOURS = ['up', 'down', 'normal', 'accelerating', 'steady', 'unsteady'] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** Where a signal of one equipment normally is, in the signal's unit, ends included; without an end that side is not limited. */
export interface NormalRange {
  readonly low?: number;
  readonly high?: number;
}

/** Everything that is known of one signal at a violation's peak. */
export interface SignalView {
  /** The reading; undefined where there is none. */
  readonly value: number | undefined;
  /** Undefined where the engine reported none. */
  readonly trend: Trend | undefined;
  /** Undefined where neither the configuration nor the specification says what is normal. */
  readonly normal: NormalRange | undefined;
  /** The side on which this signal violates a band; null where it is not the one that does. */
  readonly violates: 'above' | 'below' | null;
}

/** The specification's limits of what is no sign of trouble: PSI and GPM. They stand in where no normal range is configured. */
const SPECIFIED_NORMAL: Readonly<Record<Signal, NormalRange>> = { pressure: { high: 100 }, flow_rate: { low: 10 } };

export function specifiedNormal(signal: Signal): NormalRange | undefined {
  return Object.hasOwn(SPECIFIED_NORMAL, signal) ? SPECIFIED_NORMAL[signal] : undefined;
}

/** A change of a tenth of where it began counts, as does a spread of a tenth of the mean; less is what readings do anyway. */
const TENTHS = 10;
/** How much larger than in the first half the rise in the second must be: a straight line with noise stays below. */
const ACCELERATION = 1.5;

/** Everything that a signal does. Nothing for one of which too little is known: an unknown signal proves no cause. */
export function behavioursOf(view: SignalView): ReadonlySet<Behaviour> {
  const level = levelOf(view);
  const changes = changesOf(view);
  const is = new Set(trendBehaviours(view.trend));
  if (level === 'up' || changes.includes('up')) is.add('up');
  if (level === 'down' || changes.includes('down')) is.add('down');
  // Inside the specification's limits a signal may be falling all the same: without a trend only a site's own range makes it normal.
  const isKnown = changes.length > 0 || (level !== null && !isSpecified(view.normal));
  if (isKnown && !is.has('up') && !is.has('down')) is.add('normal');
  return is;
}

type Place = 'up' | 'down' | 'level';

/** Where the reading is: beyond its band, or against the normal range; null where nothing says. */
function levelOf({ value, normal, violates }: SignalView): Place | null {
  if (violates !== null) return violates === 'above' ? 'up' : 'down';
  if (value === undefined || normal === undefined) return null;
  if (normal.high !== undefined && isBeyond('above', value, normal.high)) return 'up';
  return normal.low !== undefined && isBeyond('below', value, normal.low) ? 'down' : 'level';
}

function isSpecified(normal: NormalRange | undefined): boolean {
  return Object.values(SPECIFIED_NORMAL).some((range) => range === normal);
}

/** Where the signal went, from the oldest part that has readings to the newest one and to the reading itself, which a mean would hide. */
function changesOf({ trend, value }: SignalView): readonly Place[] {
  const [oldest, middle, newest] = trend?.means ?? [null, null, null];
  const from = oldest ?? middle;
  if (from === null) return [];
  return [newest, value ?? null].flatMap((to) => (to === null ? [] : placeOf(from, to)));
}

function placeOf(from: number, to: number): Place {
  const change = to - from;
  if (change === 0 || Math.abs(change) * TENTHS < Math.abs(from)) return 'level';
  return change > 0 ? 'up' : 'down';
}

function trendBehaviours(trend: Trend | undefined): Behaviour[] {
  if (!trend) return [];
  const [oldest, middle, newest] = trend.means;
  const is: Behaviour[] = [];
  if (oldest !== null && middle !== null && newest !== null) {
    const change = placeOf(oldest, newest);
    const accelerates = change === 'up' && newest - middle > 0 && newest - middle >= ACCELERATION * (middle - oldest);
    if (accelerates) is.push('accelerating');
    else if (change !== 'down') is.push('steady');
  }
  if (isUnsteady(trend)) is.push('unsteady');
  return is;
}

/**
 * Whether the newest third spreads by a tenth of its mean or more. What the signal drifts in such a time is no spread: otherwise every
 * fast, smooth rise would look like a broken sensor.
 */
function isUnsteady({ means: [, middle, newest], lowest, highest }: Trend): boolean {
  if (newest === null || lowest === null || highest === null) return false;
  const drift = middle === null ? 0 : Math.abs(newest - middle);
  const spread = highest - lowest - drift;
  return spread > 0 && spread * TENTHS >= Math.abs(newest);
}
