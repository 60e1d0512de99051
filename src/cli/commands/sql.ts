import { counted } from '../../domain/counted.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { JsonOption } from '../json-option.ts';
import { table, type Cell } from '../table.ts';

export interface SqlOptions extends JsonOption {
  readonly statement: string;
}

export async function run(context: CliContext, options: SqlOptions): Promise<number> {
  const { rows, columns, changes } = await (await context.store()).runSql(options.statement);
  if (changes !== null) {
    const text = `${counted(changes, 'row')} affected`;
    // With --json stdout always is one JSON value, so that a script need not know which statement it got.
    if (options.json) context.out.json({ rows_affected: changes });
    else context.out.print(text);
  } else if (options.json) context.out.json(rows);
  else if (rows.length === 0) context.out.print('No rows.');
  else {
    const cells = rows.map((row) => columns.map((column) => cellOf(row[column])));
    context.out.print(
      table(
        columns.map((title) => ({ title, maxLength: 60 })),
        cells,
      ),
    );
  }
  return EXIT.done;
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number') return value;
  return JSON.stringify(value);
}
