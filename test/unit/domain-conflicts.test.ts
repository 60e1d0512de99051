import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type Claim, claimOf, conflictsOf } from '../../src/domain/conflicts.ts';
import type { Action, ResolvedAction, UnresolvedAction } from '../../src/domain/ticket.ts';
import { RECOMMENDATION_TRANSITIONS } from '../../src/domain/transitions.ts';
import { openRow } from '../property/domain-fixtures.ts';

const TAG = '[default]R1/ThroughputSetpoint';

function action(direction: Action['direction'], value: number, tag = TAG): ResolvedAction {
  return { sequence: 1, tag, value, type: 'number', unit: '%', direction, old: 80 };
}

function claim(recommendationId: string, actions: readonly Action[], overrides: Partial<Claim> = {}): Claim {
  return { recommendationId, equipmentId: 'R1', status: 'pending', actions, ...overrides };
}

test.each<[Action['direction'], number, Action['direction'], number, boolean]>([
  ['decrease', 50, 'increase', 90, true],
  ['decrease', 50, 'increase', 50, true],
  ['decrease', 50, 'decrease', 75, false],
  ['increase', 90, 'increase', 100, false],
  ['any', 50, 'any', 50, false],
  ['any', 50, 'any', 60, true],
  ['any', 50, 'decrease', 50, false],
  ['any', 50, 'decrease', 60, true],
  ['any', 50, 'increase', 60, true],
])('%s to %d and %s to %d of one tag exclude each other: %s', (direction, value, otherDirection, otherValue, expected) => {
  const one = claim('a', [action(direction, value)]);
  const other = claim('b', [action(otherDirection, otherValue)]);
  expect(conflictsOf(one, [other])).toHaveLength(expected ? 1 : 0);
  expect(conflictsOf(other, [one])).toHaveLength(expected ? 1 : 0);
});

test.each<[string, Partial<UnresolvedAction>, number]>([
  ['down, by its rule', { direction: 'decrease', target: { kind: 'delta', by: 0 } }, 0],
  ['down, by what is left', { target: { kind: 'percentOfCurrent', percent: 50 } }, 0],
  ['down, by what is taken', { target: { kind: 'delta', by: -5 } }, 0],
  ['up, by what is left', { target: { kind: 'percentOfCurrent', percent: 110 } }, 1],
  ['up, by what is added', { target: { kind: 'delta', by: 5 } }, 1],
  ['nowhere, as far as anybody knows', { target: { kind: 'delta', by: 0 } }, 1],
])('a step without a value that goes %s excludes a decrease accordingly', (_how, step, expected) => {
  const { old: _old, ...rest } = action('any', 0);
  const unresolved: UnresolvedAction = { ...rest, old: null, value: null, target: { kind: 'delta', by: 0 }, ...step };
  const conflicts = conflictsOf(claim('a', [unresolved]), [claim('b', [action('decrease', 50)])]);
  expect(conflicts).toHaveLength(expected);
  for (const { text } of conflicts) expect(text).toContain('the live value against decrease to 50 %');
});

test('a relative step keeps the way in which it was resolved', () => {
  const down: Action = { ...action('any', 60), target: { kind: 'delta', by: -20 } };
  expect(conflictsOf(claim('a', [down]), [claim('b', [action('decrease', 50)])])).toEqual([]);
  expect(conflictsOf(claim('a', [down]), [claim('b', [action('increase', 90)])])).toHaveLength(1);
});

test('the first tag on which two disagree is said with both wishes', () => {
  const one = claim('a', [action('decrease', 1, 'x'), action('decrease', 50)]);
  const other = claim('b', [{ ...action('any', 60), unit: '' }]);
  expect(conflictsOf(one, [other])).toEqual([{ with: other, text: `${TAG}: decrease to 50 % against set to 60` }]);
});

test.each<[string, Partial<Claim>, Action]>([
  ['of another equipment', { equipmentId: 'R2' }, action('increase', 90)],
  ['about another tag', {}, action('increase', 90, '[default]R1/CoolingSystemStatus')],
  ['that is the same one', { recommendationId: 'a' }, action('increase', 90)],
])('a recommendation %s excludes nothing', (_what, overrides, asked) => {
  expect(conflictsOf(claim('a', [action('decrease', 50)]), [claim('b', [asked], overrides)])).toEqual([]);
});

test('a tag is the same in any case', () => {
  expect(conflictsOf(claim('a', [action('decrease', 50)]), [claim('b', [action('increase', 90, TAG.toUpperCase())])])).toHaveLength(1);
});

test.each(Object.entries(RECOMMENDATION_TRANSITIONS))(
  'with one that is %s there is a conflict as long as it is open',
  (status, reachable) => {
    const one = claim('a', [action('decrease', 50)]);
    const other = claim('b', [action('increase', 90)], { status });
    const expected = reachable.length > 0 ? 1 : 0;
    expect(conflictsOf(one, [other])).toHaveLength(expected);
    expect(conflictsOf(other, [one])).toHaveLength(expected);
  },
);

test('a row asks for what its ticket says, whatever stands in the row', () => {
  const row = openRow({ actions: [] });
  expect(claimOf(row).actions).toEqual(row.ticket?.actions);
  expect(claimOf({ ...row, ticket: null }).actions).toEqual([]);
});

test('whatever is asked, two exclude each other or neither the other, and nothing excludes itself', () => {
  const anyAction = fc.record({
    direction: fc.constantFrom('increase' as const, 'decrease' as const, 'any' as const),
    value: fc.integer({ min: 0, max: 3 }),
    tag: fc.constantFrom('x', 'y'),
  });
  const asked = fc.array(anyAction, { maxLength: 3 }).map((list) => list.map(({ direction, value, tag }) => action(direction, value, tag)));
  fc.assert(
    fc.property(asked, asked, (mine, theirs) => {
      const [one, other] = [claim('a', mine), claim('b', theirs)];
      expect(conflictsOf(one, [other]).length).toBe(conflictsOf(other, [one]).length);
      expect(conflictsOf(one, [one])).toEqual([]);
    }),
  );
});
