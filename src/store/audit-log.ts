import { asStored, chained, chainStarted, type ChainTail, LEAST_FAR_SEQ, NO_CHAIN, type RecordedEvent } from '../domain/audit-chain.ts';
import { AgentError } from '../domain/errors.ts';
import type { AgentEvent } from '../domain/event.ts';
import type { Instant } from '../domain/instant.ts';
import type { KeyRing } from '../domain/key-ring.ts';
import { eventTime } from '../domain/known-time.ts';
import type { Lease } from '../ports/lease.ts';
import { write } from './connection.ts';
import { jsonParts, toRow } from './row-mapping.ts';
import { ConflictError } from './retryable.ts';
import type { Session } from './session.ts';
import { appendSql, runStartStatement, tailStatement } from './statements/audit-chain.ts';
import { LEASE_GUARD } from './statements/lease.ts';
import { EVENTS } from './tables.ts';

/** As many writers may come first, one after the other, before an append gives up. */
const MOST_ATTEMPTS = 40;
/** From then on it waits a little between two attempts, so that many writers do not keep each other from the end of the chain. */
const PATIENT_FROM = 3;

/** What one look at the end of a chain says. */
interface Look {
  readonly clock: Instant;
  readonly newestAt: Instant | null;
  readonly tail: ChainTail;
  /** How many rows there are where none of them is in a chain; else null. */
  readonly unchained: number | null;
  readonly present: ReadonlySet<string>;
  /** Whether the lease is still held; true where none is asked for. */
  readonly isHeld: boolean;
}

/** Whoever came first may have moved the chain's end: how many rows of the parts before are there is read then. */
function notAllOnConflict(error: unknown): number {
  if (error instanceof ConflictError) return 0;
  throw error;
}

/** The one writer of agent_events: chains what is recorded, signs it, and appends it where the chain ends. */
export class AuditLog {
  readonly #session: Session;
  readonly #keys: KeyRing;
  readonly #appendSql: string;
  readonly #guardedSql: string;
  /** Where each agent's chain ended when this process last knew. Only a guess: the statement's own guard decides. */
  readonly #tails = new Map<string, ChainTail>();
  /** Rows from this place on are not of what the agent goes on with: somebody put one where nothing can come behind it. */
  readonly #below = new Map<string, number>();
  #ordinal = 0;

  constructor(session: Session, keys: KeyRing) {
    this.#session = session;
    this.#keys = keys;
    this.#appendSql = appendSql(session.dialect);
    this.#guardedSql = appendSql(session.dialect, LEASE_GUARD);
  }

  /**
   * Takes note of a tail that was read with something else; null, or one with no room behind it: it is not known, and is read before the
   * next append.
   */
  expect(agentId: string, tail: ChainTail | null): void {
    if (tail === null || !this.#hasRoom(agentId, tail, [])) this.#tails.delete(agentId);
    else this.#tails.set(agentId, tail);
  }

  tailOf(agentId: string): ChainTail | null {
    return this.#tails.get(agentId) ?? null;
  }

  /**
   * Appends events that are not there yet, as of a moment on the store's clock; null: as of now. Repeating is a no-op. One statement where
   * the tail is known and nobody wrote meanwhile. @returns false where `lease` is lost, and not all of them are there
   * @throws AgentError store_unavailable where others come first again and again
   */
  async append(events: readonly AgentEvent[], at: Instant | null, lease?: Lease): Promise<boolean> {
    const byAgent = new Map<string, AgentEvent[]>();
    const ids = new Set<string>();
    for (const event of events.map(asStored)) {
      if (ids.has(event.eventId)) continue;
      ids.add(event.eventId);
      byAgent.set(event.agentId, [...(byAgent.get(event.agentId) ?? []), event]);
    }
    let all = true;
    for (const [agentId, own] of byAgent) all = (await this.#appendOwn(agentId, own, at, lease)) && all;
    return all;
  }

  async #appendOwn(agentId: string, events: readonly AgentEvent[], at: Instant | null, lease?: Lease): Promise<boolean> {
    // The chain is its agent's, and so is the lease that its writers hold.
    if (lease && lease.agentId !== agentId) return false;
    const ordinals = new Map(events.map(({ eventId }) => [eventId, at === null ? 0 : this.#ordinal++]));
    const recorded = (list: readonly AgentEvent[], moment: Instant) =>
      list.map((event): RecordedEvent => ({ ...event, at: moment, ordinal: ordinals.get(event.eventId) ?? 0 }));
    const expected = this.#tails.get(agentId);
    if (
      expected &&
      at !== null &&
      this.#hasRoom(agentId, expected, events) &&
      (await this.#insert(expected, agentId, recorded(events, at), lease))
    )
      return true;
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      if (attempt > PATIENT_FROM) await new Promise((resolve) => setTimeout(resolve, 2 + Math.random() * 8 * attempt));
      const look = await this.#look(agentId, [...ordinals.keys()], lease);
      const absent = events.filter(({ eventId }) => !look.present.has(eventId));
      this.#tails.set(agentId, look.tail);
      if (absent.length === 0) return true;
      if (!look.isHeld) return false;
      if (!this.#hasRoom(agentId, look.tail, absent)) {
        await this.#goBelow(agentId, look.tail.seq);
        continue;
      }
      const moment = at ?? eventTime(look.clock, look.newestAt);
      const first = startOf(look, absent);
      if (await this.#insert(look.tail, agentId, recorded([...first, ...absent], moment), lease)) return true;
    }
    throw new AgentError('store_unavailable', 'other writers kept the audit busy', 'try again in a moment');
  }

  /** With one more for the event that begins a chain. */
  #hasRoom(agentId: string, tail: ChainTail, events: readonly AgentEvent[]): boolean {
    return tail.seq + events.length + 1 < this.#belowOf(agentId);
  }

  #belowOf(agentId: string): number {
    return this.#below.get(agentId) ?? LEAST_FAR_SEQ;
  }

  /**
   * Leaves out the rows that end at `last`, back to where a place is missing before them: no chain of ours gets that far. What is recorded
   * goes on where it was before; verify names the rows.
   */
  async #goBelow(agentId: string, last: number): Promise<void> {
    const { rows } = await this.#session.run(runStartStatement(agentId, last, this.#session.dialect));
    const start = rows[0]?.['seq'];
    // Without them nothing is in the way any more.
    if (typeof start === 'number') this.#below.set(agentId, start);
    else this.#below.delete(agentId);
  }

  /** False where nothing, or not all of it, was inserted, and where a retry left it open: what is there is read then. */
  async #insert(tail: ChainTail, agentId: string, events: readonly RecordedEvent[], lease?: Lease): Promise<boolean> {
    const { dialect } = this.#session;
    const rows = chained(tail, events, this.#keys);
    const parts = jsonParts(
      rows.map((row) => toRow(EVENTS, row, dialect)),
      dialect.maxParameterBytes,
    );
    const guard = lease && { run: lease.runId, epoch: lease.epoch };
    const statements = parts.map((part) => ({
      ...write(lease ? this.#guardedSql : this.#appendSql, { ...guard, agent: agentId, below: this.#belowOf(agentId), rows: part }),
      isGuess: true,
    }));
    const inserted = await this.#session.runParts(statements).catch(notAllOnConflict);
    const last = rows.at(-1);
    if (inserted !== rows.length || !last) return false;
    this.#tails.set(agentId, { seq: last.chainSeq, hash: last.hash });
    return true;
  }

  async #look(agentId: string, eventIds: readonly string[], lease?: Lease): Promise<Look> {
    const { dialect } = this.#session;
    const { rows } = await this.#session.run(tailStatement(agentId, eventIds, this.#belowOf(agentId), dialect, lease));
    const [first] = rows;
    const clock = dialect.decodeTime(first?.['clock']);
    if (!first || clock === null) throw new AgentError('bug', 'the store did not say what time it is');
    return {
      clock,
      newestAt: dialect.decodeTime(first['newest_at']),
      tail: tailIn(first),
      isHeld: Number(first['is_held']) === 1,
      unchained: first['unchained'] === null ? null : Number(first['unchained']),
      present: new Set(rows.flatMap(({ event_id: id }) => (typeof id === 'string' ? [id] : []))),
    };
  }
}

/** The end of the chain in a row of tailSelect. */
export function tailIn(row: Readonly<Record<string, unknown>>): ChainTail {
  const [seq, hash] = [row['chain_seq'], row['hash']];
  return seq === null || seq === undefined ? NO_CHAIN : { seq: Number(seq), hash: typeof hash === 'string' ? hash : null };
}

/** The first row of all in a chain says how many stand outside, so that nobody can add to them afterwards. */
function startOf({ unchained }: Look, [event]: readonly AgentEvent[]): readonly AgentEvent[] {
  return event && unchained !== null && unchained > 0 ? [chainStarted(event, unchained)] : [];
}
