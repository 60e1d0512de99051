import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { brokenSeals, sealedColumnsOf } from '../../src/domain/command.ts';
import { commandIdOf, eventIdOf, recommendationIdOf } from '../../src/domain/ids.ts';
import { issuedCopy, ticketFrom } from '../../src/domain/audit-copy.ts';
import type { Permissive, RelativeTarget } from '../../src/domain/rules.ts';
import { type Action, canonicalJson, hashOf, isUnedited, type Ticket, ticketHash, ticketRecord } from '../../src/domain/ticket.ts';
import { commandsOf, openRow } from './domain-fixtures.ts';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0); // no -0: it has no JSON
const step = {
  sequence: fc.nat(),
  tag: fc.string(),
  type: fc.constantFrom('number' as const, 'integer' as const, 'boolean' as const),
  unit: fc.string(),
  direction: fc.constantFrom('increase' as const, 'decrease' as const, 'any' as const),
  old: fc.option(finite),
};
const target: fc.Arbitrary<RelativeTarget> = fc.oneof(
  fc.record({ kind: fc.constant('percentOfCurrent' as const), percent: finite }),
  fc.record({ kind: fc.constant('delta' as const), by: finite }),
);
const permissive: fc.Arbitrary<Permissive> = fc.record({
  tag: fc.string(),
  comparison: fc.constantFrom('equals', 'above', 'below'),
  value: finite,
});
const permissives = fc.array(permissive, { minLength: 1, maxLength: 2 });
const set: fc.Arbitrary<Action> = fc.record({ ...step, value: finite });
const action: fc.Arbitrary<Action> = fc.oneof(
  set,
  fc.record({ ...step, value: finite, target, permissives }),
  fc.record({ ...step, value: fc.constant(null), target }),
  fc.record({ ...step, value: fc.constant(null), target, permissives, refusal: fc.record({ code: fc.string(), reason: fc.string() }) }),
);
const ticket: fc.Arbitrary<Ticket> = fc.record({
  recommendationId: fc.uuid(),
  equipmentId: fc.string(),
  severity: fc.constantFrom('low', 'medium', 'high', 'critical'),
  ruleId: fc.string(),
  actions: fc.uniqueArray(action, { minLength: 1, maxLength: 4, selector: ({ sequence }) => sequence }),
});

/** The same value with the keys of every object in the opposite order. */
function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, part]) => [key, reversedKeys(part)]),
  );
}

function leavesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([key, part]) => leavesOf(part, [...path, key]));
}

/** A copy of the ticket in which the leaf at `path` is something else. */
function withLeaf(value: unknown, [key, ...rest]: readonly string[], change: (leaf: unknown) => unknown): unknown {
  if (key === undefined) return change(value);
  const entries = Object.entries(value as object).map(
    ([name, part]) => [name, name === key ? withLeaf(part, rest, change) : part] as const,
  );
  return Array.isArray(value) ? entries.map(([, part]) => part) : Object.fromEntries(entries);
}

test('the hash does not depend on the order of keys, and survives a way through JSON', () => {
  fc.assert(
    fc.property(ticket, (sealed) => {
      expect(hashOf(reversedKeys(ticketRecord(sealed)))).toBe(ticketHash(sealed));
      expect(hashOf(JSON.parse(JSON.stringify(ticketRecord(sealed))))).toBe(ticketHash(sealed));
      expect(hashOf(JSON.parse(canonicalJson(ticketRecord(sealed))))).toBe(ticketHash(sealed));
    }),
  );
});

test('a ticket comes back from the audit as it was issued', () => {
  fc.assert(
    fc.property(ticket, (sealed) => {
      expect(ticketFrom(JSON.parse(JSON.stringify(issuedCopy(sealed))))).toEqual(sealed);
    }),
  );
});

test('whatever leaf of a ticket is changed, the hash changes and the row counts as edited', () => {
  fc.assert(
    fc.property(ticket, fc.nat(), fc.oneof(fc.string(), finite, fc.constant(null), fc.boolean()), (sealed, place, replacement) => {
      const leaves = leavesOf(sealed);
      const path = leaves[place % leaves.length] ?? [];
      const edited = withLeaf(sealed, path, (leaf) => (leaf === replacement ? [leaf] : replacement)) as Ticket; // one leaf aside
      expect(ticketHash(edited)).not.toBe(ticketHash(sealed));
      expect(isUnedited(sealed, { actions: edited.actions, actionHash: ticketHash(edited) })).toBe(false);
      expect(isUnedited(sealed, { actions: sealed.actions, actionHash: ticketHash(edited) })).toBe(false);
      expect(isUnedited(sealed, { actions: edited.actions, actionHash: ticketHash(sealed) })).toBe(path[0] !== 'actions');
      expect(isUnedited(sealed, { actions: reversedKeys(sealed.actions), actionHash: ticketHash(sealed) })).toBe(true);
    }),
  );
});

test('the columns named as broken are exactly the edited ones', () => {
  const row = openRow();
  const [command] = commandsOf(row);
  const sealed = row.ticket;
  if (!command || !sealed) throw new Error('the high band has two actions');
  const columns = Object.keys(sealedColumnsOf(sealed, sealed.actions[0] as Action)).filter((column) => column !== 'sequence');
  fc.assert(
    fc.property(
      fc.subarray(columns),
      fc.oneof(
        fc.constant(null),
        fc.string().map((text) => `x${text}`),
      ),
      (edited, value) => {
        const changed = { ...command, ...Object.fromEntries(edited.map((column) => [column, value])) };
        expect(brokenSeals(changed, sealed)).toEqual(edited);
      },
    ),
  );
});

test('ids of different parts never meet, wherever the border between two parts lies', () => {
  const text = fc.oneof(fc.string({ maxLength: 6 }), fc.stringMatching(/^[a",[\]-]{0,5}$/));
  fc.assert(
    fc.property(text, text, text, text, fc.nat(), (a, b, c, d, border) => {
      expect(recommendationIdOf(a, b, c)).toBe(recommendationIdOf(a, b, c));
      const whole = a + b;
      const cut = border % (whole.length + 1);
      const moved = [whole.slice(0, cut), whole.slice(cut)] as const;
      expect(recommendationIdOf(moved[0], moved[1], c) === recommendationIdOf(a, b, c)).toBe(moved[0] === a);
      expect(eventIdOf(moved[0], moved[1], c, d) === eventIdOf(a, b, c, d)).toBe(moved[0] === a);
      expect(recommendationIdOf(a, b, null)).not.toBe(commandIdOf(a, 1));
      expect(recommendationIdOf(a, b, c) === recommendationIdOf(a, b, null)).toBe(c === '-');
    }),
  );
});
