import { decisionRecord, issuedCopy } from '../domain/audit-copy.ts';
import { accountedAtEnd } from '../domain/episodes.ts';
import { assertNever } from '../domain/errors.ts';
import { about, isEnding } from '../domain/event.ts';
import { addSeconds } from '../domain/instant.ts';
import { approvalEndOf, isOfTicket, judgeApproval } from '../domain/judge-approvals.ts';
import { isUnstoredEscalation } from '../domain/outside-changes.ts';
import { PRE_CHECKS } from '../domain/pre-checks.ts';
import { decisionOf, NO_DECISION, type OpenRecommendation, ticketOf } from '../domain/recommendation.ts';
import { type Action, ticketHash, type Turn } from '../domain/ticket.ts';
import type { Cycle } from './cycle.ts';
import { conflictUnderWay, noteConflicts } from './note-conflicts.ts';
import { accept, acceptFirst, holdSecond, lapse } from './take-approval.ts';

/** A new approval is accepted, the first of two, sent back or too old; an accepted one may have come to its end meanwhile. */
export function judge(cycle: Cycle, row: OpenRecommendation): void {
  const { settings } = cycle;
  const now = cycle.clock.now();
  if (row.guardedStatus === 'approved' || isEnding(row.lastDecision?.event)) {
    const approvalEnds = approvalEndOf(row, settings.policy, now);
    if (approvalEnds === null || approvalEnds <= now) expire(cycle, row, 'the approval came to its end before it could be carried out');
    else if (!isOfTicket(row)) sendBack(cycle, row, 'edited', PRE_CHECKS.other_ticket.says);
    return;
  }
  const verdict = judgeApproval(row, now, settings.policy, settings.agentId, cycle.sessions);
  switch (verdict.kind) {
    case 'accept':
    case 'first': {
      const conflict = conflictUnderWay(cycle, row);
      if (conflict !== undefined) sendBack(cycle, row, 'conflict', conflict);
      else if (verdict.kind === 'first') acceptFirst(cycle, row, verdict);
      else accept(cycle, row, verdict);
      break;
    }
    case 'return':
      sendBack(cycle, row, verdict.code, verdict.reason);
      break;
    case 'hold':
      holdSecond(cycle, row, verdict.code, verdict.reason);
      break;
    case 'lapse':
      lapse(cycle, row, verdict.reason);
      break;
    case 'expire':
      expire(cycle, row, verdict.reason);
      break;
    default:
      assertNever(verdict, 'verdict about an approval');
  }
}

/**
 * Back to the operator, with the actions that the ticket has, whatever the row said. One whose escalation was announced and not stored keeps
 * its own: with the worse ticket's it would pass for stored, and the readings that made it worse would never be on it.
 */
export function sendBack(cycle: Cycle, row: OpenRecommendation, code: string, reason: string): void {
  const { ticket } = row;
  const changed = cycle.draft.update(
    row,
    {
      status: 'pending',
      guardedStatus: 'pending',
      ...NO_DECISION,
      expiresTimestamp: null,
      ...(ticket && !isUnstoredEscalation(row, ticket) && { actions: ticket.actions, actionHash: ticketHash(ticket) }),
    },
    {
      ...about(row),
      event: 'refused',
      toStatus: 'pending',
      reason,
      before: { decision: decisionRecord(decisionOf(row)), actions: row.actions, action_hash: row.actionHash },
      after: { decision: decisionRecord(NO_DECISION), code },
    },
  );
  if (!changed) return;
  const text = `APPROVAL REFUSED: ${row.recommendationId} for ${row.equipmentId} (${reason})`;
  cycle.announcements.tell(row.recommendationId, 'warn', text, ({ commands }) => (commands.refused += 1));
}

export function end(cycle: Cycle, row: OpenRecommendation, status: 'expired' | 'cancelled', reason: string, holdSeconds: number): void {
  const now = cycle.clock.now();
  const changed = cycle.draft.update(
    row,
    {
      status,
      guardedStatus: status,
      executionResult: reason,
      lastAccountedTimestamp: accountedAtEnd(row, cycle.situations.of(row), { backlogUpTo: cycle.detected?.dealtUpTo ?? null, now }),
      quietUntil: holdSeconds > 0 ? addSeconds(now, holdSeconds) : null,
    },
    { ...about(row), event: status, toStatus: status, reason, after: { decision: decisionRecord(decisionOf(row)) } },
  );
  if (!changed) return;
  const text = `RECOMMENDATION ${status.toUpperCase()}: ${row.recommendationId} for ${row.equipmentId} (${reason})`;
  cycle.announcements.tell(row.recommendationId, 'warn', text, ({ recommendations }) => {
    if (status === 'expired') recommendations.expired += 1;
  });
}

function expire(cycle: Cycle, row: OpenRecommendation, reason: string): void {
  end(cycle, row, 'expired', reason, 0);
}

/**
 * The plant moved since the operator looked, or can be read only now: the same question with today's values. Or another question, where
 * `columns` say so.
 */
export function renew(
  cycle: Cycle,
  row: OpenRecommendation,
  actions: readonly Action[],
  reason: string,
  columns: Partial<Pick<OpenRecommendation, 'recommendedAction' | 'revertRequestedBy'>> = {},
  turn: Turn | undefined = row.ticket?.turn,
): void {
  const ticket = ticketOf(row, actions, { fourEyes: row.ticket?.fourEyes, turn });
  const changed = cycle.draft.update(
    row,
    {
      ...columns,
      ...NO_DECISION,
      status: 'pending',
      guardedStatus: 'pending',
      actions,
      actionHash: ticketHash(ticket),
      ticket,
      escalatedTimestamp: cycle.clock.now(),
      expiresTimestamp: null,
    },
    {
      ...about(row),
      event: 'renewed',
      toStatus: 'pending',
      reason,
      before: { action_hash: row.actionHash },
      after: issuedCopy(ticket),
    },
  );
  if (!changed) return;
  const wasApproved = row.status === 'approved' || row.status === 'awaiting_second';
  const what = `${row.recommendationId} for ${row.equipmentId} needs a ${wasApproved ? 'new ' : ''}decision (${reason})`;
  cycle.announcements.tell(row.recommendationId, 'warn', `${wasApproved ? 'APPROVAL' : 'TICKET'} RENEWED: ${what}`);
  noteConflicts(cycle, cycle.draft.row(row.recommendationId) ?? row, row.ticket);
}
