import { type AuditRow, PRUNED } from './audit-chain.ts';
import type { Check } from './evidence-check.ts';
import { type Instant, isoOf } from './instant.ts';
import { field } from './json-field.ts';
import type { Recommendation } from './recommendation.ts';

/**
 * Until when `prune` has taken away what the audit had of a row; null where its beginning is still there, or it is of later.
 * @param agentEvents the newest events about the agent itself, among which the anchors are
 */
export function prunedUntil(
  row: Pick<Recommendation, 'createdTimestamp'>,
  events: readonly AuditRow[],
  agentEvents: readonly AuditRow[],
): Instant | null {
  if (events.some(({ event }) => event === 'created')) return null;
  const ends = agentEvents.filter(({ event }) => event === PRUNED).map(({ after }) => Date.parse(String(field(after, 'until'))));
  const until: Instant = Math.max(...ends.filter((end) => !Number.isNaN(end)));
  return row.createdTimestamp < until ? until : null;
}

/** What is judged by rows of the audit: where these went with a prune, nothing is proved against anybody. */
const BY_THE_AUDIT: readonly string[] = [
  'ticket_on_record',
  'approval_on_record',
  'approval_of_ticket',
  'two_people',
  'commands_match',
  'audit_before_write',
  'read_back',
  'audit_in_order',
  'status_on_record',
  'outcome_on_record',
];

/** The check as it stands where the rows that it asks for are no longer kept. */
export function withoutPruned(check: Check, until: Instant | null): Check {
  if (until === null || check.result !== 'failed' || !BY_THE_AUDIT.includes(check.id)) return check;
  return { ...check, result: 'open', found: prunedText(until) };
}

export function prunedText(until: Instant): string {
  return `what the audit had of it from before ${isoOf(until)} was taken away by prune`;
}
