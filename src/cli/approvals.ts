import { decisionFrom, ticketFrom } from '../domain/audit-copy.ts';
import { judgesTicket } from '../domain/event.ts';
import { needsTwo, secondDueAt } from '../domain/four-eyes.ts';
import type { Policy } from '../domain/policy.ts';
import type { Recommendation } from '../domain/recommendation.ts';
import type { StoredEvent } from '../ports/operator-store.ts';

/** More than any recommendation has: each change of state makes one or two. */
export const MOST_EVENTS = 1000;

/** What an approval given now is: the only one that is needed, or one of two. */
export type Stage = 'only' | 'first' | 'second';

/** Whether two people must approve; the ticket that may demand it is in the audit. `newestFirst` are the row's events. */
export function needsTwoPeople(row: Recommendation, newestFirst: readonly StoredEvent[], policy: Policy): boolean {
  const issued = newestFirst.find(judgesTicket);
  return needsTwo(ticketFrom(issued?.after) ?? row, policy);
}

export function stageOf(row: Recommendation, newestFirst: readonly StoredEvent[], policy: Policy): Stage {
  if (row.status === 'awaiting_second') return 'second';
  return needsTwoPeople(row, newestFirst, policy) ? 'first' : 'only';
}

/**
 * A row that waits for its second approval with the first one as the audit has it: what somebody wrote over it since decides nothing.
 * `newestFirst` are the row's events.
 */
export function asOnRecord(row: Recommendation, newestFirst: readonly StoredEvent[], policy: Policy): Recommendation {
  const first = row.status === 'awaiting_second' ? decisionFrom(newestFirst.find(({ event }) => event === 'first_approved')?.after) : null;
  return first ? { ...row, ...first, expiresTimestamp: secondDueAt(first, policy) } : row;
}
