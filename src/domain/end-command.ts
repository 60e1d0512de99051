import type { Command } from './command.ts';
import type { Draft } from './draft.ts';
import type { Instant } from './instant.ts';
import { type CommandCode, isForeignCode } from './pre-checks.ts';

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

/** Ends what was to follow a step that failed. @param claimedBy the run that holds it, null where nobody has claimed it */
export function stopSequence(draft: Draft, command: Command, at: Instant, claimedBy: string | null): void {
  endCommand(draft, command, {
    status: 'cancelled',
    code: 'sequence_stopped',
    reason: 'an earlier step of the sequence failed',
    at,
    claimedBy,
  });
}
