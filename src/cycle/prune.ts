import type { Settings } from '../config/settings.ts';
import { fingerprintOf } from '../domain/audit-accepted.ts';
import { CarriedTestimony } from '../domain/audit-carried.ts';
import { type ChainStart, isOlderThanChains } from '../domain/audit-unchained.ts';
import { counted } from '../domain/counted.ts';
import { lookBackSeconds } from '../domain/detection-request.ts';
import { AgentError } from '../domain/errors.ts';
import { addSeconds, type Instant, isoOf, SECOND_MS } from '../domain/instant.ts';
import { type KeyRing, SIGNING_KEY_VARIABLE } from '../domain/key-ring.ts';
import { eventTime } from '../domain/known-time.ts';
import { otherOwner } from '../domain/ownership.ts';
import { type Cut, cutAfter, leastKeepSeconds, prunedEvent, type Stop, stopAt } from '../domain/prune.ts';
import { activeFamilies } from '../domain/rule-book.ts';
import { windowReachSeconds } from '../domain/window.ts';
import type { Prunable } from '../ports/audit-store.ts';
import type { Lease, Store } from '../ports/store.ts';
import { chainRows, unchainedRows } from './audit-rows.ts';
import { checkAudit } from './check-audit.ts';
import { pause } from './pause.ts';

export interface PruneRequest {
  readonly runId: string;
  readonly keepSeconds: number;
  readonly actor: string;
  readonly keys: KeyRing;
  readonly dryRun: boolean;
  /** How long to wait for a cycle that holds the lease; 0 does not wait. */
  readonly waitSeconds: number;
}

export interface PruneReport {
  /** What was not touched at this time or later. */
  readonly before: Instant;
  readonly cut: Cut;
  /** The first row that has to stay; null where there is none. */
  readonly stop: Stop | null;
  readonly rows: Prunable;
}

const WAIT_STEP_MS = 200;

/** @throws AgentError usage where that is less than has to stay */
function requireKeep(keepSeconds: number, settings: Settings): void {
  const { rules, sensorFaults, source, policy } = settings;
  const reach = windowReachSeconds(source, activeFamilies(rules), lookBackSeconds(rules, sensorFaults));
  const least = leastKeepSeconds(reach, policy);
  if (keepSeconds >= least) return;
  const days = Math.ceil(least / 86_400);
  throw new AgentError(
    'usage',
    `--keep must be at least ${days}d: cycles look back that far, and approvals, holds and verifications have to be on record`,
    `for instance --keep 400d`,
  );
}

/**
 * Takes away what ended long ago: a contiguous beginning of the audit, then rows that nothing refers to any more. Under the agent's lease, so
 * that no cycle reads what is about to go. The audit is checked first, since what is wrong with it would go with it. Killed anywhere,
 * it leaves a sound audit, and running it again completes it.
 * @throws AgentError usage, conflict where another run holds the lease, unsound_audit, store_unavailable
 */
export async function prune(store: Store, settings: Settings, request: PruneRequest, signal: AbortSignal): Promise<PruneReport> {
  requireKeep(request.keepSeconds, settings);
  const sound = await requireSound(store, settings.agentId, request);
  if (request.dryRun) return (await plan(store, settings.agentId, request, sound.start)).report;
  try {
    const held = await hold(store, settings, request, signal);
    try {
      return await pruneUnder(held, store, request, sound);
    } finally {
      await store.giveLeaseBack(held.lease);
    }
  } finally {
    await store.releaseLock();
  }
}

interface Sound {
  readonly start: ChainStart | null;
  /** The findings that somebody answered for, by their fingerprints. */
  readonly standing: ReadonlySet<string>;
}

async function requireSound(store: Store, agentId: string, { keys }: PruneRequest): Promise<Sound> {
  const { findings, findingsTotal, chains, accepted, start } = await checkAudit(store, { keys, heads: [], mostFindings: 1 });
  const [first] = findings;
  if (first)
    throw new AgentError(
      'unsound_audit',
      `the audit is not sound, and taking rows away would take the evidence with them (${counted(findingsTotal, 'finding')}, the first: ${first.text})`,
      'see: ops-agent audit verify',
    );
  const own = chains.find((chain) => chain.agentId === agentId);
  if (keys.length === 0 && own !== undefined && own.signed > 0)
    throw new AgentError(
      'usage',
      'the audit is signed, and without a key the event that stands for what is taken away would not be believed',
      `set ${SIGNING_KEY_VARIABLE} as the agent has it`,
    );
  return { start, standing: new Set(accepted.map(fingerprintOf)) };
}

interface Held {
  readonly lease: Lease;
  readonly newestEventAt: Instant | null;
}

async function hold(store: Store, settings: Settings, { runId, waitSeconds }: PruneRequest, signal: AbortSignal): Promise<Held> {
  const { agentId } = settings;
  const { leaseSeconds } = settings.store;
  for (let waitedMs = 0; ; waitedMs += WAIT_STEP_MS) {
    if (await store.takeLease({ agentId, runId, leaseSeconds })) {
      const { health, newestEventAt } = await store.readOpenWork(agentId);
      const other = health.find((row) => row.agentId !== agentId);
      if (other) throw otherOwner(other.agentId, agentId);
      const own = health[0];
      if (own?.leaseOwner === runId) return { lease: { agentId, runId, epoch: own.leaseEpoch }, newestEventAt };
    }
    if (waitedMs >= waitSeconds * SECOND_MS || signal.aborted)
      throw new AgentError('conflict', 'a cycle holds the lease', 'try again when it is over, or wait for it with --wait 130s');
    await pause(WAIT_STEP_MS, signal);
  }
}

interface Plan {
  readonly report: PruneReport;
  /** Nothing goes. */
  readonly isEmpty: boolean;
  /** What the rows that go say about those that stay. */
  readonly carried: CarriedTestimony;
}

async function plan(store: Store, agentId: string, { keepSeconds, keys }: PruneRequest, start: ChainStart | null): Promise<Plan> {
  const { now, health } = await store.readHealth();
  const before = addSeconds(now, -keepSeconds);
  const held = await store.readHeldSubjects(before);
  const knownSeq = health.find((row) => row.agentId === agentId)?.auditSeq ?? null;
  const limits = { before, held, knownSeq };
  const carried = new CarriedTestimony(keys);
  const { cut, stop } = await cutOf(store, agentId, limits, start, carried);
  const rows = await store.countPrunable(before);
  const isEmpty = cut.rows + cut.unchained + rows.recommendations + rows.commands + rows.workOrders + rows.sessions === 0;
  return { report: { before, cut, stop, rows }, isEmpty, carried };
}

/** Rows from before the chain first: all of them or none, and while one stays nothing behind them goes. */
async function cutOf(
  store: Store,
  agentId: string,
  limits: Parameters<typeof stopAt>[1],
  start: ChainStart | null,
  carried: CarriedTestimony,
): Promise<{ readonly cut: Cut; readonly stop: Stop | null }> {
  const none: Cut = { throughSeq: 0, throughHash: null, rows: 0, unchained: 0 };
  let unchained = 0;
  for await (const row of unchainedRows(store)) {
    // Somebody answered for it: it is of no chain's past, and stays.
    if (!isOlderThanChains(row, start)) continue;
    const why = stopAt(row, limits);
    if (why !== null) return { cut: none, stop: { chainSeq: null, eventId: row.eventId, why } };
    unchained += 1;
  }
  let cut: Cut = none;
  for await (const row of chainRows(store, agentId)) {
    const why = stopAt(row, limits);
    if (why !== null) return { cut: withUnchained(cut, unchained), stop: { chainSeq: row.chainSeq, eventId: row.eventId, why } };
    cut = cutAfter(cut, row);
    carried.next(row);
  }
  return { cut: withUnchained(cut, unchained), stop: null };
}

/** They are taken for the chain's own beginning: without a row of the chain there is no place that says that they are gone. */
function withUnchained(cut: Cut, unchained: number): Cut {
  return cut.rows === 0 ? cut : { ...cut, unchained };
}

async function pruneUnder(
  { lease, newestEventAt }: Held,
  store: Store,
  request: PruneRequest,
  { start, standing }: Sound,
): Promise<PruneReport> {
  const { report, isEmpty, carried } = await plan(store, lease.agentId, request, start);
  if (isEmpty) return report;
  const { cut, before, rows } = report;
  const counts = {
    recommendations: rows.recommendations,
    commands: rows.commands,
    work_orders: rows.workOrders,
    sessions: rows.sessions,
  };
  const { now } = await store.readControls();
  await store.appendEvents(
    [prunedEvent(lease, request.actor, cut, { before, rows: counts, carried: carried.record(standing) })],
    eventTime(now, newestEventAt),
  );
  await store.pruneRows(lease, before);
  const isGone =
    cut.rows === 0 ||
    (await store.pruneAudit(lease, { throughSeq: cut.throughSeq, unchainedThrough: cut.unchained > 0 ? (start?.at ?? null) : null }));
  if (!isGone)
    throw new AgentError('conflict', `another run took the lease before everything of before ${isoOf(before)} was gone`, 'run it again');
  return report;
}
