import { counted } from './counted.ts';
import { type AgentEvent, eventOf } from './event.ts';
import { type Instant, isoOf } from './instant.ts';
import { field } from './json-field.ts';
import { type KeyRing, signatureOf } from './key-ring.ts';
import { hashOf } from './ticket.ts';

/** Where a chain ends: the newest row's place, from 1, and its hash. */
export interface ChainTail {
  readonly seq: number;
  readonly hash: string | null;
}

/** The chain of an agent that has not recorded anything yet. */
export const NO_CHAIN: ChainTail = { seq: 0, hash: null };

/** Beyond this no place is one of a chain: adding to it must stay exact, and a hand-written place must not end the counting. */
export const MOST_CHAIN_SEQ = 2 ** 52;

/** From here on rows are not of what any agent goes on with: none records so much, and the last places must not be what ends the recording. */
export const LEAST_FAR_SEQ = MOST_CHAIN_SEQ - 2 ** 20;

/** An event with its time on the store's clock; `ordinal` orders the events that one process recorded at one moment. */
export interface RecordedEvent extends AgentEvent {
  readonly at: Instant;
  readonly ordinal: number;
}

/** A row of the audit as it stands in its agent's chain. */
export interface ChainedEvent extends RecordedEvent {
  readonly chainSeq: number;
  readonly previousHash: string | null;
  readonly hash: string;
  /** `id:hmac` over the hash; null where whoever wrote it had no key. */
  readonly signature: string | null;
}

/** A row of the audit as it is stored: rows that are older than the chain have no place in it. */
export interface AuditRow extends RecordedEvent {
  readonly chainSeq: number | null;
  readonly previousHash: string | null;
  readonly hash: string | null;
  readonly signature: string | null;
}

/** What a row's hash is made of. */
export type HashedEvent = Omit<ChainedEvent, 'hash' | 'signature' | 'at'> & {
  /** Null where somebody left there what is no time. */
  readonly at: Instant | null;
};

/**
 * SHA-256 over the canonical JSON of all that the row says, under the tables' names. What is null is left out, so that a column that a
 * later version adds leaves the hashes of older rows as they are.
 */
export function chainHash(row: HashedEvent): string {
  const said = {
    event_id: row.eventId,
    at: row.at === null ? null : isoOf(row.at),
    ordinal: row.ordinal,
    agent_id: row.agentId,
    run_id: row.runId,
    actor: row.actor,
    subject_type: row.subjectType,
    subject_id: row.subjectId,
    event: row.event,
    from_status: row.fromStatus,
    to_status: row.toStatus,
    reason: row.reason,
    before: row.before,
    after: row.after,
    session_id: row.sessionId,
    chain_seq: row.chainSeq,
    previous_hash: row.previousHash,
  };
  return hashOf(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null && value !== undefined)));
}

// Engines cut a text at U+0000 or refuse it, and have no spelling for half a surrogate pair.
// eslint-disable-next-line no-control-regex -- the control character is what it replaces
const UNSTORABLE = /\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function storable(text: string): string;
function storable(text: string | null): string | null;
function storable(text: string | null): string | null {
  return text === null ? null : text.replace(UNSTORABLE, '\ufffd');
}

/** The event as a store gives it back, so that its hash is the stored row's. Texts in JSON columns are escaped there and stay as they are. */
export function asStored(event: AgentEvent): AgentEvent {
  return {
    ...event,
    eventId: storable(event.eventId),
    agentId: storable(event.agentId),
    runId: storable(event.runId),
    actor: storable(event.actor),
    subjectId: storable(event.subjectId),
    event: storable(event.event),
    fromStatus: storable(event.fromStatus),
    toStatus: storable(event.toStatus),
    reason: storable(event.reason),
    sessionId: storable(event.sessionId),
  };
}

/** The events as the next rows of the chain, in their order. All are of one agent, and as `asStored` gives them. */
export function chained(tail: ChainTail, events: readonly RecordedEvent[], keys: KeyRing): readonly ChainedEvent[] {
  const rows: ChainedEvent[] = [];
  let { seq, hash: previousHash } = tail;
  for (const event of events) {
    seq += 1;
    const place = { ...event, chainSeq: seq, previousHash };
    const hash = chainHash(place);
    rows.push({ ...place, hash, signature: signatureOf(keys, hash) });
    previousHash = hash;
  }
  return rows;
}

/** The first event of a chain on tables that are older than it. */
export const CHAIN_STARTED = 'chain_started';
/** The event with which a person answers for what is wrong with the audit. */
export const ACCEPTED = 'audit_accepted';
/** The event that stands for rows that are gone: written before they go. */
export const PRUNED = 'pruned';

/** How many rows stand outside of any chain because they are older: exactly so many are no finding. Told once. */
export function chainStarted(run: Pick<AgentEvent, 'agentId' | 'runId'>, rowsBefore: number): AgentEvent {
  return eventOf(run, {
    subjectType: 'agent',
    subjectId: run.agentId,
    event: CHAIN_STARTED,
    reason: `${counted(rowsBefore, 'row is', 'rows are')} older than the chain`,
    after: { rows_before: rowsBefore },
    once: true,
  });
}

/** What is taken away from the beginning of the audit, as its anchor says it. */
export interface Anchor {
  readonly throughSeq: number;
  readonly throughHash: string | null;
}

/** The anchor that a row is; null for any other row, and for one whose content is none. */
export function anchorIn(row: Pick<AgentEvent, 'agentId' | 'subjectType' | 'subjectId' | 'event' | 'after'>): Anchor | null {
  if (row.event !== PRUNED || row.subjectType !== 'agent' || row.subjectId !== row.agentId) return null;
  const [seq, hash] = [field(row.after, 'through_seq'), field(row.after, 'through_hash')];
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq)) return null;
  return { throughSeq: seq, throughHash: typeof hash === 'string' ? hash : null };
}

/** How many rows were there before the chain, as its first row says; null for any other row. */
export function rowsBeforeIn(row: Pick<ChainedEvent, 'event' | 'chainSeq' | 'after'>): number | null {
  const rows = row.event === CHAIN_STARTED && row.chainSeq === 1 ? field(row.after, 'rows_before') : null;
  return typeof rows === 'number' && Number.isSafeInteger(rows) ? rows : null;
}
