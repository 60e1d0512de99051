import type { SendingContext } from '../domain/check-dispatch.ts';
import type { Command } from '../domain/command.ts';
import { approvalEndOf } from '../domain/judge-approvals.ts';
import type { TicketedCommand } from '../ports/cycle-store.ts';
import type { Cycle } from './cycle.ts';
import { dispatchContext } from './dispatch-context.ts';

/** What the pre-checks have to know right now about a command that this run has claimed. */
export function sendingContext(cycle: Cycle, { command, ticket }: TicketedCommand): SendingContext {
  const { settings, draft } = cycle;
  const { conditionOf, writesLeft, keys, controls } = dispatchContext(cycle);
  const now = cycle.clock.latest();
  const row = draft.row(command.recommendationId ?? '');
  return {
    now,
    ticket,
    keys,
    controls,
    writesLeft,
    approvalEnds: row ? approvalEndOf(row, settings.policy, now) : null,
    approvedHash: row?.lastDecision?.event === 'approved' ? row.lastDecision.actionHash : null,
    isStopping: cycle.signal.aborted,
    leaseRunsOut: cycle.leaseRunsOut(),
    condition: row ? conditionOf(row) : 'unknown',
    earlier: row ? draft.commandsOf(row.recommendationId).filter(({ sequence }) => (sequence ?? 0) < (command.sequence ?? 0)) : [],
    isEquipmentBusy: draft.commands.some((other) => isUnderWayBeside(other, command, cycle.lease.runId)),
    maxWritesPerMinute: settings.policy.maxWritesPerMinute,
    tags: settings.tags,
  };
}

/** Of another recommendation for the same equipment, sent and not decided. What this run claimed itself it sends one after the other. */
function isUnderWayBeside(other: Command, command: Command, runId: string): boolean {
  if (other.equipmentId !== command.equipmentId || other.recommendationId === command.recommendationId) return false;
  return other.status === 'unknown' || (other.status === 'executing' && other.claimedBy !== runId);
}
