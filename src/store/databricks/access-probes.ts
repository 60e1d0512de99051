import type { AccessProbe } from '../dialect.ts';
import { read, write } from '../connection.ts';
import type { Table } from '../tables.ts';
import { AGENT_WRITES } from './grants.ts';
import { quote } from './names.ts';

/**
 * What Unity Catalog asks a statement's privileges for is its tables, whatever rows it then finds: so one that finds none proves a privilege, which no
 * list of grants does (they come by groups, by the schema, by owning). A MERGE that only inserts is the one write that an append-only table takes,
 * and Delta records no version of it where it inserts nothing.
 */
export function accessProbes(tables: readonly Table[], place: string): readonly AccessProbe[] {
  return tables.map((table) => {
    const name = `${place}${quote(table.name)}`;
    if (!AGENT_WRITES.includes(table))
      return { what: `SELECT on ${table.name}`, statement: read(`SELECT 1 AS one FROM ${name} WHERE 1 = 0`) };
    const key = quote(table.key ?? '');
    const names = table.columns.map((column) => quote(column.name));
    const merge = `MERGE INTO ${name} t USING (SELECT * FROM ${name} WHERE 1 = 0) s ON t.${key} = s.${key}
WHEN NOT MATCHED THEN INSERT (${names.join(', ')}) VALUES (${names.map((each) => `s.${each}`).join(', ')})`;
    return { what: `SELECT and MODIFY on ${table.name}`, statement: write(merge) };
  });
}
