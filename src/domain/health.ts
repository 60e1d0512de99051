import type { Instant } from './instant.ts';
import { isoOf, SECOND_MS } from './instant.ts';
import { isAhead, knownTime } from './known-time.ts';

/** The agent's one row: heartbeat, lease and watermark. */
export interface AgentHealth {
  readonly agentId: string;
  readonly status: string | null;
  readonly lastHeartbeat: Instant | null;
  readonly pollsCompleted: number;
  readonly createdTimestamp: Instant | null;
  readonly leaseOwner: string | null;
  /** Which process of the owner's run id took it. */
  readonly leaseHolder: string | null;
  readonly leaseExpires: Instant | null;
  readonly leaseEpoch: number;
  readonly watermarkTimestamp: Instant | null;
  /** Newest good reading that any cycle has seen. */
  readonly newestReadingTimestamp: Instant | null;
  /** When a cycle last finished detection and recommendation. */
  readonly detectedTimestamp: Instant | null;
  readonly nextDue: Instant | null;
  readonly lastCycleMs: number | null;
  readonly lastError: string | null;
  readonly consecutiveErrors: number;
  readonly rulesHash: string | null;
  readonly version: string | null;
  /** The process whose heartbeat the last one was: a loop has one id over all of its runs, a run that stands alone has none. */
  readonly lastProcessId: string | null;
  /** The last one before it that has not stopped, and by when it has promised its next heartbeat. */
  readonly otherProcessId: string | null;
  readonly otherDue: Instant | null;
  /** The newest row of the audit that the last cycle knew, by its place in the chain and its hash. */
  readonly auditSeq: number | null;
  readonly auditHash: string | null;
}

/** Whether the lease is this process's: a scheduler may start a run twice, with one id. */
export function isHeldBy(
  { leaseOwner, leaseHolder }: Pick<AgentHealth, 'leaseOwner' | 'leaseHolder'>,
  runId: string,
  holderId: string,
): boolean {
  return leaseOwner === runId && leaseHolder === holderId;
}

export interface HealthVerdict {
  readonly healthy: boolean;
  readonly reasons: readonly string[];
}

/** The one reason before the first cycle. */
export const NO_CYCLE_YET = 'no cycle has run yet';

/** The HMI's idea of a living agent: a heartbeat younger than this, seconds. */
export const HEARTBEAT_MAX_AGE_SECONDS = 30;

/**
 * How much later than promised a heartbeat may come, as a part of the time from the last one to the promised one: a scheduler, a job's cluster and a
 * warehouse that was stopped take their time to start.
 */
const LATE_PART = 0.2;

/** The last moment at which the next heartbeat is not overdue by what the last one promised. */
function dueBy(lastHeartbeat: Instant, nextDue: Instant | null): Instant {
  return lastHeartbeat + Math.max(0, (nextDue ?? lastHeartbeat) - lastHeartbeat) * (1 + LATE_PART);
}

/**
 * Whether the readings had stopped when the last cycle looked. While the next one is not due nobody can know of later readings, and none of it says
 * that there are none; once it is overdue, what nobody looks at is as good as dead.
 */
export function isFeedSilent(
  { lastHeartbeat, nextDue, newestReadingTimestamp: newest }: AgentHealth,
  now: Instant,
  feedMaxAgeSeconds: number,
): boolean {
  if (newest === null) return false;
  const isDue = lastHeartbeat === null || now > dueBy(lastHeartbeat, nextDue);
  return (isDue ? now : Math.min(now, lastHeartbeat)) - newest > feedMaxAgeSeconds * SECOND_MS;
}

/**
 * Silence is not health. Healthy means: online, heard from within `maxAgeSeconds` or not yet due again (a fifth of the promised time is added for the
 * way there), the feed alive when the last cycle looked, and that cycle able to detect. What the row says of a time that is still to come says nothing.
 */
export function judgeHealth(
  health: AgentHealth | undefined,
  now: Instant,
  limits: { readonly maxAgeSeconds: number; readonly feedMaxAgeSeconds: number },
): HealthVerdict {
  if (!health || health.lastHeartbeat === null) return { healthy: false, reasons: [NO_CYCLE_YET] };
  const { lastHeartbeat, nextDue } = health;
  const reasons: string[] = [];
  if (health.status !== 'online') reasons.push(`the agent is ${health.status ?? 'in no state'}`);
  const deadline = Math.max(dueBy(lastHeartbeat, nextDue), lastHeartbeat + limits.maxAgeSeconds * SECOND_MS);
  if (isAhead(lastHeartbeat, now)) reasons.push(`the last heartbeat says ${isoOf(lastHeartbeat)}, which is still to come`);
  else if (now > deadline) reasons.push(`the last heartbeat was at ${isoOf(lastHeartbeat)}, the next was due by ${isoOf(deadline)}`);
  const newest = health.newestReadingTimestamp;
  if (newest === null) reasons.push('no good reading has been seen yet; ops-agent config check --connect looks at the newest rows');
  else if (knownTime(newest, now) === null) reasons.push(`the newest good reading says ${isoOf(newest)}, which is still to come`);
  else if (isFeedSilent(health, now, limits.feedMaxAgeSeconds))
    reasons.push(`the feed is silent: the newest good reading is of ${isoOf(newest)}`);
  // A cycle that detected stamps both columns with one moment.
  if (health.detectedTimestamp !== lastHeartbeat)
    reasons.push(`the last cycle could not detect${health.lastError ? `: ${health.lastError}` : ''}`);
  else if (health.lastError !== null) reasons.push(`the last cycle was not whole: ${health.lastError}`);
  return { healthy: reasons.length === 0, reasons };
}
