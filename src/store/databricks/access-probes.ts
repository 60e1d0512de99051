import type { AccessProbe } from '../dialect.ts';
import { read, write } from '../connection.ts';
import type { Table } from '../tables.ts';
import { AGENT_WRITES } from './grants.ts';
import { quote } from './names.ts';

/** Delta's own refusal of an UPDATE of the audit, which comes when the statement is run: its privileges were judged before. */
const APPEND_ONLY = /\bDELTA_CANNOT_MODIFY_APPEND_ONLY\b/;

/**
 * What Unity Catalog asks a statement's privileges for is its tables, whatever rows it then finds: so one that finds none proves a privilege, which no
 * list of grants does (they come by groups, by the schema, by owning). An UPDATE that finds none ends before Delta makes a version of it; an INSERT
 * or a MERGE of no rows may make an empty one.
 */
export function accessProbes(tables: readonly Table[], place: string): readonly AccessProbe[] {
  return tables.map((table) => {
    const name = `${place}${quote(table.name)}`;
    if (!AGENT_WRITES.includes(table))
      return { what: `SELECT on ${table.name}`, statement: read(`SELECT 1 AS one FROM ${name} WHERE 1 = 0`), provesIt: null };
    const key = quote(table.key ?? '');
    return {
      what: `SELECT and MODIFY on ${table.name}`,
      statement: write(`UPDATE ${name} SET ${key} = ${key} WHERE 1 = 0`),
      provesIt: APPEND_ONLY,
    };
  });
}
