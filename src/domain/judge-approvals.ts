import {
  type Bench,
  contradicted,
  EDITED,
  FIRST_TIME,
  hashFault,
  hashNamedBy,
  nameFault,
  NO_TIME,
  type Refusal,
  revertAsked,
  samePersonFault,
  sessionFault,
  timeFault,
  wasRejected,
} from './approval-faults.ts';
import { wayOfApproval } from './decision-way.ts';
import { bothApprovalsOf, firstApprovalOf, firstOfTwo, needsTwo, secondDueAt, secondNameIn } from './four-eyes.ts';
import { addSeconds, type Instant, isoOf } from './instant.ts';
import { knownTime } from './known-time.ts';
import type { OperatorSession } from './operator-session.ts';
import { nameOf } from './person.ts';
import type { Policy } from './policy.ts';
import { type DecisionColumns, decisionOf, type LastDecision, type OpenRecommendation } from './recommendation.ts';
import { isUnedited, ticketHash } from './ticket.ts';

interface Counted {
  readonly expiresAt: Instant;
  readonly columns: DecisionColumns;
  /** How the approval that was judged came; null for plain SQL. */
  readonly via: string | null;
  /** The hash that it named; null where it named none. Of the first of two the row keeps none, or it would pass for the second's. */
  readonly namedHash: string | null;
}

export type ApprovalVerdict =
  /** It counts, and nobody else is needed. `columns` is the decision as it is to be stored. */
  | ({ readonly kind: 'accept' } & Counted)
  /** It counts as the first of two; `expiresAt` is until when the second may come. */
  | ({ readonly kind: 'first' } & Counted)
  /** Back to the operator. */
  | ({ readonly kind: 'return' } & Refusal)
  /** It does not count as the second; the first one stands. */
  | ({ readonly kind: 'hold' } & Refusal)
  /** The second came after the first one's end: the question is open again. */
  | { readonly kind: 'lapse'; readonly reason: string }
  | { readonly kind: 'expire'; readonly reason: string };

const TOO_OLD: ApprovalVerdict = { kind: 'expire', reason: 'the approval was older than it may live' };

/**
 * Judges a new approval, by the CLI or by plain SQL. What is approved is the ticket in the audit trail and nothing
 * else; where the row says something different, the operator is asked again.
 */
export function judgeApproval(
  row: OpenRecommendation,
  now: Instant,
  policy: Policy,
  agentId: string,
  sessions: readonly OperatorSession[] = [],
): ApprovalVerdict {
  const bench: Bench = { now, policy, agentId, sessions };
  if (row.guardedStatus === 'awaiting_second') return judgeSecond(row, bench);
  if (wasRejected(row)) return { kind: 'return', ...contradicted(row) };
  if (nameOf(row.revertRequestedBy) !== '') return { kind: 'return', ...revertAsked(row) };
  const operator = nameOf(row.approvedByOperator);
  const via = wayOfApproval(row, operator);
  const { approvedTimestamp: at, ticket } = row;
  // Made under a clock that was ahead, or edited: whoever changed its status found it there.
  const madeAt = knownTime(row.createdTimestamp, now) ?? 0;
  const fault = nameFault(operator, row, bench) ?? timeFault(at, madeAt, 'the recommendation', row, via, bench);
  if (fault || at === null) return { kind: 'return', ...(fault ?? NO_TIME) };
  if (!ticket || !isUnedited(ticket, row)) return { kind: 'return', ...EDITED };
  const other = hashFault(row, ticket, via);
  if (other) return { kind: 'return', ...other };
  const expiresAt = addSeconds(at, policy.approvalTtlSeconds);
  if (expiresAt <= now) return TOO_OLD;
  const absence = sessionFault(operator, at, bench);
  if (absence) return { kind: 'return', ...absence };
  const columns = { ...decisionOf(row), approvedVia: via, approvedHash: hashNamedBy(row, via) };
  return needsTwo(ticket, policy)
    ? { kind: 'first', expiresAt, columns: firstOfTwo(columns), via, namedHash: columns.approvedHash }
    : { kind: 'accept', expiresAt, columns, via, namedHash: columns.approvedHash };
}

/** Each of two people must have approved the same. */
function firstOrBoth(last: LastDecision): boolean {
  return firstApprovalOf(last) !== null || bothApprovalsOf(last) !== null;
}

/** The first one is known from the audit alone; the row says who came second, and when. */
function judgeSecond(row: OpenRecommendation, bench: Bench): ApprovalVerdict {
  const { now, policy } = bench;
  if (!row.ticket || !isUnedited(row.ticket, row)) return { kind: 'return', ...EDITED };
  if (row.lastDecision && firstOrBoth(row.lastDecision) && !isOfTicket(row)) return { kind: 'return', ...EDITED };
  const both = bothApprovalsOf(row.lastDecision);
  // Accepted and announced by a run that died before it could store it: not judged by what the row says by now.
  if (both) {
    const secondAt = knownTime(both.approvedTimestamp, now);
    return secondAt === null ? TOO_OLD : acceptUntil(both, addSeconds(secondAt, policy.approvalTtlSeconds), now);
  }
  if (wasRejected(row)) return { kind: 'return', ...contradicted(row) };
  const first = firstApprovalOf(row.lastDecision);
  if (!first) return { kind: 'return', code: 'no_first', reason: 'no first approval is on record' };
  if (nameOf(row.revertRequestedBy) !== '') return { kind: 'hold', ...revertAsked(row) };
  const second = secondNameIn(row);
  const via = wayOfApproval(row, second);
  const { approvedTimestamp: at } = row;
  const fault =
    nameFault(second, row, bench) ??
    samePersonFault(second, first) ??
    timeFault(at, first.approvedTimestamp ?? 0, 'the first approval', row, via, bench) ??
    (at === first.approvedTimestamp ? FIRST_TIME : undefined) ??
    hashFault(row, row.ticket, via);
  if (fault || at === null) return { kind: 'hold', ...(fault ?? NO_TIME) };
  if (at >= secondDueAt(first, policy))
    return { kind: 'lapse', reason: `the second approval came after ${isoOf(secondDueAt(first, policy))}` };
  const columns: DecisionColumns = {
    ...first,
    approvedTimestamp: at,
    approvedVia: via,
    approvedHash: hashNamedBy(row, via),
    secondApprover: second,
  };
  const verdict = acceptUntil(columns, addSeconds(at, policy.approvalTtlSeconds), now);
  const absence = verdict.kind === 'accept' ? sessionFault(second, at, bench) : undefined;
  return absence ? { kind: 'hold', ...absence } : verdict;
}

function acceptUntil(columns: DecisionColumns, expiresAt: Instant, now: Instant): ApprovalVerdict {
  return expiresAt <= now ? TOO_OLD : { kind: 'accept', expiresAt, columns, via: columns.approvedVia, namedHash: columns.approvedHash };
}

/**
 * The end of an accepted approval: as stored, but never later than the audit trail's own copy of the decision allows, so that
 * nobody prolongs an approval by editing the row. Null where no accepted approval is on record, or one under a clock that was ahead: it
 * would live until that time comes, and then as long as any.
 */
export function approvalEndOf(
  row: Pick<OpenRecommendation, 'expiresTimestamp' | 'lastDecision'>,
  policy: Pick<Policy, 'approvalTtlSeconds'>,
  now: Instant,
): Instant | null {
  const approvedAt = row.lastDecision?.event === 'approved' ? knownTime(row.lastDecision.columns.approvedTimestamp, now) : null;
  if (approvedAt === null || row.expiresTimestamp === null) return null;
  return Math.min(row.expiresTimestamp, addSeconds(approvedAt, policy.approvalTtlSeconds));
}

/**
 * Whether the approval on record is of the very ticket on record. A ticket changes only with events that void the approval: where the two
 * differ somebody wrote one of the events.
 */
export function isOfTicket({ lastDecision, ticket }: Pick<OpenRecommendation, 'lastDecision' | 'ticket'>): boolean {
  return ticket !== null && lastDecision?.actionHash === ticketHash(ticket);
}
