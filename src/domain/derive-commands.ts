import { type Command, sealedColumnsOf, signCommand, UNTOUCHED } from './command.ts';
import type { Draft } from './draft.ts';
import { commandIdOf } from './ids.ts';
import type { Instant } from './instant.ts';
import type { KeyRing } from './key-ring.ts';
import type { OpenRecommendation } from './recommendation.ts';
import type { Action, Ticket } from './ticket.ts';

export interface MakingContext {
  readonly agentId: string;
  readonly now: Instant;
  /** What commands are signed and checked with. */
  readonly keys: KeyRing;
}

/**
 * Makes the commands of an approved ticket that are not there yet, all pending; making them twice gives the same rows.
 * A row that is there is left as it is: if somebody put it there, it is judged against the ticket like every other.
 */
export function deriveCommands(draft: Draft, row: OpenRecommendation, context: MakingContext): readonly Command[] {
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

function commandOf(ticket: Ticket, action: Action, row: OpenRecommendation, { agentId, now, keys }: MakingContext): Command {
  const sealed = sealedColumnsOf(ticket, action);
  return {
    ...sealed,
    ...UNTOUCHED,
    actionDescription: row.recommendedAction,
    createdTimestamp: now,
    createdByAgent: agentId,
    signature: signCommand(sealed, ticket, keys),
  };
}

/**
 * The commands that were derived for a recommendation, by their ids: what somebody put beside them is refused, and says nothing about how these
 * went. An edited sequence does not hide one, or its place would stay taken and never come to an end.
 */
export function ownCommands(draft: Draft, { recommendationId, ticket }: OpenRecommendation): readonly Command[] {
  const ids = new Set((ticket?.actions ?? []).map(({ sequence }) => commandIdOf(recommendationId, sequence)));
  return draft.commandsOf(recommendationId).filter(({ commandId }) => ids.has(commandId));
}
