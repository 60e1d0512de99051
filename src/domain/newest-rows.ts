import type { Instant } from './instant.ts';

/** Rows of which something is to be said, and how the first of them spells its time; null: there are none. */
export interface RowsFound {
  readonly rows: number;
  readonly example: string | null;
}

/** How the times of the newest rows read. */
export interface NewestRows {
  readonly rows: number;
  /** No times in the configured format. */
  readonly unreadable: RowsFound;
  /** Times that are still to come. */
  readonly ahead: RowsFound;
  /** The newest time of all; null when none can be read. */
  readonly newestAt: Instant | null;
}
