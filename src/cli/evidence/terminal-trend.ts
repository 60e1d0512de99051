import type { Evidence } from '../../domain/evidence.ts';
import { type Instant, isoOf } from '../../domain/instant.ts';
import { chart } from '../chart.ts';
import { plain } from '../output.ts';
import { unitOf } from '../wording.ts';
import type { Moment } from './moments.ts';
import { drawnFromText, missingReadingsText } from './trend-wording.ts';

const CHART = { height: 10, width: 60 };
/** What stands left of a chart's line, and the page's indent. */
const BESIDE_CHART = 16;
const LEAST_WIDTH = 20;
/** What asciichart draws its axis with. */
const AXIS = /[┤┼]/;

/** The readings as a chart as wide as there is room, the numbers of the marks below the moments that they are about. */
export function terminalTrend(evidence: Evidence, marks: readonly Moment[], columns: number): readonly string[] {
  const missing = missingReadingsText(evidence);
  const points = evidence.signal.extremes?.points ?? [];
  if (missing !== null) return [plain(missing)];
  const width = Math.max(LEAST_WIDTH, Math.min(CHART.width, columns - BESIDE_CHART));
  const drawn = chart(
    points.map(({ value }) => value),
    { height: CHART.height, width, unit: unitOf(evidence.signal.name) ?? '' },
  ).split('\n');
  const axis = drawn[0]?.search(AXIS) ?? -1;
  const times = points.map(({ at }) => at);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const below = axis < 0 ? [] : [markLine(times, marks, axis, width)];
  return [...drawn.map((line) => line.trimEnd()), ...below, `${drawnFromText(evidence) ?? ''}, from ${isoOf(first)} to ${isoOf(last)}`];
}

/** A reading is a column, whatever time is between two: a mark stands at the first reading that is not earlier. */
function markLine(times: readonly Instant[], marks: readonly Moment[], axis: number, width: number): string {
  const line: string[] = [];
  const scale = times.length > width ? (width - 1) / (times.length - 1) : 1;
  for (const [index, { at }] of marks.entries()) {
    const found = times.findIndex((time) => time >= at);
    const place = axis + Math.round((found < 0 ? times.length - 1 : found) * scale);
    // Two marks of one column stand beside each other: none of them may be lost.
    const free = Array.from({ length: marks.length }, (_, step) => place + step).find((each) => line[each] === undefined);
    if (free !== undefined) line[free] = String((index + 1) % 10);
  }
  return Array.from(line, (sign) => sign ?? ' ').join('');
}
