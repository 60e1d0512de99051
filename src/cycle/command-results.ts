import { type Command, UNCLAIMED } from '../domain/command.ts';
import type { Instant } from '../domain/instant.ts';
import { endCommand, stopSequence } from '../domain/end-command.ts';
import { type CommandCode, isForeignCode, PRE_CHECKS } from '../domain/pre-checks.ts';
import type { Cycle } from './cycle.ts';

/** Whether what follows may go on: the sequence's next step, other sequences, nothing more in this cycle. */
export type StepResult = 'done' | 'stop_sequence' | 'stop_all';

function about(command: Command) {
  return { subjectType: 'command' as const, subjectId: command.commandId, fromStatus: command.status };
}

export function succeed(cycle: Cycle, command: Command, live: number, how: string, startedAt: Instant | null): StepResult {
  const now = cycle.clock.now();
  cycle.draft.updateCommand(
    command,
    {
      status: 'executed',
      startedTimestamp: startedAt,
      executedTimestamp: now,
      completedTimestamp: now,
      readBackValue: live,
      executionResult: how,
    },
    {
      ...about(command),
      event: 'executed',
      toStatus: 'executed',
      reason: how,
      before: { value: command.oldValue },
      after: { value: live },
    },
    cycle.lease.runId,
  );
  cycle.report.commands.executed += 1;
  cycle.ports.log.info(`✓ COMMAND EXECUTED: ${command.commandId} (${command.equipmentId ?? ''}: ${command.actionDescription ?? ''})`);
  return 'done';
}

export function fail(
  cycle: Cycle,
  command: Command,
  code: CommandCode,
  reason: string,
  startedAt: Instant | null,
  live: number | null = null,
): StepResult {
  endCommand(cycle.draft, command, {
    status: 'failed',
    code,
    reason,
    at: cycle.clock.now(),
    claimedBy: cycle.lease.runId,
    columns: { startedTimestamp: startedAt, readBackValue: live },
  });
  cycle.report.commands[isForeignCode(code) ? 'refused' : 'failed'] += 1;
  cycle.ports.log.error(`COMMAND FAILED: ${command.commandId} (${reason})`);
  return 'stop_sequence';
}

export function leaveUnknown(cycle: Cycle, command: Command, reason: string, startedAt: Instant): StepResult {
  cycle.draft.updateCommand(
    command,
    { status: 'unknown', startedTimestamp: startedAt, executionResult: reason },
    { ...about(command), event: 'unknown', toStatus: 'unknown', reason },
    cycle.lease.runId,
  );
  cycle.report.commands.unknown += 1;
  cycle.ports.log.error(`COMMAND OUTCOME UNKNOWN: ${command.commandId} (${reason}); it is not sent again, a read-back will decide`);
  return 'stop_sequence';
}

/** Nothing was sent: the command is pending again, for this approval's life. */
export function giveBack(
  cycle: Cycle,
  command: Command,
  code: CommandCode,
  reason: string,
  result: StepResult = 'stop_sequence',
): StepResult {
  cycle.draft.updateCommand(
    command,
    UNCLAIMED,
    { ...about(command), event: 'returned', toStatus: 'pending', reason, after: { code } },
    cycle.lease.runId,
  );
  cycle.ports.log.info(`Command ${command.commandId} returned: ${reason}`);
  return result;
}

/** The later steps of a sequence share the fate of the one before: cancelled after a failure, given back otherwise. */
export function endRest(cycle: Cycle, before: Command, rest: Command): void {
  const status = cycle.draft.commands.find((command) => command.commandId === before.commandId)?.status;
  if (status === 'failed') stopSequence(cycle.draft, rest, cycle.clock.now(), cycle.lease.runId);
  else giveBack(cycle, rest, 'sequence_waits', PRE_CHECKS.sequence_waits.says);
}
