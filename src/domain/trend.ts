/** How far back trends look, in three equal parts. No longer than what every window holds by default. */
export const TREND_SECONDS = 300;

/** What one signal did over the last minutes before a cycle, in three equal parts; null where a part has no good reading. */
export interface Trend {
  /** Means of the parts, oldest first, in the signal's unit. */
  readonly means: readonly [number | null, number | null, number | null];
  /** Extremes of the newest part. */
  readonly lowest: number | null;
  readonly highest: number | null;
}
