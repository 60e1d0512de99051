import { describeControl, controlOn } from '../domain/control.ts';
import { addSeconds } from '../domain/instant.ts';
import { approvalEndOf, judgeApproval } from '../domain/judge-approvals.ts';
import { deriveCommands, type DispatchPlanContext, planDispatch, refuseForeignCommands } from '../domain/plan-dispatch.ts';
import { MAX_RECOMMENDATIONS_PER_CYCLE } from '../domain/policy.ts';
import type { LiveValues } from '../domain/proposal.ts';
import { decisionOf, NO_DECISION, type OpenRecommendation, ticketOf } from '../domain/recommendation.ts';
import { judgeReadiness, tagsToRead } from '../domain/readiness.ts';
import { ticketHash } from '../domain/ticket.ts';
import type { Cycle } from './cycle.ts';
import { readLive } from './read-live.ts';
import { recordIntents } from './record.ts';

const MOST_KEPT_FOR_STARTS = 100;

/**
 * Judges approvals, makes commands of those that count, and chooses what this cycle dispatches. Ends by
 * writing everything that was decided so far: the audit first, without which nothing is dispatched.
 */
export async function approve(cycle: Cycle): Promise<void> {
  const { draft, report, ports } = cycle;
  ports.log.info('Processing approvals...');
  const approved = draft.rows.filter((row) => row.status === 'approved').toSorted(byUrgency);
  if (approved.length === 0) ports.log.debug('No approved recommendations to process');
  else ports.log.info(`Found ${approved.length} approved recommendations`);
  const cap = MAX_RECOMMENDATIONS_PER_CYCLE - keptForStarts(cycle, approved);
  for (const row of approved) if (draft.changedRecommendations < cap) judge(cycle, row);
  const context = dispatchContext(cycle);
  const candidates = candidatesOf(cycle, context);
  const live = await readLive(
    cycle,
    'approve',
    candidates.flatMap((row) => (row.ticket ? tagsToRead(row.ticket) : [])),
  );
  if (live) for (const row of candidates) start(cycle, row, live, context);
  for (const row of draft.rows)
    if (row.status === 'executing' && draft.commandsOf(row.recommendationId).length === 0) derive(cycle, row, context);
  report.commands.refused += refuseForeignCommands(draft, context);
  const claims = planDispatch(draft, context);
  const heldBack = await recordIntents(cycle, draft.take());
  const recommendationOf = new Map(draft.commands.map((command) => [command.commandId, command.recommendationId ?? '']));
  cycle.claims = claims.filter(({ commandId }) => !heldBack.has(recommendationOf.get(commandId) ?? ''));
  cycle.recorded = true;
}

/** What was accepted earlier and waits has its share of the cycle: a flood of new approvals must not keep it from the plant. */
function keptForStarts(cycle: Cycle, approved: readonly OpenRecommendation[]): number {
  const waiting = approved.filter((row) => row.guardedStatus === 'approved');
  return Math.min(waiting.length, cycle.settings.policy.maxDispatchPerCycle, MOST_KEPT_FOR_STARTS);
}

function byUrgency(a: OpenRecommendation, b: OpenRecommendation): number {
  return b.priority - a.priority || a.createdTimestamp - b.createdTimestamp;
}

/** What the pure planning has to know of this cycle. */
export function dispatchContext(cycle: Cycle): DispatchPlanContext {
  const now = cycle.clock.now();
  const { settings, situations } = cycle;
  return {
    agentId: settings.agentId,
    now,
    policy: settings.policy,
    controls: cycle.controls,
    mayDispatch: cycle.ports.plant.acts && cycle.detected !== null,
    conditionOf: (row) => (cycle.detected ? situations.conditionOf(row, now, settings.source.maxAgeSeconds) : 'unknown'),
    lastReadingOf: (row) => situations.liveOf(row)?.last?.at ?? null,
  };
}

function about(row: OpenRecommendation) {
  return { subjectType: 'recommendation' as const, subjectId: row.recommendationId, fromStatus: row.status };
}

/** A new approval is accepted, sent back or too old; an accepted one may have come to its end meanwhile. */
function judge(cycle: Cycle, row: OpenRecommendation): void {
  const { draft, settings } = cycle;
  const now = cycle.clock.now();
  if (row.guardedStatus === 'approved') {
    const approvalEnds = approvalEndOf(row, settings.policy);
    if (approvalEnds === null || approvalEnds <= now) expire(cycle, row, 'the approval came to its end before it could be carried out');
    return;
  }
  const verdict = judgeApproval(row, now, settings.policy);
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
          after: { decision: decisionOf(row), action_hash: row.actionHash },
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
function sendBack(cycle: Cycle, row: OpenRecommendation, code: string, reason: string): void {
  const { ticket } = row;
  const changed = cycle.draft.update(
    row,
    {
      status: 'pending',
      guardedStatus: 'pending',
      ...NO_DECISION,
      ...(ticket && { actions: ticket.actions, actionHash: ticketHash(ticket) }),
    },
    {
      ...about(row),
      event: 'refused',
      toStatus: 'pending',
      reason,
      before: { decision: decisionOf(row), actions: row.actions, action_hash: row.actionHash },
      after: { decision: NO_DECISION, code },
    },
  );
  if (!changed) return;
  cycle.report.commands.refused += 1;
  cycle.ports.log.warn(`APPROVAL REFUSED: ${row.recommendationId} for ${row.equipmentId} (${reason})`);
}

function end(cycle: Cycle, row: OpenRecommendation, status: 'expired' | 'cancelled', reason: string, holdSeconds: number): boolean {
  const now = cycle.clock.now();
  const seen = cycle.situations.liveOf(row)?.last?.at ?? 0;
  const changed = cycle.draft.update(
    row,
    {
      status,
      guardedStatus: status,
      executionResult: reason,
      lastAccountedTimestamp: Math.max(row.lastAccountedTimestamp, seen),
      quietUntil: holdSeconds > 0 ? addSeconds(now, holdSeconds) : null,
    },
    { ...about(row), event: status, toStatus: status, reason },
  );
  if (changed) cycle.ports.log.warn(`RECOMMENDATION ${status.toUpperCase()}: ${row.recommendationId} for ${row.equipmentId} (${reason})`);
  return changed;
}

function expire(cycle: Cycle, row: OpenRecommendation, reason: string): void {
  if (end(cycle, row, 'expired', reason, 0)) cycle.report.recommendations.expired += 1;
}

/** Accepted approvals that may start now: nothing in the way, one at a time per equipment, as many as may be dispatched. */
function candidatesOf(cycle: Cycle, context: DispatchPlanContext): readonly OpenRecommendation[] {
  if (!context.mayDispatch) return [];
  const { draft } = cycle;
  const busy = new Set(draft.rows.filter((row) => row.status === 'executing').map((row) => row.equipmentId));
  const candidates: OpenRecommendation[] = [];
  let commands = draft.commands.filter((command) => command.status === 'pending').length;
  for (const row of draft.rows.filter((each) => each.status === 'approved' && each.guardedStatus === 'approved').toSorted(byUrgency)) {
    const { ticket } = row;
    if (!ticket || busy.has(row.equipmentId)) continue;
    const control = controlOn(cycle.controls, ['advisory'], row.equipmentId, context.now);
    if (control) {
      cycle.ports.log.info(`Waiting: ${row.recommendationId} for ${row.equipmentId} (${describeControl(control)})`);
      continue;
    }
    // They would only wait, and as many as fit into a cycle would keep everything else waiting with them.
    if (context.conditionOf(row) === 'unknown') {
      cycle.ports.log.info(`Waiting: ${row.recommendationId} for ${row.equipmentId} (no fresh reading shows that the condition holds)`);
      continue;
    }
    if (candidates.length > 0 && commands + ticket.actions.length > context.policy.maxDispatchPerCycle) break;
    commands += ticket.actions.length;
    busy.add(row.equipmentId);
    candidates.push(row);
  }
  return candidates;
}

function start(cycle: Cycle, row: OpenRecommendation, live: LiveValues, context: DispatchPlanContext): void {
  const { draft, settings } = cycle;
  // A row that was accepted just now is written anyway, however much else there is.
  const isFull = draft.changedRecommendations >= MAX_RECOMMENDATIONS_PER_CYCLE && !draft.isChanged(row.recommendationId);
  if (!row.ticket || isFull) return;
  const readiness = judgeReadiness(row.ticket, {
    condition: context.conditionOf(row),
    tags: settings.tags,
    live,
    driftPercent: settings.policy.driftPercent,
    tolerancePercent: settings.plant.tolerancePercent,
  });
  switch (readiness.kind) {
    case 'ready': {
      const event = { ...about(row), event: 'executing', toStatus: 'executing', reason: row.recommendedAction };
      // No commands for a row that cannot take this step yet, having been restored just now.
      if (draft.update(row, { status: 'executing', guardedStatus: 'executing' }, event)) derive(cycle, row, context);
      break;
    }
    case 'wait':
      cycle.ports.log.info(`Waiting: ${row.recommendationId} for ${row.equipmentId} (${readiness.reason})`);
      break;
    case 'cancel':
      // What limits or tags refuse would be refused again at once; a condition that cleared may come back any time.
      end(cycle, row, 'cancelled', readiness.reason, readiness.code === 'condition_cleared' ? 0 : settings.policy.holdSeconds);
      break;
    case 'renew':
      renew(cycle, row, readiness.actions, readiness.reason);
      break;
  }
}

/** The plant moved since the operator looked: the same question with today's values. */
function renew(cycle: Cycle, row: OpenRecommendation, actions: Parameters<typeof ticketOf>[1], reason: string): void {
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
      after: { ticket, decision: NO_DECISION },
    },
  );
  if (changed) cycle.ports.log.warn(`APPROVAL RENEWED: ${row.recommendationId} for ${row.equipmentId} needs a new decision (${reason})`);
}

function derive(cycle: Cycle, row: OpenRecommendation, context: DispatchPlanContext): void {
  for (const command of deriveCommands(cycle.draft, row, context)) {
    cycle.report.commands.created += 1;
    cycle.ports.log.info(
      `✓ COMMAND CREATED: ${command.commandId} for ${row.equipmentId} (tag_path=${command.tagPath ?? ''}, value=${command.newValue ?? ''})`,
    );
  }
}
