import { issuedCopy } from '../domain/audit-copy.ts';
import type { DraftContents } from '../domain/changes.ts';
import { announceSettled } from './announce-settled.ts';
import type { Cycle } from './cycle.ts';
import { heldBackOf, isHeldBack, notApplied, tellNotApplied } from './held-back.ts';
import { putBackIntoChains } from './put-back.ts';
import { saveCommands } from './save-commands.ts';
import { saveWorkOrders } from './work-orders.ts';

const NONE: ReadonlySet<string> = new Set();

/**
 * Writes what was decided before the dispatch: the audit before its effects, four statements whatever their number.
 * A recommendation is `executing` before its commands exist; a crash in between is seen by that, and they are made again.
 * @returns what was held back, because another writer came first: recommendations, work orders and commands; null where another run
 * came first as a whole, and nothing at all was written
 */
export function recordIntents(
  cycle: Cycle,
  { events, recommendations, commands, workOrders }: DraftContents,
): Promise<ReadonlySet<string> | null> {
  announceSettled(cycle, events);
  return announced(cycle, async () => {
    if (!(await appendEvents(cycle, events))) return null;
    cycle.uncountedSessions = [...new Set([...cycle.uncountedSessions, ...events.flatMap(({ sessionId }) => sessionId ?? [])])];
    cycle.hasOrders = workOrders.length > 0;
    // Before the recommendations that end because of them, and name them.
    const ordersHeldBack = await saveWorkOrders(cycle, workOrders);
    const heldBack = await saveRecommendations(cycle, recommendations, 'intents');
    const commandsHeldBack = await saveCommands(cycle, commands, 'intents', heldBack);
    return new Set([...heldBack, ...ordersHeldBack, ...commandsHeldBack]);
  });
}

/** The log and the report say what was decided once it is stored, and nothing of it when it could not be. */
async function announced<Held extends ReadonlySet<string> | null>(cycle: Cycle, write: () => Promise<Held>): Promise<Held> {
  let heldBack: ReadonlySet<string> | null = null;
  try {
    const written = await write();
    heldBack = written;
    return written;
  } finally {
    cycle.announcements.release(cycle.report, cycle.ports.log, heldBack);
  }
}

/**
 * Writes what came of the dispatch: commands before the recommendation that they end. The other way round, a crash in between would leave
 * a claimed command that no open recommendation stands behind, and the next cycle would call a write that happened a forgery.
 */
export async function recordResults(cycle: Cycle, { events, recommendations, commands }: DraftContents): Promise<void> {
  await announced(cycle, async () => {
    await appendEvents(cycle, events);
    await saveCommands(cycle, commands, 'results');
    return saveRecommendations(cycle, recommendations, 'results');
  });
}

/** False for a run that was overtaken: it announces nothing any more. */
async function appendEvents(cycle: Cycle, events: DraftContents['events']): Promise<boolean> {
  return events.length === 0 || cycle.ports.store.appendEvents(events, cycle.eventsAt(), cycle.lease);
}

async function saveRecommendations(cycle: Cycle, changes: DraftContents['recommendations'], step: string): Promise<ReadonlySet<string>> {
  if (changes.length === 0) return NONE;
  const updatedTimestamp = cycle.clock.now();
  // People see another ticket from now on, however long the plant took to say its values for it.
  const escalatedTimestamp = cycle.clock.latest();
  const stamped = changes.map((change) => {
    const seen = (change.columns.escalatedTimestamp ?? null) === null ? {} : { escalatedTimestamp };
    return { ...change, columns: { ...change.columns, ...seen, updatedTimestamp } };
  });
  const written = await cycle.ports.store.saveRecommendations(cycle.lease, stamped);
  return written < changes.length ? noteHeldBack(cycle, stamped, step) : NONE;
}

/** In the results the intents are stored already: then the ticket is the row's own. */
function ticketInForce(cycle: Cycle, recommendationId: string, step: string) {
  return step === 'intents' ? cycle.draft.ticketAsRead(recommendationId) : (cycle.draft.row(recommendationId)?.ticket ?? null);
}

function idOf({ recommendationId }: DraftContents['recommendations'][number]): string {
  return recommendationId;
}

/** The audit is told that changes which it announced did not happen. */
async function noteHeldBack(cycle: Cycle, meant: DraftContents['recommendations'], step: string): Promise<ReadonlySet<string>> {
  const stored = await cycle.ports.store.readLastChanges(meant.map((change) => change.recommendationId));
  const heldBack = await heldBackOf(cycle, meant, idOf, (change) => isHeldBack(change, stored.get(idOf(change))));
  if (heldBack.length === 0) return NONE;
  const events = heldBack.map((change) => {
    const { recommendationId } = change;
    // What was announced must not become the ticket of a row that never took it.
    const after = issuedCopy(ticketInForce(cycle, recommendationId, step));
    const about = { subjectType: 'recommendation' as const, subjectId: recommendationId, step, after };
    return notApplied(cycle, about, change, stored.get(recommendationId));
  });
  await tellNotApplied(cycle, events);
  await putBackIntoChains(
    cycle,
    heldBack.filter(({ expected, recommendationId }) => expected === null && stored.has(recommendationId)),
  );
  return new Set(heldBack.map((change) => change.recommendationId));
}
