import { decisionFrom } from './audit-copy.ts';
import type { AuditRow } from './audit-chain.ts';
import type { Instant } from './instant.ts';
import type { DecisionColumns } from './recommendation.ts';

/** What people said about a recommendation, and what did not count of it. */
export const DECISION_KINDS = ['approved', 'first_approved', 'rejected', 'deferred', 'refused', 'second_refused'] as const;
export type DecisionKind = (typeof DECISION_KINDS)[number];

/** One decision as the audit has it. */
export interface RecordedDecision {
  readonly kind: DecisionKind;
  /** Null where nobody was named. */
  readonly by: string | null;
  /** `cli:<login>` for the command line, which binds an approval to the ticket that was seen; null for plain SQL, or where it is not known. */
  readonly via: string | null;
  /** When it was given, as the row said; null where that was no time. */
  readonly at: Instant | null;
  /** When the agent judged it. */
  readonly judgedAt: Instant;
  /** The hash of the ticket that it was about; null where it was about none. */
  readonly actionHash: string | null;
  readonly sessionId: string | null;
  readonly reason: string | null;
  /** False for what the agent refused. */
  readonly counts: boolean;
}

function partOf(value: unknown, key: string): unknown {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined; // its key may be missing
}

function textOf(value: unknown, key: string): string | null {
  const part = partOf(value, key);
  return typeof part === 'string' ? part : null;
}

const SQL = 'sql';
const VIA = ' via ';

/** An actor, `name via way`, taken apart; plain SQL leaves no way. */
function partsOf(actor: string): { readonly name: string; readonly way: string | null } {
  const at = actor.lastIndexOf(VIA);
  if (at < 0) return { name: actor, way: null };
  const way = actor.slice(at + VIA.length);
  return { name: actor.slice(0, at), way: way === SQL ? null : way };
}

/** The columns have nobody's name for a deferral: the command line told the audit of one, plain SQL leaves none. */
function deferredBy(events: readonly AuditRow[], index: number): Said {
  const given = events.slice(0, index).findLast(({ event }) => event === 'deferral_given');
  const isItsOwn = given && !events.slice(events.indexOf(given) + 1, index).some(({ event }) => event === 'deferred');
  if (!isItsOwn) return { by: null, at: null, via: null };
  const { name, way } = partsOf(given.actor);
  return { by: name, at: given.at, via: way };
}

type Said = Pick<RecordedDecision, 'by' | 'at' | 'via'>;

function saidBy(kind: Exclude<DecisionKind, 'deferred'>, columns: DecisionColumns | null, actor: string): Said {
  if (columns === null) return { by: null, at: null, via: null };
  switch (kind) {
    case 'approved':
      return { by: columns.secondApprover ?? columns.approvedByOperator, at: columns.approvedTimestamp, via: partsOf(actor).way };
    case 'first_approved':
      return { by: columns.approvedByOperator, at: columns.approvedTimestamp, via: partsOf(actor).way };
    case 'rejected':
      return { by: columns.rejectedByOperator, at: columns.rejectedTimestamp, via: partsOf(actor).way };
    case 'refused':
    case 'second_refused':
      return { by: columns.secondApprover ?? columns.approvedByOperator, at: columns.approvedTimestamp, via: columns.approvedVia };
  }
}

/** Every decision on record, oldest first. `events` are the recommendation's. */
export function decisionsIn(events: readonly AuditRow[]): readonly RecordedDecision[] {
  return events.flatMap((event, index) => {
    const kind = DECISION_KINDS.find((known) => known === event.event);
    if (!kind) return [];
    const counts = kind !== 'refused' && kind !== 'second_refused';
    const copy = counts ? event.after : event.before;
    const isApproval = kind !== 'rejected' && kind !== 'deferred';
    return {
      kind,
      ...(kind === 'deferred' ? deferredBy(events, index) : saidBy(kind, decisionFrom(copy), event.actor)),
      judgedAt: event.at,
      actionHash: isApproval ? textOf(copy, 'action_hash') : null,
      sessionId: event.sessionId,
      // The reason of an approval is the hash of its ticket, which stands beside it.
      reason: isApproval && counts ? null : event.reason,
      counts,
    };
  });
}

/** The approval that led to commands, with the event that took it over; undefined where none counted. */
export function approvalEvent(events: readonly AuditRow[]): AuditRow | undefined {
  return events.findLast(({ event }) => event === 'approved');
}
