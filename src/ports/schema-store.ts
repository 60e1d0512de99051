import type { AgentError } from '../domain/errors.ts';
import type { TableRow } from './operator-store.ts';

export interface SchemaReport {
  readonly state: 'up_to_date' | 'missing' | 'behind' | 'drifted' | 'too_new';
  readonly problems: readonly string[];
  /** What mends them; empty where there are none. Not all is mended by setting up again. */
  readonly remedy: string;
}

/** One row for the specification's wide sensor_data: °C, PSI, GPM; NaN is stored as a historian delivers it. The store stamps it. */
export interface NewReading {
  readonly sensorId: string;
  readonly equipmentId: string;
  readonly temperature: number;
  readonly pressure: number;
  readonly flowRate: number;
  readonly sensorStatus: string;
  /** How long before the store's now it was measured, in seconds; below 0 for a clock that runs ahead. */
  readonly ageSeconds: number;
  readonly recordedBy: string;
}

/** The database's principals for the three parts that are played around its tables. */
export interface Roles {
  readonly agent: string;
  readonly operator: string;
  readonly reader: string;
}

/** Something that the agent needs to be allowed, tried for real. */
export interface AccessCheck {
  /** For instance `MODIFY on agent_events`. */
  readonly what: string;
  /** Why it is not allowed; null where it is. */
  readonly refusal: AgentError | null;
}

/** What `setup`, `doctor`, `sql` and the simulated feed ask of the store. */
export interface SchemaStore {
  /**
   * Creates and migrates; repeating, and many at once, give one schema. @throws AgentError usage for another agent's tables; not_set_up, with
   * nothing made, for tables of a newer agent, and where a view stands in a table's place or a column's type cannot hold what it is for
   */
  migrate(agentId: string): Promise<void>;
  /** One statement. @throws AgentError not_set_up when the tables are missing, behind, or made for a newer agent. */
  requireSchema(): Promise<void>;
  checkSchema(agentId: string): Promise<SchemaReport>;
  /**
   * Tries everything that a cycle needs to be allowed, by what changes no row and makes no file: with grants a statement a table, with a file
   * its permissions. The tables have to be there. @throws AgentError store_unavailable, not_set_up
   */
  checkAccess(): Promise<readonly AccessCheck[]>;
  /** Inserts the specification's five readings unless they are there. @returns how many are there. */
  insertSampleReadings(): Promise<number>;
  /**
   * Stores readings in sensor_data in their order, each stamped with the store's now less its age. Repeating stores them again.
   * @throws AgentError usage where the source is a table of the user's own
   */
  appendReadings(readings: readonly NewReading[]): Promise<void>;
  /** agent_health counts only rows with a heartbeat. */
  countRows(): Promise<readonly { readonly table: string; readonly rows: number }[]>;
  /** One statement in the specification's spelling. `changes` is null for one that returns rows. */
  runSql(
    text: string,
  ): Promise<{ readonly rows: readonly TableRow[]; readonly columns: readonly string[]; readonly changes: number | null }>;
}
