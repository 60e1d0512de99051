import { nameOf, actorOf } from './person.ts';
import type { Instant } from './instant.ts';
import type { OpenRecommendation } from './recommendation.ts';

/** What the command line tells the audit before it writes a decision. */
export const GIVEN_EVENTS = ['approval_given', 'rejection_given'] as const;

type Decided = Pick<OpenRecommendation, 'approvedVia' | 'updatedTimestamp' | 'given'>;

/**
 * The way a decision came, as `approved_via` says it; null for plain SQL. It is believed only where it belongs to this very decision: the
 * command line told the audit of one by this person and this way, and its one UPDATE gave row and decision the same time. Plain SQL over a
 * decision by the command line leaves `approved_via` and `updated_timestamp` as they were.
 */
function wayOf(row: Decided, event: (typeof GIVEN_EVENTS)[number], name: string | null, at: Instant | null): string | null {
  const { approvedVia: via } = row;
  if (via === null || at === null || row.updatedTimestamp !== at) return null;
  const actor = actorOf(nameOf(name), via);
  return (row.given ?? []).some((given) => given.event === event && given.actor === actor) ? via : null;
}

export function wayOfApproval(row: Decided & Pick<OpenRecommendation, 'approvedTimestamp'>, name: string | null): string | null {
  return wayOf(row, 'approval_given', name, row.approvedTimestamp);
}

export function wayOfRejection(row: Decided & Pick<OpenRecommendation, 'rejectedByOperator' | 'rejectedTimestamp'>): string | null {
  return wayOf(row, 'rejection_given', row.rejectedByOperator, row.rejectedTimestamp);
}
