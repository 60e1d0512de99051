import type { GuardedWrite, JoinedDelete, JoinedUpdate, Upsert } from '../dialect.ts';
import type { Column } from '../tables.ts';
import { statusSteps } from '../status-steps.ts';
import { wordList } from '../word-list.ts';
import { quote, TYPES } from './names.ts';

/**
 * Delta refuses subqueries in the conditions of UPDATE and DELETE, so that whatever looks at other rows or tables is a MERGE whose source
 * looks at them. What is asked of the row itself stands in its ON: the source is read as of an older moment than the row may be of, and
 * what changed a row in between must find its guard. A MERGE fails whole where two rows of its source are about one of the table, and Delta
 * keeps nobody from inserting a row twice: of a source that looks at such rows one counts.
 */
export function joinedUpdate({ table, source, on, set, where }: JoinedUpdate): string {
  const sets = Object.entries(set).map(([column, expression]) => `${quote(column)} = ${expression}`);
  const keys = on.map((column) => `d.${quote(column)}`).join(', ');
  const numbered = `SELECT d.*, ROW_NUMBER() OVER (PARTITION BY ${keys} ORDER BY ${keys}) AS nth_of_row FROM (${source}) d`;
  return `MERGE INTO ${quote(table.name)} t USING (SELECT * FROM (${numbered}) n WHERE n.nth_of_row = 1) s
ON ${on.map((column) => `t.${quote(column)} = s.${quote(column)}`).join(' AND ')} AND ${where}
WHEN MATCHED THEN UPDATE SET ${sets.join(', ')}`;
}

export function joinedDelete({ table, source }: JoinedDelete): string {
  const key = quote(table.key ?? '');
  return `MERGE INTO ${quote(table.name)} t USING (SELECT DISTINCT d.${key} FROM (${source}) d) s ON t.${key} = s.${key} WHEN MATCHED THEN DELETE`;
}

export function upsert({ table, source, where }: Upsert): string {
  const key = quote(table.key ?? '');
  const names = table.columns.map(({ name }) => quote(name));
  return `MERGE INTO ${quote(table.name)} t USING (SELECT ${names.join(', ')} FROM ${source} r) s ON t.${key} = s.${key}
WHEN MATCHED AND ${where} THEN UPDATE SET ${names.map((name) => `${name} = s.${name}`).join(', ')}
WHEN NOT MATCHED THEN INSERT (${names.join(', ')}) VALUES (${names.map((name) => `s.${name}`).join(', ')})`;
}

/** Whether a row of the parameter names a column, and what it says about it. */
function given(name: string, row: string): string {
  return `map_contains_key(${row}.said, '${name}')`;
}

function value({ name, kind }: Pick<Column, 'name' | 'kind'>, row: string): string {
  const text = `${row}.said['${name}']`;
  return kind === 'text' || kind === 'json' ? text : `CAST(${text} AS ${TYPES[kind]})`;
}

/** One statement for rows to insert and rows to change, each under its own guard. A key that a row does not name stays as it is. */
export function guardedWrite(write: GuardedWrite, leaseGuard: string): string {
  const { table, key } = write;
  const status = value({ name: 'status', kind: 'text' }, 's');
  const claimedBy = `s.said['guard_claimed_by']`;
  const allowed = [`NOT ${given('status', 's')}`, `t.status = ${status}`, ...statusSteps(write, { alias: 't', status, quote })];
  const isClaimed = table.columns.some(({ name }) => name === 'claimed_by') ? `t.claimed_by = ${claimedBy}` : 'false';
  const changed = table.columns.filter(({ name }) => name !== key);
  const merged = changed.map(
    (column) => `${quote(column.name)} = CASE WHEN ${given(column.name, 's')} THEN ${value(column, 's')} ELSE t.${quote(column.name)} END`,
  );
  const inserted = table.columns.map((column) =>
    column.default === undefined
      ? value(column, 's')
      : `CASE WHEN ${given(column.name, 's')} THEN ${value(column, 's')} ELSE ${column.default} END`,
  );
  return `MERGE INTO ${quote(table.name)} t USING (${sourceOf(write, leaseGuard)}) s
ON t.${quote(key)} = s.row_key
WHEN MATCHED AND COALESCE(t.status, '') = s.guard_status AND (${allowed.join(' OR ')})
  AND (${claimedBy} IS NULL OR ${isClaimed}) THEN UPDATE SET ${merged.join(',\n  ')}
WHEN NOT MATCHED AND s.guard_status IS NULL THEN INSERT (${table.columns.map(({ name }) => quote(name)).join(', ')})
  VALUES (${inserted.join(', ')})`;
}

/** The rows of the parameter that may be written at all: while the lease is held, and of a kind that has only one open one the first. */
function sourceOf(write: GuardedWrite, leaseGuard: string): string {
  const { key, onlyOneOpen } = write;
  const said = `SELECT posexplode(from_json(:rows, 'ARRAY<MAP<STRING, STRING>>', map('mode', 'FAILFAST'))) AS (place, said)`;
  // A MERGE fails whole where two rows are about one: a change then counts before an insertion, and the first of them.
  const rows = `SELECT k.place, k.said, k.row_key, k.guard_status FROM (SELECT r.place, r.said, r.said['${key}'] AS row_key, r.said['guard_status'] AS guard_status,
    ROW_NUMBER() OVER (PARTITION BY r.said['${key}'] ORDER BY r.said['guard_status'] IS NULL, r.place) AS nth_of_row
  FROM (${said}) r) k WHERE k.nth_of_row = 1`;
  if (onlyOneOpen === null) return `${rows} AND ${leaseGuard}`;
  return onlyFirstOpen(write, onlyOneOpen, rows, leaseGuard);
}

/** What a column of the stored row `u` becomes by the row `w` of the parameter. */
function become(name: string): string {
  return `CASE WHEN ${given(name, 'w')} THEN w.said['${name}'] ELSE u.${quote(name)} END`;
}

/**
 * No index keeps a second open row of a kind out, so that the source does: of the rows that the write opens, or puts elsewhere, the first of each
 * kind, and only where none stands open that this write does not close: a change that its own guard refuses closes nothing. Between two writers
 * the lease decides. Of a row that somebody inserted twice the copy counts that its guard expects.
 */
function onlyFirstOpen(
  write: GuardedWrite,
  { columns, statuses }: NonNullable<GuardedWrite['onlyOneOpen']>,
  rows: string,
  leaseGuard: string,
): string {
  const { table, key } = write;
  const open = wordList(statuses);
  const moves = columns.map((name) => `NOT (${become(name)} <=> u.${quote(name)})`).join(' OR ');
  const kind = columns.map(quote).join(', ');
  // No common table expressions and no subquery of subqueries in a condition: in the source of a MERGE Delta does not see through them.
  const becoming = `SELECT w.place, w.said, w.row_key, w.guard_status, ${columns.map((name) => `${become(name)} AS ${quote(name)}`).join(', ')},
    CASE WHEN COALESCE(w.said['status'], u.status, '') IN ${open} AND (COALESCE(u.status, '') NOT IN ${open} OR ${moves}) THEN 1 ELSE 0 END AS opens,
    ROW_NUMBER() OVER (PARTITION BY w.row_key ORDER BY CASE WHEN u.status = w.guard_status THEN 0 ELSE 1 END, u.status) AS nth_of_stored
  FROM (${rows}) w LEFT JOIN ${quote(table.name)} u ON u.${quote(key)} = w.row_key`;
  const ends = statusSteps(write, { alias: 'o', status: `c.said['status']`, quote }).join(' OR ');
  const standing = `SELECT o.${quote(key)} AS open_key, ${columns.map((name) => `o.${quote(name)}`).join(', ')} FROM ${quote(table.name)} o
  LEFT JOIN (${rows}) c ON c.row_key = o.${quote(key)} AND c.guard_status = o.status AND c.said['status'] NOT IN ${open} AND (${ends})
  WHERE o.status IN ${open} AND c.row_key IS NULL`;
  return `SELECT n.place, n.said, n.row_key, n.guard_status
FROM (SELECT b.*, ROW_NUMBER() OVER (PARTITION BY opens, ${kind} ORDER BY place) AS nth FROM (${becoming}) b WHERE b.nth_of_stored = 1) n
  LEFT JOIN (${standing}) o ON n.opens = 1 AND ${columns.map((name) => `o.${quote(name)} = n.${quote(name)}`).join(' AND ')} AND o.open_key <> n.row_key
WHERE ${leaseGuard} AND (n.opens = 0 OR (n.nth = 1 AND o.open_key IS NULL))`;
}
