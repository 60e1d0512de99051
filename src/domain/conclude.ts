import { decisionRecord } from './audit-copy.ts';
import { judgeSeal } from './check-dispatch.ts';
import type { Command } from './command.ts';
import { ownCommands } from './derive-commands.ts';
import type { Draft } from './draft.ts';
import { stopSequence } from './end-command.ts';
import { about } from './event.ts';
import { commandIdOf } from './ids.ts';
import { addSeconds, type Instant } from './instant.ts';
import type { KeyRing } from './key-ring.ts';
import type { Policy } from './policy.ts';
import { decisionOf, type OpenRecommendation } from './recommendation.ts';
import { mayHaveWritten } from './sent.ts';
import type { Action } from './ticket.ts';
import { isCommandStatus } from './transitions.ts';

export interface ConcludingContext {
  readonly now: Instant;
  readonly policy: Policy;
  readonly keys: KeyRing;
  /** Up to when readings are dealt with that the row stands for when it ends; 0 where none was seen. */
  readonly accountedFor: (row: OpenRecommendation) => Instant;
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
  context: ConcludingContext,
  claimedBy: string | null = null,
): boolean {
  const commands = ownCommands(draft, row);
  const missing = missingActions(row, commands);
  if (commands.length === 0 && (missing.length > 0 || !row.ticket)) return false;
  const failed = missing.length > 0 || commands.some((command) => hasFailed(command, row, context.keys));
  if (!failed && commands.some((command) => command.status !== 'executed')) return false;
  if (commands.some((command) => isOutcomeOpen(command, claimedBy))) return false;
  for (const command of commands.filter((candidate) => candidate.status === 'pending' || candidate.status === 'executing'))
    stopSequence(draft, command, context.now, command.status === 'executing' ? claimedBy : null);
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
  context: ConcludingContext,
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
