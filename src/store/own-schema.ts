import { AgentError } from '../domain/errors.ts';
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
/** A name may stand behind those of its catalog and its schema. */
const UNDOING = new RegExp(
  String.raw`^\s*(?:CREATE\s+OR\s+)?(${Object.keys(DONE_BY).join('|')})\s+(TABLE|INDEX|TRIGGER)\s+(?:IF\s+EXISTS\s+)?(?:${NAME}\s*\.\s*){0,2}(${NAME})`,
  'i',
);

/**
 * The triggers that keep the audit append-only protect nothing where one statement may drop them, or the table with them.
 * @throws AgentError usage for a statement that drops, alters, empties or replaces what `setup` made
 */
export function refuseToUndo(sql: string, { tables, extras, readings }: OwnSchema): void {
  const { bare, opaque } = splitWithoutComments(sql);
  const quoted = (found: string) => opaque[Number(found.replaceAll(MARK, ''))] ?? '';
  const [, verb = '', kind = '', given = ''] = UNDOING.exec(bare) ?? [];
  const name = (given.startsWith(MARK) ? quoted(given).slice(1, -1) : given).toLowerCase();
  const isOurs = kind.toUpperCase() === 'TABLE' ? tables.includes(name) : extras.includes(name);
  const done = DONE_BY[verb.toUpperCase()];
  if (!isOurs || (done === 'altered' && name === readings)) return;
  throw new AgentError(
    'usage',
    `${name} is the agent's own ${kind.toLowerCase()}: it is not ${done}`,
    'leave it as it is; ops-agent setup makes and migrates the tables',
  );
}
