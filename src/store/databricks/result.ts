import type { StatementResult } from '../connection.ts';
import { requireOwnNames } from '../exact-values.ts';

/** The column in which the engine says what an INSERT, UPDATE, DELETE or MERGE changed. */
const AFFECTED = 'num_affected_rows';

/** The engine answers a change with a row of counts; to the store that is no result. @throws AgentError usage for two columns of one name */
export function resultOf({ rows, columns }: Pick<StatementResult, 'rows' | 'columns'>): StatementResult {
  requireOwnNames(columns);
  if (columns[0] !== AFFECTED) return { rows, columns, changes: 0 };
  return { rows: [], columns: [], changes: Number(rows[0]?.[AFFECTED] ?? 0) };
}
