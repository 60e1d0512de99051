import { addSeconds, type Instant } from './instant.ts';
import { isAhead } from './known-time.ts';
import { type OperatorSession, sessionAt } from './operator-session.ts';
import { nameOf, personKey } from './person.ts';
import { CLOCK_GRAIN_SECONDS, ESCALATION_GRACE_SECONDS, type Policy } from './policy.ts';
import type { DecisionColumns, OpenRecommendation } from './recommendation.ts';
import { type Ticket, ticketHash } from './ticket.ts';

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

export interface Refusal {
  readonly code: ApprovalFault;
  readonly reason: string;
}

/** What an approval is judged by beside its row. */
export interface Bench {
  readonly now: Instant;
  readonly policy: Policy;
  readonly agentId: string;
  readonly sessions: readonly OperatorSession[];
}

export const EDITED: Refusal = { code: 'edited', reason: 'the actions are not the ones that were recommended' };
export const FIRST_TIME: Refusal = { code: 'impossible_time', reason: 'the second approval has the time of the first' };
export const NO_TIME: Refusal = { code: 'impossible_time', reason: 'the approval has no time' };

/**
 * The agent leaves these empty while a recommendation is undecided: somebody rejected it since, and an approval was written over that. Or the
 * audit has a rejection for the last word, which a run could not store, or the row does not show any more.
 */
export function wasRejected(row: OpenRecommendation): boolean {
  return nameOf(row.rejectedByOperator) !== '' || row.rejectedTimestamp !== null || row.lastDecision?.event === 'rejected';
}

export function contradicted(row: OpenRecommendation): Refusal {
  const { rejectedByOperator, rejectionReason } = row.lastDecision?.event === 'rejected' ? row.lastDecision.columns : row;
  const who = nameOf(rejectedByOperator) || 'somebody';
  const why = (rejectionReason ?? '').trim() || 'no reason given';
  return { code: 'contradicted', reason: `${who} had rejected it before (${why}); decide again` };
}

export function revertAsked({ revertRequestedBy }: OpenRecommendation): Refusal {
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
export function hashFault(row: OpenRecommendation, ticket: Ticket, via: string | null): Refusal | undefined {
  const approvedHash = hashNamedBy(row, via);
  if (approvedHash !== null) return approvedHash === ticketHash(ticket) ? undefined : OTHER_HASH;
  return via === null && ticket.turn !== undefined ? NO_HASH : undefined;
}

/** Plain SQL over a decision by the command line leaves that one's hash where it is: whoever wrote it over named none. */
export function hashNamedBy({ approvedHash, approvedVia }: OpenRecommendation, via: string | null): string | null {
  return via === null && approvedVia !== null ? null : approvedHash;
}

const OTHER_HASH: Refusal = { code: 'other_hash', reason: 'the approval names the hash of another ticket' };
const NO_HASH: Refusal = {
  code: 'no_hash',
  reason: 'what it does has turned round since the recommendation was made: an approval must name the action_hash that was seen',
};

export function nameFault(operator: string, row: OpenRecommendation, { agentId }: Bench): Refusal | undefined {
  if (operator === '') return { code: 'no_operator', reason: 'the approval names no operator' };
  // Both names: the row's can be edited, and this agent may have taken the tables over from the one that made it.
  const agents = [agentId, row.createdByAgent ?? agentId].map(personKey);
  return agents.includes(personKey(operator))
    ? { code: 'agent_as_operator', reason: 'the agent cannot approve its own recommendation' }
    : undefined;
}

export function samePersonFault(second: string, first: DecisionColumns): Refusal | undefined {
  if (personKey(second) !== personKey(first.approvedByOperator)) return undefined;
  return { code: 'same_person', reason: `${second} gave the first approval; the second must come from somebody else` };
}

export function timeFault(
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

export function sessionFault(operator: string, at: Instant, { policy, sessions }: Bench): Refusal | undefined {
  if (!policy.requireSession || sessionAt(sessions, operator, at)) return undefined;
  return { code: 'no_session', reason: `${operator} was not logged in when the approval was given` };
}

/** A decision that names the ticket's hash says what was seen; plain SQL without one does not. */
function approvedWhatWasThereBefore(escalatedAt: Instant | null, at: Instant): boolean {
  return escalatedAt !== null && at < addSeconds(escalatedAt, ESCALATION_GRACE_SECONDS);
}
