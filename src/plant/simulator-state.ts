import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '../domain/errors.ts';
import { SECOND_MS } from '../domain/instant.ts';
import type { Instant } from '../domain/instant.ts';
import type { ReceivedWrite } from '../ports/plant.ts';
import { SQLITE_BUSY, openSqlite, sqliteResultCode } from '../sqlite/sqlite-library.ts';
import type { SqliteDatabase, SqliteRow } from '../sqlite/sqlite-library.ts';
import { FAULT_KINDS } from './thermal-model.ts';
import type { Fault, FaultKind, ThermalState } from './thermal-model.ts';

const SCHEMA_VERSION = 1;
const OPEN_ATTEMPTS = 20;
const OPEN_PAUSE_MS = 25;
/** Waiting for another process blocks this one, signals included. */
const LONGEST_WAIT_MS = 5000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS equipment (
    equipment_id TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, temperature_c REAL NOT NULL, drift_c REAL NOT NULL, frozen_c REAL);
  CREATE TABLE IF NOT EXISTS tags (
    equipment_id TEXT NOT NULL, name TEXT NOT NULL, value REAL NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (equipment_id, name));
  CREATE TABLE IF NOT EXISTS faults (
    equipment_id TEXT NOT NULL, kind TEXT NOT NULL, started_ms INTEGER NOT NULL, PRIMARY KEY (equipment_id, kind));
  CREATE TABLE IF NOT EXISTS writes (
    write_number INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, command_id TEXT NOT NULL, tag_path TEXT NOT NULL,
    value REAL, accepted INTEGER NOT NULL);
  CREATE TRIGGER IF NOT EXISTS writes_keep BEFORE UPDATE ON writes BEGIN SELECT RAISE(ABORT, 'writes is append-only'); END;
  CREATE TRIGGER IF NOT EXISTS writes_stay BEFORE DELETE ON writes BEGIN SELECT RAISE(ABORT, 'writes is append-only'); END;
  PRAGMA user_version = ${SCHEMA_VERSION};`;

/** One equipment as the file knows it. */
export interface KnownEquipment {
  readonly id: string;
  readonly thermal: ThermalState;
  /** Values written so far, by the tag's name. */
  readonly tags: ReadonlyMap<string, number>;
  readonly faults: readonly Fault[];
}

export type StateSetting = 'speed' | 'seed' | 'failure';

/** The simulated plant's file: rows in and out, no behaviour. Every method throws AgentError plant_unavailable when the file fails. */
export interface SimulatorState {
  /** Runs `work` alone among all processes; all of its changes are kept, or none. Not to be nested. */
  alone<T>(work: () => T): T;
  /** Runs `work` on one snapshot of the file. Not to be nested. */
  together<T>(work: () => T): T;
  equipment(ids?: readonly string[]): readonly KnownEquipment[];
  saveThermal(equipmentId: string, state: ThermalState): void;
  saveTag(equipmentId: string, name: string, value: number, at: Instant): void;
  /** A second fault of one kind keeps the first one's start. */
  addFault(equipmentId: string, fault: Fault): void;
  removeFaults(equipmentId: string): void;
  appendWrite(write: ReceivedWrite): void;
  /** Oldest first. */
  writes(): readonly ReceivedWrite[];
  setting(name: StateSetting): string | undefined;
  saveSetting(name: StateSetting, value: string): void;
  close(): void;
}

/**
 * Opens the file and makes its tables where they are missing; safe when several processes do so at once.
 * `patienceSeconds` is how long each call waits for another process that holds the file, at most 5.
 * @throws AgentError store_unavailable for a path that cannot be used, plant_unavailable for a file of another version.
 */
export async function openSimulatorState(path: string, patienceSeconds: number): Promise<SimulatorState> {
  const database = await openSqlite(path, { busyTimeoutMs: Math.min(patienceSeconds * SECOND_MS, LONGEST_WAIT_MS) });
  try {
    // Changing the journal mode does not wait for the busy timeout, so first opens at the same moment collide.
    for (let attempt = 1; !trySetUp(database, path, attempt === OPEN_ATTEMPTS); attempt += 1) await sleep(OPEN_PAUSE_MS);
  } catch (thrown) {
    database.close();
    throw thrown;
  }
  return stateOver(database);
}

function trySetUp(database: SqliteDatabase, path: string, last: boolean): boolean {
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    inTransaction(database, 'BEGIN IMMEDIATE', () => {
      const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
      if (found > SCHEMA_VERSION)
        throw new AgentError(
          'plant_unavailable',
          `the simulated plant ${path} was made by a newer version`,
          'delete it or set plant.simulatorPath to another file',
        );
      if (found < SCHEMA_VERSION) database.exec(SCHEMA);
    });
    return true;
  } catch (thrown) {
    if (!last && sqliteResultCode(thrown) === SQLITE_BUSY) return false;
    throw translated(thrown);
  }
}

function stateOver(database: SqliteDatabase): SimulatorState {
  const rows = (sql: string, ...parameters: readonly (string | number | null)[]): SqliteRow[] =>
    translating(() => database.prepare(sql).all(...parameters));
  return {
    alone: (work) => translating(() => inTransaction(database, 'BEGIN IMMEDIATE', work)),
    together: (work) => translating(() => inTransaction(database, 'BEGIN', work)),
    equipment: (ids) => knownEquipment(rows, ids),
    saveThermal: (id, { at, temperatureC, driftC, frozenC }) =>
      void rows('INSERT OR REPLACE INTO equipment VALUES (?, ?, ?, ?, ?)', id, at, temperatureC, driftC, frozenC),
    saveTag: (id, name, value, at) => void rows('INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?)', id, name, value, at),
    addFault: (id, fault) => void rows('INSERT OR IGNORE INTO faults VALUES (?, ?, ?)', id, fault.kind, fault.startedAt),
    removeFaults: (id) => void rows('DELETE FROM faults WHERE equipment_id = ?', id),
    appendWrite: ({ at, commandId, tag, value, accepted }) =>
      void rows(
        'INSERT INTO writes (at_ms, command_id, tag_path, value, accepted) VALUES (?, ?, ?, ?, ?)',
        at,
        commandId,
        tag,
        value,
        accepted ? 1 : 0,
      ),
    writes: () => rows('SELECT * FROM writes ORDER BY write_number').map(writeFrom),
    setting: (name) => rows('SELECT value FROM settings WHERE name = ?', name).map((row) => String(row['value']))[0],
    saveSetting: (name, value) => void rows('INSERT OR REPLACE INTO settings VALUES (?, ?)', name, value),
    close: () => close(database),
  };
}

type Rows = (sql: string, ...parameters: readonly (string | number | null)[]) => SqliteRow[];

function knownEquipment(rows: Rows, ids: readonly string[] | undefined): readonly KnownEquipment[] {
  const chosen = ids === undefined ? '' : 'WHERE equipment_id IN (SELECT value FROM json_each(?))';
  const parameters = ids === undefined ? [] : [JSON.stringify(ids)];
  const tags = groupById(rows(`SELECT * FROM tags ${chosen}`, ...parameters));
  const faults = groupById(rows(`SELECT * FROM faults ${chosen}`, ...parameters));
  return rows(`SELECT * FROM equipment ${chosen} ORDER BY equipment_id`, ...parameters).map((row) => {
    const id = String(row['equipment_id']);
    return {
      id,
      thermal: thermalFrom(row),
      tags: new Map((tags.get(id) ?? []).map((tag) => [String(tag['name']), Number(tag['value'])])),
      faults: (faults.get(id) ?? []).flatMap(faultFrom),
    };
  });
}

function groupById(rows: readonly SqliteRow[]): ReadonlyMap<string, readonly SqliteRow[]> {
  const groups = new Map<string, SqliteRow[]>();
  for (const row of rows) {
    const id = String(row['equipment_id']);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [row]);
    else group.push(row);
  }
  return groups;
}

function thermalFrom(row: SqliteRow): ThermalState {
  const frozen = row['frozen_c'] ?? null;
  return {
    at: Number(row['at_ms']),
    temperatureC: Number(row['temperature_c']),
    driftC: Number(row['drift_c']),
    frozenC: frozen === null ? null : Number(frozen),
  };
}

function faultFrom(row: SqliteRow): Fault[] {
  const kind: FaultKind | undefined = FAULT_KINDS.find((known) => known === row['kind']);
  return kind === undefined ? [] : [{ kind, startedAt: Number(row['started_ms']) }];
}

function writeFrom(row: SqliteRow): ReceivedWrite {
  return {
    at: Number(row['at_ms']),
    commandId: String(row['command_id']),
    tag: String(row['tag_path']),
    // SQLite keeps NaN as NULL; a request for it was refused, and is in the log all the same.
    value: row['value'] === null ? Number.NaN : Number(row['value']),
    accepted: row['accepted'] === 1,
  };
}

function inTransaction<T>(database: SqliteDatabase, begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: () => T): T {
  database.exec(begin);
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (thrown) {
    rollBack(database);
    throw thrown;
  }
}

/** SQLite has rolled back by itself after some errors, and then refuses; the error that brought us here is the one to show. */
function rollBack(database: SqliteDatabase): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // Nothing is open any more.
  }
}

/** The checkpoint folds the side files in; it answers 'busy' instead of throwing while another process reads. */
function close(database: SqliteDatabase): void {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
}

function translating<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw translated(thrown);
  }
}

function translated(thrown: unknown): unknown {
  if (sqliteResultCode(thrown) === undefined) return thrown;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new AgentError(
    'plant_unavailable',
    `the simulated plant's file does not answer: ${why}`,
    'try again, or check its folder',
    thrown,
  );
}
