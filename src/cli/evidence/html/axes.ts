import { scaleLinear, scaleUtc } from 'd3-scale';
import { type Instant, isoOf, SECOND_MS } from '../../../domain/instant.ts';

/** Where values are in a picture, and which of them are written beside it. */
export interface Axis {
  place(value: number): number;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

/** A range of values and the pixels that it takes. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

/** The ends are moved out to round values. */
export function valueAxis({ from, to, start, end }: Span, ticks: number): Axis {
  const scale = scaleLinear([from, to], [start, end]).nice(ticks);
  const format = scale.tickFormat(ticks);
  return { place: (value) => scale(value), ticks: scale.ticks(ticks).map((value) => ({ at: scale(value), text: format(value) })) };
}

const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** As much of a time as tells two ticks apart. */
function tickText(at: Instant, stepMs: number): string {
  const text = isoOf(at);
  if (stepMs < SECOND_MS) return text.slice(11, 21);
  if (stepMs < MINUTE_MS) return text.slice(11, 19);
  return stepMs < DAY_MS ? text.slice(11, 16) : text.slice(5, 10);
}

/** Times in UTC; round ones are written. */
export function timeAxis({ from, to, start, end }: Span, ticks: number): Axis {
  const scale = scaleUtc([from, to], [start, end]);
  const times = scale.ticks(ticks).map((date) => date.getTime());
  const stepMs = (times[1] ?? to) - (times[0] ?? from);
  return { place: (value) => scale(value), ticks: times.map((at) => ({ at: scale(at), text: tickText(at, stepMs) })) };
}
