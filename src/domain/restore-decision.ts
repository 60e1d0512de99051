import { decisionRecord } from './audit-copy.ts';
import type { Draft } from './draft.ts';
import { about } from './event.ts';
import { addSeconds, type Instant, isoOf } from './instant.ts';
import type { Policy } from './policy.ts';
import { decisionOf, type OpenRecommendation } from './recommendation.ts';
import { canonicalJson } from './ticket.ts';
import type { RecommendationStatus } from './transitions.ts';

/** Where an approval is in force. Before it, people may still be filling in the columns of theirs. */
const APPROVED: readonly RecommendationStatus[] = ['awaiting_second', 'approved', 'executing', 'executed'];

function endOf(expiresTimestamp: Instant | null) {
  return { expires_timestamp: expiresTimestamp === null ? null : isoOf(expiresTimestamp) };
}

/**
 * An approval that was taken over is the audit's: the row says who gave it and when, and until when it lasts at most, and nobody may
 * read there another name than the one in whose name something was written.
 */
export function restoreDecision(draft: Draft, row: OpenRecommendation, { approvalTtlSeconds }: Pick<Policy, 'approvalTtlSeconds'>): void {
  const columns = row.lastDecision?.columns;
  if (!columns || columns.approvedByOperator === null || columns.approvedTimestamp === null || !APPROVED.includes(row.status)) return;
  const latest = addSeconds(columns.approvedTimestamp, approvalTtlSeconds);
  // A missing end stays missing: it ends the approval, which is on the safe side.
  const expiresTimestamp =
    row.expiresTimestamp === null || row.status === 'executed' ? row.expiresTimestamp : Math.min(row.expiresTimestamp, latest);
  const found = decisionRecord(decisionOf(row));
  const onRecord = decisionRecord(columns);
  if (canonicalJson(found) === canonicalJson(onRecord) && expiresTimestamp === row.expiresTimestamp) return;
  draft.update(
    row,
    { ...columns, expiresTimestamp },
    {
      ...about(row),
      event: 'restored',
      step: 'decision',
      reason: 'the row named another approval, or a later end, than the audit',
      before: { ...found, ...endOf(row.expiresTimestamp) },
      after: { ...onRecord, ...endOf(expiresTimestamp) },
    },
  );
}
