import { brokenSeals, type Command, sealedColumnsOf } from './command.ts';
import { type Control, controlOn, describeControl } from './control.ts';
import type { ConditionState } from './detection.ts';
import type { Draft } from './draft.ts';
import { addSeconds, type Instant, isoOf } from './instant.ts';
import type { Policy } from './policy.ts';
import type { OpenRecommendation } from './recommendation.ts';

export interface DispatchPlanContext {
  readonly agentId: string;
  readonly now: Instant;
  readonly policy: Policy;
  readonly controls: readonly Control[];
  /** False where the plant only advises or this cycle could not detect: then nothing is claimed. */
  readonly mayDispatch: boolean;
  readonly conditionOf: (row: OpenRecommendation) => ConditionState;
  /** The newest reading of the row's family, for what it accounts for when it ends. */
  readonly lastReadingOf: (row: OpenRecommendation) => Instant | null;
}

/** The commands of an approved ticket, all pending; making them twice gives the same rows. */
export function deriveCommands(draft: Draft, row: OpenRecommendation, context: Pick<DispatchPlanContext, 'agentId' | 'now'>): readonly Command[] {
  const { ticket } = row;
  if (!ticket) return [];
  return ticket.actions.map((action) => {
    const command: Command = {
      ...sealedColumnsOf(ticket, action),
      actionDescription: row.recommendedAction,
      status: 'pending',
      createdTimestamp: context.now,
      createdByAgent: context.agentId,
      readBackValue: null,
      claimedBy: null,
      claimedTimestamp: null,
      startedTimestamp: null,
      completedTimestamp: null,
      executedTimestamp: null,
      notAfter: null,
      attempt: 0,
      failureCode: null,
      executionResult: null,
    };
    draft.createCommand(command, {
      subjectType: 'command',
      subjectId: command.commandId,
      event: 'derived',
      toStatus: 'pending',
      reason: `${action.tag} = ${action.value}`,
      after: { recommendation_id: row.recommendationId, tag: action.tag, value: action.value },
    });
    return command;
  });
}

/** How a command ends without having done its work; `columns` is what else is known about it. */
export interface CommandEnd {
  readonly status: 'failed' | 'cancelled';
  readonly code: string;
  readonly reason: string;
  readonly at: Instant;
  /** The run that holds the claim, where only that one may end it. */
  readonly claimedBy?: string | null;
  readonly columns?: Partial<Command>;
}

export function endCommand(draft: Draft, command: Command, { status, code, reason, at, claimedBy = null, columns = {} }: CommandEnd): void {
  draft.updateCommand(
    command,
    { ...columns, status, failureCode: code, executionResult: reason, completedTimestamp: at },
    {
      subjectType: 'command',
      subjectId: command.commandId,
      event: code === 'ticket_mismatch' || code === 'no_valid_approval' ? 'refused' : status,
      fromStatus: command.status,
      toStatus: status,
      reason,
      after: { failure_code: code },
    },
    claimedBy,
  );
}

function mayHaveWritten(commands: readonly Command[]): boolean {
  return commands.some((command) => command.startedTimestamp !== null || command.failureCode === 'not_confirmed');
}

function resultOf(commands: readonly Command[]): string {
  return commands
    .map((command) => `${command.tagPath ?? '?'} = ${command.newValue ?? '?'}: ${command.executionResult ?? command.status}`)
    .join('; ');
}

/**
 * Ends an executing recommendation once its commands say how: executed when all are, failed when one failed; what was not
 * sent yet is cancelled then. Returns false while the commands still have something to do.
 */
export function concludeRecommendation(draft: Draft, row: OpenRecommendation, context: DispatchPlanContext, claimedBy: string | null = null): boolean {
  const commands = draft.commandsOf(row.recommendationId);
  if (commands.length === 0) return false;
  const failure = commands.find((command) => command.status === 'failed' || command.status === 'cancelled');
  if (!failure && commands.some((command) => command.status !== 'executed')) return false;
  if (failure && commands.some((command) => command.status === 'unknown' || (command.status === 'executing' && command.claimedBy !== claimedBy)))
    return false; // an outcome is still open: it decides first
  for (const command of commands.filter((candidate) => candidate.status === 'pending' || candidate.status === 'executing'))
    endCommand(draft, command, {
      status: 'cancelled',
      code: 'sequence_stopped',
      reason: 'an earlier step of the sequence failed',
      at: context.now,
      claimedBy: command.status === 'executing' ? claimedBy : null,
    });
  const ended = draft.commandsOf(row.recommendationId);
  const written = mayHaveWritten(ended);
  const status = failure ? 'failed' : 'executed';
  const quiet = failure ? (written ? null : context.policy.holdSeconds) : context.policy.settlingSeconds;
  draft.update(
    row,
    {
      status,
      guardedStatus: status,
      executionResult: resultOf(ended),
      executedTimestamp: failure ? row.executedTimestamp : context.now,
      mayHaveWritten: written,
      quietUntil: quiet === null ? null : addSeconds(context.now, quiet),
      lastAccountedTimestamp: Math.max(row.lastAccountedTimestamp, context.lastReadingOf(row) ?? 0),
    },
    {
      subjectType: 'recommendation',
      subjectId: row.recommendationId,
      event: status,
      fromStatus: row.status,
      toStatus: status,
      reason: resultOf(ended),
    },
  );
  return true;
}

/** Why the pending commands of an executing recommendation must not be sent any more; undefined when they may. */
function endOfPending(row: OpenRecommendation, context: DispatchPlanContext): { readonly code: string; readonly reason: string } | undefined {
  if (row.expiresTimestamp === null || row.expiresTimestamp <= context.now)
    return { code: 'approval_expired', reason: `the approval ended at ${row.expiresTimestamp === null ? 'an unknown time' : isoOf(row.expiresTimestamp)}` };
  const control = controlOn(context.controls, ['out_of_service', 'shelved'], row.equipmentId, context.now);
  if (control) return { code: 'control', reason: describeControl(control) };
  if (context.mayDispatch && context.conditionOf(row) === 'cleared')
    return { code: 'condition_cleared', reason: 'the condition cleared before the action was taken' };
  return undefined;
}

/** Refuses command rows that no approved ticket stands behind, whoever put them there. */
export function refuseForeignCommands(draft: Draft, context: Pick<DispatchPlanContext, 'now'>): number {
  let refused = 0;
  for (const command of draft.commands) {
    if (command.status !== 'pending' && command.status !== 'executing' && command.status !== 'unknown') continue;
    const row = command.recommendationId === null ? undefined : draft.row(command.recommendationId);
    if (row?.status !== 'executing') {
      const reason = 'no valid approval stands behind this command';
      endCommand(draft, command, { status: 'failed', code: 'no_valid_approval', reason, at: context.now });
      refused += 1;
    } else if (command.status === 'pending' && row.ticket) {
      const broken = brokenSeals(command, row.ticket);
      if (broken.length === 0) continue;
      const reason = `the command differs from the approved ticket in ${broken.join(', ')}`;
      endCommand(draft, command, { status: 'failed', code: 'ticket_mismatch', reason, at: context.now });
      refused += 1;
    }
  }
  return refused;
}

/**
 * Chooses what this cycle claims: whole sequences, worst and oldest first, up to the cap, each only while its approval lives,
 * its condition holds and no control forbids it. The intent is noted for the audit, which is written before the claim.
 */
export function planDispatch(draft: Draft, context: DispatchPlanContext): readonly { readonly commandId: string; readonly approvalEnds: Instant }[] {
  const claims: { commandId: string; approvalEnds: Instant }[] = [];
  const executing = draft.rows
    .filter((row) => row.status === 'executing')
    .toSorted((a, b) => b.priority - a.priority || a.createdTimestamp - b.createdTimestamp);
  for (const row of executing) {
    const commands = draft.commandsOf(row.recommendationId);
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
    const fits = claims.length === 0 || claims.length + pending.length <= context.policy.maxDispatchPerCycle;
    if (!context.mayDispatch || blocked || !fits || context.conditionOf(row) !== 'holds' || row.expiresTimestamp === null) continue;
    for (const command of pending) {
      claims.push({ commandId: command.commandId, approvalEnds: row.expiresTimestamp });
      draft.note({
        subjectType: 'command',
        subjectId: command.commandId,
        event: 'dispatching',
        fromStatus: 'pending',
        toStatus: 'executing',
        actor: row.approvedByOperator === null ? context.agentId : `${context.agentId} for ${row.approvedByOperator}`,
        reason: row.recommendedAction,
        before: { tag: command.tagPath, value: command.oldValue },
        after: { tag: command.tagPath, value: command.newValue },
      });
    }
  }
  return claims;
}
