import { setImmediate as turn } from 'node:timers/promises';

import type { JudgedRow, PlacedRow } from '../domain/audit-finding.ts';
import { AgentError } from '../domain/errors.ts';
import type { AuditStore, ChainCursor, OddOwner, Page } from '../ports/audit-store.ts';

/** Enough that the statements do not count, few enough that rows of many kilobytes do not either. */
const ROWS_PER_PAGE = 500;

/**
 * Rows in their order, a page in memory at a time; `read` gives those behind a cursor, or the first ones. Between two pages a signal is
 * heard, also where the store never lets go of the process.
 * @throws AgentError interrupted
 */
async function* paged<T, Cursor>(
  read: (after: Cursor | null, limit: number) => Promise<Page<T, Cursor>>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  for (let after: Cursor | null = null; ;) {
    const { rows, next }: Page<T, Cursor> = await read(after, ROWS_PER_PAGE);
    yield* rows;
    if (next === null) return;
    after = next;
    await turn();
    if (signal?.aborted === true) throw new AgentError('interrupted', 'the reading of the audit was interrupted', 'start it again');
  }
}

/** The rows of one chain in their order, from `fromSeq` on. @throws AgentError interrupted, once `signal` is aborted */
export function chainRows(store: AuditStore, agentId: string | OddOwner, fromSeq = 1, signal?: AbortSignal): AsyncGenerator<PlacedRow> {
  const before = { chainSeq: fromSeq - 1, key: null };
  return paged<PlacedRow, ChainCursor>((after, limit) => store.readChainPage({ agentId, after: after ?? before, limit }), signal);
}

/** The rows outside of every chain, in the order of their ids. @throws AgentError interrupted, once `signal` is aborted */
export function unchainedRows(store: AuditStore, signal?: AbortSignal): AsyncGenerator<JudgedRow> {
  return paged<JudgedRow, string>((after, limit) => store.readUnchainedPage({ after, limit }), signal);
}

/** Rows at places whose owner can be no agent: they belong to no chain, and no page of another kind has them. */
export async function* oddlyOwnedRows(store: AuditStore, odd: readonly OddOwner[], signal?: AbortSignal): AsyncGenerator<JudgedRow> {
  for (const owner of odd) for await (const row of chainRows(store, owner, 1, signal)) yield { ...row, chainSeq: null };
}
