import { AgentError } from '../../domain/errors.ts';
import type { Connection, Statement } from '../connection.ts';
import { NoSuchSchemaError } from '../no-such-schema.ts';
import { namespaceOf, type Place, quoteName } from './names.ts';

const PART = String.raw`(?:\x60[^\x60]*\x60|'[^']*'|[\w-]+)`;
const PARTS = new RegExp(PART, 'g');
const MISSING = new RegExp(String.raw`\b(schema|catalog)\s+(${PART}(?:\.${PART})*)`, 'i');

/**
 * The connection of the agent's own tables: that their schema is missing means that nobody has set them up, as a missing file does. Another
 * one that a statement names, that of the readings for instance, stays a mistake of the configuration.
 */
export function ofOwnPlace(inner: Connection, place: Place): Connection {
  const told = async <T>(asked: Promise<T>, statements: readonly Statement[]): Promise<T> => {
    try {
      return await asked;
    } catch (thrown) {
      if (!(thrown instanceof NoSuchSchemaError) || !isOwn(thrown.message, place, statements)) throw thrown;
      const remedy = 'run: ops-agent setup, or correct store.catalog and store.schema';
      throw new AgentError('not_set_up', `the store's schema ${namespaceOf(place) ?? ''} does not exist`, remedy, thrown);
    }
  };
  return {
    hasTransactions: inner.hasTransactions,
    execute: (statement) => told(inner.execute(statement), [statement]),
    executeAll: (statements) => told(inner.executeAll(statements), statements),
    close: () => inner.close(),
  };
}

/**
 * Whether the schema or the catalog that a message says is missing is the place's; of a schema it may leave the catalog out. Where the place does so,
 * a catalog that a statement names is another's.
 */
function isOwn(message: string, { catalog, schema }: Place, statements: readonly Statement[]): boolean {
  const [, kind = '', name = ''] = MISSING.exec(message) ?? [];
  const said = (name.match(PARTS) ?? []).map((part) => part.replace(/^[`']|[`']$/g, '').toLowerCase()).toReversed();
  const own = kind.toLowerCase() === 'catalog' ? [catalog] : [schema, catalog];
  if (schema === null || said.length === 0 || (own[0] ?? null) === null) return false;
  return said.every((part, index) => {
    const ours = own[index] ?? null;
    return ours === null ? !statements.some(({ sql }) => sql.toLowerCase().includes(`${quoteName(part)}.`)) : ours.toLowerCase() === part;
  });
}
