import { read } from './connection.ts';
import { NoSuchTableError } from './no-such-table.ts';
import type { Session } from './session.ts';
import type { TableColumn } from './dialect.ts';

/** The columns of a table or view; none where there is no such table. */
export async function columnsOf(session: Session, table: string): Promise<readonly TableColumn[]> {
  try {
    const { rows } = await session.run(read(session.dialect.describeTable, { table }));
    return session.dialect.columnsIn(rows);
  } catch (thrown) {
    if (thrown instanceof NoSuchTableError) return [];
    throw thrown;
  }
}
