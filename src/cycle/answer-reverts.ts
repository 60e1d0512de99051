import type { Command } from '../domain/command.ts';
import { about } from '../domain/event.ts';
import { nameOf, personKey } from '../domain/person.ts';
import type { LiveValues } from '../domain/live-values.ts';
import type { OpenRecommendation } from '../domain/recommendation.ts';
import { commandIdsOf, describeRevert, isRevert, linkFault, linksBetween, type Revert, revertOf } from '../domain/revert.ts';
import { isUndecided } from '../domain/transitions.ts';
import type { Cycle } from './cycle.ts';
import { renew } from './decide-approval.ts';

/** Rows for which somebody asks that what was written before be put back. */
export function revertRequests({ draft }: Cycle): readonly OpenRecommendation[] {
  return draft.rows.filter((row) => row.status === row.guardedStatus && nameOf(row.revertRequestedBy) !== '');
}

/** The tags whose live values the answers need. */
export function revertTags(cycle: Cycle, rows: readonly OpenRecommendation[]): readonly string[] {
  return rows.flatMap((row) => commandsBefore(cycle, row).flatMap(({ command }) => command.tagPath ?? []));
}

function commandsBefore({ followedCommands }: Cycle, { followsRecommendationId }: OpenRecommendation) {
  return followedCommands.filter(
    ({ command }) => command.recommendationId !== null && command.recommendationId === followsRecommendationId,
  );
}

/** Commands by their ids. */
type Between = ReadonlyMap<string, Command>;

function commandsOf(recommendationIds: readonly string[], commands: Between): readonly Command[] {
  return commandIdsOf(recommendationIds).flatMap((id) => commands.get(id) ?? []);
}

/**
 * What the follow-ups have written that stand between the rows and what they name. One statement where there are any, which is rare: they had
 * nothing to write, or so their rows say. @throws AgentError store_unavailable
 */
export async function commandsBetween({ ports }: Cycle, rows: readonly OpenRecommendation[]): Promise<Between> {
  const ids = rows.flatMap((row) => commandIdsOf(linksBetween(row) ?? []));
  return ids.length === 0 ? new Map() : ports.store.readCommands(ids);
}

/**
 * Answers each request with another ticket of the same recommendation, which needs an approval like every other, or with why there is
 * none. Nothing is ever put back unasked.
 */
export function answerReverts(cycle: Cycle, rows: readonly OpenRecommendation[], live: LiveValues, between: Between): void {
  for (const row of rows) {
    const who = nameOf(row.revertRequestedBy);
    const answer = answerTo(cycle, row, live, between);
    if ('refused' in answer) refuse(cycle, row, who, answer.refused);
    else {
      const recommendedAction = describeRevert(answer.actions, row.followsRecommendationId ?? '');
      renew(cycle, row, answer.actions, `${who} asked for the values from before`, { recommendedAction, revertRequestedBy: null }, 'back');
    }
  }
}

function answerTo(cycle: Cycle, row: OpenRecommendation, live: LiveValues, between: Between): Revert {
  if (isAgent(cycle, nameOf(row.revertRequestedBy))) return { refused: 'the agent cannot ask for it' };
  if (!isUndecided(row.status)) return { refused: `it is ${row.status} already` };
  if (isRevert(row.ticket)) return { refused: 'it puts back what was written already' };
  const links = linksBetween(row);
  const fault = linkFault(links, links ? commandsOf(links, between) : []);
  if (fault !== undefined) return { refused: fault };
  return revertOf(commandsBefore(cycle, row), { live, tags: cycle.settings.tags, keys: cycle.settings.signingKeys });
}

function isAgent({ settings }: Cycle, who: string): boolean {
  return personKey(who) === personKey(settings.agentId);
}

function refuse(cycle: Cycle, row: OpenRecommendation, who: string, reason: string): void {
  const { draft, announcements } = cycle;
  const event = { ...about(row), event: 'revert_refused', reason, before: { revert_requested_by: who } };
  if (!draft.update(row, { revertRequestedBy: null }, event)) return;
  announcements.tell(row.recommendationId, 'warn', `REVERT REFUSED: ${row.recommendationId} for ${row.equipmentId} (${reason})`);
}
