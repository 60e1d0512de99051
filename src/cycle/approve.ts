import { refuseForeignCommands } from '../domain/refuse-commands.ts';
import { describeControl, controlOn } from '../domain/control.ts';
import { about } from '../domain/event.ts';
import { deriveCommands } from '../domain/derive-commands.ts';
import { type DispatchPlanContext, planDispatch } from '../domain/plan-dispatch.ts';
import { MAX_RECOMMENDATIONS_PER_CYCLE } from '../domain/policy.ts';
import { reopen, restoreTickets } from '../domain/outside-changes.ts';
import { rateLimitText } from '../domain/check-dispatch.ts';
import { PRE_CHECKS } from '../domain/pre-checks.ts';
import type { LiveValues } from '../domain/live-values.ts';
import type { OpenRecommendation } from '../domain/recommendation.ts';
import { judgeReadiness, tagsToRead } from '../domain/readiness.ts';
import { answerReverts, commandsBetween, revertRequests, revertTags } from './answer-reverts.ts';
import type { Cycle } from './cycle.ts';
import { end, judge, renew, sendBack } from './decide-approval.ts';
import { dispatchContext } from './dispatch-context.ts';
import { readLive } from './read-live.ts';
import { recordIntents } from './record.ts';
import { lapseIfDue } from './take-approval.ts';

const MOST_KEPT_FOR_STARTS = 100;

/**
 * Judges approvals, makes commands of those that count, and chooses what this cycle dispatches. Ends by
 * writing everything that was decided so far: the audit first, without which nothing is dispatched.
 */
export async function approve(cycle: Cycle): Promise<void> {
  const { draft, announcements } = cycle;
  restoreTickets(draft, cycle.detected !== null && cycle.detected.dealtUpTo === null);
  reopen(draft);
  announcements.say('info', 'Processing approvals...');
  const approved = draft.rows.filter((row) => row.status === 'approved').toSorted(byUrgency);
  if (approved.length === 0) announcements.say('debug', 'No approved recommendations to process');
  else announcements.say('info', `Found ${approved.length} approved recommendations`);
  const cap = MAX_RECOMMENDATIONS_PER_CYCLE - keptForStarts(cycle, approved);
  // What ends makes room for what it excludes; what was approved first in an earlier cycle goes before what is approved now.
  const inOrder = approved.toSorted((a, b) => Number(b.guardedStatus === 'approved') - Number(a.guardedStatus === 'approved'));
  for (const row of draft.rows) if (draft.changedRecommendations < cap) lapseIfDue(cycle, row, cycle.clock.now());
  for (const row of inOrder) if (draft.changedRecommendations < cap) judge(cycle, row);
  const context = dispatchContext(cycle);
  const candidates = candidatesOf(cycle, context);
  const reverts = revertRequests(cycle);
  const live = await readLive(cycle, 'approve', [
    ...candidates.flatMap((row) => (row.ticket ? tagsToRead(row.ticket) : [])),
    ...revertTags(cycle, reverts),
  ]);
  if (live) answerReverts(cycle, reverts, live, await commandsBetween(cycle, reverts));
  if (live) for (const row of candidates) start(cycle, row, live, context);
  for (const row of draft.rows)
    if (row.status === 'executing' && draft.commandsOf(row.recommendationId).length === 0) derive(cycle, row, context);
  refuseForeign(cycle, context);
  const claims = planDispatch(draft, context);
  sayOfHeld(cycle, context);
  sayOfLimit(cycle, context, claims.length);
  const heldBack = await recordIntents(cycle, draft.take());
  if (heldBack === null) {
    cycle.ports.log.warn('Another run has taken the lease: nothing more is done');
    return;
  }
  const recommendationOf = new Map(draft.commands.map((command) => [command.commandId, command.recommendationId ?? '']));
  // No step of a sequence goes without the others.
  const stopped = new Set([...heldBack].map((id) => recommendationOf.get(id) ?? id));
  cycle.claims = claims.filter(({ commandId }) => !stopped.has(recommendationOf.get(commandId) ?? ''));
  // A change that was held back has not been made: its readings are looked at again. A command's is about none.
  if ([...heldBack].some((id) => !recommendationOf.has(id) && !draft.isOnlyRecord(id))) cycle.decided = 'some';
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
    // They would only wait, and as many as fit into a cycle would keep everything else waiting with them.
    const reason = whyWaiting(row, context);
    if (reason !== undefined) {
      cycle.announcements.say('info', `Waiting: ${row.recommendationId} for ${row.equipmentId} (${reason})`);
      continue;
    }
    if (candidates.length > 0 && commands + ticket.actions.length > context.policy.maxDispatchPerCycle) break;
    commands += ticket.actions.length;
    busy.add(row.equipmentId);
    candidates.push(row);
  }
  return candidates;
}

/** What keeps an approval that counts from the plant for now; undefined where nothing does. */
function whyWaiting(row: OpenRecommendation, context: DispatchPlanContext): string | undefined {
  const control = controlOn(context.controls, ['advisory'], row.equipmentId, context.now);
  if (control) return describeControl(control);
  return context.conditionOf(row) === 'unknown' ? PRE_CHECKS.condition_unknown.says : undefined;
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
      cycle.announcements.say('info', `Waiting: ${row.recommendationId} for ${row.equipmentId} (${readiness.reason})`);
      break;
    case 'cancel':
      // What limits or tags refuse would be refused again at once; a condition that cleared may come back any time.
      end(cycle, row, 'cancelled', readiness.reason, readiness.code === 'condition_cleared' ? 0 : settings.policy.holdSeconds);
      break;
    case 'refuse':
      sendBack(cycle, row, readiness.code, readiness.reason);
      break;
    case 'renew':
      renew(cycle, row, readiness.actions, readiness.reason);
      break;
  }
}

/** Commands that were made, or given back, before an order or a silent feed stopped them: nothing else in the log tells of them. */
function sayOfHeld({ draft, announcements }: Cycle, context: DispatchPlanContext): void {
  if (!context.mayDispatch) return;
  for (const { commandId, recommendationId } of draft.commands.filter((command) => command.status === 'pending')) {
    const row = draft.row(recommendationId ?? '');
    const reason = row && whyWaiting(row, context);
    if (reason !== undefined) announcements.say('info', `Waiting: command ${commandId} for ${row?.equipmentId} (${reason})`);
  }
}

/** What waits for the limit of a minute alone would seem to be forgotten. */
function sayOfLimit(cycle: Cycle, { writesLeft, mayDispatch, policy }: DispatchPlanContext, claimed: number): void {
  const isWaiting = cycle.draft.commands.some((command) => command.status === 'pending');
  if (!mayDispatch || !isWaiting || claimed < writesLeft) return;
  cycle.announcements.say('info', `Waiting: ${rateLimitText(policy.maxWritesPerMinute)}`);
}

function derive(cycle: Cycle, row: OpenRecommendation, context: DispatchPlanContext): void {
  for (const command of deriveCommands(cycle.draft, row, context)) {
    const text = `✓ COMMAND CREATED: ${command.commandId} for ${row.equipmentId} (tag_path=${command.tagPath ?? ''}, value=${command.newValue ?? ''})`;
    cycle.announcements.tell(command.commandId, 'info', text, ({ commands }) => (commands.created += 1));
  }
}

function refuseForeign(cycle: Cycle, context: DispatchPlanContext): void {
  for (const command of refuseForeignCommands(cycle.draft, context)) {
    const text = `COMMAND REFUSED: ${command.commandId} (${command.executionResult ?? ''})`;
    cycle.announcements.tell(command.commandId, 'warn', text, ({ commands }) => (commands.refused += 1));
  }
}
