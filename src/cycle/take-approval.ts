import { decisionRecord } from '../domain/audit-copy.ts';
import { about } from '../domain/event.ts';
import { firstApprovalOf, secondDueAt } from '../domain/four-eyes.ts';
import { type Instant, isoOf } from '../domain/instant.ts';
import { knownTime } from '../domain/known-time.ts';
import type { ApprovalVerdict } from '../domain/judge-approvals.ts';
import { sessionAt } from '../domain/operator-session.ts';
import { actorOf } from '../domain/person.ts';
import { decisionOf, NO_DECISION, type OpenRecommendation } from '../domain/recommendation.ts';
import type { Cycle } from './cycle.ts';

type Taken = Extract<ApprovalVerdict, { kind: 'accept' | 'first' }>;

/** What both ways of counting say about who approved, and when. `name` is the person who just did. */
function approvalEvent(cycle: Cycle, row: OpenRecommendation, name: string | null, { columns, via, namedHash }: Taken) {
  return {
    ...about(row),
    fromStatus: row.guardedStatus,
    actor: actorOf(name ?? '', via),
    reason: row.actionHash ?? '',
    after: { decision: decisionRecord(columns), action_hash: row.actionHash, named_hash: namedHash },
    sessionId: sessionAt(cycle.sessions, name, columns.approvedTimestamp)?.sessionId ?? null,
  };
}

/** The approval counts, and where two were needed both are there. */
export function accept(cycle: Cycle, row: OpenRecommendation, taken: Taken): void {
  const { expiresAt, columns } = taken;
  const name = columns.secondApprover ?? columns.approvedByOperator;
  cycle.draft.update(
    row,
    {
      ...columns,
      guardedStatus: 'approved',
      expiresTimestamp: expiresAt,
      lastDecision: { event: 'approved', columns, actionHash: row.actionHash },
    },
    { ...approvalEvent(cycle, row, name, taken), event: 'approved', toStatus: 'approved' },
  );
}

/** The approval counts as the first of two: nothing is done before a second person agrees. */
export function acceptFirst(cycle: Cycle, row: OpenRecommendation, taken: Taken): void {
  const { expiresAt, columns } = taken;
  const changed = cycle.draft.update(
    row,
    {
      ...columns,
      status: 'awaiting_second',
      guardedStatus: 'awaiting_second',
      expiresTimestamp: expiresAt,
      lastDecision: { event: 'first_approved', columns, actionHash: row.actionHash },
    },
    { ...approvalEvent(cycle, row, columns.approvedByOperator, taken), event: 'first_approved', toStatus: 'awaiting_second' },
  );
  if (!changed) return;
  const text = `FIRST APPROVAL: ${row.recommendationId} for ${row.equipmentId} by ${columns.approvedByOperator ?? ''}; a second person must approve until ${isoOf(expiresAt)}`;
  cycle.announcements.tell(row.recommendationId, 'info', text);
}

/** What came as the second approval is none: the first one stands, with its own columns, and waits on. */
export function holdSecond(cycle: Cycle, row: OpenRecommendation, code: string, reason: string): void {
  const first = firstApprovalOf(row.lastDecision) ?? NO_DECISION;
  const changed = cycle.draft.update(
    row,
    { ...first, status: 'awaiting_second', guardedStatus: 'awaiting_second' },
    {
      ...about(row),
      // No decision of its own: the first approval stays the last one that counts.
      event: 'second_refused',
      toStatus: 'awaiting_second',
      reason,
      before: { decision: decisionRecord(decisionOf(row)), action_hash: row.actionHash },
      after: { code },
    },
  );
  if (!changed) return;
  const text = `SECOND APPROVAL REFUSED: ${row.recommendationId} for ${row.equipmentId} (${reason})`;
  cycle.announcements.tell(row.recommendationId, 'warn', text, ({ commands }) => (commands.refused += 1));
}

/** Nobody else agreed in time: the first approval ends, and the question is open again. */
export function lapse(cycle: Cycle, row: OpenRecommendation, reason: string): void {
  const changed = cycle.draft.update(
    row,
    { ...NO_DECISION, status: 'pending', guardedStatus: 'pending', expiresTimestamp: null },
    {
      ...about(row),
      event: 'lapsed',
      toStatus: 'pending',
      reason,
      before: { decision: decisionRecord(decisionOf(row)) },
      after: { decision: decisionRecord(NO_DECISION) },
    },
  );
  if (!changed) return;
  cycle.announcements.tell(row.recommendationId, 'warn', `APPROVAL LAPSED: ${row.recommendationId} for ${row.equipmentId} (${reason})`);
}

/** A first approval lives as long as any: what nobody seconded by then goes back to the operators. */
export function lapseIfDue(cycle: Cycle, row: OpenRecommendation, now: Instant): void {
  const first = firstApprovalOf(row.lastDecision);
  if (row.status !== 'awaiting_second' || row.guardedStatus !== 'awaiting_second' || !first) return;
  // Given under a clock that was ahead, it would wait until that time comes, and refuse every second one as older.
  if (knownTime(first.approvedTimestamp, now) === null) return lapse(cycle, row, 'the first approval has a time that is still to come');
  const due = secondDueAt(first, cycle.settings.policy);
  if (due <= now) lapse(cycle, row, `no second approval came until ${isoOf(due)}`);
}
