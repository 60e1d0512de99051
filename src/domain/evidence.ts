import type { Check } from './evidence-check.ts';
import { checksOf } from './evidence-checks.ts';
import { decisionsIn, type RecordedDecision } from './evidence-decisions.ts';
import type { AuditRow } from './audit-chain.ts';
import type { EvidenceRecord, SignalRecord, StandingOrder } from './evidence-record.ts';
import { type IssuedTicket, issuedTicket } from './evidence-ticket.ts';
import { type RecordedWrite, writesOf } from './evidence-writes.ts';
import type { Instant } from './instant.ts';
import type { Outcome, Recommendation } from './recommendation.ts';
import type { IssueFamily } from './rules.ts';
import { ordersDuring } from './standing-orders.ts';
import { type Expectation, expectationOf } from './verify-outcome.ts';

/** The limits of a family. What they were when the recommendation was made is on record as a hash alone. */
export interface Limits {
  readonly family: IssueFamily;
  /** In the signal's unit: a reading must be on the good side of it to count as clear. */
  readonly clearBound: number;
  /** Whether the rules in force are those that the recommendation was made by. */
  readonly areOfRecord: boolean;
}

/** Whether the reading recovered, as it was judged. */
export interface RecordedOutcome {
  readonly outcome: Outcome | null;
  readonly verifiedAt: Instant | null;
  /** The value when it was made or last escalated, and the reading that the verdict was made by; null where none was. */
  readonly before: number;
  readonly after: number | null;
  /** The effect that was expected; null where the audit does not say it. */
  readonly expected: Expectation | null;
}

/** All that is on record about one recommendation, from the reading to the recovery, and what was checked about it. */
export interface Evidence extends Omit<EvidenceRecord, 'commands' | 'controlEvents'> {
  readonly limits: Limits | null;
  readonly ticket: IssuedTicket | null;
  readonly decisions: readonly RecordedDecision[];
  readonly writes: readonly RecordedWrite[];
  readonly outcome: RecordedOutcome;
  readonly orders: readonly StandingOrder[];
  readonly checks: readonly Check[];
}

function limitsOf({ inForce, row }: EvidenceRecord): Limits | null {
  const { family, rulesHash } = inForce;
  if (!family) return null;
  return { family, clearBound: expectationOf(family).limit, areOfRecord: rulesHash === row.rulesHash };
}

function expectationIn(value: unknown): Expectation | null {
  const { side, limit } = Object(value) as { readonly side?: unknown; readonly limit?: unknown }; // judged just below
  return (side === 'below' || side === 'above') && typeof limit === 'number' ? { side, limit } : null;
}

function outcomeOf(row: Recommendation, events: readonly AuditRow[]): RecordedOutcome {
  const verified = events.findLast(({ event }) => event === 'verified');
  const { value, expected } = Object(verified?.after) as { readonly value?: unknown; readonly expected?: unknown }; // judged just below
  return {
    outcome: row.outcome,
    verifiedAt: row.verifiedTimestamp,
    before: row.peakValue,
    after: typeof value === 'number' ? value : null,
    expected: expectationIn(expected),
  };
}

/** Puts one recommendation's record together; the same record gives the same evidence. */
export function evidenceOf(record: EvidenceRecord): Evidence {
  const { commands, controlEvents, ...kept } = record;
  const { row, events, commandEvents, inForce, signal } = record;
  const ticket = issuedTicket(events, inForce.tags, inForce.tolerancePercent);
  const writes = writesOf(commands, commandEvents, ticket, inForce.tolerancePercent);
  return {
    ...kept,
    limits: limitsOf(record),
    ticket,
    decisions: decisionsIn(events),
    writes,
    outcome: outcomeOf(row, events),
    orders: ordersDuring(controlEvents, row.equipmentId, livedDuring(signal, row)),
    checks: checksOf({ ...record, ticket, writes }),
  };
}

/** An order of before the recommendation was made, and lifted by then, has no part in it. */
function livedDuring({ range }: SignalRecord, row: Recommendation) {
  return { after: row.createdTimestamp, upTo: range.upTo };
}
