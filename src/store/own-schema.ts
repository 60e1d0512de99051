import { AgentError } from '../domain/errors.ts';
import { MARK, splitOpaque } from './opaque-sql.ts';

/** What `setup` made. */
export interface OwnSchema {
  readonly tables: readonly string[];
  readonly extras: readonly string[];
  /** Of the tables the one with the readings, which a plant may give columns of its own; null where there is none. */
  readonly readings: string | null;
}

const NAME = String.raw`(?:\w+|${MARK}\d+${MARK})`;
/** A name may stand behind that of its database. */
const UNDOING = new RegExp(String.raw`^\s*(DROP|ALTER)\s+(TABLE|INDEX|TRIGGER)\s+(?:IF\s+EXISTS\s+)?(?:${NAME}\s*\.\s*)?(${NAME})`, 'i');
const COMMENT = /^(?:--|\/\*)/;

/**
 * The triggers that keep the audit append-only protect nothing where one statement may drop them, or the table with them.
 * @throws AgentError usage for a statement that drops or alters what `setup` made
 */
export function refuseToUndo(sql: string, { tables, extras, readings }: OwnSchema): void {
  const { bare, opaque } = splitOpaque(sql);
  const marks = new RegExp(`${MARK}(\\d+)${MARK}`, 'g');
  const quoted = (found: string) => opaque[Number(found.replaceAll(MARK, ''))] ?? '';
  const uncommented = bare.replace(marks, (found) => (COMMENT.test(quoted(found)) ? ' ' : found));
  const [, verb = '', kind = '', given = ''] = UNDOING.exec(uncommented) ?? [];
  const name = (given.startsWith(MARK) ? quoted(given).slice(1, -1) : given).toLowerCase();
  const isOurs = kind.toUpperCase() === 'TABLE' ? tables.includes(name) : extras.includes(name);
  if (!isOurs || (verb.toUpperCase() === 'ALTER' && name === readings)) return;
  throw new AgentError(
    'usage',
    `${name} is the agent's own ${kind.toLowerCase()}: it is not ${verb.toUpperCase() === 'ALTER' ? 'altered' : 'dropped'}`,
    'leave it as it is; ops-agent setup makes and migrates the tables',
  );
}
