import type { Draft } from './draft.ts';
import type { Command } from './command.ts';
import { judgeSeal } from './check-dispatch.ts';
import type { Instant } from './instant.ts';
import { isOfTicket } from './judge-approvals.ts';
import { endCommand } from './end-command.ts';
import { type DispatchPlanContext } from './plan-dispatch.ts';
import { PRE_CHECKS } from './pre-checks.ts';

/** Refuses command rows that no approved ticket stands behind, whoever put them there. */
export function refuseForeignCommands(draft: Draft, context: Pick<DispatchPlanContext, 'now' | 'keys' | 'announced'>): readonly Command[] {
  const refused = new Set<string>();
  for (const command of draft.commands) {
    if (command.status !== 'pending' && command.status !== 'executing' && command.status !== 'unknown') continue;
    const row = command.recommendationId === null ? undefined : draft.row(command.recommendationId);
    // What may have been sent is read back, whatever became of its recommendation.
    if (command.status !== 'pending' && context.announced.has(command.commandId)) continue;
    if (row?.status !== 'executing') {
      const reason = PRE_CHECKS.no_valid_approval.says;
      endCommand(draft, command, { status: 'failed', code: 'no_valid_approval', reason, at: context.now });
      refused.add(command.commandId);
    } else if (command.status === 'pending') {
      const seal = judgeSeal(command, row.ticket, context.keys);
      // Where no approval is on record any more, the command is cancelled for that.
      const isApproved = row.lastDecision?.event !== 'approved' || isOfTicket(row);
      if ('action' in seal && isApproved) continue;
      const reason = 'broken' in seal ? `the command ${seal.broken}` : PRE_CHECKS.other_ticket.says;
      const code = 'broken' in seal ? seal.code : 'other_ticket';
      endCommand(draft, command, { status: 'failed', code, reason, at: context.now });
      refused.add(command.commandId);
    }
  }
  return draft.commands.filter(({ commandId }) => refused.has(commandId));
}

/** In the place of an event that nobody with a key wrote: nothing is known of what became of the command. */
export const UNSIGNED_FATE = 'unsigned';

/** Likewise, where the newest event by its time is not the newest by the chain. */
export const OVERTAKEN_FATE = 'overtaken';

const DOUBTS: ReadonlyMap<string, string> = new Map([
  [UNSIGNED_FATE, 'the newest audit row about this command bears no valid signature'],
  [OVERTAKEN_FATE, 'the newest audit row about this command is not the last of its chain: a time was moved, or a clock was far ahead'],
]);

/** The commands that may have been sent, by the newest event about each. */
export function announcedIn(lastEvents: ReadonlyMap<string, string>): ReadonlySet<string> {
  const sent = ['dispatching', 'unknown', ...DOUBTS.keys()];
  return new Set([...lastEvents].flatMap(([commandId, event]) => (sent.includes(event) ? [commandId] : [])));
}

/**
 * Refuses pending commands that the audit knows to have been sent, or to have ended: somebody has set them back. Asked before
 * this cycle records anything of its own.
 */
export function refuseReplayed(draft: Draft, lastEvents: ReadonlyMap<string, string>, now: Instant): void {
  for (const command of draft.commands) {
    const last = lastEvents.get(command.commandId);
    if (command.status !== 'pending' || last === undefined || last === 'derived' || last === 'returned') continue;
    const reason = DOUBTS.get(last) ?? `the audit says that this command was ${last === 'dispatching' ? 'sent' : last} already`;
    endCommand(draft, command, { status: 'failed', code: 'replayed', reason, at: now });
  }
}
