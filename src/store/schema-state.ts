import { read } from './connection.ts';
import { columnsOf } from './describe-table.ts';
import type { Extra } from './dialect.ts';
import type { Session } from './session.ts';
import type { Column, Table } from './tables.ts';

export interface MissingColumn {
  readonly table: Table;
  readonly column: Column;
}

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

  async isThere(table: Table): Promise<boolean> {
    return (await this.#columnsOf(table.name)).length > 0;
  }

  async missingTables(): Promise<readonly Table[]> {
    const missing: Table[] = [];
    for (const table of this.#tables) if (!(await this.isThere(table))) missing.push(table);
    return missing;
  }

  async missingColumns(): Promise<readonly MissingColumn[]> {
    const missing: MissingColumn[] = [];
    for (const table of this.#tables) {
      const present = await this.#columnsOf(table.name);
      if (present.length > 0)
        missing.push(...table.columns.filter((column) => !present.includes(column.name)).map((column) => ({ table, column })));
    }
    return missing;
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

  async #columnsOf(table: string): Promise<readonly string[]> {
    return (await columnsOf(this.#session, table)).map(({ name }) => name);
  }
}
