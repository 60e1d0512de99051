import { isEnding } from './event.ts';
import type { AuditRow } from './audit-chain.ts';
import { addSeconds, type Instant, SECOND_MS } from './instant.ts';
import type { Policy } from './policy.ts';
import type { Recommendation } from './recommendation.ts';
import { isTerminal } from './transitions.ts';
import type { TimeRange } from './window.ts';

/** Before and after what happened, as a share of it: enough to see what was normal. */
const MARGIN_SHARE = 1 / 3;
const LEAST_MARGIN_SECONDS = 60;

/** Those that are times: somebody may have edited one away, and the types do not know. */
export function knownTimes(...times: readonly (Instant | null)[]): readonly Instant[] {
  return times.filter((time): time is Instant => typeof time === 'number' && Number.isFinite(time));
}

/** When the story of a recommendation ends: at its verdict, its end, or now. */
function endOf(row: Recommendation, events: readonly AuditRow[], now: Instant, policy: Policy): Instant {
  if (row.status === 'executed') {
    const wait = Math.max(policy.settlingSeconds, policy.verifyWindowSeconds);
    const [verdictDue = now] = knownTimes(row.executedTimestamp).map((at) => addSeconds(at, wait));
    return row.verifiedTimestamp ?? Math.min(now, verdictDue);
  }
  if (!isTerminal(row.status)) return now;
  const ended = events.findLast(({ event }) => isEnding(event) || event === 'rejected')?.at;
  return Math.max(...knownTimes(ended ?? null, row.rejectedTimestamp, row.lastAccountedTimestamp, row.createdTimestamp));
}

/** The readings that belong to a recommendation: from before its first violation to after its end, and no later than now. */
export function evidenceRange(row: Recommendation, events: readonly AuditRow[], now: Instant, policy: Policy): TimeRange {
  const began = Math.min(...knownTimes(row.firstDetectedTimestamp, row.createdTimestamp, now));
  const ended = Math.max(began, endOf(row, events, now, policy));
  const marginMs = Math.max((ended - began) * MARGIN_SHARE, LEAST_MARGIN_SECONDS * SECOND_MS);
  return { after: Math.floor(began - marginMs), upTo: Math.max(began, Math.min(now, Math.ceil(ended + marginMs))) };
}
