import type { Detection, KnownFamily } from '../domain/detection.ts';
import type { Instant } from '../domain/instant.ts';
import type { RuleBook } from '../domain/rule-book.ts';
import type { SensorFaultRules, SensorKey } from '../domain/sensor-states.ts';
import type { DetectionWindow } from '../domain/window.ts';

export interface DetectionRequest {
  readonly window: DetectionWindow;
  readonly rules: RuleBook;
  readonly known: readonly KnownFamily[];
  /** What to look for in sensors, and which to report although nothing is wrong with them; absent: sensors are not looked at. */
  readonly sensors?: SensorRequest;
}

export interface SensorRequest {
  readonly rules: SensorFaultRules;
  readonly known: readonly SensorKey[];
}

/** Readings of the past for `show`: one equipment, one signal, oldest first. */
export interface ReadingPoint {
  readonly at: Instant;
  readonly value: number;
}

/** A column of the source that cannot be what the configuration says it is. */
export interface ColumnProblem {
  /** Of the key that names the column. */
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
  /** Good readings of one signal around a moment, at most `limit`, the newest of them. */
  readSignal(equipmentId: string, signal: string, after: Instant, limit: number): Promise<readonly ReadingPoint[]>;
  /** The configured columns that the table lacks; empty when it can be read. */
  missingColumns(): Promise<readonly string[]>;
  /** The configured columns whose declared type rules out what they are to hold; a type that says nothing is none. */
  mistypedColumns(): Promise<readonly ColumnProblem[]>;
  /** The ids in so many of the newest readings, in order, whichever equipment this agent is responsible for. */
  equipmentIds(readings: number): Promise<readonly string[]>;
  close(): Promise<void>;
}
