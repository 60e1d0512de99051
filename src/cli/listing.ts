import { AgentError } from '../domain/errors.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import type { JsonOption } from './json-option.ts';
import { jsonRow } from './json.ts';
import { type Cell, type Column, table } from './table.ts';

export interface Listing<Row> {
  readonly columns: readonly Column[];
  readonly cells: (row: Row) => readonly Cell[];
  /** What is said for want of rows. */
  readonly none: string;
}

/** Rows with all their columns for `--json`, a table for people. @returns the exit code */
export function printRows<Row extends object>(
  { out }: CliContext,
  { json }: JsonOption,
  rows: readonly Row[],
  { columns, cells, none }: Listing<Row>,
): number {
  if (json) out.json(rows.map(jsonRow));
  else out.print(rows.length === 0 ? none : table(columns, rows.map(cells)));
  return EXIT.done;
}

/** The statuses that were asked for. @throws AgentError usage for one that `what` cannot have */
export function knownStatuses(given: readonly string[] = [], known: readonly string[], what: string): readonly string[] {
  const wrong = given.find((status) => !known.includes(status));
  if (wrong === undefined) return given;
  throw new AgentError('usage', `--status '${wrong}' is no status of a ${what}`, `one of ${known.join(', ')}`);
}
