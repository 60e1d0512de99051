import type { JudgedRow, PlacedRow } from '../domain/audit-finding.ts';
import type { AuditStore } from '../ports/audit-store.ts';

/** Enough that the statements do not count, few enough that rows of many kilobytes do not either. */
const ROWS_PER_PAGE = 500;

/** Rows in their order, a page in memory at a time; `read` gives those behind a row, or the first ones. */
async function* paged<T>(read: (after: T | null, limit: number) => Promise<readonly T[]>): AsyncGenerator<T> {
  for (let after: T | null = null; ;) {
    const page: readonly T[] = await read(after, ROWS_PER_PAGE);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < ROWS_PER_PAGE) return;
    after = last;
  }
}

/** The rows of one chain in their order, from `fromSeq` on. */
export function chainRows(store: AuditStore, agentId: string, fromSeq = 1): AsyncGenerator<PlacedRow> {
  return paged((after, limit) => store.readChainPage({ agentId, after: after ?? { chainSeq: fromSeq - 1, eventId: null }, limit }));
}

/** The rows outside of every chain, in the order of their ids. */
export function unchainedRows(store: AuditStore): AsyncGenerator<JudgedRow> {
  return paged((after, limit) => store.readUnchainedPage({ afterEventId: after?.eventId ?? null, limit }));
}
