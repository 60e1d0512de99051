import type { Settings } from '../../config/settings.ts';
import { type Evidence, evidenceOf } from '../../domain/evidence.ts';
import { evidenceRange } from '../../domain/evidence-range.ts';
import type { AuditRow } from '../../domain/audit-chain.ts';
import type { RelatedRows, SignalRecord } from '../../domain/evidence-record.ts';
import { prunedUntil } from '../../domain/evidence-pruned.ts';
import { ticketAfter } from '../../domain/evidence-ticket.ts';
import { commandIdOf, recommendationIdOf } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Recommendation } from '../../domain/recommendation.ts';
import { familyFor } from '../../domain/rule-book.ts';
import type { OperatorStore } from '../../ports/operator-store.ts';
import { MOST_EVENTS } from '../approvals.ts';
import type { CliContext } from '../context.ts';
import { inOrder } from './history.ts';

/**
 * Reads everything that is on record about one recommendation; changes nothing.
 * @param parts into how many parts the time is divided of which the least and the greatest reading are kept
 * @throws AgentError store_unavailable; usage where the source's table or a column of it is missing
 */
export async function collectEvidence(context: CliContext, row: Recommendation, parts: number): Promise<Evidence> {
  const [store, settings] = [await context.store(), await context.settings()];
  const { recommendationId } = row;
  const commands = await store.listCommands({ recommendationId, statuses: [], limit: MOST_EVENTS });
  const events = await eventsAbout(store, [recommendationId]);
  // Of a command whose row somebody deleted the audit knows all the same: its id follows from the ticket.
  const approved = (ticketAfter(events)?.ticket.actions ?? []).map(({ sequence }) => commandIdOf(recommendationId, sequence));
  const commandIds = [...new Set([...commands.map(({ commandId }) => commandId), ...approved])];
  // Last, so that nothing which was read can be of later.
  const { now } = await store.readControls();
  return evidenceOf({
    now,
    row,
    events,
    commandEvents: await eventsAbout(store, commandIds),
    prunedUntil: prunedUntil(row, events, await store.listEvents({ subjectId: settings.agentId, limit: MOST_EVENTS })),
    controlEvents: (await store.listControlEvents(MOST_EVENTS)).toReversed(),
    commands,
    signal: await signalOf(context, row, events, now, parts),
    related: await relatedRows(store, row),
    inForce: {
      rulesHash: settings.rulesHash,
      family: familyFor(settings.rules, row.equipmentId, row.issueFamily),
      tags: settings.tags,
      tolerancePercent: settings.plant.tolerancePercent,
      policy: settings.policy,
      keys: settings.signingKeys,
    },
  });
}

/** Oldest first. */
async function eventsAbout(store: OperatorStore, subjectIds: readonly string[]): Promise<readonly AuditRow[]> {
  const events: AuditRow[] = [];
  for (const subjectId of subjectIds) events.push(...(await store.listEvents({ subjectId, limit: MOST_EVENTS })));
  return inOrder(events);
}

async function signalOf(
  context: CliContext,
  row: Recommendation,
  events: readonly AuditRow[],
  now: Instant,
  parts: number,
): Promise<SignalRecord> {
  const settings = await context.settings();
  const name = familyFor(settings.rules, row.equipmentId, row.issueFamily)?.signal ?? row.issueFamily;
  const range = evidenceRange(row, events, now, settings.policy);
  if (!isMapped(settings, name)) return { name, range, extremes: null };
  return { name, range, extremes: await (await context.source()).readExtremes(row.equipmentId, name, range, parts) };
}

function isMapped({ source }: Settings, signal: string): boolean {
  return Object.hasOwn(source.shape.signals, signal);
}

/** The row after this one has an id that follows from this one's: nothing has to be searched. */
async function relatedRows(store: OperatorStore, row: Recommendation): Promise<RelatedRows> {
  const find = async (id: string | null) => (id === null ? null : ((await store.findRecommendations(id))[0] ?? null));
  return {
    predecessor: await find(row.predecessorId),
    follows: await find(row.followsRecommendationId),
    successor: await find(recommendationIdOf(row.equipmentId, row.issueFamily, row.recommendationId)),
  };
}
