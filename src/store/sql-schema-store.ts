import { AgentError } from '../domain/errors.ts';
import { otherOwner } from '../domain/ownership.ts';
import type { TableRow } from '../ports/operator-store.ts';
import type { AccessCheck, NewReading, SchemaReport, SchemaStore } from '../ports/schema-store.ts';
import { read, write } from './connection.ts';
import { type DescribedTables, type MissingColumn, missingColumns, missingTables, type UnfitTable } from './described-tables.ts';
import type { AccessProbe, Extra } from './dialect.ts';
import { firstRows } from './first-rows.ts';
import { inTurn } from './in-turn.ts';
import { refuseToUndo } from './own-schema.ts';
import { countStatements, isQuestion } from './opaque-sql.ts';
import { appendReadings } from './reading-feed.ts';
import { insertSampleReadings } from './sample-readings.ts';
import { SchemaState } from './schema-state.ts';
import { SCHEMA_VERSION, tooNew } from './schema-version.ts';
import type { Session } from './session.ts';
import { ownReadings, SCHEMA, SPECIFIED_TABLES, type Table, tablesWith } from './tables.ts';

const SET_UP = 'run: ops-agent setup';
const NEWER = 'install the newer ops-agent';

/** Makes, checks and describes the tables, for every engine. */
export class SqlSchemaStore implements SchemaStore {
  readonly #session: Session;
  /** The readings' table where it is ours to make; null where the source is a table of the user's own. */
  readonly #ownSource: string | null;
  /** Makes where the tables are to be. */
  readonly #makePlace: () => Promise<void>;
  readonly #tables: readonly Table[];
  readonly #extras: readonly Extra[];
  readonly #state: SchemaState;

  constructor(session: Session, sourceTable: string | null, makePlace: () => Promise<void>) {
    this.#session = session;
    this.#makePlace = makePlace;
    this.#ownSource = ownReadings(sourceTable);
    this.#tables = tablesWith(sourceTable);
    this.#extras = session.dialect.extras(this.#ownSource);
    this.#state = new SchemaState(session, this.#tables, this.#extras);
  }

  async migrate(agentId: string): Promise<void> {
    await this.#makePlace();
    const described = await this.#state.describe();
    const unfit = await this.#state.unfit(described);
    const version = await this.#versionIn(described, unfit);
    if (version && version.minSupported > SCHEMA_VERSION) throw new AgentError('not_set_up', tooNew(version.minSupported), NEWER);
    // Before anything is made: a part of the tables would be there, and the rest not.
    if (unfit.length > 0) throw new AgentError('not_set_up', `the tables cannot be made: ${problemsOf(unfit)}`, remedyOf(unfit));
    // Tables first, so that two runners that start at once read the same columns afterwards.
    await this.#createTables();
    await this.#addColumns(await this.#state.missingColumns());
    await this.#makeExtras();
    await inTurn(async () => void (await this.#session.runAll(firstRows(this.#session.dialect, agentId, true))));
    const owners = await this.#state.owners();
    if (owners.some((owner) => owner !== agentId)) throw otherOwner(owners.find((owner) => owner !== agentId) ?? '', agentId);
  }

  /** Undefined where there is none that could be read. */
  async #versionIn(described: DescribedTables, unfit: readonly UnfitTable[]) {
    const isReadable = (described.get(SCHEMA) ?? []).length > 0 && unfit.every(({ table }) => table !== SCHEMA);
    return isReadable ? this.#state.version() : undefined;
  }

  /** Described anew for each try: another runner may have made some meanwhile. */
  #createTables(): Promise<void> {
    return inTurn(async () => {
      const ddl = (await this.#state.missingTables()).flatMap((table) => this.#session.dialect.createTable(table));
      await this.#session.runAll(ddl.map((statement) => write(statement)));
    });
  }

  async #addColumns(missing: readonly MissingColumn[]): Promise<void> {
    for (const table of new Set(missing.map((each) => each.table))) {
      const columns = missing.filter((each) => each.table === table).map(({ column }) => column);
      try {
        await this.#session.runAll(this.#session.dialect.addColumns(table, columns).map((ddl) => write(ddl)));
      } catch (thrown) {
        // Another runner may have added some in between; anything else is told.
        const left = (await this.#state.missingColumns()).filter((each) => each.table === table);
        if (left.length === columns.length) throw thrown;
        await this.#addColumns(left);
      }
    }
  }

  #makeExtras(): Promise<void> {
    return inTurn(async () => {
      const missing = (await this.#state.missingExtras()).map(({ name }) => name);
      const wanted = this.#extras.filter(({ name, isRenewed }) => isRenewed || missing.includes(name));
      try {
        await this.#session.runAll(ddlOf(wanted).map((ddl) => write(ddl)));
      } catch (thrown) {
        // Another runner may have made it in between.
        if ((await this.#state.missingExtras()).length > 0) throw thrown;
      }
    });
  }

  async requireSchema(): Promise<void> {
    const version = await this.#state.version();
    if (!version || version.version < SCHEMA_VERSION)
      throw new AgentError(
        'not_set_up',
        `the store has schema version ${version?.version ?? 0}, this ops-agent needs ${SCHEMA_VERSION}`,
        SET_UP,
      );
    if (version.minSupported > SCHEMA_VERSION) throw new AgentError('not_set_up', tooNew(version.minSupported), NEWER);
  }

  async checkSchema(agentId: string): Promise<SchemaReport> {
    const described = await this.#state.describe();
    const missing = missingTables(described).map(({ name }) => `table ${name} is missing`);
    const unfit = await this.#state.unfit(described);
    const version = await this.#versionIn(described, unfit);
    if (version && version.minSupported > SCHEMA_VERSION)
      return { state: 'too_new', problems: [tooNew(version.minSupported)], remedy: NEWER };
    // What else there is that setting up would mend is not told: it refuses to, as long as these stand there.
    if (unfit.length > 0)
      return {
        state: missing.length > 0 ? 'missing' : 'drifted',
        problems: [...unfit.map(({ problem }) => problem), ...missing],
        remedy: remedyOf(unfit),
      };
    if (missing.length > 0) return { state: 'missing', problems: missing, remedy: SET_UP };
    if (!version || version.version < SCHEMA_VERSION)
      return {
        state: 'behind',
        problems: [`schema version ${version?.version ?? 0}, this ops-agent has ${SCHEMA_VERSION}`],
        remedy: SET_UP,
      };
    const problems = missingColumns(described).map(({ table, column }) => `column ${table.name}.${column.name} is missing`);
    problems.push(...(await this.#state.missingExtras()).map(({ kind, name }) => `${kind} ${name} is missing`));
    problems.push(...(await this.#ownerProblems(agentId)));
    return problems.length === 0 ? { state: 'up_to_date', problems, remedy: '' } : { state: 'drifted', problems, remedy: SET_UP };
  }

  async #ownerProblems(agentId: string): Promise<readonly string[]> {
    const owners = await this.#state.owners();
    if (owners.length === 0) return ['agent_health has no row'];
    const other = owners.find((owner) => owner !== agentId);
    return other === undefined ? [] : [`the tables belong to agent ${other}`];
  }

  async checkAccess(): Promise<readonly AccessCheck[]> {
    const checks: AccessCheck[] = [];
    for (const probe of this.#session.dialect.accessProbes(this.#tables))
      checks.push({ what: probe.what, refusal: await this.#refusalOf(probe) });
    return checks;
  }

  async #refusalOf({ statement, provesIt }: AccessProbe): Promise<AgentError | null> {
    try {
      await this.#session.run(statement);
      return null;
    } catch (thrown) {
      if (!(thrown instanceof AgentError)) throw thrown;
      if (provesIt?.test(thrown.message)) return null;
      if (thrown.code === 'unauthorised') return thrown;
      throw thrown;
    }
  }

  async insertSampleReadings(): Promise<number> {
    if (this.#ownSource === null)
      throw new AgentError('usage', 'sample readings go into sensor_data only', 'leave out --sample-data, or source.table');
    return insertSampleReadings(this.#session);
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
    const { dialect } = this.#session;
    const statements = countStatements(text, dialect.name);
    if (statements > 1) throw new AgentError('usage', `there are ${statements} statements`, 'give one at a time');
    if (statements === 0)
      throw new AgentError('usage', 'there is no statement', `give one, for instance: ops-agent sql "SELECT * FROM agent_health"`);
    const own = { tables: this.#tables.map(({ name }) => name), extras: this.#extras.map(({ name }) => name), readings: this.#ownSource };
    refuseToUndo(text, own, dialect);
    const statement = write(dialect.spell(text.trim().replace(/;+$/, '')));
    const result = await this.#session.run({ ...statement, isOnce: !isQuestion(text, dialect.name), isExact: true });
    const rows = result.rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, dialect.toJsonValue(value)])),
    );
    return { rows, columns: result.columns, changes: result.columns.length > 0 ? null : result.changes };
  }
}

function problemsOf(unfit: readonly UnfitTable[]): string {
  return unfit.map(({ problem }) => problem).join('; ');
}

function remedyOf(unfit: readonly UnfitTable[]): string {
  return [...new Set(unfit.map(({ remedy }) => remedy))].join('; ');
}

/** What several have in common stands there once. */
function ddlOf(extras: readonly Extra[]): readonly string[] {
  return [...new Set(extras.flatMap(({ ddl }) => ddl))];
}
