import { ticketAfter } from '../domain/evidence-ticket.ts';
import { nameOf } from '../domain/person.ts';
import type { Recommendation } from '../domain/recommendation.ts';
import { isRevert, linkFault, linksBetween, type Revert, revertOf } from '../domain/revert.ts';
import type { StoredEvent } from '../ports/operator-store.ts';
import { isUndecided } from '../domain/transitions.ts';
import { MOST_EVENTS } from './approvals.ts';
import type { CliContext } from './context.ts';
import { shortId } from './find-recommendation.ts';

/**
 * The steps back from what the row follows wrote, judged by the record and the limits alone: whether the plant permits them is asked when
 * somebody asks for them. @throws AgentError store_unavailable
 */
export async function wayBackOf(context: CliContext, row: Recommendation): Promise<Revert> {
  const { followsRecommendationId: followed } = row;
  const [store, { tags, signingKeys: keys }] = [await context.store(), await context.settings()];
  const links = linksBetween(row);
  const written = await Promise.all(
    (links ?? []).map((id) => store.listCommands({ recommendationId: id, statuses: [], limit: MOST_EVENTS })),
  );
  const fault = linkFault(links, written.flat());
  if (followed === null || fault !== undefined) return { refused: fault ?? 'it follows nothing' };
  const events = await store.listEvents({ subjectId: followed, limit: MOST_EVENTS });
  const ticket = ticketAfter(events.toReversed())?.ticket ?? null;
  const commands = await store.listCommands({ recommendationId: followed, statuses: [], limit: MOST_EVENTS });
  return revertOf(
    commands.map((command) => ({ command, ticket })),
    { live: new Map(), tags, keys },
  );
}

/** That somebody asked for the earlier values, and whether anybody will still answer; null where nobody did. */
export function askedText({ revertRequestedBy: by, status }: Recommendation): string | null {
  if (nameOf(by) === '') return null;
  return `by ${nameOf(by)}, ${isUndecided(status) ? 'not answered yet' : 'not answered: it was decided before'}`;
}

/**
 * How the earlier values can be had again, for whoever decides about the row; null where nothing was written before, or it is decided.
 * `newestFirst` are the row's events.
 */
export async function wayBackText(context: CliContext, row: Recommendation, newestFirst: readonly StoredEvent[]): Promise<string | null> {
  if (row.followsRecommendationId === null || !isUndecided(row.status)) return null;
  if (isRevert(ticketAfter(newestFirst.toReversed())?.ticket)) return 'this ticket: approve it, and the earlier values are written';
  const way = await wayBackOf(context, row);
  return 'refused' in way ? `not by the agent, only at the plant: ${way.refused}` : `ops-agent revert ${shortId(row.recommendationId)}`;
}
