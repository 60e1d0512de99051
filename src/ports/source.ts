import type { Detection } from '../domain/detection.ts';
import type { DetectionRequest } from '../domain/detection-request.ts';
import type { Extremes, Reading } from '../domain/evidence-record.ts';
import type { Instant } from '../domain/instant.ts';
import type { NewestRows } from '../domain/newest-rows.ts';
import type { TimeRange } from '../domain/window.ts';

/** What the source's table does not have as the configuration says it. */
export interface SourceProblem {
  /** Of the key that names the table or column. */
  readonly path: readonly string[];
  readonly text: string;
}

/** The user's readings. The agent never writes to them. */
export interface Source {
  /** Statements sent since the source was opened, without retries. */
  readonly statements: number;
  /**
   * One statement over the readings of the window, filtered and aggregated in the engine: what violates or is asked
   * for in `known` comes back, whatever the number of readings. Changes nothing.
   * @throws AgentError store_unavailable; usage where the table or a column is missing
   */
  detect(request: DetectionRequest): Promise<Detection>;
  /** Good readings of one signal after a moment and up to another, at most `limit`, the newest of them, in the order of their times. */
  readSignal(equipmentId: string, signal: string, range: TimeRange, limit: number): Promise<readonly Reading[]>;
  /**
   * Good readings of one signal over a range: of each of `parts` equal parts of the time from the first to the last of them the least and the
   * greatest, so that no peak is lost. One statement, and at most 2 · (parts + 1) points however many readings there are. Changes nothing.
   * @throws AgentError store_unavailable; usage where the source has no such signal, or its table or a column is missing
   */
  readExtremes(equipmentId: string, signal: string, range: TimeRange, parts: number): Promise<Extremes>;
  /** The configured columns that the table lacks, or that there is no such table; empty when it can be read. */
  missingColumns(): Promise<readonly SourceProblem[]>;
  /** The configured columns whose declared type rules out what they are to hold; a type that says nothing is none. */
  mistypedColumns(): Promise<readonly SourceProblem[]>;
  /** The columns with which no cycle can work: missing ones and, where a column holds its declared type alone, mistyped ones. One statement. */
  unusableColumns(): Promise<readonly SourceProblem[]>;
  /** The ids in so many of the newest readings, in order, whichever equipment this agent is responsible for. */
  equipmentIds(readings: number): Promise<readonly string[]>;
  /** How the times of so many of the newest rows, in the order of the table's own times, read in the configured format and zone. */
  newestRows(rows: number, now: Instant): Promise<NewestRows>;
  close(): Promise<void>;
}
