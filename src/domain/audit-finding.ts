import type { ChainedEvent, HashedEvent } from './audit-chain.ts';
import type { Instant } from './instant.ts';
import { hashOf } from './ticket.ts';

/** A row of the audit as it is read to be judged: anybody may have edited it. */
export type JudgedRow = Omit<HashedEvent, 'chainSeq'> &
  Pick<ChainedEvent, 'signature'> & {
    /** Null for a row outside of every chain. */
    readonly chainSeq: number | null;
    readonly hash: string | null;
    /** Stands for exactly the id that is stored: of two that are no texts the same may be read. */
    readonly eventKey: string;
    /** False where a column of JSON no longer has the spelling that a store gives it, or one has bytes for a text: somebody wrote it. */
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
  | 'note' // agent_health knows what can be no place
  | 'signature' // made by somebody without the key
  | 'unsigned' // a row that whoever has the key would have signed
  | 'unknown_key' // signed with a key that is not here
  | 'stranger'; // a chain of an agent that nobody knows

/** One thing that is wrong, about the row that it is seen at. */
export interface AuditFinding {
  readonly kind: AuditFindingKind;
  readonly agentId: string | null;
  readonly chainSeq: number | null;
  readonly eventId: string | null;
  /** What it means, as a sentence without a full stop. */
  readonly text: string;
  /** SHA-256 of what it was seen by, its neighbours and how far it reaches included: where any of that becomes worse, it is another. */
  readonly evidence: string;
}

export interface FoundAt {
  readonly kind: AuditFindingKind;
  readonly agentId: string | null;
  readonly at: { readonly chainSeq: number | null; readonly eventId: string | null } | null;
  readonly text: string;
  /** What it was seen by, in a spelling that stays. */
  readonly by: unknown;
}

export function findingOf({ kind, agentId, at, text, by }: FoundAt): AuditFinding {
  return { kind, agentId, chainSeq: at?.chainSeq ?? null, eventId: at?.eventId ?? null, text, evidence: hashOf({ by }) };
}

/** A finding that is about what a row says: all of it, its hash and its signature too, as the store reads it; `by` where more shows it. */
export function findingAt(kind: AuditFindingKind, row: JudgedRow, text: string, by: unknown = row): AuditFinding {
  return findingOf({ kind, agentId: row.agentId, at: row, text, by });
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
  /** Rows with a signature of any kind. */
  readonly signed: number;
  /** Of those, the ones whose signature is right by a key that was given. */
  readonly checked: number;
  readonly unsigned: number;
  /** The first row with a signature; null where there is none. What stands before it is as old as the keys, or was put there. */
  readonly firstSignedSeq: number | null;
  /** The last place that the newest anchor accounts for; rows up to it may be gone. */
  readonly prunedThrough: number | null;
  /** Rows that were there before the chain, as its first row says; null where it says nothing. */
  readonly rowsBefore: number | null;
}
