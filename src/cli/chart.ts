import { plot } from 'asciichart';

export interface ChartShape {
  /** Lines. */
  readonly height: number;
  /** Columns at most; more values than that are thinned, the first and the last one kept. */
  readonly width: number;
  readonly unit: string;
}

/** A line chart of values in their order. Values must be finite; fewer than two make no chart but a line of text. */
export function chart(values: readonly number[], shape: ChartShape): string {
  const label = (value: number) => `${value.toFixed(1)} ${shape.unit}`.padStart(10);
  const [only] = values;
  if (only === undefined) return 'no readings';
  if (values.length === 1) return label(only).trim();
  return plot(thinned(values, shape.width), { height: shape.height, format: label });
}

function thinned(values: readonly number[], width: number): readonly number[] {
  if (values.length <= width) return values;
  const step = (values.length - 1) / (width - 1);
  return Array.from({ length: width }, (_, column) => values[Math.round(column * step)] ?? 0);
}
