import type { AuditRow, PlacedRow } from '../domain/audit-check.ts';
import type { AuditStore, ChainPage } from '../ports/audit-store.ts';

/** Enough that the statements do not count, few enough that rows of many kilobytes do not either. */
const ROWS_PER_PAGE = 500;

/** The rows of one chain in their order, from `fromSeq` on, a page in memory at a time. */
export async function* chainRows(store: AuditStore, agentId: string, fromSeq = 1): AsyncGenerator<PlacedRow> {
  let after: ChainPage['after'] = { chainSeq: fromSeq - 1, eventId: null };
  for (;;) {
    const page: readonly PlacedRow[] = await store.readChainPage({ agentId, after, limit: ROWS_PER_PAGE });
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < ROWS_PER_PAGE) return;
    after = last;
  }
}

/** The rows outside of every chain, as chainRows reads the others. */
export async function* unchainedRows(store: AuditStore): AsyncGenerator<AuditRow> {
  let afterEventId: string | null = null;
  for (;;) {
    const page: readonly AuditRow[] = await store.readUnchainedPage({ afterEventId, limit: ROWS_PER_PAGE });
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < ROWS_PER_PAGE) return;
    afterEventId = last.eventId;
  }
}
