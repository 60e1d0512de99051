import { chainOwners, chainRows, oddlyOwnedRows, unchainedRows } from '../../cycle/audit-rows.ts';
import type { JudgedRow } from '../../domain/audit-finding.ts';
import { type Instant, isoOf } from '../../domain/instant.ts';
import { escapedJson } from '../../domain/printable.ts';
import type { AuditStore } from '../../ports/audit-store.ts';
import { snakeCase } from '../json.ts';
import { csvHeader, csvLines } from './csv.ts';

export const EXPORT_FORMATS = ['jsonl', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The table's columns, in its order. */
const COLUMNS = [
  'eventId',
  'at',
  'ordinal',
  'agentId',
  'runId',
  'actor',
  'subjectType',
  'subjectId',
  'event',
  'fromStatus',
  'toStatus',
  'reason',
  'before',
  'after',
  'sessionId',
  'chainSeq',
  'previousHash',
  'hash',
  'signature',
] as const satisfies readonly (keyof JudgedRow)[];

/** Rows that are written at once: few enough to be small, enough that the writing does not count. */
const ROWS_PER_CHUNK = 200;

/** Every row of the audit: each agent's chain in its order, then what is outside of every chain. A time that is none is not too old. */
async function* auditRows(store: AuditStore, since: Instant | null, signal?: AbortSignal): AsyncGenerator<JudgedRow> {
  const isWanted = (row: JudgedRow) => since === null || row.at === null || row.at >= since;
  const { agentIds, odd } = await chainOwners(store, signal);
  for (const agentId of agentIds) {
    // Most of what is too old is not even read. Rows whose time was edited are in no order, and are read by verify.
    const first = since === null ? 1 : await store.firstSeq(agentId, since);
    if (first === null) continue;
    for await (const row of chainRows(store, agentId, first, signal)) if (isWanted(row)) yield row;
  }
  for await (const row of unchainedRows(store, signal)) if (isWanted(row)) yield row;
  for await (const { row } of oddlyOwnedRows(store, odd, signal)) if (isWanted(row)) yield row;
}

export interface ExportedPiece {
  readonly text: string;
  /** Rows of the audit in it. */
  readonly rows: number;
}

/** The audit as text, a piece in memory at a time. @throws AgentError interrupted, once `signal` is aborted, also while no row is wanted */
export async function* exportedPieces(
  store: AuditStore,
  format: ExportFormat,
  since: Instant | null,
  signal?: AbortSignal,
): AsyncGenerator<ExportedPiece> {
  if (format === 'csv') yield { text: csvHeader(COLUMNS.map(snakeCase)), rows: 0 };
  let rows: JudgedRow[] = [];
  for await (const row of auditRows(store, since, signal)) {
    rows.push(row);
    if (rows.length < ROWS_PER_CHUNK) continue;
    yield { text: textOf(rows, format), rows: rows.length };
    rows = [];
  }
  if (rows.length > 0) yield { text: textOf(rows, format), rows: rows.length };
}

function textOf(rows: readonly JudgedRow[], format: ExportFormat): string {
  if (format === 'csv') return csvLines(rows.map((row) => COLUMNS.map((column) => cellOf(column, row))));
  return rows.map((row) => `${escapedJson(JSON.stringify(record(row)))}\n`).join('');
}

function record(row: JudgedRow): Readonly<Record<string, unknown>> {
  return Object.fromEntries(COLUMNS.map((column) => [snakeCase(column), column === 'at' ? timeOf(row) : row[column]]));
}

function timeOf({ at }: JudgedRow): string | null {
  return at === null ? null : isoOf(at);
}

function cellOf(column: (typeof COLUMNS)[number], row: JudgedRow): string | number | null {
  if (column === 'at') return timeOf(row);
  if (column === 'before' || column === 'after') return row[column] === null ? null : JSON.stringify(row[column]);
  return row[column];
}
