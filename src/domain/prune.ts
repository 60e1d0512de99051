import { fingerprintOf } from './audit-accepted.ts';
import { type Anchor, PRUNED } from './audit-chain.ts';
import type { JudgedRow, PlacedRow } from './audit-finding.ts';
import { brokenLink, type ChainPlace, placeWith } from './audit-links.ts';
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

/** Rows that go at one place, in their order: more than one only where somebody inserted. */
interface GoingPlace {
  readonly first: PlacedRow;
  readonly rows: number;
  readonly place: ChainPlace;
}

/** The beginning of a chain that may go, to be shown its rows in their order. A place goes whole or stays whole. */
export class GrowingCut {
  #through: ChainPlace = { seq: 0, hashes: [] };
  #rows = 0;
  #place: GoingPlace | null = null;

  next(row: PlacedRow): void {
    if (this.#place?.first.chainSeq !== row.chainSeq) this.#closePlace();
    const { first, rows, place } = this.#place ?? { first: row, rows: 0, place: { seq: row.chainSeq, hashes: [] } };
    this.#place = { first, rows: rows + 1, place: placeWith(place, row) };
  }

  #closePlace(): void {
    if (this.#place === null) return;
    this.#through = this.#place.place;
    this.#rows += this.#place.rows;
    this.#place = null;
  }

  /**
   * Where the chain is cut, said so that the first row that is left follows it: what it names as the row before it, also where it does not
   * follow and somebody answered for that.
   * @param stop the first row that must stay; null where all may go @param standing fingerprints of the findings that somebody answered for
   */
  end(stop: PlacedRow | null, standing: ReadonlySet<string>): Anchor & { readonly rows: number } {
    const shared = stop !== null && this.#place?.first.chainSeq === stop.chainSeq ? this.#place.first : null;
    if (shared === null) this.#closePlace();
    const left = shared ?? stop;
    if (left !== null && this.#rows > 0) {
      const broken = brokenLink(left, this.#through);
      if (broken === null || standing.has(fingerprintOf(broken)))
        return { throughSeq: left.chainSeq - 1, throughHash: left.previousHash, rows: this.#rows };
    }
    // What is recorded next follows the first of these.
    return { throughSeq: this.#through.seq, throughHash: this.#through.hashes[0] ?? null, rows: this.#rows };
  }
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
