import type { Settings } from '../config/settings.ts';
import { fingerprintOf } from '../domain/audit-accepted.ts';
import type { ChainStart } from '../domain/audit-unchained.ts';
import { counted } from '../domain/counted.ts';
import { AgentError } from '../domain/errors.ts';
import { isHeldBy } from '../domain/health.ts';
import { type Instant, isoOf, SECOND_MS } from '../domain/instant.ts';
import { type KeyRing, SIGNING_KEY_VARIABLE } from '../domain/key-ring.ts';
import { eventTime } from '../domain/known-time.ts';
import { otherOwner } from '../domain/ownership.ts';
import { onOneLine } from '../domain/printable.ts';
import { leastKeepSeconds, prunedEvent } from '../domain/prune.ts';
import type { Prunable, Pruned } from '../ports/audit-store.ts';
import type { Lease } from '../ports/lease.ts';
import type { Store } from '../ports/store.ts';
import { checkAudit, lacksKey } from './check-audit.ts';
import { pause } from './pause.ts';
import { planPrune, type PruneReport, reachSeconds } from './plan-prune.ts';

export interface PruneRequest {
  readonly runId: string;
  readonly keepSeconds: number;
  readonly actor: string;
  readonly keys: KeyRing;
  readonly dryRun: boolean;
  /** How long to wait for a cycle that holds the lease; 0 does not wait. */
  readonly waitSeconds: number;
}

const WAIT_STEP_MS = 200;

/** @throws AgentError usage where that is less than has to stay */
function requireKeep(keepSeconds: number, settings: Settings): void {
  const least = leastKeepSeconds(reachSeconds(settings), settings.policy);
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
 * @throws AgentError usage, conflict where another run holds the lease, unsound_audit, interrupted, store_unavailable
 */
export async function prune(store: Store, settings: Settings, request: PruneRequest, signal: AbortSignal): Promise<PruneReport> {
  requireKeep(request.keepSeconds, settings);
  const sound = await requireSound(store, settings.agentId, request, signal);
  if (request.dryRun) return (await planPrune(store, settings, { ...request, ...sound, keepHold: () => Promise.resolve(), signal })).report;
  try {
    const held = await hold(store, settings, request, signal);
    try {
      return await pruneUnder(held, store, settings, { ...request, signal }, sound);
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

async function requireSound(store: Store, agentId: string, { keys }: PruneRequest, signal: AbortSignal): Promise<Sound> {
  const report = await checkAudit(store, { keys, heads: [], mostFindings: 1, signal });
  const { findings, findingsTotal, accepted, start } = report;
  const [first] = findings;
  if (first)
    throw new AgentError(
      'unsound_audit',
      `the audit is not sound, and taking rows away would take the evidence with them (${counted(findingsTotal, 'finding')}, the first: ${onOneLine(first.text)})`,
      'see: ops-agent audit verify',
    );
  if (lacksKey(report, agentId, keys))
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
      if (own && isHeldBy(own, runId, store.holderId)) return { lease: { agentId, runId, epoch: own.leaseEpoch }, newestEventAt };
    }
    if (waitedMs >= waitSeconds * SECOND_MS || signal.aborted)
      throw new AgentError('conflict', 'a cycle holds the lease', 'try again when it is over, or wait for it with --wait 130s');
    await pause(WAIT_STEP_MS, signal);
  }
}

async function pruneUnder(
  { lease, newestEventAt }: Held,
  store: Store,
  settings: Settings,
  request: PruneRequest & { readonly signal: AbortSignal },
  sound: Sound,
): Promise<PruneReport> {
  const { leaseSeconds } = settings.store;
  const keepHold = async () => {
    if (!(await store.renewLease(lease, leaseSeconds))) throw leaseLost('before anything was gone');
  };
  const { report, isEmpty, carried } = await planPrune(store, settings, { ...request, ...sound, keepHold });
  if (isEmpty) return report;
  const { cut, before, rows } = report;
  const { workOrders, ...named } = rows;
  await keepHold();
  const { now } = await store.readControls();
  const event = prunedEvent(lease, request.actor, cut, {
    before,
    rows: { ...named, work_orders: workOrders },
    carried: carried.record(sound.standing),
  });
  if (!(await store.appendEvents([event], eventTime(now, newestEventAt), lease))) throw leaseLost('before anything was gone');
  const gone = await store.pruneRows(lease, before);
  requireAsPlanned(rows, await withLostAnswers(store, before, rows, gone));
  if (cut.rows === 0) return report;
  const unchainedThrough = cut.unchained > 0 ? (sound.start?.at ?? null) : null;
  const { rows: events, isWhole } = await store.pruneAudit(lease, { throughSeq: cut.throughSeq, unchainedThrough, leaseSeconds });
  if (!isWhole) throw leaseLost(`before everything of before ${isoOf(before)} was gone`);
  if (events !== null) requireAsPlanned({ events: cut.rows + cut.unchained }, { events });
  return report;
}

/** Where an answer was lost, what was planned is gone that is not left. */
async function withLostAnswers(store: Store, before: Instant, planned: Prunable, gone: Pruned): Promise<Prunable> {
  if (Object.values(gone).every((count) => count !== null)) return gone as Prunable;
  const left = await store.countPrunable(before);
  const known = (name: keyof Prunable) => gone[name] ?? planned[name] - left[name];
  return {
    recommendations: known('recommendations'),
    commands: known('commands'),
    workOrders: known('workOrders'),
    sessions: known('sessions'),
    notifications: known('notifications'),
  };
}

function leaseLost(when: string): AgentError {
  return new AgentError('conflict', `another run took the lease ${when}`, 'run it again');
}

/** The audit says how many go before they go: where it was others, it must not be taken for the truth. */
function requireAsPlanned<T extends object>(planned: T, gone: T): void {
  const text = (counts: T) =>
    Object.entries(counts)
      .map(([name, count]) => `${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${String(count)}`)
      .join(', ');
  if (text(planned) === text(gone)) return;
  throw new AgentError(
    'conflict',
    `not what was planned and told to the audit is gone: planned were ${text(planned)}, gone are ${text(gone)}`,
    'somebody else changed these tables meanwhile; run it again',
  );
}
