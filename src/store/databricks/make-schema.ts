import type { WarehouseDatabase } from '../../config/settings.ts';
import { AgentError } from '../../domain/errors.ts';
import { type Connection, read, write } from '../connection.ts';
import { openWarehouse, type WarehouseOptions } from './connection.ts';
import { namespaceOf, quoteName } from './names.ts';

/**
 * Makes the schema that the settings name, and its catalog, where they are not there: a session cannot begin in a schema that does not exist.
 * Who may not make one needs none of that where it is there. @throws AgentError unauthorised, usage
 */
export async function makeSchema(database: WarehouseDatabase, options: WarehouseOptions): Promise<void> {
  const { catalog, schema } = database;
  const name = namespaceOf(database);
  if (schema === null || name === null) return;
  const connection = openWarehouse({ ...database, catalog: null, schema: null }, options);
  try {
    if (!(await isThere(connection, catalog, schema))) await make(connection, catalog, name);
  } finally {
    await connection.close();
  }
}

async function isThere(connection: Connection, catalog: string | null, schema: string): Promise<boolean> {
  try {
    const { rows, columns } = await connection.execute(read(`SHOW SCHEMAS${catalog === null ? '' : ` IN ${quoteName(catalog)}`}`));
    const [name = ''] = columns;
    return rows.some((row) => String(row[name]).toLowerCase() === schema.toLowerCase());
  } catch (thrown) {
    // There is no such catalog, or nothing of it is to be seen.
    if (thrown instanceof AgentError && (thrown.code === 'usage' || thrown.code === 'unauthorised')) return false;
    throw thrown;
  }
}

async function make(connection: Connection, catalog: string | null, name: string): Promise<void> {
  const createSchema = write(`CREATE SCHEMA IF NOT EXISTS ${name}`);
  try {
    await connection.execute(createSchema);
  } catch (thrown) {
    const isMissing = thrown instanceof AgentError && thrown.code === 'usage' && catalog !== null;
    if (!isMissing) throw withRemedy(thrown, name);
    try {
      await connection.execute(write(`CREATE CATALOG IF NOT EXISTS ${quoteName(catalog)}`));
      await connection.execute(createSchema);
    } catch (refused) {
      throw withRemedy(refused, name);
    }
  }
}

function withRemedy(thrown: unknown, name: string): unknown {
  if (!(thrown instanceof AgentError) || !(thrown.code === 'usage' || thrown.code === 'unauthorised')) return thrown;
  const remedy = `have it made, and USE and CREATE TABLE granted: CREATE SCHEMA ${name}`;
  return new AgentError(thrown.code, `the schema ${name} is not there and could not be made: ${thrown.message}`, remedy, thrown);
}
