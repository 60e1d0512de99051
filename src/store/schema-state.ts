import { read } from './connection.ts';
import { columnsOf } from './describe-table.ts';
import {
  type DescribedTables,
  type MissingColumn,
  missingColumns,
  missingTables,
  type UnfitTable,
  unfitTables,
} from './described-tables.ts';
import type { Extra, TableColumn } from './dialect.ts';
import type { Session } from './session.ts';
import type { Table } from './tables.ts';

/** What of the schema is there and what is missing, and whose it is: described anew each time, since others make it as well. */
export class SchemaState {
  readonly #session: Session;
  readonly #tables: readonly Table[];
  readonly #extras: readonly Extra[];

  constructor(session: Session, tables: readonly Table[], extras: readonly Extra[]) {
    this.#session = session;
    this.#tables = tables;
    this.#extras = extras;
  }

  async describe(): Promise<DescribedTables> {
    const described = new Map<Table, readonly TableColumn[]>();
    for (const table of this.#tables) described.set(table, await columnsOf(this.#session, table.name));
    return described;
  }

  async missingTables(): Promise<readonly Table[]> {
    return missingTables(await this.describe());
  }

  async missingColumns(): Promise<readonly MissingColumn[]> {
    return missingColumns(await this.describe());
  }

  /** Where nothing is, nothing is in the way: no schema has to be there to be asked for its views. */
  async unfit(described: DescribedTables): Promise<readonly UnfitTable[]> {
    if (missingTables(described).length === described.size) return [];
    const { dialect } = this.#session;
    const { sql, names } = dialect.listViews;
    return unfitTables(described, new Set(names((await this.#session.run(read(sql))).rows)), dialect);
  }

  /** Without them the audit can be edited, hand-written times do not sort, and every look at the readings is a look at all of them. */
  async missingExtras(): Promise<readonly Extra[]> {
    const { dialect } = this.#session;
    const present = new Set<string>();
    for (const { sql, names } of dialect.listExtras) for (const name of names((await this.#session.run(read(sql))).rows)) present.add(name);
    return this.#extras.filter(({ name }) => !present.has(name));
  }

  /** Every agent that has a row. */
  async owners(): Promise<readonly string[]> {
    const { rows } = await this.#session.run(read('SELECT agent_id FROM agent_health ORDER BY agent_id'));
    return rows.map((row) => String(row['agent_id']));
  }

  /** Undefined where no row says one. */
  async version(): Promise<{ readonly version: number; readonly minSupported: number } | undefined> {
    const { rows } = await this.#session.run(read('SELECT MAX(version) AS version, MAX(min_supported) AS min_supported FROM agent_schema'));
    const row = rows[0];
    if (!row || row['version'] === null) return undefined;
    // Bytes and words are no version: the cycles refuse them, and who mends them by SQL must not be told to install a newer agent.
    const minSupported = typeof row['min_supported'] === 'number' ? row['min_supported'] : Number.NaN;
    return { version: Number(row['version']), minSupported };
  }
}
