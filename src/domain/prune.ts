import { type Anchor, PRUNED } from './audit-chain.ts';
import type { JudgedRow, PlacedRow } from './audit-finding.ts';
import { type AgentEvent, eventOf, type EventRun } from './event.ts';
import type { AgentHealth } from './health.ts';
import { addSeconds, type Instant, isoOf } from './instant.ts';

const DAY_SECONDS = 86_400;
/** An audit that is younger than that explains what is still going on; nobody has an archive of it yet. */
const LEAST_KEEP_DAYS = 30;

/**
 * The least age that may be taken away, seconds: beyond it lies nothing that a cycle may look at again, which is what its window reaches
 * back to, and the times of an approval, a hold and a verification.
 */
export function leastKeepSeconds(
  windowSeconds: number,
  policy: {
    readonly approvalTtlSeconds: number;
    readonly holdSeconds: number;
    readonly settlingSeconds: number;
    readonly verifyWindowSeconds: number;
  },
): number {
  const decided = policy.approvalTtlSeconds + policy.holdSeconds + policy.settlingSeconds + policy.verifyWindowSeconds;
  return Math.max(LEAST_KEEP_DAYS * DAY_SECONDS, Math.ceil(windowSeconds + decided) + DAY_SECONDS);
}

/**
 * What was not touched since may go. After a downtime longer than what is to stay, the next cycle reads from its watermark on, and `reachSeconds`
 * before that: what accounts for those readings is as much in use as what is open.
 */
export function prunableBefore(
  now: Instant,
  keepSeconds: number,
  health: Pick<AgentHealth, 'watermarkTimestamp' | 'detectedTimestamp'> | undefined,
  reachSeconds: number,
): { readonly before: Instant; readonly keptForWatermark: Instant | null } {
  const asked = addSeconds(now, -keepSeconds);
  const least = Math.min(now, health?.watermarkTimestamp ?? now, health?.detectedTimestamp ?? now);
  const inUse = addSeconds(least, -reachSeconds);
  return inUse < asked ? { before: inUse, keptForWatermark: least } : { before: asked, keptForWatermark: null };
}

/** A beginning of the audit that may go: whole, so that what is left is one chain. */
export interface Cut extends Anchor {
  readonly rows: number;
  /** Rows from before the chain that go with it: all of them, or none. */
  readonly unchained: number;
}

/** Where the audit may be cut; `stopped` says which row has to stay. */
export interface Stop {
  readonly chainSeq: number | null;
  readonly eventId: string;
  readonly why: 'too_young' | 'still_open' | 'known_end';
}

export interface CutLimits {
  readonly before: Instant;
  /** Of what the trail has to stay. */
  readonly held: ReadonlySet<string>;
  /** The place that agent_health knows: without that row a missing end would not show. */
  readonly knownSeq: number | null;
}

/** Why this row stays, and all behind it; null: it may go. */
export function stopAt(row: JudgedRow, { before, held, knownSeq }: CutLimits): Stop['why'] | null {
  if (row.at === null || row.at >= before) return 'too_young';
  if (held.has(row.subjectId)) return 'still_open';
  return row.chainSeq !== null && knownSeq !== null && row.chainSeq >= knownSeq ? 'known_end' : null;
}

/** The cut so far, with one more row. */
export function cutAfter(cut: Cut, row: PlacedRow): Cut {
  return { ...cut, throughSeq: row.chainSeq, throughHash: row.hash, rows: cut.rows + 1 };
}

/** The anchor: what is about to go, told before it goes. */
export function prunedEvent(
  run: EventRun,
  actor: string,
  cut: Cut,
  {
    before,
    rows,
    carried,
  }: { readonly before: Instant; readonly rows: Readonly<Record<string, number>>; readonly carried: Readonly<Record<string, unknown>> },
): AgentEvent {
  return eventOf(run, {
    subjectType: 'agent',
    subjectId: run.agentId,
    event: PRUNED,
    actor,
    reason: `what ended before ${isoOf(before)} is taken away`,
    after: {
      // Without a row that goes it is no anchor, and the one before it stays in force.
      ...(cut.rows > 0 && { through_seq: cut.throughSeq, through_hash: cut.throughHash }),
      rows: cut.rows,
      rows_before_the_chain: cut.unchained,
      until: isoOf(before),
      ...rows,
      ...carried,
    },
  });
}
