import { AgentError } from '../../domain/errors.ts';
import { eventOf } from '../../domain/event.ts';
import { ticketAfter } from '../../domain/evidence-ticket.ts';
import type { Recommendation } from '../../domain/recommendation.ts';
import { isRevert, type Revert } from '../../domain/revert.ts';
import { isUndecided } from '../../domain/transitions.ts';
import { MOST_EVENTS } from '../approvals.ts';
import type { StoredEvent } from '../../ports/operator-store.ts';
import type { CliContext } from '../context.ts';
import type { DecisionOptions } from '../decide.ts';
import { EXIT } from '../exit-codes.ts';
import { findRecommendation, shortId } from '../find-recommendation.ts';
import { plain } from '../output.ts';
import { agreed, canAsk } from '../prompt.ts';
import { newRunId } from '../run-id.ts';
import { wayBackOf } from '../way-back.ts';
import { warnOfMissingKey } from '../missing-key.ts';
import { personOf } from '../who.ts';

/** Asks the agent for a ticket that puts back what was written before. It writes nothing to the plant, and neither does the ticket without an approval. */
export async function run(context: CliContext, options: DecisionOptions): Promise<number> {
  const { agentId } = await context.settings();
  const person = personOf(options, agentId, context.env);
  const store = await context.store();
  const row = await findRecommendation(store, options.id);
  const newestFirst = await store.listEvents({ subjectId: row.recommendationId, limit: MOST_EVENTS });
  const refusal = refusalOf(row) ?? askedAlready(row, newestFirst) ?? noWayBack(row, await wayBackOf(context, row));
  if (refusal) throw refusal;
  await warnOfMissingKey(context, newestFirst);
  const id = shortId(row.recommendationId);
  if (canAsk() && options.yes !== true) {
    context.out.note(plain(`${row.equipmentId}: tried before: ${row.triedBefore ?? 'nothing is on record'}`));
    if (!(await agreed(`Ask for the earlier values in ${id}?`)))
      throw new AgentError('interrupted', 'nothing was asked for', `look at it again: ops-agent show ${id}`);
  }
  const event = eventOf(
    { agentId, runId: newRunId() },
    {
      subjectType: 'recommendation',
      subjectId: row.recommendationId,
      event: 'revert_asked',
      actor: person.actor,
      fromStatus: row.status,
      reason: `put back what ${row.followsRecommendationId ?? ''} wrote`,
    },
  );
  if (!(await store.requestRevert(row.recommendationId, person.by, event)))
    throw new AgentError('conflict', `recommendation ${id} was decided in between`, `see: ops-agent show ${id}`);
  context.out.print(`✓ Asked for the earlier values in ${id} by ${plain(person.by)}; the next cycle issues a ticket, or says why not`);
  return EXIT.done;
}

/** The ticket that waits is the way back, and another one of it would be the same. */
function askedAlready({ recommendationId }: Recommendation, newestFirst: readonly StoredEvent[]): AgentError | undefined {
  if (!isRevert(ticketAfter(newestFirst.toReversed())?.ticket)) return undefined;
  const id = shortId(recommendationId);
  return new AgentError(
    'conflict',
    `the ticket of recommendation ${id} puts back what was written already`,
    `approve it: ops-agent show ${id}`,
  );
}

/** What the next cycle would only refuse. Anything that depends on the plant of then is left to it. */
function noWayBack({ recommendationId, followsRecommendationId }: Recommendation, way: Revert): AgentError | undefined {
  if (!('refused' in way)) return undefined;
  const what = `what ${shortId(followsRecommendationId ?? '')} wrote cannot be put back by the agent: ${way.refused}`;
  return new AgentError('conflict', plain(what), `put it back at the plant, and decide here: ops-agent show ${shortId(recommendationId)}`);
}

function refusalOf({ recommendationId, status, followsRecommendationId }: Recommendation): AgentError | undefined {
  const id = shortId(recommendationId);
  if (!isUndecided(status)) return new AgentError('conflict', plain(`recommendation ${id} is ${status}`), `see: ops-agent show ${id}`);
  if (followsRecommendationId !== null) return undefined;
  return new AgentError(
    'conflict',
    `recommendation ${id} follows no other one, so that there is nothing to put back`,
    'revert the follow-up of what was executed or failed: ops-agent recommendations',
  );
}
