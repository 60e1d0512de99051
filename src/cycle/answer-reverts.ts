import { about } from '../domain/event.ts';
import { actorOf, nameOf, personKey } from '../domain/person.ts';
import type { LiveValues } from '../domain/proposal.ts';
import type { OpenRecommendation } from '../domain/recommendation.ts';
import { describeRevert, isFollowUp, type Revert, revertOf } from '../domain/revert.ts';
import { isUndecided } from '../domain/transitions.ts';
import type { Cycle } from './cycle.ts';
import { renew } from './decide-approval.ts';

/** Undecided rows for which somebody asks that what was written before be put back. */
export function revertRequests({ draft }: Cycle): readonly OpenRecommendation[] {
  return draft.rows.filter((row) => isUndecided(row.status) && row.status === row.guardedStatus && nameOf(row.revertRequestedBy) !== '');
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

/**
 * Answers each request with another ticket of the same recommendation, which needs an approval like every other, or with why there is
 * none. Nothing is ever put back unasked.
 */
export function answerReverts(cycle: Cycle, rows: readonly OpenRecommendation[], live: LiveValues): void {
  for (const row of rows) {
    const who = nameOf(row.revertRequestedBy);
    const answer: Revert = isAgent(cycle, who)
      ? { refused: 'the agent cannot ask for it' }
      : !isFollowUp(row)
        ? { refused: 'it follows another recommendation than the one that it names' }
        : revertOf(commandsBefore(cycle, row), { live, tags: cycle.settings.tags, keys: cycle.settings.signingKeys });
    if ('refused' in answer) refuse(cycle, row, who, answer.refused);
    else {
      const recommendedAction = describeRevert(answer.actions, row.followsRecommendationId ?? '');
      renew(cycle, row, answer.actions, `${who} asked for the values from before`, { recommendedAction, revertRequestedBy: null });
    }
  }
}

function isAgent({ settings }: Cycle, who: string): boolean {
  return personKey(who) === personKey(settings.agentId);
}

function refuse(cycle: Cycle, row: OpenRecommendation, who: string, reason: string): void {
  const { draft, announcements } = cycle;
  const event = { ...about(row), event: 'revert_refused', actor: actorOf(who, null), reason };
  if (!draft.update(row, { revertRequestedBy: null }, event)) return;
  announcements.tell(row.recommendationId, 'warn', `REVERT REFUSED: ${row.recommendationId} for ${row.equipmentId} (${reason})`);
}
