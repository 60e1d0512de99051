import type { Evidence } from '../../../domain/evidence.ts';
import { knownTimes } from '../../../domain/evidence-range.ts';
import type { Reading } from '../../../domain/evidence-record.ts';
import { type Instant, SECOND_MS } from '../../../domain/instant.ts';
import type { Moment } from '../moments.ts';

/** Limits further off than this share of what is drawn would flatten it. */
const LIMIT_REACH = 0.35;
/** Of the median time between two readings: a longer one is a silence, and no line is drawn through it. */
const SILENCE = 6;
const PAD_SHARE = 0.02;

interface Extent {
  readonly from: number;
  readonly to: number;
}

function extentOf(values: readonly number[], least: number): Extent {
  const [from, to] = [Math.min(...values), Math.max(...values)];
  const pad = Math.max(least - (to - from), 0) / 2;
  return { from: from - pad, to: to + pad };
}

/** The times that the picture has to show: readings, marks and the violation on record. */
export function timeExtent({ signal, row }: Evidence, marks: readonly Moment[]): Extent {
  const points = signal.extremes?.points ?? [];
  const ends = [points[0]?.at, points.at(-1)?.at].filter((at) => at !== undefined);
  // Without a reading and a mark there is still the time that was asked for.
  const whole = ends.length + marks.length === 0 ? [signal.range.after, signal.range.upTo] : [];
  const { from, to } = extentOf([...ends, ...marks.map(({ at }) => at), ...knownTimes(row.firstDetectedTimestamp), ...whole], SECOND_MS);
  const pad = (to - from) * PAD_SHARE;
  return { from: from - pad, to: to + pad };
}

/** The values that the picture has to show, with the limits that are near them. */
export function valueExtent({ signal, row, limits }: Evidence): Extent {
  const values = (signal.extremes?.points ?? []).map(({ value }) => value);
  const near = limits ? [limits.clearBound, limits.family.bands[0].limit] : [];
  const drawn = extentOf([...values, row.peakValue, ...near], 1);
  const reach = (drawn.to - drawn.from) * LIMIT_REACH;
  const bands = (limits?.family.bands ?? []).map(({ limit }) => limit);
  return extentOf([drawn.from, drawn.to, ...bands.filter((limit) => limit >= drawn.from - reach && limit <= drawn.to + reach)], 1);
}

/** Readings that follow each other without a silence. */
export function runsOf(points: readonly Reading[]): readonly (readonly Reading[])[] {
  const gaps = points.slice(1).map(({ at }, index) => at - (points[index]?.at ?? at));
  const median = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  const runs: Reading[][] = [];
  let before: Instant | null = null;
  for (const point of points) {
    const run = runs.at(-1);
    if (run && before !== null && point.at - before <= median * SILENCE) run.push(point);
    else runs.push([point]);
    before = point.at;
  }
  return runs;
}

/** Moves labels apart that would cover each other, as little as needed, and keeps their order. Sorted by place. */
export function spread<T extends { readonly at: number }>(labels: readonly T[], gap: number): readonly T[] {
  const placed: T[] = [];
  for (const label of labels.toSorted((a, b) => a.at - b.at)) {
    const least = (placed.at(-1)?.at ?? Number.NEGATIVE_INFINITY) + gap;
    placed.push(label.at < least ? { ...label, at: least } : label);
  }
  return placed;
}

export interface LabelBox {
  readonly from: number;
  readonly to: number;
}

/** The first row in which each label is free of the ones before it. */
export function rowsOf(labels: readonly LabelBox[]): readonly number[] {
  const rows: number[] = [];
  return labels.map(({ from, to }) => {
    const free = rows.findIndex((end) => end < from);
    const row = free < 0 ? rows.length : free;
    rows[row] = to;
    return row;
  });
}
