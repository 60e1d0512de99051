import { wayOfApproval } from './decision-way.ts';
import { bothApprovalsOf, firstApprovalOf, firstOfTwo, needsTwo, secondDueAt, secondNameIn } from './four-eyes.ts';
import { addSeconds, type Instant, isoOf } from './instant.ts';
import { isAhead, knownTime } from './known-time.ts';
import { type OperatorSession, sessionAt } from './operator-session.ts';
import { nameOf, personKey } from './person.ts';
import { CLOCK_GRAIN_SECONDS, ESCALATION_GRACE_SECONDS, type Policy } from './policy.ts';
import { type DecisionColumns, decisionOf, type LastDecision, type OpenRecommendation } from './recommendation.ts';
import { isUnedited, type Ticket, ticketHash } from './ticket.ts';

/** Why an approval does not count. The codes appear in events; the sentences are for the operator. */
export type ApprovalFault =
  | 'no_operator'
  | 'agent_as_operator'
  | 'same_person'
  | 'impossible_time'
  | 'seen_before_escalation'
  | 'edited'
  | 'other_hash'
  | 'no_hash'
  | 'revert_asked'
  | 'no_session'
  | 'no_first'
  | 'contradicted'
  | 'conflict';

interface Refusal {
  readonly code: ApprovalFault;
  readonly reason: string;
}

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

/** What an approval is judged by beside its row. */
interface Bench {
  readonly now: Instant;
  readonly policy: Policy;
  readonly agentId: string;
  readonly sessions: readonly OperatorSession[];
}

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

const EDITED: Refusal = { code: 'edited', reason: 'the actions are not the ones that were recommended' };
const FIRST_TIME: Refusal = { code: 'impossible_time', reason: 'the second approval has the time of the first' };
const NO_TIME: Refusal = { code: 'impossible_time', reason: 'the approval has no time' };

/**
 * The agent leaves these empty while a recommendation is undecided: somebody rejected it since, and an approval was written over that. Or the
 * audit has a rejection for the last word, which a run could not store, or the row does not show any more.
 */
function wasRejected(row: OpenRecommendation): boolean {
  return nameOf(row.rejectedByOperator) !== '' || row.rejectedTimestamp !== null || row.lastDecision?.event === 'rejected';
}

function contradicted(row: OpenRecommendation): Refusal {
  const known = [row, ...(row.lastDecision?.event === 'rejected' ? [row.lastDecision.columns] : [])];
  const who = known.map(({ rejectedByOperator }) => nameOf(rejectedByOperator)).find((name) => name !== '') ?? 'somebody';
  const why = known.map(({ rejectionReason }) => rejectionReason).find((reason) => reason !== null) ?? 'no reason given';
  return { code: 'contradicted', reason: `${who} had rejected it before (${why}); decide again` };
}

function revertAsked({ revertRequestedBy }: OpenRecommendation): Refusal {
  const who = nameOf(revertRequestedBy);
  return {
    code: 'revert_asked',
    reason: `${who} had asked that the earlier values be put back; another ticket, or why there is none, follows`,
  };
}

/**
 * What names a hash is an approval of that ticket and no other. What names none was perhaps made by somebody who still had the ticket
 * before in front of them: never mind where only its values changed some time ago, but not where it goes the other way by now.
 */
function hashFault(row: OpenRecommendation, ticket: Ticket, via: string | null): Refusal | undefined {
  const approvedHash = hashNamedBy(row, via);
  if (approvedHash !== null) return approvedHash === ticketHash(ticket) ? undefined : OTHER_HASH;
  return via === null && ticket.turn !== undefined ? NO_HASH : undefined;
}

/** Plain SQL over a decision by the command line leaves that one's hash where it is: whoever wrote it over named none. */
function hashNamedBy({ approvedHash, approvedVia }: OpenRecommendation, via: string | null): string | null {
  return via === null && approvedVia !== null ? null : approvedHash;
}

const OTHER_HASH: Refusal = { code: 'other_hash', reason: 'the approval names the hash of another ticket' };
const NO_HASH: Refusal = {
  code: 'no_hash',
  reason: 'what it does has turned round since the recommendation was made: an approval must name the action_hash that was seen',
};

function nameFault(operator: string, row: OpenRecommendation, { agentId }: Bench): Refusal | undefined {
  if (operator === '') return { code: 'no_operator', reason: 'the approval names no operator' };
  // Both names: the row's can be edited, and this agent may have taken the tables over from the one that made it.
  const agents = [agentId, row.createdByAgent ?? agentId].map(personKey);
  return agents.includes(personKey(operator))
    ? { code: 'agent_as_operator', reason: 'the agent cannot approve its own recommendation' }
    : undefined;
}

function samePersonFault(second: string, first: DecisionColumns): Refusal | undefined {
  if (personKey(second) !== personKey(first.approvedByOperator)) return undefined;
  return { code: 'same_person', reason: `${second} gave the first approval; the second must come from somebody else` };
}

function timeFault(
  at: Instant | null,
  earliest: Instant,
  what: string,
  row: OpenRecommendation,
  via: string | null,
  { now }: Bench,
): Refusal | undefined {
  if (at === null) return NO_TIME;
  if (at < addSeconds(earliest, -CLOCK_GRAIN_SECONDS) || isAhead(at, now))
    return { code: 'impossible_time', reason: `the approval is stamped before ${what} or in the future` };
  return via === null && hashNamedBy(row, via) === null && approvedWhatWasThereBefore(row.escalatedTimestamp, at)
    ? { code: 'seen_before_escalation', reason: `the recommendation had changed less than ${ESCALATION_GRACE_SECONDS} s before` }
    : undefined;
}

function sessionFault(operator: string, at: Instant, { policy, sessions }: Bench): Refusal | undefined {
  if (!policy.requireSession || sessionAt(sessions, operator, at)) return undefined;
  return { code: 'no_session', reason: `${operator} was not logged in when the approval was given` };
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

/** A decision that names the ticket's hash says what was seen; plain SQL without one does not. */
function approvedWhatWasThereBefore(escalatedAt: Instant | null, at: Instant): boolean {
  return escalatedAt !== null && at < addSeconds(escalatedAt, ESCALATION_GRACE_SECONDS);
}
