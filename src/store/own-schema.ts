import { AgentError } from '../domain/errors.ts';
import type { Dialect } from './dialect.ts';
import { MARK, splitWithoutComments } from './opaque-sql.ts';

/** What `setup` made. */
export interface OwnSchema {
  readonly tables: readonly string[];
  readonly extras: readonly string[];
  /** Of the tables the one with the readings, which a plant may give columns of its own; null where there is none. */
  readonly readings: string | null;
}

const NAME = String.raw`(?:\w+|${MARK}\d+${MARK})`;
/** What becomes of a thing by each verb. */
const DONE_BY: Readonly<Record<string, string>> = {
  DROP: 'dropped',
  ALTER: 'altered',
  TRUNCATE: 'emptied',
  RESTORE: 'put back',
  REPLACE: 'replaced',
};
/** A name may stand behind those of its catalog and its schema. RESTORE needs no word for what it restores. */
const UNDOING = new RegExp(
  String.raw`^\s*(?:CREATE\s+OR\s+)?(${Object.keys(DONE_BY).join('|')})\s+(?:(TABLE|INDEX|TRIGGER|SCHEMA|DATABASE|CATALOG)\s+)?(?:IF\s+EXISTS\s+)?((?:${NAME}\s*\.\s*){0,2}${NAME})(\s*\()?`,
  'i',
);
/** A warehouse's way to run a text as a statement. */
const COMPUTED = /^\s*EXECUTE\s+IMMEDIATE\b/i;
/** In which a warehouse's session begins where no other is said. */
const DEFAULT_SCHEMA = 'default';

/** What a statement undoes, all in lower case but the verb: a name with those that stand before it. */
interface Undone {
  readonly verb: string;
  readonly kind: string;
  readonly names: readonly string[];
  readonly isComputed: boolean;
}

function undoneBy({ bare, opaque }: ReturnType<typeof splitWithoutComments>): Undone | undefined {
  const [, verb, kind = 'table', given = '', call] = UNDOING.exec(bare) ?? [];
  if (verb === undefined) return undefined;
  const quoted = (found: string) => (opaque[Number(found.replaceAll(MARK, ''))] ?? '').slice(1, -1);
  const names = given.split('.').map((part) => (part.trim().startsWith(MARK) ? quoted(part.trim()) : part.trim()).toLowerCase());
  return { verb: verb.toUpperCase(), kind: kind.toLowerCase(), names, isComputed: call !== undefined && names.at(-1) === 'identifier' };
}

/** Whether the tables would go with it. */
function isOwnPlace({ kind, names }: Undone, namespace: string | null): boolean {
  const own = (namespace ?? DEFAULT_SCHEMA).toLowerCase().replaceAll('`', '').split('.');
  const [schema, catalog] = own.toReversed();
  if (kind === 'catalog') return names.at(-1) === catalog;
  const [name, within] = names.toReversed();
  return name === schema && (catalog === undefined || within === undefined || within === catalog);
}

/**
 * The triggers that keep the audit append-only protect nothing where one statement may drop them, or the table with them.
 * @throws AgentError usage for a statement that drops, alters, empties or replaces what `setup` made, or that computes what it does that to
 */
export function refuseToUndo(sql: string, { tables, extras, readings }: OwnSchema, dialect: Pick<Dialect, 'name' | 'namespace'>): void {
  const split = splitWithoutComments(sql, dialect.name);
  if (COMPUTED.test(split.bare))
    throw new AgentError('usage', 'what EXECUTE IMMEDIATE is to run is not looked into', 'give that statement itself');
  const undone = undoneBy(split);
  if (undone === undefined) return;
  const { verb, kind, names, isComputed } = undone;
  if (isComputed) throw new AgentError('usage', `what is to be ${DONE_BY[verb]} is computed by IDENTIFIER`, 'give its name itself');
  const name = names.at(-1) ?? '';
  const done = DONE_BY[verb];
  if (['schema', 'database', 'catalog'].includes(kind)) {
    if (verb !== 'DROP' || !isOwnPlace(undone, dialect.namespace)) return;
  } else {
    const isOurs = kind === 'table' ? tables.includes(name) : extras.includes(name);
    if (!isOurs || (done === 'altered' && name === readings)) return;
  }
  throw new AgentError(
    'usage',
    `${name} is the agent's own ${kind}: it is not ${done}`,
    'leave it as it is; ops-agent setup makes and migrates the tables',
  );
}
