import { AgentError } from '../../domain/errors.ts';
import { SQLITE_CONSTRAINT, sqliteResultCode } from '../../sqlite/sqlite-library.ts';

/** What to do, by the words in front of ' constraint failed'. SQLite names the columns, the index or the check behind them. */
const REMEDIES: Readonly<Record<string, string>> = {
  UNIQUE: 'another row has the same there: change that row, or give other values',
  'NOT NULL': 'give it a value',
  CHECK: 'give values that meet this condition of the table',
  'FOREIGN KEY': 'give the key of a row that is there, and keep rows that others refer to',
};

/** A statement that a rule of its table refuses: nothing is wrong with the file. Undefined for any other error. */
export function constraintError(message: string, thrown: unknown): AgentError | undefined {
  if (sqliteResultCode(thrown) !== SQLITE_CONSTRAINT) return undefined;
  const appendOnly = /\b(\w+) is append-only/.exec(message)?.[1];
  if (appendOnly !== undefined)
    return new AgentError(
      'usage',
      `${appendOnly} is append-only: its rows are never changed or deleted`,
      'leave them as they are; read them with: ops-agent events',
      thrown,
    );
  const remedy = REMEDIES[/^(.+?) constraint failed\b/.exec(message)?.[1] ?? ''];
  if (remedy !== undefined) return new AgentError('usage', message, remedy, thrown);
  // Any other text is that of a trigger of the user's own.
  return new AgentError('usage', `a rule of the table refuses it: ${message}`, 'change the statement, or that rule', thrown);
}
