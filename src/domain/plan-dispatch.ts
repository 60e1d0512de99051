import type { Command } from './command.ts';
import { concludeRecommendation, type ConcludingContext } from './conclude.ts';
import { type Control, controlOn, describeControl } from './control.ts';
import { deriveCommands, type MakingContext, ownCommands } from './derive-commands.ts';
import type { ConditionState } from './detection.ts';
import type { Draft } from './draft.ts';
import { endCommand } from './end-command.ts';
import type { EventText } from './event.ts';
import { approversOf } from './four-eyes.ts';
import { type Instant, isoOf } from './instant.ts';
import { approvalEndOf } from './judge-approvals.ts';
import { type CommandCode, PRE_CHECKS } from './pre-checks.ts';
import type { OpenRecommendation } from './recommendation.ts';

export interface DispatchPlanContext extends MakingContext, ConcludingContext {
  readonly controls: readonly Control[];
  /** Commands of which the audit says, or may say, that they were announced as sent. */
  readonly announced: ReadonlySet<string>;
  /** How many writes the limit of a minute still allows. */
  readonly writesLeft: number;
  /** False where the plant only advises or this cycle could not detect: then nothing is claimed. */
  readonly mayDispatch: boolean;
  readonly conditionOf: (row: OpenRecommendation) => ConditionState;
}

function isUntouched(command: Command): boolean {
  return command.status === 'pending' && (command.attempt ?? 0) === 0;
}

/** Why the pending commands of an executing recommendation must not be sent any more; undefined when they may. */
function endOfPending(
  row: OpenRecommendation,
  context: DispatchPlanContext,
): { readonly code: CommandCode; readonly reason: string } | undefined {
  const approvalEnds = approvalEndOf(row, context.policy, context.now);
  if (approvalEnds === null || approvalEnds <= context.now)
    return { code: 'approval_expired', reason: `the approval ended${approvalEnds === null ? '' : ` at ${isoOf(approvalEnds)}`}` };
  const control = controlOn(context.controls, ['out_of_service', 'shelved'], row.equipmentId, context.now);
  if (control) return { code: 'control', reason: describeControl(control) };
  if (context.mayDispatch && context.conditionOf(row) === 'cleared')
    return { code: 'condition_cleared', reason: PRE_CHECKS.condition_cleared.says };
  return undefined;
}

/**
 * Chooses what this cycle claims: whole sequences, worst and oldest first, up to the cap, each only while its approval lives,
 * its condition holds and no control forbids it.
 */
export function planDispatch(
  draft: Draft,
  context: DispatchPlanContext,
): readonly { readonly commandId: string; readonly approvalEnds: Instant }[] {
  const claims: { commandId: string; approvalEnds: Instant }[] = [];
  const executing = draft.rows
    .filter((row) => row.status === 'executing')
    .toSorted((a, b) => b.priority - a.priority || a.createdTimestamp - b.createdTimestamp);
  for (const row of executing) {
    // Crashed between two parts of one bulk write: the rest is made, but only while nothing of it was ever claimed.
    if (ownCommands(draft, row).every(isUntouched)) deriveCommands(draft, row, context);
    const commands = ownCommands(draft, row);
    if (concludeRecommendation(draft, row, context)) continue;
    if (commands.some((command) => command.status === 'executing' || command.status === 'unknown')) continue;
    const pending = commands.filter((command) => command.status === 'pending');
    const end = endOfPending(row, context);
    if (end) {
      for (const command of pending) endCommand(draft, command, { status: 'cancelled', ...end, at: context.now });
      concludeRecommendation(draft, row, context);
      continue;
    }
    const blocked = controlOn(context.controls, ['advisory'], row.equipmentId, context.now);
    const isFirst = claims.length === 0 && context.writesLeft > 0;
    const fits = isFirst || claims.length + pending.length <= Math.min(context.policy.maxDispatchPerCycle, context.writesLeft);
    const approvalEnds = approvalEndOf(row, context.policy, context.now);
    if (!context.mayDispatch || blocked || !fits || context.conditionOf(row) !== 'holds' || approvalEnds === null) continue;
    for (const { commandId } of pending) claims.push({ commandId, approvalEnds });
  }
  return claims;
}

/**
 * What the audit is told of a command that this run holds, before anything is sent. Not before the claim: then a run that died in between
 * would leave the same trail as one that died after the write, and nobody could tell which of the two may be sent.
 */
export function dispatchingText(command: Command, row: OpenRecommendation, agentId: string): EventText {
  return {
    subjectType: 'command',
    subjectId: command.commandId,
    event: 'dispatching',
    fromStatus: 'pending',
    toStatus: 'executing',
    actor: row.approvedByOperator === null ? agentId : `${agentId} for ${approversOf(row)}`,
    reason: row.recommendedAction,
    before: { tag: command.tagPath, value: command.oldValue },
    after: { tag: command.tagPath, value: command.newValue },
  };
}
