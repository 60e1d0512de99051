import { about } from '../domain/event.ts';
import { MAX_OPENED_PER_CYCLE } from '../domain/policy.ts';
import { CHATTER_RUNS, CHATTER_WINDOW_SECONDS, floodEvents, judgeFlood, openedGroups } from '../domain/queue.ts';
import { isTerminal } from '../domain/transitions.ts';
import type { Cycle } from './cycle.ts';

/**
 * Tells of a flood that begins or ends, and of what chatters. Both are judged by what is stored and what this cycle opens, so that a
 * process which knows nothing of the one before it says each of them once.
 */
export function watchQueue(cycle: Cycle): void {
  noteChatter(cycle);
  noteFlood(cycle);
}

function noteFlood(cycle: Cycle): void {
  const { draft, queue, announcements } = cycle;
  const fresh = openedGroups(draft.created);
  for (const event of floodEvents(judgeFlood(queue, fresh, cycle.clock.now()), queue, fresh)) {
    draft.note(event);
    const what = event.event === 'flood_began' ? 'FLOOD BEGAN' : 'FLOOD ENDED';
    // It holds whatever becomes of the rows: rather said twice than lost with a failed write.
    announcements.say('warn', `${what}: ${event.reason ?? ''}`);
  }
}

/** One mark a recommendation, ever: a pending row is not written again for each new run. */
function noteChatter(cycle: Cycle): void {
  const { draft, queue, situations, announcements } = cycle;
  const openedOften = new Set(queue.openedOften);
  for (const row of draft.rows) {
    if (row.chatteringTimestamp !== null || isTerminal(row.status)) continue;
    const runs = situations.liveOf(row)?.recentRuns ?? 0;
    const isChattering = runs >= CHATTER_RUNS || openedOften.has(row.recommendationId);
    // Of what detection may change in one cycle a mark is the least urgent: it waits for another.
    if (!isChattering || (draft.changedRecommendations >= MAX_OPENED_PER_CYCLE && !draft.isChanged(row.recommendationId))) continue;
    const reason =
      runs >= CHATTER_RUNS
        ? `the condition came and went ${runs} times within ${CHATTER_WINDOW_SECONDS} s`
        : `it is the third recommendation for this within ${CHATTER_WINDOW_SECONDS} s`;
    // Once, whichever run tells it; and once more where a change of the row's status forestalled the mark that was told of.
    const told = { ...about(row), event: 'chattering', reason, once: true, step: draft.storedStatus(row.recommendationId) ?? '-' };
    const changed = draft.update(row, { chatteringTimestamp: cycle.clock.now() }, told);
    if (changed) announcements.tell(row.recommendationId, 'warn', `CHATTERING: ${row.recommendationId} for ${row.equipmentId} (${reason})`);
  }
}
