import { expect, test } from '@jest/globals';
import { array, assert, constantFrom, nat, property, record } from 'fast-check';
import { fingerprintOf } from '../../src/domain/audit-accepted.ts';
import { ACCEPTED, chained, chainHash, NO_CHAIN } from '../../src/domain/audit-chain.ts';
import { ChainCheck } from '../../src/domain/audit-check.ts';
import type { PlacedRow } from '../../src/domain/audit-finding.ts';
import { asJudged, recordedEvent } from '../support/audit.ts';

const AGENT = 'agent-1';
const ROWS = 8;

const eventOf = (eventId: string, event = 'created') => recordedEvent({ agentId: AGENT, eventId, event });

const WHOLE: readonly PlacedRow[] = chained(
  NO_CHAIN,
  Array.from({ length: ROWS }, (_, index) => eventOf(`e${index}`)),
  [],
).map(asJudged);

const inOrder = (rows: readonly PlacedRow[]) => rows.toSorted((a, b) => a.chainSeq - b.chainSeq || (a.eventId < b.eventId ? -1 : 1));

const WAYS = ['take away', 'write anew', 'edit', 'edit the hash', 'edit the hash before', 'put another beside', 'move'] as const;

/** What somebody does to the rows from one on. */
interface Damage {
  readonly way: (typeof WAYS)[number];
  readonly from: number;
  readonly count: number;
}

/** Row by row, with hashes that fit: each follows the one before it, as whoever knows how they are made writes them. */
function writtenAnew(rows: readonly PlacedRow[], by: string): readonly PlacedRow[] {
  let previous: PlacedRow | null = null;
  return rows.map((row) => {
    const previousHash: string | null = previous === null ? row.previousHash : previous.hash;
    const told = { ...row, actor: by, previousHash };
    previous = { ...told, hash: chainHash(told) };
    return previous;
  });
}

function damaged(rows: readonly PlacedRow[], { way, from: at, count }: Damage, by: string): readonly PlacedRow[] {
  const from = at % rows.length;
  const [before, touched, behind] = [rows.slice(0, from), rows.slice(from, from + 1 + count), rows.slice(from + 1 + count)];
  const [first] = touched;
  switch (way) {
    case 'take away':
      return [...before, ...behind];
    case 'write anew':
      return [...before, ...writtenAnew(touched, by), ...behind];
    case 'edit':
      return [...before, ...touched.map((row) => ({ ...row, actor: by })), ...behind];
    case 'edit the hash':
      return [...before, ...touched.map((row) => ({ ...row, hash: by })), ...behind];
    case 'edit the hash before':
      return [...before, ...touched.map((row) => ({ ...row, previousHash: by })), ...behind];
    case 'put another beside':
      return inOrder([...rows, ...(first ? writtenAnew([{ ...first, eventId: `${count % 2 === 0 ? 'a' : 'z'} ${by}` }], by) : [])]);
    case 'move':
      return inOrder([...before, ...touched.map((row) => ({ ...row, chainSeq: row.chainSeq + 1 })), ...behind]);
  }
}

/** What is wrong, as somebody answers for it; the row that does is the end that agent_health knows. */
function fingerprints(rows: readonly PlacedRow[], end: PlacedRow): ReadonlySet<string> {
  const known = { heads: [{ seq: end.chainSeq, hash: end.hash, from: 'agent_health' }], isGrowing: true, isAccepted: () => false };
  const check = new ChainCheck(AGENT, [], known);
  return new Set([...[...rows, end].flatMap((row) => check.next(row)), ...check.end().findings].map(fingerprintOf));
}

const damage = record({ way: constantFrom(...WAYS), from: nat(ROWS), count: nat(3) });

test('whatever else is done to rows that somebody answered for is found, but for a row that goes from a place that has another', () => {
  assert(
    property(array(damage, { minLength: 1, maxLength: 3 }), damage, (first, then) => {
      const rows = first.reduce(
        (left: readonly PlacedRow[], each, index) => (left.length === 0 ? left : damaged(left, each, `m${index}`)),
        WHOLE,
      );
      const last = rows.at(-1);
      if (!last) return;
      const [told] = chained({ seq: last.chainSeq, hash: last.hash }, [eventOf('told', ACCEPTED)], []);
      if (!told) throw new Error('nobody answered');
      const end = asJudged(told);
      const accepted = fingerprints(rows, end);
      const worse = damaged(rows, then, 'eve');
      if (JSON.stringify(worse) === JSON.stringify(rows)) return;
      const found = fingerprints(worse, end);
      if ([...found].some((each) => !accepted.has(each))) return;
      // Of several rows at one place one may go: what follows the one that is left is a chain again.
      expect({ way: then.way, isLess: found.size < accepted.size }).toEqual({ way: 'take away', isLess: true });
    }),
    { numRuns: 2000 },
  );
});
