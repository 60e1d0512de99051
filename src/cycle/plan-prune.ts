import type { Settings } from '../config/settings.ts';
import { CarriedTestimony } from '../domain/audit-carried.ts';
import { type ChainStart, isOlderThanChains } from '../domain/audit-unchained.ts';
import { lookBackSeconds } from '../domain/detection-request.ts';
import { type Instant } from '../domain/instant.ts';
import type { KeyRing } from '../domain/key-ring.ts';
import { type Cut, type CutLimits, GrowingCut, prunableBefore, type Stop, stopAt } from '../domain/prune.ts';
import { activeFamilies } from '../domain/rule-book.ts';
import { windowReachSeconds } from '../domain/window.ts';
import type { AuditStore, Prunable } from '../ports/audit-store.ts';
import type { OperatorStore } from '../ports/operator-store.ts';
import { chainRows, unchainedRows } from './audit-rows.ts';

export interface PruneReport {
  /** What was not touched at this time or later. */
  readonly before: Instant;
  /** The watermark, where that lies so far back that it keeps more than was asked for; else null. */
  readonly keptForWatermark: Instant | null;
  readonly cut: Cut;
  /** The first row that has to stay; null where there is none. */
  readonly stop: Stop | null;
  readonly rows: Prunable;
}

export interface Plan {
  readonly report: PruneReport;
  /** Nothing goes. */
  readonly isEmpty: boolean;
  /** What the rows that go say about those that stay. */
  readonly carried: CarriedTestimony;
}

/** What is read of a store to plan. */
export type PlannedStore = Pick<OperatorStore, 'readHealth'> &
  Pick<AuditStore, 'readHeldSubjects' | 'countPrunable' | 'readUnchainedPage' | 'readChainPage'>;

export interface PlanRequest {
  readonly keepSeconds: number;
  readonly keys: KeyRing;
  readonly start: ChainStart | null;
  /** Fingerprints of the findings that somebody answered for. */
  readonly standing: ReadonlySet<string>;
  /** Called again and again while the audit is read. @throws where the lease is lost */
  readonly keepHold: () => Promise<void>;
  /** Ends the reading between two pages. */
  readonly signal: AbortSignal;
}

/** So many rows are read in a second or so: far less than any lease. */
const ROWS_PER_HOLD = 10_000;

/** How far before its watermark a cycle looks back, as it asks for its open work. */
export function reachSeconds({ rules, sensorFaults, source }: Settings): number {
  return windowReachSeconds(source, activeFamilies(rules), lookBackSeconds(rules, sensorFaults));
}

/** How many rows there are beside those of the audit. */
export function rowsIn({ recommendations, commands, workOrders, sessions, notifications }: Prunable): number {
  return recommendations + commands + workOrders + sessions + notifications;
}

/** What may go; changes nothing. */
export async function planPrune(store: PlannedStore, settings: Settings, request: PlanRequest): Promise<Plan> {
  const { keepSeconds, keys } = request;
  const { agentId } = settings;
  const { now, health } = await store.readHealth();
  const own = health.find((row) => row.agentId === agentId);
  const { before, keptForWatermark } = prunableBefore(now, keepSeconds, own, reachSeconds(settings));
  const limits = { before, held: await store.readHeldSubjects(before), knownSeq: own?.auditSeq ?? null };
  const carried = new CarriedTestimony(keys);
  const { cut, stop } = await cutOf(store, agentId, limits, { ...request, carried });
  const rows = await store.countPrunable(before);
  const isEmpty = cut.rows + cut.unchained + rowsIn(rows) === 0;
  return { report: { before, keptForWatermark, cut, stop, rows }, isEmpty, carried };
}

/** Rows from before the chain first: all of them or none, and while one stays nothing behind them goes. */
async function cutOf(
  store: PlannedStore,
  agentId: string,
  limits: CutLimits,
  plan: Pick<PlanRequest, 'start' | 'standing' | 'keepHold' | 'signal'> & { readonly carried: CarriedTestimony },
): Promise<{ readonly cut: Cut; readonly stop: Stop | null }> {
  const none: Cut = { throughSeq: 0, throughHash: null, rows: 0, unchained: 0 };
  let unchained = 0;
  let looked = 0;
  const count = async () => {
    looked += 1;
    if (looked % ROWS_PER_HOLD === 0) await plan.keepHold();
  };
  for await (const row of unchainedRows(store, plan.signal)) {
    await count();
    // Somebody answered for it: it is of no chain's past, and stays.
    if (!isOlderThanChains(row, plan.start)) continue;
    const why = stopAt(row, limits);
    if (why !== null) return { cut: none, stop: { chainSeq: null, eventId: row.eventId, why } };
    unchained += 1;
  }
  const cut = new GrowingCut();
  for await (const row of chainRows(store, agentId, 1, plan.signal)) {
    await count();
    const why = stopAt(row, limits);
    if (why !== null)
      return { cut: withUnchained(cut.end(row, plan.standing), unchained), stop: { chainSeq: row.chainSeq, eventId: row.eventId, why } };
    cut.next(row);
    plan.carried.next(row);
  }
  return { cut: withUnchained(cut.end(null, plan.standing), unchained), stop: null };
}

/** They are taken for the chain's own beginning: without a row of the chain there is no place that says that they are gone. */
function withUnchained(cut: Omit<Cut, 'unchained'>, unchained: number): Cut {
  return { ...cut, unchained: cut.rows === 0 ? 0 : unchained };
}
