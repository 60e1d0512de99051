import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { rulesInForce } from '../../src/config/rules-in-force.ts';
import { CONFIG_SCHEMA } from '../../src/config/schema.ts';
import { classOf, familyFor, type RuleBook } from '../../src/domain/rule-book.ts';
import { matchesPattern } from '../../src/domain/tags.ts';

/** Letters of which ids and patterns are made: few, so that they meet. */
const IDS = ['a', 'b', 'aa', 'ab', 'ba', 'bb', 'aab', 'aba', 'abb', 'bab', 'abab', 'zz'];
const pattern = fc.constantFrom('a*', 'b*', '*b', 'ab*', 'aa', 'ab', '*', 'aba*', '*ab', 'b');
const className = fc.constantFrom('pump', 'motor');

interface Scoped {
  readonly class?: string;
  readonly equipment?: string;
}
const scope = fc.oneof(
  pattern.map((equipment): Scoped => ({ equipment })),
  className.map((name): Scoped => ({ class: name })),
);

const equipment = fc.uniqueArray(fc.record({ match: pattern, class: className }), { maxLength: 3, selector: ({ match }) => match });
const bands = fc.array(fc.oneof(fc.constant<Scoped>({}), scope), { minLength: 1, maxLength: 4 });
const overrides = fc.array(scope, { maxLength: 3 });

/** What the documentation says in words, asked of one equipment: which bands, with which deadband. */
function expected(book: RuleBook, scopes: readonly Scoped[], changes: readonly Scoped[], id: string): readonly unknown[] | null {
  const equipmentClass = classOf(book, id);
  const place = (has: (one: Scoped) => boolean) => {
    const found = scopes.findIndex(has);
    return found < 0 ? undefined : found;
  };
  const byPattern = place((one) => one.equipment !== undefined && matchesPattern(one.equipment, id));
  const byClass = equipmentClass === null ? undefined : place((one) => one.class === equipmentClass);
  const first = byPattern ?? byClass ?? place((one) => one.class === undefined && one.equipment === undefined);
  if (first === undefined) return null;
  const classChange = changes.findIndex((one) => one.class !== undefined && one.class === equipmentClass);
  const patternChange = changes.findIndex((one) => one.equipment !== undefined && matchesPattern(one.equipment, id));
  const change = patternChange >= 0 ? patternChange : byPattern === undefined ? classChange : -1;
  return [`r${first}`, change < 0 ? 1 : 10 + change];
}

test('whatever is accepted is in force for every equipment as the documentation says', () => {
  let accepted = 0;
  fc.assert(
    fc.property(equipment, bands, overrides, (entries, scopes, changes) => {
      // One band a scope: several of one scope would be bands of one family, which the table of cases has.
      fc.pre(new Set(scopes.map((one) => JSON.stringify(one))).size === scopes.length);
      const config = CONFIG_SCHEMA.parse({
        equipment: entries,
        rules: {
          bands: scopes.map((one, index) => ({
            rule: `r${index}`,
            ...one,
            above: 90,
            severity: 'high',
            issueType: 't',
            confidence: 1,
            recommendedAction: 'do it',
          })),
          overrides: changes.map((one, index) => ({ family: 'temperature', ...one, deadband: 10 + index })),
        },
      });
      const { book, problems } = rulesInForce(config);
      fc.pre(problems.length === 0);
      accepted += 1;
      for (const id of IDS) {
        const family = familyFor(book, id, 'temperature');
        expect(family ? [family.bands[0].ruleId, family.deadband] : null).toEqual(expected(book, scopes, changes, id));
      }
    }),
    { numRuns: 200, maxSkipsPerRun: 1000 },
  );
  expect(accepted).toBeGreaterThanOrEqual(200);
});
