import { about, type EventText } from './event.ts';
import { decisionRecord } from './audit-copy.ts';
import { judgeSeal } from './check-dispatch.ts';
import { type Command, sealedColumnsOf, signCommand } from './command.ts';
import { type Control, controlOn, describeControl } from './control.ts';
import type { ConditionState } from './detection.ts';
import type { Draft } from './draft.ts';
import { addSeconds, type Instant, isoOf } from './instant.ts';
import { approversOf } from './four-eyes.ts';
import { commandIdOf } from './ids.ts';
import { approvalEndOf } from './judge-approvals.ts';
import type { KeyRing } from './key-ring.ts';
import type { Policy } from './policy.ts';
import { type CommandCode, isForeignCode, PRE_CHECKS } from './pre-checks.ts';
import { isCommandStatus } from './transitions.ts';
import { decisionOf, type OpenRecommendation } from './recommendation.ts';
import { mayHaveWritten } from './sent.ts';
import type { Action, Ticket } from './ticket.ts';

export interface DispatchPlanContext {
  readonly agentId: string;
  readonly now: Instant;
  readonly policy: Policy;
  readonly controls: readonly Control[];
  /** What commands are signed and checked with. */
  readonly keys: KeyRing;
  /** Commands of which the audit says, or may say, that they were announced as sent. */
  readonly announced: ReadonlySet<string>;
  /** How many writes the limit of a minute still allows. */
  readonly writesLeft: number;
  /** False where the plant only advises or this cycle could not detect: then nothing is claimed. */
  readonly mayDispatch: boolean;
  readonly conditionOf: (row: OpenRecommendation) => ConditionState;
  /** Up to when readings are dealt with that the row stands for when it ends; 0 where none was seen. */
  readonly accountedFor: (row: OpenRecommendation) => Instant;
}

/**
 * Makes the commands of an approved ticket that are not there yet, all pending; making them twice gives the same rows.
 * A row that is there is left as it is: if somebody put it there, it is judged against the ticket like every other.
 */
export function deriveCommands(
  draft: Draft,
  row: OpenRecommendation,
  context: Pick<DispatchPlanContext, 'agentId' | 'now' | 'keys'>,
): readonly Command[] {
  const { ticket } = row;
  if (!ticket || draft.row(row.recommendationId)?.status !== 'executing') return [];
  const present = new Set(draft.commands.map((command) => command.commandId));
  const made = ticket.actions.map((action) => commandOf(ticket, action, row, context)).filter(({ commandId }) => !present.has(commandId));
  for (const command of made)
    draft.createCommand(command, {
      subjectType: 'command',
      subjectId: command.commandId,
      event: 'derived',
      toStatus: 'pending',
      reason: `${command.tagPath ?? ''} = ${command.newValue ?? ''}`,
      after: { recommendation_id: row.recommendationId, tag: command.tagPath, value: command.newValue },
    });
  return made;
}

function commandOf(
  ticket: Ticket,
  action: Action,
  row: OpenRecommendation,
  { agentId, now, keys }: Pick<DispatchPlanContext, 'agentId' | 'now' | 'keys'>,
): Command {
  const sealed = sealedColumnsOf(ticket, action);
  return {
    ...sealed,
    actionDescription: row.recommendedAction,
    status: 'pending',
    createdTimestamp: now,
    createdByAgent: agentId,
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
    signature: signCommand(sealed, ticket, keys),
  };
}

/** How a command ends without having done its work; `columns` is what else is known about it. */
export interface CommandEnd {
  readonly status: 'failed' | 'cancelled';
  readonly code: CommandCode;
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
      event: isForeignCode(code) ? 'refused' : status,
      fromStatus: command.status,
      toStatus: status,
      reason,
      after: { failure_code: code },
    },
    claimedBy,
  );
}

function isUntouched(command: Command): boolean {
  return command.status === 'pending' && (command.attempt ?? 0) === 0;
}

/**
 * The commands that were derived for a recommendation, by their ids: what somebody put beside them is refused, and says nothing about how these
 * went. An edited sequence does not hide one, or its place would stay taken and never come to an end.
 */
function ownCommands(draft: Draft, { recommendationId, ticket }: OpenRecommendation): readonly Command[] {
  const ids = new Set((ticket?.actions ?? []).map(({ sequence }) => commandIdOf(recommendationId, sequence)));
  return draft.commandsOf(recommendationId).filter(({ commandId }) => ids.has(commandId));
}

function resultOf(command: Command): string {
  const from = command.oldValue === null ? '' : ` (from ${command.oldValue})`;
  return `${command.tagPath ?? '?'} = ${command.newValue ?? '?'}${from}: ${command.executionResult ?? command.status}`;
}

/** One that says 'executed' and is not what was approved was put there by somebody else. */
function hasFailed(command: Command, { ticket }: OpenRecommendation, keys: KeyRing): boolean {
  if (command.status === 'executed') return 'broken' in judgeSeal(command, ticket, keys);
  // A text that is no status can come to no end of its own.
  return command.status === 'failed' || command.status === 'cancelled' || !isCommandStatus(command.status);
}

/** Whether some command's outcome is not known yet: it decides before anything is concluded. */
function isOutcomeOpen(command: Command, claimedBy: string | null): boolean {
  if (command.status === 'unknown') return true;
  return command.status === 'executing' && (claimedBy === null || command.claimedBy !== claimedBy);
}

/** Actions of the approved ticket for which there is no command row: not derived to the end, or deleted by somebody. */
function missingActions({ recommendationId, ticket }: OpenRecommendation, commands: readonly Command[]): readonly Action[] {
  const present = new Set(commands.map(({ commandId }) => commandId));
  return (ticket?.actions ?? []).filter(({ sequence }) => !present.has(commandIdOf(recommendationId, sequence)));
}

/**
 * Ends an executing recommendation once its commands say how: executed when all are, failed when one failed; what was not
 * sent yet is cancelled then. Advice without actions is executed as it is. Returns false while there is still something to do.
 */
export function concludeRecommendation(
  draft: Draft,
  row: OpenRecommendation,
  context: DispatchPlanContext,
  claimedBy: string | null = null,
): boolean {
  const commands = ownCommands(draft, row);
  const missing = missingActions(row, commands);
  if (commands.length === 0 && (missing.length > 0 || !row.ticket)) return false;
  const failed = missing.length > 0 || commands.some((command) => hasFailed(command, row, context.keys));
  if (!failed && commands.some((command) => command.status !== 'executed')) return false;
  if (commands.some((command) => isOutcomeOpen(command, claimedBy))) return false;
  for (const command of commands.filter((candidate) => candidate.status === 'pending' || candidate.status === 'executing'))
    endCommand(draft, command, {
      status: 'cancelled',
      code: 'sequence_stopped',
      reason: 'an earlier step of the sequence failed',
      at: context.now,
      claimedBy: command.status === 'executing' ? claimedBy : null,
    });
  const lost = missing.map((action) => `${action.tag} = ${action.value ?? '?'}: its command is missing`);
  return endExecuting(draft, row, failed ? 'failed' : 'executed', lost, context);
}

/** Ends that say nothing about the next time: the condition may come back, an operator may decide anew. */
const PASSING_CODES: readonly (string | null)[] = ['condition_cleared', 'approval_expired', 'control', 'sequence_stopped', 'drifted'];

/** After a failure that would repeat itself the family is quiet; a follow-up to what was written comes at once. */
function holdAfter(ended: readonly Command[], written: boolean, policy: Policy): number {
  const isPassing = ended.every(({ status, failureCode }) => status === 'executed' || PASSING_CODES.includes(failureCode));
  return written || isPassing ? 0 : policy.holdSeconds;
}

function endExecuting(
  draft: Draft,
  row: OpenRecommendation,
  status: 'executed' | 'failed',
  lost: readonly string[],
  context: DispatchPlanContext,
): boolean {
  const { now, policy } = context;
  const ended = ownCommands(draft, row);
  const written = ended.some(mayHaveWritten);
  const result = [...ended.map(resultOf), ...lost].join('; ') || 'there was nothing to write';
  const quietSeconds = status === 'executed' ? policy.settlingSeconds : holdAfter(ended, written, policy);
  return draft.update(
    row,
    {
      status,
      guardedStatus: status,
      executionResult: result,
      executedTimestamp: status === 'executed' ? now : row.executedTimestamp,
      mayHaveWritten: written,
      quietUntil: quietSeconds === 0 ? null : addSeconds(now, quietSeconds),
      lastAccountedTimestamp: Math.max(row.lastAccountedTimestamp, context.accountedFor(row)),
    },
    {
      ...about(row),
      event: status,
      toStatus: status,
      reason: result,
      after: { decision: decisionRecord(decisionOf(row)) },
    },
  );
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
