import { actionsFrom, decisionRecord } from './audit-copy.ts';
import type { Draft } from './draft.ts';
import { addSeconds, type Instant, isoOf } from './instant.ts';
import { isAhead } from './known-time.ts';
import { type OperatorSession, sessionAt } from './operator-session.ts';
import { actorOf } from './person.ts';
import type { Policy } from './policy.ts';
import { endAsFound, type Follower, Followers, leaveEnded } from './replaced-rows.ts';
import {
  type Assessment,
  type DecisionColumns,
  type FamilyHistory,
  type OpenRecommendation,
  type StoredRecommendation,
  decisionOf,
  ticketOf,
} from './recommendation.ts';
import { about, isEnding } from './event.ts';
import { wayOfRejection } from './decision-way.ts';
import { restoreDecision } from './restore-decision.ts';
import { readStatus } from './read-status.ts';
import { isWorse, priorityOf } from './severity.ts';
import { isUnedited, type Ticket, ticketHash, TURNS } from './ticket.ts';
import { isTerminal, isUndecided, type RecommendationStatus } from './transitions.ts';

interface Surroundings {
  readonly now: Instant;
  readonly policy: Policy;
  readonly sessions: readonly OperatorSession[];
  /** The newest row of each family at least. */
  readonly families: readonly FamilyHistory[];
}

/**
 * Settles every change that came from outside but approvals, which the approve phase judges: tampering is put back,
 * rows that the agent did not make are ended, rejections and deferrals are taken over.
 */
export function settleOutsideChanges(
  draft: Draft,
  stored: readonly StoredRecommendation[],
  { now, policy, sessions, families }: Surroundings,
): void {
  const followers = new Followers([...stored.map(atHome), ...families]);
  for (const found of stored) {
    const row = draft.row(found.recommendationId);
    if (!row) continue;
    if (row.ticket) restoreSubject(draft, row, isUnstoredEscalation(row, row.ticket) ? { ...row.ticket, ...milder(row) } : row.ticket);
    restoreEscalationTime(draft, row, now);
    const reading = readStatus(found);
    if (reading.kind === 'tampered' && followers.isFollowed(atHome(found), found.status, reading.restoreTo))
      leaveEnded(draft, row, found.status, now);
    else if (reading.kind === 'tampered') restore(draft, row, found.status, reading.restoreTo, reading.columns);
    else if (reading.kind === 'foreign') endForeign(draft, row, found.status, reading.endAs, now);
    else if (reading.kind === 'decision' && row.status === 'rejected') takeRejection(draft, row, now, policy, sessions);
    else if (reading.kind === 'decision' && row.status === 'deferred') takeDeferral(draft, row);
    else if (reading.kind === 'own' && isDeferredAnew(row)) takeDeferral(draft, row);
    else if (reading.kind === 'own') restoreDecision(draft, row, policy);
  }
}

/** The row's link where it belongs, whatever place it names. */
function atHome(row: StoredRecommendation): Follower {
  const { recommendationId, createdTimestamp, predecessorId } = row;
  const { equipmentId, issueFamily = row.issueFamily } = row.ticket ?? row;
  return { recommendationId, equipmentId, issueFamily, createdTimestamp, predecessorId };
}

/**
 * A row that is milder than its ticket may be one whose escalation was announced and not stored: the readings that escalated it must be
 * able to do so again, so that it is put right only after they could. Such a row is whole: its hash is that of its own, earlier ticket. One whose
 * severity somebody lowered has the hash of the ticket in force, or one that fits nothing.
 */
export function isUnstoredEscalation(row: OpenRecommendation, ticket: Ticket): boolean {
  if (!isWorse(ticket.severity, row.severity) || row.actionHash === ticketHash(ticket)) return false;
  const actions = actionsFrom(row.actions);
  return [false, true].some((fourEyes) =>
    [undefined, ...TURNS].some((turn) => isUnedited(ticketOf(row, actions, { fourEyes, turn }), row)),
  );
}

function milder({ severity, ruleId }: OpenRecommendation): Pick<Ticket, 'severity' | 'ruleId'> {
  return { severity, ruleId };
}

/**
 * Rows that nothing escalated in this cycle get the severity and the rule of their tickets, and those that nobody decided their actions. Where
 * not all readings were seen, an escalation that was announced and not stored is left to the cycle that sees its readings again: the ticket
 * alone does not say what else changed with it.
 */
export function restoreTickets(draft: Draft, sawAllReadings: boolean): void {
  for (const row of draft.rows) {
    const { ticket } = row;
    if (!ticket || isTerminal(row.status) || (!sawAllReadings && isUnstoredEscalation(row, ticket))) continue;
    // One that no reading of now shows again is made whole by what was announced of it.
    const announced = isUnstoredEscalation(row, ticket) ? (row.announced ?? {}) : {};
    restoreSubject(draft, row, ticket, announced);
    if (isUndecided(row.status) && row.status === row.guardedStatus && !isUnedited(ticket, row)) restoreActions(draft, row, ticket);
  }
}

/** An operator must not be shown other actions than the ones that an approval would cover. */
function restoreActions(draft: Draft, row: OpenRecommendation, ticket: Ticket): void {
  draft.update(
    row,
    { actions: ticket.actions, actionHash: ticketHash(ticket) },
    {
      ...about(row),
      event: 'restored',
      step: 'actions',
      reason: 'the row showed other actions than its ticket',
      before: { actions: row.actions, action_hash: row.actionHash },
      after: { action_hash: ticketHash(ticket) },
    },
  );
}

/** What the ticket is about is not editable: a row that names another equipment would be judged by that one's readings. */
function restoreSubject(draft: Draft, row: OpenRecommendation, ticket: Ticket, announced: Partial<Assessment> = {}): void {
  const { equipmentId, severity, ruleId, issueFamily = row.issueFamily } = ticket;
  if (row.equipmentId === equipmentId && row.issueFamily === issueFamily && row.severity === severity && row.ruleId === ruleId) return;
  draft.update(
    row,
    { ...announced, equipmentId, issueFamily, severity, ruleId, priority: priorityOf(severity) },
    {
      ...about(row),
      event: 'restored',
      step: 'subject',
      reason: 'the row named another equipment, family, severity or rule than its ticket',
      before: { equipment_id: row.equipmentId, issue_family: row.issueFamily, severity: row.severity, rule_id: row.ruleId },
      after: { equipment_id: equipmentId, issue_family: issueFamily, severity, rule_id: ruleId },
    },
  );
}

/** A change of the ticket that is still to come would refuse every approval by SQL until then. It counts as of now: who approved before may not have seen it. */
function restoreEscalationTime(draft: Draft, row: OpenRecommendation, now: Instant): void {
  const { escalatedTimestamp: at } = row;
  if (at === null || !isAhead(at, now) || isTerminal(row.status)) return;
  draft.update(
    row,
    { escalatedTimestamp: now },
    {
      ...about(row),
      event: 'restored',
      step: 'times',
      reason: 'the ticket was said to change at a time that is still to come',
      before: { escalated_timestamp: isoOf(at) },
      after: { escalated_timestamp: isoOf(now) },
    },
  );
}

function restore(draft: Draft, row: OpenRecommendation, found: string, to: RecommendationStatus, columns: DecisionColumns): void {
  draft.update(
    row,
    { status: to, guardedStatus: to, ...columns },
    {
      ...about(row),
      event: 'restored',
      fromStatus: found,
      toStatus: to,
      reason: `status '${found}' was not written by the agent or by a valid decision`,
      before: decisionRecord(decisionOf(row)),
      after: decisionRecord(columns),
    },
  );
}

function endForeign(draft: Draft, row: OpenRecommendation, found: string, endAs: RecommendationStatus | null, now: Instant): void {
  // What was under way may have been written: whoever is asked next must know.
  const mayHaveWritten = found === 'executing' ? { mayHaveWritten: true } : {};
  const reason = whyForeign(row);
  const ended = { ...mayHaveWritten, executionResult: reason };
  draft.update(row, endAs === null ? endAsFound(row, found, now) : { status: endAs, guardedStatus: endAs, ...ended }, {
    ...about(row),
    event: 'refused_foreign',
    fromStatus: found,
    toStatus: endAs ?? found,
    reason,
  });
}

function whyForeign({ isTicketUnsigned, isTicketOvertaken }: OpenRecommendation): string {
  if (isTicketUnsigned) return 'its ticket bears no valid signature: it was issued before there was a key, or forged';
  if (isTicketOvertaken)
    return 'the newest audit row about its ticket is not the last of its chain: a time was moved, or a clock was far ahead';
  return 'the agent did not make this recommendation';
}

function takeRejection(draft: Draft, row: OpenRecommendation, now: Instant, policy: Policy, sessions: readonly OperatorSession[]): void {
  draft.update(
    row,
    { guardedStatus: 'rejected', quietUntil: addSeconds(now, policy.holdSeconds) },
    {
      ...about(row),
      event: 'rejected',
      fromStatus: row.guardedStatus,
      toStatus: 'rejected',
      actor: actorOf(row.rejectedByOperator ?? 'unnamed operator', wayOfRejection(row)),
      reason: row.rejectionReason ?? 'no reason given',
      after: { decision: decisionRecord(decisionOf(row)) },
      sessionId: sessionAt(sessions, row.rejectedByOperator, row.rejectedTimestamp)?.sessionId ?? null,
    },
  );
}

/** Another time than the one on record: a deferral of what is deferred is an operator's decision like the first. */
function isDeferredAnew({ status, deferUntil, lastDecision }: OpenRecommendation): boolean {
  return status === 'deferred' && lastDecision?.event === 'deferred' && lastDecision.columns.deferUntil !== deferUntil;
}

function takeDeferral(draft: Draft, row: OpenRecommendation): void {
  const until = row.deferUntil === null ? 'no time given' : `until ${isoOf(row.deferUntil)}`;
  draft.update(
    row,
    { guardedStatus: 'deferred' },
    {
      ...about(row),
      event: 'deferred',
      fromStatus: row.guardedStatus,
      toStatus: 'deferred',
      reason: until,
      after: { decision: decisionRecord(decisionOf(row)) },
    },
  );
}

/**
 * An end that a dead run announced and never stored stays the last word on record. Where this cycle does not end the row either, the
 * question is open again, and says so: without that no approval would ever count.
 */
export function reopen(draft: Draft): void {
  for (const row of draft.rows) {
    const announced = row.lastDecision?.event;
    if (!isUndecided(row.status) || row.status !== row.guardedStatus || !isEnding(announced)) continue;
    draft.update(
      row,
      { guardedStatus: row.status },
      {
        ...about(row),
        event: 'reopened',
        toStatus: row.status,
        reason: `'${announced}' was announced and not carried out`,
        after: { decision: decisionRecord(decisionOf(row)) },
      },
    );
  }
}
