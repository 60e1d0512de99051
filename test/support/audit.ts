import { acceptAudit, type AcceptRequest, FINDINGS_ID_LENGTH } from '../../src/cycle/accept-audit.ts';
import { checkAudit, type AuditReport } from '../../src/cycle/check-audit.ts';
import type { PruneReport } from '../../src/cycle/plan-prune.ts';
import { prune } from '../../src/cycle/prune.ts';
import type { ChainedEvent, RecordedEvent } from '../../src/domain/audit-chain.ts';
import type { AuditFinding, PlacedRow } from '../../src/domain/audit-finding.ts';
import type { Instant } from '../../src/domain/instant.ts';
import { type KeyRing, NO_KEYS } from '../../src/domain/key-ring.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Statement } from '../../src/store/connection.ts';
import { Session } from '../../src/store/session.ts';
import { createSqlStore } from '../../src/store/sql-store.ts';
import { AGENT, type AtHand, SETTINGS, type StoreUnderTest } from './stores.ts';

/** An event that says nothing but what `said` does. */
export function recordedEvent(said: Pick<RecordedEvent, 'agentId'> & Partial<RecordedEvent>): RecordedEvent {
  return {
    eventId: 'e0',
    at: 0,
    ordinal: 0,
    runId: 'r',
    actor: 'a',
    subjectType: 'agent',
    subjectId: said.agentId,
    event: 'created',
    fromStatus: null,
    toStatus: null,
    reason: null,
    before: null,
    after: null,
    sessionId: null,
    ...said,
  };
}

/** Whether a statement is one that appends to the audit. */
export function appendsToAudit({ sql }: Statement, { dialect }: StoreUnderTest): boolean {
  return sql.startsWith(`INSERT INTO ${dialect.quote('agent_events')}`);
}

export function verified(store: Store, keys: KeyRing = NO_KEYS): Promise<AuditReport> {
  return checkAudit(store, { keys, heads: [], mostFindings: 20 });
}

/** What is wrong, in short: `changed 3`. */
export async function findings(store: Store, keys: KeyRing = NO_KEYS): Promise<readonly string[]> {
  const { findings: found } = await verified(store, keys);
  return found.map(({ kind, chainSeq }) => (chainSeq === null ? kind : `${kind} ${chainSeq}`));
}

/** The same store as it is used by whoever has these keys; to be closed. */
export async function signedBy(at: AtHand, under: StoreUnderTest, keys: KeyRing): Promise<Store> {
  const session = new Session(await at.database.connect(), under.dialect);
  return createSqlStore({ session, lock: at.database.newLock(), sourceTable: 'sensor_data', description: 'with keys', keys });
}

/** A row as a store reads it that nobody wrote by hand. */
export function asJudged(row: ChainedEvent): PlacedRow {
  return { ...row, eventKey: row.eventId, asWritten: true };
}

/** A row of before there was a chain, or one that somebody writes by hand. */
export function oldRow(at: AtHand, id: string, moment: Instant) {
  const texts = ['agent_id', 'run_id', 'actor', 'subject_type', 'subject_id', 'event'].map((name) => [name, 'old'] as const);
  return { ...Object.fromEntries(texts), event_id: id, at: at.time(moment) };
}

/** Somebody answers for what is wrong by now. */
export async function accepting(store: Store, given: Partial<AcceptRequest> = {}): Promise<readonly AuditFinding[]> {
  const keys = given.keys ?? NO_KEYS;
  const { findingsId } = await verified(store, keys);
  const seen = findingsId?.slice(0, FINDINGS_ID_LENGTH) ?? '';
  const request = { agentId: AGENT, runId: 'accept-1', actor: 'anna via cli', reason: 'we know', keys, findingsId: seen, ...given };
  return acceptAudit(store, request, new AbortController().signal);
}

/** Takes away what is older than 400 days. */
export function pruning(store: Store, keys: KeyRing = NO_KEYS, runId = 'prune-1'): Promise<PruneReport> {
  return prune(
    store,
    { ...SETTINGS, agentId: AGENT },
    { runId, keepSeconds: 400 * 86_400, actor: 'anna via cli', keys, dryRun: false, waitSeconds: 0 },
    new AbortController().signal,
  );
}

/** In short, what is wrong and what somebody answered for. */
export async function state(
  store: Store,
  keys: KeyRing = NO_KEYS,
): Promise<{ readonly wrong: readonly string[]; readonly accepted: readonly string[] }> {
  const { accepted } = await verified(store, keys);
  return { wrong: await findings(store, keys), accepted: accepted.map(({ kind, chainSeq }) => `${kind} ${chainSeq ?? '-'}`) };
}
