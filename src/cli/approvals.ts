import { ticketFrom } from '../domain/audit-copy.ts';
import { TICKET_EVENTS } from '../domain/event.ts';
import { needsTwo } from '../domain/four-eyes.ts';
import type { Policy } from '../domain/policy.ts';
import type { Recommendation } from '../domain/recommendation.ts';
import type { StoredEvent } from '../ports/store.ts';

/** More than any recommendation has: each change of state makes one or two. */
export const MOST_EVENTS = 1000;

/** What an approval given now is: the only one that is needed, or one of two. */
export type Stage = 'only' | 'first' | 'second';

/** Whether two people must approve; the ticket that may demand it is in the audit. `newestFirst` are the row's events. */
export function needsTwoPeople(row: Recommendation, newestFirst: readonly StoredEvent[], policy: Policy): boolean {
  const issued = newestFirst.find(({ event }) => TICKET_EVENTS.some((kind) => kind === event));
  return needsTwo(ticketFrom(issued?.after) ?? row, policy);
}

export function stageOf(row: Recommendation, newestFirst: readonly StoredEvent[], policy: Policy): Stage {
  if (row.status === 'awaiting_second') return 'second';
  return needsTwoPeople(row, newestFirst, policy) ? 'first' : 'only';
}
