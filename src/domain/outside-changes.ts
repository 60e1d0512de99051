import { decisionRecord } from './audit-copy.ts';
import type { Draft } from './draft.ts';
import { addSeconds, type Instant, isoOf } from './instant.ts';
import type { Policy } from './policy.ts';
import { type DecisionColumns, NO_DECISION, type OpenRecommendation, type StoredRecommendation, decisionOf } from './recommendation.ts';
import { about, ENDING_EVENTS } from './event.ts';
import { isWorse, priorityOf } from './severity.ts';
import { isUnedited, type Ticket, ticketHash } from './ticket.ts';
import { isRecommendationStatus, isTerminal, isUndecided, type RecommendationStatus } from './transitions.ts';

/** What people may do to an undecided recommendation by writing its status; everything else is put back. */
const OPERATORS_STATUSES: readonly RecommendationStatus[] = ['approved', 'rejected', 'deferred'];

/** How a stored status is to be read. */
export type StatusReading =
  | { readonly kind: 'own' }
  | { readonly kind: 'decision' }
  | { readonly kind: 'tampered'; readonly restoreTo: RecommendationStatus; readonly columns: DecisionColumns }
  | { readonly kind: 'foreign'; readonly endAs: RecommendationStatus | null };

/**
 * Tells an operator's decision from any other change of a status. The agent's own last status (`guarded_status`)
 * and its audit trail decide: a row without a ticket is nobody's recommendation, and a status that says 'approved'
 * or 'executing' without an accepted approval on record is not one.
 */
export function readStatus(row: StoredRecommendation): StatusReading {
  const guarded = row.guardedStatus;
  if (row.ticket === null || guarded === null || !isRecommendationStatus(guarded))
    return { kind: 'foreign', endAs: endOfForeign(row.status) };
  if (row.status === guarded) {
    if (isProven(guarded, row.lastDecision?.event)) return { kind: 'own' };
    // From executing the table has no way back to the operator: what nobody approved fails, and nothing is sent.
    return { kind: 'tampered', restoreTo: guarded === 'approved' ? 'pending' : 'failed', columns: NO_DECISION };
  }
  // An end that was announced and never stored voids an approval; who says no, or not now, is heard.
  const isOver = row.status === 'approved' && isEnding(row.lastDecision?.event);
  if (isUndecided(guarded) && isRecommendationStatus(row.status) && OPERATORS_STATUSES.includes(row.status) && !isOver)
    return { kind: 'decision' };
  return { kind: 'tampered', restoreTo: guarded, columns: row.lastDecision?.columns ?? NO_DECISION };
}

function isEnding(event: string | undefined): boolean {
  return ENDING_EVENTS.some((ending) => ending === event);
}

/**
 * Whether the audit has what a status claims. An ended recommendation is not approved again by writing so; one that is executing may
 * have its end on record already, when a run died before it could store it.
 */
function isProven(status: RecommendationStatus, lastEvent: string | undefined): boolean {
  // One whose end is on record has no approval any more: it ends when approvals are judged.
  if (status === 'approved') return lastEvent === 'approved' || isEnding(lastEvent);
  return status !== 'executing' || lastEvent === 'approved' || lastEvent === 'executed' || lastEvent === 'failed';
}

/** Where a row that the agent did not make ends, by the table of transitions; null where it has ended already. */
function endOfForeign(status: string): RecommendationStatus | null {
  switch (status) {
    case 'pending':
    case 'deferred':
    case 'awaiting_second':
      return 'withdrawn';
    case 'approved':
      return 'cancelled';
    case 'executing':
      return 'failed';
    default:
      return null;
  }
}

/**
 * Settles every change that came from outside but approvals, which the approve phase judges: tampering is put back,
 * rows that the agent did not make are ended, rejections and deferrals are taken over.
 */
export function settleOutsideChanges(draft: Draft, stored: readonly StoredRecommendation[], now: Instant, policy: Policy): void {
  for (const found of stored) {
    const row = draft.row(found.recommendationId);
    if (!row) continue;
    if (row.ticket) restoreSubject(draft, row, isWorse(row.ticket.severity, row.severity) ? { ...row.ticket, ...milder(row) } : row.ticket);
    const reading = readStatus(found);
    if (reading.kind === 'tampered') restore(draft, row, found.status, reading.restoreTo, reading.columns);
    else if (reading.kind === 'foreign') endForeign(draft, row, found.status, reading.endAs);
    else if (reading.kind === 'decision' && row.status === 'rejected') takeRejection(draft, row, now, policy);
    else if (reading.kind === 'decision' && row.status === 'deferred') takeDeferral(draft, row);
  }
}

/**
 * A row that is milder than its ticket may be one whose escalation was announced and not stored: the readings that escalated it must be
 * able to do so again, so that it is put right only after they could.
 */
function milder({ severity, ruleId }: OpenRecommendation): Pick<Ticket, 'severity' | 'ruleId'> {
  return { severity, ruleId };
}

/** Rows that nothing escalated in this cycle get the severity and the rule of their tickets, and those that nobody decided their actions. */
export function restoreTickets(draft: Draft): void {
  for (const row of draft.rows) {
    const { ticket } = row;
    if (!ticket || isTerminal(row.status)) continue;
    restoreSubject(draft, row, ticket);
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
function restoreSubject(draft: Draft, row: OpenRecommendation, ticket: Ticket): void {
  const { equipmentId, severity, ruleId } = ticket;
  if (row.equipmentId === equipmentId && row.severity === severity && row.ruleId === ruleId) return;
  draft.update(
    row,
    { equipmentId, severity, ruleId, priority: priorityOf(severity) },
    {
      ...about(row),
      event: 'restored',
      step: 'subject',
      reason: 'the row named another equipment, severity or rule than its ticket',
      before: { equipment_id: row.equipmentId, severity: row.severity, rule_id: row.ruleId },
      after: { equipment_id: equipmentId, severity, rule_id: ruleId },
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

function endForeign(draft: Draft, row: OpenRecommendation, found: string, endAs: RecommendationStatus | null): void {
  // What has ended stays as it was found, a text that is no status included: it is only never looked at again.
  const adopted = { guardedStatus: found as RecommendationStatus };
  draft.update(row, endAs === null ? adopted : { status: endAs, guardedStatus: endAs }, {
    ...about(row),
    event: 'refused_foreign',
    fromStatus: found,
    toStatus: endAs ?? found,
    reason: 'the agent did not make this recommendation',
  });
}

function takeRejection(draft: Draft, row: OpenRecommendation, now: Instant, policy: Policy): void {
  draft.update(
    row,
    { guardedStatus: 'rejected', quietUntil: addSeconds(now, policy.holdSeconds) },
    {
      ...about(row),
      event: 'rejected',
      fromStatus: row.guardedStatus,
      toStatus: 'rejected',
      actor: row.rejectedByOperator ?? 'unnamed operator',
      reason: row.rejectionReason ?? 'no reason given',
      after: { decision: decisionRecord(decisionOf(row)) },
    },
  );
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
