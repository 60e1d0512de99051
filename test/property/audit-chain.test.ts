import { expect, test } from '@jest/globals';
import { array, assert, asyncProperty, constantFrom, integer, jsonValue, nat, oneof, property, record, string, tuple } from 'fast-check';
import { chained, type ChainTail, NO_CHAIN, type RecordedEvent } from '../../src/domain/audit-chain.ts';
import { ChainCheck } from '../../src/domain/audit-check.ts';
import type { AuditFinding, PlacedRow } from '../../src/domain/audit-finding.ts';
import { takenOver } from '../../src/domain/ownership.ts';
import type { KeyRing } from '../../src/domain/key-ring.ts';
import type { AuditStore } from '../../src/ports/audit-store.ts';
import { readWitnesses } from '../../src/cycle/audit-witnesses.ts';
import { ringOf } from '../support/keys.ts';
import { asJudged, recordedEvent } from '../support/audit.ts';

const AGENT = 'agent-1';
const KEYS = ringOf(`k:${'k'.repeat(32)}`);

const eventArbitrary = record({
  at: integer({ min: 0, max: 4e12 }),
  ordinal: nat(9),
  runId: string(),
  actor: string(),
  subjectType: constantFrom('recommendation' as const, 'agent' as const),
  subjectId: string(),
  event: constantFrom('created', 'approved', 'pruned'),
  fromStatus: oneof(string(), constantFrom(null)),
  toStatus: oneof(string(), constantFrom(null)),
  reason: oneof(string(), constantFrom(null)),
  before: jsonValue(),
  after: jsonValue(),
  sessionId: oneof(string(), constantFrom(null)),
});

const eventsArbitrary = array(eventArbitrary, { minLength: 3, maxLength: 12 }).map((events) =>
  events.map((event, index): RecordedEvent => ({ ...event, agentId: AGENT, eventId: `e${index}` })),
);

function chainOf(events: readonly RecordedEvent[], keys: KeyRing = []): readonly PlacedRow[] {
  return chained(NO_CHAIN, events, keys).map(asJudged);
}

/** As a store hands them out, with the end that was noted down when the chain was whole. */
function judged(rows: readonly PlacedRow[], noted: ChainTail, keys: KeyRing = []): readonly AuditFinding[] {
  const inOrder = rows.toSorted((a, b) => a.chainSeq - b.chainSeq || (a.eventId < b.eventId ? -1 : 1));
  const check = new ChainCheck(AGENT, keys, { heads: [{ ...noted, from: 'a note' }], isGrowing: true, isAccepted: () => false });
  return [...inOrder.flatMap((row) => check.next(row)), ...check.end().findings];
}

function tailOf(rows: readonly PlacedRow[]): ChainTail {
  const last = rows.at(-1);
  if (!last) throw new Error('an empty chain has no tail');
  return { seq: last.chainSeq, hash: last.hash };
}

type Row = PlacedRow & Readonly<Record<string, unknown>>;

const EDITABLE = Object.keys(chainOf([recordedEvent({ agentId: AGENT, subjectId: 's' })])[0] ?? {}).filter(
  (name) => !['asWritten', 'eventKey', 'signature'].includes(name),
);

const edited = (value: unknown): unknown => {
  // Beyond 2^53 one more is the same number.
  if (typeof value === 'number') return value === 0 ? 1 : -value;
  return typeof value === 'string' ? `${value}x` : { was: value };
};

test('a chain that nobody touched has no finding, however it was appended', () => {
  assert(
    property(eventsArbitrary, nat(11), (events, at) => {
      const first = chained(NO_CHAIN, events.slice(0, at), KEYS);
      const rows = [...first, ...chained(tailOfAll(first), events.slice(at), KEYS)].map(asJudged);
      expect(rows).toEqual(chainOf(events, KEYS));
      expect(judged(rows, tailOf(rows), KEYS)).toEqual([]);
    }),
  );
});

function tailOfAll(rows: readonly { readonly chainSeq: number; readonly hash: string | null }[]): ChainTail {
  const last = rows.at(-1);
  return last ? { seq: last.chainSeq, hash: last.hash } : NO_CHAIN;
}

test('an edit of anything that any row says is found', () => {
  assert(
    property(eventsArbitrary, nat(), constantFrom(...EDITABLE), (events, place, name) => {
      const rows = chainOf(events);
      const index = place % rows.length;
      const touched = rows.map((row, at) => (at === index ? { ...row, [name]: edited((row as Row)[name]) } : row));
      expect(judged(touched, tailOf(rows))).not.toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('rows that are missing are found, wherever they stood and however many they are', () => {
  assert(
    property(eventsArbitrary, nat(), nat(), (events, place, count) => {
      const rows = chainOf(events);
      const from = place % rows.length;
      const left = rows.filter((_, index) => index < from || index > from + (count % rows.length));
      expect(judged(left, tailOf(rows))).not.toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('rows that are inserted, or exchanged, are found', () => {
  assert(
    property(eventsArbitrary, eventArbitrary, tuple(nat(), nat()), (events, forged, [a, b]) => {
      const rows = chainOf(events);
      const place = a % rows.length;
      const [copy] = chained(
        { seq: place, hash: rows[place - 1]?.hash ?? null },
        [{ ...forged, agentId: AGENT, eventId: b % 2 === 0 ? 'a' : 'z' }],
        [],
      );
      if (!copy) throw new Error('nothing was forged');
      expect(judged([...rows, asJudged(copy)], tailOf(rows))).not.toEqual([]);
      const other = b % rows.length;
      if (other === place) return;
      const seqOf = (index: number) => rows[index]?.chainSeq ?? 0;
      const swapped = rows.map((row, index) => ({
        ...row,
        chainSeq: index === place ? seqOf(other) : index === other ? seqOf(place) : row.chainSeq,
      }));
      expect(judged(swapped, tailOf(rows))).not.toEqual([]);
    }),
    { numRuns: 300 },
  );
});

const withoutKey = (events: readonly RecordedEvent[]) =>
  events.map((event) => ({ ...event, actor: `${event.actor}!`, subjectType: 'recommendation' as const, event: 'approved' }));

test('a forger without the key who makes every later hash fit is found by the signatures, kept or stripped, and by a head that was noted down', () => {
  assert(
    property(eventsArbitrary, nat(), constantFrom('kept', 'stripped', 'emptied'), (events, place, signatures) => {
      const rows = chainOf(events, KEYS);
      const from = place % rows.length;
      const kept = rows.slice(0, from);
      const left = { kept: (index: number) => rows[from + index]?.signature ?? null, stripped: () => null, emptied: () => '' }[signatures];
      const forged = chained(tailOfAll(kept), withoutKey(events.slice(from)), []).map((row, index) =>
        asJudged({ ...row, signature: left(index) }),
      );
      const all = [...kept, ...forged];
      expect(judged(all, tailOf(all), KEYS).map(({ kind }) => kind)).toContain(signatures === 'kept' ? 'signature' : 'unsigned');
      expect(judged(all, tailOf(rows)).map(({ kind }) => kind)).toContain('head');
    }),
  );
});

test('a forger with a key of their own is found, whatever id it has', () => {
  assert(
    property(eventsArbitrary, nat(), constantFrom('k', 'other'), (events, place, id) => {
      const rows = chainOf(events, KEYS);
      const kept = rows.slice(0, place % rows.length);
      const own = ringOf(`${id}:${'f'.repeat(32)}`);
      const forged = chained(tailOfAll(kept), withoutKey(events.slice(kept.length)), own).map(asJudged);
      const kinds = judged([...kept, ...forged], tailOfAll(forged), KEYS).map(({ kind }) => kind);
      expect(kinds).toContain(id === 'k' ? 'signature' : 'unknown_key');
    }),
  );
});

test('what is older than the keys is sound, wherever they begin', () => {
  assert(
    property(eventsArbitrary, nat(), (events, place) => {
      const first = chained(NO_CHAIN, events.slice(0, place % events.length), []);
      const rows = [...first, ...chained(tailOfAll(first), events.slice(first.length), KEYS)].map(asJudged);
      const found = judged(rows, tailOf(rows), KEYS).filter(({ kind }) => kind !== 'beginning');
      expect(found).toEqual([]);
    }),
  );
});

test('of chains that somebody invents none is taken for that of an agent, however they are made and whatever they tell of each other', async () => {
  await assert(
    asyncProperty(eventsArbitrary, array(eventsArbitrary, { minLength: 1, maxLength: 3 }), nat(), async (events, inventions, noise) => {
      const invented = inventions.map((told, index) => {
        const agentId = `invented-${index}`;
        const claims = takenOver(
          { agentId, runId: 'r' },
          { agentId: `invented-${(index + 1) % inventions.length}`, auditSeq: 1, auditHash: 'x' },
        );
        const own = told.map((event) => ({ ...event, agentId }));
        const all = [{ ...claims, at: 0, ordinal: 0 }, ...own].slice(noise % 2);
        return chained(NO_CHAIN, all, []).map(asJudged);
      });
      const chains = new Map([[AGENT, chainOf(events, KEYS)], ...invented.map((rows) => [rows[0]?.agentId ?? '', rows] as const)]);
      const { known } = await readWitnesses(testimoniesOf(chains), [{ agentId: AGENT }], KEYS);
      expect([...known]).toEqual([AGENT]);
    }),
  );
});

function testimoniesOf(chains: ReadonlyMap<string, readonly PlacedRow[]>): Pick<AuditStore, 'readTestimonyPage' | 'firstSignedSeq'> {
  const of = (agentId: string) => chains.get(agentId) ?? [];
  return {
    readTestimonyPage: (agentId) => Promise.resolve({ rows: of(agentId), next: null }),
    firstSignedSeq: (agentId) => Promise.resolve(of(agentId).find(({ signature }) => signature !== null)?.chainSeq ?? null),
  };
}
