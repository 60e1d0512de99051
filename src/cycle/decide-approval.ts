import { decisionRecord, issuedCopy } from '../domain/audit-copy.ts';
import { about } from '../domain/event.ts';
import { addSeconds } from '../domain/instant.ts';
import { approvalEndOf, judgeApproval } from '../domain/judge-approvals.ts';
import { decisionOf, NO_DECISION, type OpenRecommendation, ticketOf } from '../domain/recommendation.ts';
import { ticketHash } from '../domain/ticket.ts';
import type { Cycle } from './cycle.ts';

/** A new approval is accepted, sent back or too old; an accepted one may have come to its end meanwhile. */
export function judge(cycle: Cycle, row: OpenRecommendation): void {
  const { draft, settings } = cycle;
  const now = cycle.clock.now();
  if (row.guardedStatus === 'approved') {
    const approvalEnds = approvalEndOf(row, settings.policy);
    if (approvalEnds === null || approvalEnds <= now) expire(cycle, row, 'the approval came to its end before it could be carried out');
    return;
  }
  const verdict = judgeApproval(row, now, settings.policy, settings.agentId);
  switch (verdict.kind) {
    case 'accept':
      draft.update(
        row,
        { guardedStatus: 'approved', expiresTimestamp: verdict.expiresAt, lastDecision: { event: 'approved', columns: decisionOf(row) } },
        {
          ...about(row),
          fromStatus: row.guardedStatus,
          event: 'approved',
          toStatus: 'approved',
          actor:
            row.approvedVia === null ? `${row.approvedByOperator ?? ''} via sql` : `${row.approvedByOperator ?? ''} via ${row.approvedVia}`,
          reason: row.actionHash ?? '',
          after: { decision: decisionRecord(decisionOf(row)), action_hash: row.actionHash },
        },
      );
      break;
    case 'return':
      sendBack(cycle, row, verdict.code, verdict.reason);
      break;
    case 'expire':
      expire(cycle, row, verdict.reason);
      break;
  }
}

/** Back to the operator, with the actions that the ticket has, whatever the row said. */
export function sendBack(cycle: Cycle, row: OpenRecommendation, code: string, reason: string): void {
  const { ticket } = row;
  const changed = cycle.draft.update(
    row,
    {
      status: 'pending',
      guardedStatus: 'pending',
      ...NO_DECISION,
      expiresTimestamp: null,
      ...(ticket && { actions: ticket.actions, actionHash: ticketHash(ticket) }),
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
  // While there is a backlog, what lies between its slice and now has not been read: only the slices account for it.
  const seen = Math.min(cycle.situations.liveOf(row)?.last?.at ?? 0, cycle.detected?.window.backlog?.upTo ?? Infinity);
  const changed = cycle.draft.update(
    row,
    {
      status,
      guardedStatus: status,
      executionResult: reason,
      lastAccountedTimestamp: Math.max(row.lastAccountedTimestamp, seen),
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

/** The plant moved since the operator looked, or can be read only now: the same question with today's values. */
export function renew(cycle: Cycle, row: OpenRecommendation, actions: Parameters<typeof ticketOf>[1], reason: string): void {
  const ticket = ticketOf(row, actions);
  const changed = cycle.draft.update(
    row,
    {
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
  const text = `APPROVAL RENEWED: ${row.recommendationId} for ${row.equipmentId} needs a new decision (${reason})`;
  cycle.announcements.tell(row.recommendationId, 'warn', text);
}
