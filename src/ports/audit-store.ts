import type { JudgedRow, PlacedRow } from '../domain/audit-finding.ts';
import type { ChainTail } from '../domain/audit-chain.ts';
import type { Instant } from '../domain/instant.ts';
import type { Lease } from './lease.ts';

/** Stands for an agent's name that is no text: somebody wrote it, and no program can ask for it by what it reads. */
export interface OddOwner {
  readonly key: string;
}

/** Rows of one chain. */
export interface ChainPage {
  readonly agentId: string | OddOwner;
  /** The row that the page comes after, or a whole place; null: it is the first page. */
  readonly after: ChainCursor | null;
  readonly limit: number;
}

export interface ChainCursor {
  readonly chainSeq: number;
  /** As a page's `next` has it: the row's id exactly as it is stored. */
  readonly key: string | null;
}

/** Rows in the order of their ids. */
export interface IdPage {
  /** As the page before has it; null: it is the first page. */
  readonly after: string | null;
  readonly limit: number;
}

/** Some rows, and what the next page comes after: null where there is none. */
export interface Page<T, Cursor> {
  readonly rows: readonly T[];
  readonly next: Cursor | null;
}

/** How many rows of each kind. */
export interface Prunable {
  readonly recommendations: number;
  readonly commands: number;
  readonly workOrders: number;
  readonly sessions: number;
  readonly notifications: number;
}

/** How many went; null where an answer was lost, so that nobody knows. */
export type Pruned = { readonly [name in keyof Prunable]: number | null };

/** Which rows of the audit go: a contiguous beginning of one chain, and all outside of the chains that are no later than `unchainedThrough`. */
export interface PruneRange {
  readonly throughSeq: number;
  readonly unchainedThrough: Instant | null;
  readonly leaseSeconds: number;
}

/** The audit row by row, for whoever checks it, exports it or takes its beginning away. Reading changes nothing. */
export interface AuditStore {
  /** Who comes next in the order of names and has rows at places: an agent, or an owner that can be none. At most one. */
  readNextOwner(after: string | null): Promise<Page<string | OddOwner, string>>;
  /** The next rows of one chain, in the order of (place, event id). */
  readChainPage(page: ChainPage): Promise<Page<PlacedRow, ChainCursor>>;
  /** The next rows outside of every chain, in the order of their ids. */
  readUnchainedPage(page: IdPage): Promise<Page<JudgedRow, string>>;
  /** Of what an agent tells of other rows (take-overs, what people answered for, prunes that carry either on) the next, in the order of their ids. */
  readTestimonyPage(agentId: string, page: IdPage): Promise<Page<PlacedRow, string>>;
  /** The least place of a row with a signature; null where there is none. */
  firstSignedSeq(agentId: string): Promise<number | null>;
  /** The least place of a row, or of one that is not older than `since`; null where there is none. */
  firstSeq(agentId: string, since?: Instant): Promise<number | null>;

  /**
   * Of what the audit has to keep the trail: recommendations, commands and work orders that are open, not judged yet, or were touched at
   * `before` or later, and controls that were in force then.
   */
  readHeldSubjects(before: Instant): Promise<ReadonlySet<string>>;
  /**
   * What pruneRows would take away: rows that have ended and were last touched before `before`. The newest recommendation of every
   * (equipment, family) and the newest work order of every sensor are not among them: the next one is made from them.
   */
  countPrunable(before: Instant): Promise<Prunable>;
  /** Takes them away, while the lease is ours. Repeating is a no-op. @returns how many went */
  pruneRows(lease: Lease, before: Instant): Promise<Pruned>;
  /**
   * Takes a beginning of the audit away, piece by piece, while the lease is ours: killed in between, a shorter beginning is gone. Repeating
   * goes on where it ended. With every piece the lease is as long as `leaseSeconds` again. @returns how many rows went, null where an
   * answer was lost, and whether all of them are gone: not where the lease was lost
   */
  pruneAudit(lease: Lease, range: PruneRange): Promise<{ readonly rows: number | null; readonly isWhole: boolean }>;
  /** Makes the lease as long again as it was, for work that may take longer. @returns whether it was still ours */
  renewLease(lease: Lease, leaseSeconds: number): Promise<boolean>;
  /** Notes this end of the chain in agent_health, whatever was noted there: somebody answered for that. Repeating is a no-op. */
  noteHead(agentId: string, head: ChainTail): Promise<void>;
  /** Gives the lease back that was taken without a cycle. */
  giveLeaseBack(lease: Lease): Promise<void>;
}
