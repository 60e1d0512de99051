import type { ChainedEvent, HashedEvent } from './audit-chain.ts';
import type { Instant } from './instant.ts';

/** A row of the audit as it is read to be judged: anybody may have edited it. */
export type JudgedRow = Omit<HashedEvent, 'chainSeq'> &
  Pick<ChainedEvent, 'signature'> & {
    /** Null for a row outside of every chain. */
    readonly chainSeq: number | null;
    readonly hash: string | null;
    /** False where a column of JSON no longer has the spelling that a store gives it: somebody wrote it. */
    readonly asWritten: boolean;
  };

/** A row that has a place in its agent's chain. */
export type PlacedRow = JudgedRow & { readonly chainSeq: number };

export function isPlaced(row: JudgedRow): row is PlacedRow {
  return row.chainSeq !== null;
}

export type AuditFindingKind =
  | 'changed' // its hash is not that of what it says
  | 'missing' // places without a row
  | 'inserted' // a second row of one place, or rows outside of every chain
  | 'replaced' // it does not follow the row before it
  | 'beginning' // the chain begins later than its anchor says
  | 'cut' // the chain ends before a row that is known to have been there
  | 'head' // another hash than the one that is known
  | 'signature' // made by somebody without the key
  | 'unknown_key';

/** One thing that is wrong, about the row that it is seen at. */
export interface AuditFinding {
  readonly kind: AuditFindingKind;
  readonly agentId: string | null;
  readonly chainSeq: number | null;
  readonly eventId: string | null;
  /** What it means, as a sentence without a full stop. */
  readonly text: string;
}

/** A row of the chain that is known from elsewhere. */
export interface KnownHead {
  readonly seq: number;
  readonly hash: string | null;
  /** Who knows it. */
  readonly from: string;
}

/** What a chain was found to be. */
export interface ChainReport {
  readonly agentId: string;
  readonly rows: number;
  readonly firstSeq: number | null;
  readonly lastSeq: number | null;
  readonly headHash: string | null;
  /** The least and greatest time of its rows. */
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** Rows with a signature; checked where there are keys. */
  readonly signed: number;
  readonly unsigned: number;
  /** The last place that the newest anchor accounts for; rows up to it may be gone. */
  readonly prunedThrough: number | null;
  /** Rows that were there before the chain, as its first row says; null where it says nothing. */
  readonly rowsBefore: number | null;
}
