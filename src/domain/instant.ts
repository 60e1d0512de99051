/** A moment on the store's clock: milliseconds since 1970-01-01T00:00:00Z, an integer. */
export type Instant = number;

export const SECOND_MS = 1000;
export const HOUR_MS = 3_600_000;

/** ISO 8601, UTC, milliseconds and `Z`: the only spelling of a time that leaves the program. */
export function isoOf(instant: Instant): string {
  return new Date(instant).toISOString();
}

export function addSeconds(instant: Instant, seconds: number): Instant {
  return Math.round(instant + seconds * SECOND_MS);
}
