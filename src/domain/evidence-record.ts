import type { AuditRow } from './audit-chain.ts';
import type { Command } from './command.ts';
import type { Control } from './control.ts';
import type { Instant } from './instant.ts';
import type { KeyRing } from './key-ring.ts';
import type { Policy } from './policy.ts';
import type { Recommendation } from './recommendation.ts';
import type { IssueFamily } from './rules.ts';
import type { TagPolicy } from './tags.ts';
import type { TimeRange } from './window.ts';

/** One good reading, in the signal's unit. */
export interface Reading {
  readonly at: Instant;
  readonly value: number;
}

/** The readings of one signal over a range: of each of many equal parts of their time the least and the greatest, in its order. */
export interface Extremes {
  readonly points: readonly Reading[];
  /** How many readings these stand for. */
  readonly readings: number;
}

/** The signal that a family watches, and what the source still has of it; `extremes` is null where it cannot be read by that name any more. */
export interface SignalRecord {
  readonly name: string;
  readonly range: TimeRange;
  readonly extremes: Extremes | null;
}

/** The rows of the family beside the one in question. */
export interface RelatedRows {
  readonly predecessor: Recommendation | null;
  /** The row whose write this one follows up. */
  readonly follows: Recommendation | null;
  readonly successor: Recommendation | null;
}

/** What is configured now. A row was made under what was configured then, of which only the hash of the rules is on record. */
export interface InForce {
  readonly rulesHash: string;
  /** Undefined where no rule of this family is in force for the equipment any more. */
  readonly family: IssueFamily | undefined;
  readonly tags: TagPolicy;
  readonly tolerancePercent: number;
  readonly policy: Policy;
  /** The keys that rows and commands are signed with; without one no signature can be judged. */
  readonly keys: KeyRing;
}

/** Everything that is known about one recommendation, as it was read. */
export interface EvidenceRecord {
  readonly now: Instant;
  readonly row: Recommendation;
  /** About the recommendation, oldest first. */
  readonly events: readonly AuditRow[];
  /** About its commands, those of which no row is left included, oldest first. */
  readonly commandEvents: readonly AuditRow[];
  /** Orders that people gave and lifted, oldest first, whatever they were about. */
  readonly controlEvents: readonly AuditRow[];
  /** What the audit had of it from before this moment `prune` may have taken away; null where it has not. */
  readonly prunedUntil: Instant | null;
  readonly commands: readonly Command[];
  readonly signal: SignalRecord;
  readonly related: RelatedRows;
  readonly inForce: InForce;
}

/** A standing order that was in force for the equipment at some time of the recommendation's life. */
export interface StandingOrder extends Control {
  readonly lifted: { readonly at: Instant; readonly by: string } | null;
}
