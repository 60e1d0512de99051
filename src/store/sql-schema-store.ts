import { AgentError } from '../domain/errors.ts';
import { otherOwner } from '../domain/ownership.ts';
import type { TableRow } from '../ports/operator-store.ts';
import type { NewReading, Roles, SchemaReport, SchemaStore } from '../ports/schema-store.ts';
import { read, type Statement, write } from './connection.ts';
import { columnsOf } from './describe-table.ts';
import type { Extra } from './dialect.ts';
import { inTurn } from './in-turn.ts';
import { refuseToUndo } from './own-schema.ts';
import { countStatements } from './opaque-sql.ts';
import { appendReadings } from './reading-feed.ts';
import { MIN_SUPPORTED_VERSION, SCHEMA_VERSION } from './schema-version.ts';
import type { Session } from './session.ts';
import { type Column, SCHEMA, SENSOR_DATA, SPECIFIED_TABLES, type Table, tablesWith } from './tables.ts';

const SAMPLE_READINGS = [
  ['REACTOR_01', 75.5, 85, 50, 'good'],
  ['REACTOR_02', 92, 95, 48, 'warning'],
  ['PUMP_01', 68, 70, 55, 'good'],
  ['PUMP_02', 88.5, 92, 45, 'warning'],
  ['VALVE_01', 70, 65, 60, 'good'],
] as const;
const SAMPLE_AUTHOR = 'ops-agent setup';

interface Missing {
  readonly table: Table;
  readonly column: Column;
}

/** Makes, checks and describes the tables, for every engine. */
export class SqlSchemaStore implements SchemaStore {
  readonly #session: Session;
  readonly #sourceTable: string | null;
  /** The readings' table where it is ours to make; null where the source is a table of the user's own. */
  readonly #ownSource: string | null;
  /** Makes where the tables are to be. */
  readonly #makePlace: () => Promise<void>;

  constructor(session: Session, sourceTable: string | null, makePlace: () => Promise<void>) {
    this.#session = session;
    this.#sourceTable = sourceTable;
    this.#makePlace = makePlace;
    this.#ownSource = sourceTable === SENSOR_DATA.name ? sourceTable : null;
  }

  get #tables(): readonly Table[] {
    return tablesWith(this.#sourceTable);
  }

  async migrate(agentId: string): Promise<void> {
    await this.#makePlace();
    const version = (await this.#columnsOf(SCHEMA.name)).length === 0 ? undefined : await this.#version();
    if (version && version.minSupported > SCHEMA_VERSION)
      throw new AgentError('not_set_up', tooNew(version.minSupported), 'install the newer ops-agent');
    // Tables first, so that two runners that start at once read the same columns afterwards.
    await this.#createTables();
    await this.#addColumns(await this.#missingColumns());
    await this.#makeExtras();
    await inTurn(async () => void (await this.#session.runAll(this.#rowsOfOurs(agentId))));
    const owners = await this.#owners();
    if (owners.some((owner) => owner !== agentId)) throw otherOwner(owners.find((owner) => owner !== agentId) ?? '', agentId);
  }

  /** Described anew for each try: another runner may have made some meanwhile. */
  #createTables(): Promise<void> {
    return inTurn(async () => {
      const ddl = (await this.#missingTables()).flatMap((table) => this.#session.dialect.createTable(table));
      await this.#session.runAll(ddl.map((statement) => write(statement)));
    });
  }

  async #missingTables(): Promise<readonly Table[]> {
    const missing: Table[] = [];
    for (const table of this.#tables) if ((await this.#columnsOf(table.name)).length === 0) missing.push(table);
    return missing;
  }

  async #addColumns(missing: readonly Missing[]): Promise<void> {
    for (const table of new Set(missing.map((each) => each.table))) {
      const columns = missing.filter((each) => each.table === table).map(({ column }) => column);
      try {
        await this.#session.runAll(this.#session.dialect.addColumns(table, columns).map((ddl) => write(ddl)));
      } catch (thrown) {
        // Another runner may have added some in between; anything else is told.
        const left = (await this.#missingColumns()).filter((each) => each.table === table);
        if (left.length === columns.length) throw thrown;
        await this.#addColumns(left);
      }
    }
  }

  #makeExtras(): Promise<void> {
    return inTurn(async () => {
      const missing = (await this.#missingExtras()).map(({ name }) => name);
      const wanted = this.#extras.filter(({ name, isRenewed }) => isRenewed || missing.includes(name));
      try {
        await this.#session.runAll(wanted.flatMap(({ ddl }) => ddl).map((ddl) => write(ddl)));
      } catch (thrown) {
        // Another runner may have made it in between.
        if ((await this.#missingExtras()).length > 0) throw thrown;
      }
    });
  }

  #rowsOfOurs(agentId: string): readonly Statement[] {
    const now = this.#session.dialect.now;
    return [
      write(
        `INSERT INTO agent_schema (version, min_supported, applied_timestamp)
SELECT :version, :min_supported, ${now} WHERE NOT EXISTS (SELECT 1 FROM agent_schema WHERE version >= :version)`,
        { version: SCHEMA_VERSION, min_supported: MIN_SUPPORTED_VERSION },
      ),
      write(
        `INSERT INTO agent_health (agent_id, polls_completed, created_timestamp, lease_epoch, consecutive_errors)
SELECT :agent, 0, ${now}, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM agent_health)`,
        { agent: agentId },
      ),
    ];
  }

  async #columnsOf(table: string): Promise<readonly string[]> {
    return (await columnsOf(this.#session, table)).map(({ name }) => name);
  }

  async #missingColumns(): Promise<readonly Missing[]> {
    const missing: Missing[] = [];
    for (const table of this.#tables) {
      const present = await this.#columnsOf(table.name);
      if (present.length > 0)
        missing.push(...table.columns.filter((column) => !present.includes(column.name)).map((column) => ({ table, column })));
    }
    return missing;
  }

  get #extras(): readonly Extra[] {
    return this.#session.dialect.extras(this.#ownSource);
  }

  /** Without them the audit can be edited, hand-written times do not sort, and every look at the readings is a look at all of them. */
  async #missingExtras(): Promise<readonly Extra[]> {
    const { dialect } = this.#session;
    const { rows } = await this.#session.run(read(dialect.listExtras));
    const present = new Set(dialect.extrasIn(rows));
    return this.#extras.filter(({ name }) => !present.has(name));
  }

  async #owners(): Promise<readonly string[]> {
    const { rows } = await this.#session.run(read('SELECT agent_id FROM agent_health ORDER BY agent_id'));
    return rows.map((row) => String(row['agent_id']));
  }

  async #version(): Promise<{ readonly version: number; readonly minSupported: number } | undefined> {
    const { rows } = await this.#session.run(read('SELECT MAX(version) AS version, MAX(min_supported) AS min_supported FROM agent_schema'));
    const row = rows[0];
    if (!row || row['version'] === null) return undefined;
    // Bytes and words are no version: the cycles refuse them, and who mends them by SQL must not be told to install a newer agent.
    const minSupported = typeof row['min_supported'] === 'number' ? row['min_supported'] : Number.NaN;
    return { version: Number(row['version']), minSupported };
  }

  async requireSchema(): Promise<void> {
    const version = await this.#version();
    if (!version || version.version < SCHEMA_VERSION)
      throw new AgentError(
        'not_set_up',
        `the store has schema version ${version?.version ?? 0}, this ops-agent needs ${SCHEMA_VERSION}`,
        'run: ops-agent setup',
      );
    if (version.minSupported > SCHEMA_VERSION)
      throw new AgentError('not_set_up', tooNew(version.minSupported), 'install the newer ops-agent');
  }

  async checkSchema(agentId: string): Promise<SchemaReport> {
    const missingTables = (await this.#missingTables()).map(({ name }) => name);
    const version = missingTables.includes('agent_schema') ? undefined : await this.#version();
    if (version && version.minSupported > SCHEMA_VERSION)
      return {
        state: 'too_new',
        problems: [tooNew(version.minSupported)],
      };
    if (missingTables.length > 0) return { state: 'missing', problems: missingTables.map((name) => `table ${name} is missing`) };
    if (!version || version.version < SCHEMA_VERSION)
      return { state: 'behind', problems: [`schema version ${version?.version ?? 0}, this ops-agent has ${SCHEMA_VERSION}`] };
    const problems = (await this.#missingColumns()).map(({ table, column }) => `column ${table.name}.${column.name} is missing`);
    problems.push(...(await this.#missingExtras()).map(({ kind, name }) => `${kind} ${name} is missing`));
    const owners = await this.#owners();
    if (owners.length === 0) problems.push('agent_health has no row');
    const other = owners.find((owner) => owner !== agentId);
    if (other !== undefined) problems.push(`the tables belong to agent ${other}`);
    return { state: problems.length === 0 ? 'up_to_date' : 'drifted', problems };
  }

  printSchema(agentId: string): string {
    const d = this.#session.dialect;
    const place = d.namespace === null ? [] : [`CREATE SCHEMA IF NOT EXISTS ${d.namespace}`, `USE ${d.namespace}`];
    const ddl = [...place, ...this.#tables.flatMap((table) => d.createTable(table)), ...this.#extras.flatMap(({ ddl: made }) => made)];
    const rows = this.#rowsOfOurs(agentId).map((statement) =>
      statement.sql.replace(/:(\w+)/g, (_found, name: string) => literal(statement.params[name] ?? null)),
    );
    return [...ddl, ...rows].map((statement) => `${statement};`).join('\n\n');
  }

  printGrants(roles: Roles): string {
    return this.#session.dialect.grants({ tables: this.#tables, sourceTable: this.#sourceTable, roles });
  }

  async insertSampleReadings(): Promise<number> {
    if (this.#ownSource === null)
      throw new AgentError('usage', 'sample readings go into sensor_data only', 'leave out --sample-data, or source.table');
    const d = this.#session.dialect;
    const rows = SAMPLE_READINGS.map(([equipment_id, temperature, pressure, flow_rate, sensor_status]) => ({
      sensor_id: `SENSOR_${equipment_id}`,
      equipment_id,
      temperature,
      pressure,
      flow_rate,
      sensor_status,
    }));
    const columns = SENSOR_DATA.columns.filter((column) => !['timestamp', 'recorded_by'].includes(column.name));
    await this.#session.run(
      write(
        `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, ${d.quote('timestamp')}, recorded_by)
SELECT sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, ${d.now}, :author FROM ${d.jsonRows('rows', columns)} r
WHERE NOT EXISTS (SELECT 1 FROM sensor_data s WHERE s.recorded_by = :author)`,
        { rows: JSON.stringify(rows), author: SAMPLE_AUTHOR },
      ),
    );
    const counted = await this.#session.run(
      read('SELECT COUNT(*) AS n FROM sensor_data WHERE recorded_by = :author', { author: SAMPLE_AUTHOR }),
    );
    return Number(counted.rows[0]?.['n'] ?? 0);
  }

  async appendReadings(readings: readonly NewReading[]): Promise<void> {
    if (this.#ownSource === null) throw new AgentError('usage', 'readings can be fed into sensor_data only', 'leave out source.table');
    await appendReadings(this.#session, readings);
  }

  async countRows(): Promise<readonly { readonly table: string; readonly rows: number }[]> {
    const counts: { readonly table: string; readonly rows: number }[] = [];
    for (const table of SPECIFIED_TABLES.filter((candidate) => this.#tables.includes(candidate))) {
      const condition = table.name === 'agent_health' ? ' WHERE last_heartbeat IS NOT NULL' : '';
      const { rows } = await this.#session.run(read(`SELECT COUNT(*) AS n FROM ${table.name}${condition}`));
      counts.push({ table: table.name, rows: Number(rows[0]?.['n'] ?? 0) });
    }
    return counts;
  }

  async runSql(
    text: string,
  ): Promise<{ readonly rows: readonly TableRow[]; readonly columns: readonly string[]; readonly changes: number | null }> {
    const statements = countStatements(text);
    if (statements > 1) throw new AgentError('usage', `there are ${statements} statements`, 'give one at a time');
    if (statements === 0)
      throw new AgentError('usage', 'there is no statement', `give one, for instance: ops-agent sql "SELECT * FROM agent_health"`);
    const own = { tables: this.#tables.map(({ name }) => name), extras: this.#extras.map(({ name }) => name), readings: this.#ownSource };
    refuseToUndo(text, own);
    const { dialect } = this.#session;
    const result = await this.#session.run(write(dialect.spell(text.trim().replace(/;+$/, ''))));
    const rows = result.rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, dialect.toJsonValue(value)])),
    );
    return { rows, columns: result.columns, changes: result.columns.length > 0 ? null : result.changes };
  }
}

export function tooNew(minSupported: number): string {
  return `the store's schema needs version ${minSupported} of the tables, this ops-agent knows version ${SCHEMA_VERSION}`;
}

/** A value in DDL that a person will read and run; only our own numbers and the validated agent id get here. */
function literal(value: string | number | null): string {
  return typeof value === 'number' ? String(value) : `'${String(value).replaceAll("'", "''")}'`;
}
