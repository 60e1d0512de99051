import { setImmediate as turn } from 'node:timers/promises';

import type { JudgedRow, PlacedRow } from '../domain/audit-finding.ts';
import { AgentError } from '../domain/errors.ts';
import type { AuditStore, ChainCursor, OddOwner, Page } from '../ports/audit-store.ts';

/** Enough that the statements do not count, few enough that rows of many kilobytes do not either. */
const ROWS_PER_PAGE = 500;

/** Rows by which an agent tells something of its chain, a few times in its life: of more somebody else wrote the most. */
const MOST_TESTIMONIES = 1000;

/**
 * A turn in which a signal is heard, also where the store never lets go of the process. To be taken before each statement of a reading: pages
 * may be full, and chains may be many.
 * @throws AgentError interrupted
 */
export async function hearSignal(signal: AbortSignal | undefined): Promise<void> {
  await turn();
  if (signal?.aborted === true) throw new AgentError('interrupted', 'the reading of the audit was interrupted', 'start it again');
}

/** Rows in their order, a page in memory at a time; `read` gives those behind a cursor, or the first ones. @throws AgentError interrupted */
async function* paged<T, Cursor>(
  read: (after: Cursor | null, limit: number) => Promise<Page<T, Cursor>>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  for (let after: Cursor | null = null; ;) {
    await hearSignal(signal);
    const { rows, next }: Page<T, Cursor> = await read(after, ROWS_PER_PAGE);
    yield* rows;
    if (next === null) return;
    after = next;
  }
}

/** Whose chains there are, in order of their names; and of rows at places the owners that can be no agent. */
export interface ChainOwners {
  readonly agentIds: readonly string[];
  readonly odd: readonly OddOwner[];
}

/** All of them, in memory. @throws AgentError interrupted, once `signal` is aborted */
export async function chainOwners(store: Pick<AuditStore, 'readNextOwner'>, signal?: AbortSignal): Promise<ChainOwners> {
  const [agentIds, odd]: [string[], OddOwner[]] = [[], []];
  for await (const owner of paged<string | OddOwner, string>((after) => store.readNextOwner(after), signal))
    if (typeof owner === 'string') agentIds.push(owner);
    else odd.push(owner);
  return { agentIds, odd };
}

/** The rows of one chain in their order, from `fromSeq` on. @throws AgentError interrupted, once `signal` is aborted */
export function chainRows(
  store: Pick<AuditStore, 'readChainPage'>,
  agentId: string | OddOwner,
  fromSeq = 1,
  signal?: AbortSignal,
): AsyncGenerator<PlacedRow> {
  const before = { chainSeq: fromSeq - 1, key: null };
  return paged<PlacedRow, ChainCursor>((after, limit) => store.readChainPage({ agentId, after: after ?? before, limit }), signal);
}

/** The rows outside of every chain, in the order of their ids. @throws AgentError interrupted, once `signal` is aborted */
export function unchainedRows(store: Pick<AuditStore, 'readUnchainedPage'>, signal?: AbortSignal): AsyncGenerator<JudgedRow> {
  return paged<JudgedRow, string>((after, limit) => store.readUnchainedPage({ after, limit }), signal);
}

/** Rows at places whose owner can be no agent: they belong to no chain, and no page of another kind has them. */
export async function* oddlyOwnedRows(
  store: Pick<AuditStore, 'readChainPage'>,
  odd: readonly OddOwner[],
  signal?: AbortSignal,
): AsyncGenerator<{ readonly row: PlacedRow; readonly owner: OddOwner }> {
  for (const owner of odd) for await (const row of chainRows(store, owner, 1, signal)) yield { row, owner };
}

/**
 * What an agent tells of other rows, in order of its places. As much as a person could look through; of more the newest.
 * @throws AgentError interrupted, once `signal` is aborted
 */
export async function testimoniesOf(
  store: Pick<AuditStore, 'readTestimonyPage'>,
  agentId: string,
  signal?: AbortSignal,
): Promise<readonly PlacedRow[]> {
  let told: PlacedRow[] = [];
  for await (const row of paged<PlacedRow, string>((after, limit) => store.readTestimonyPage(agentId, { after, limit }), signal)) {
    told.push(row);
    if (told.length === 2 * MOST_TESTIMONIES) told = newestOf(told);
  }
  return newestOf(told).toSorted((a, b) => a.chainSeq - b.chainSeq);
}

function newestOf(rows: readonly PlacedRow[]): PlacedRow[] {
  return rows.toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0)).slice(0, MOST_TESTIMONIES);
}
