import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { type Advice, adviceOf } from '../../src/domain/advice.ts';
import { BEHAVIOURS } from '../../src/domain/behaviour.ts';
import { CLASS_CAUSES } from '../../src/domain/class-causes.ts';
import { bookFor, findingOf, SIGNALS } from '../support/class-findings.ts';

const CLASSES = [...new Set(CLASS_CAUSES.map((cause) => cause.equipmentClass))];

const behaviour = fc.constantFrom(...BEHAVIOURS);
const others = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...SIGNALS), behaviour), { selector: ([signal]) => signal })
  .map((entries) => Object.fromEntries(entries));
const peak = fc.constantFrom(86, 92, 97);

function throttles({ band }: Advice): boolean {
  return band.actions.some((action) => action.tag.endsWith('/ThroughputSetpoint') && action.direction !== 'increase');
}

test('the classes that are shipped are those of the specification of causes', () => {
  expect(CLASSES).toEqual(['reactor', 'pump', 'compressor', 'exchanger', 'conveyor', 'motor', 'furnace']);
});

test.each(['pump', 'furnace'])('a %s with a falling flow is never told to throttle, whatever else its signals do', (equipmentClass) => {
  fc.assert(
    fc.property(others, behaviour, peak, (given, temperature, value) => {
      const finding = findingOf(equipmentClass, { ...given, flow_rate: 'down' }, temperature, value);
      expect(throttles(adviceOf(bookFor(equipmentClass), finding))).toBe(false);
    }),
    { numRuns: 2000 },
  );
});

test.each(['pump', 'furnace'])('nor is a %s whose flow only has fallen, or of which no range is known', (equipmentClass) => {
  const fallen = { value: 45, trend: { means: [50, 47, 45] as const, lowest: 45, highest: 45 } };
  fc.assert(
    fc.property(others, behaviour, peak, fc.boolean(), (given, temperature, value, ranged) => {
      const found = findingOf(equipmentClass, given, temperature, value);
      const signals = new Map(found.peak.signals).set('flow_rate', fallen.value);
      const trends = new Map(found.peak.trends).set('flow_rate', fallen.trend);
      const book = bookFor(equipmentClass);
      const rules = ranged ? book : { ...book, equipment: book.equipment.map(({ normal: _normal, ...entry }) => entry) };
      expect(throttles(adviceOf(rules, { ...found, peak: { ...found.peak, signals, trends } }))).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

test('for every class the advice is one of the band’s or of a row’s, and names a cause', () => {
  fc.assert(
    fc.property(fc.constantFrom(...CLASSES), others, behaviour, peak, (equipmentClass, given, temperature, value) => {
      const finding = findingOf(equipmentClass, given, temperature, value);
      const { rootCause, band } = adviceOf(bookFor(equipmentClass), finding);
      const rows = CLASS_CAUSES.filter((cause) => cause.equipmentClass === equipmentClass);
      const sets = [finding.band.actions, ...rows.flatMap((row) => (row.actions === null ? [] : [row.actions]))];
      expect(sets).toContainEqual(band.actions);
      expect(rootCause).not.toBe('');
      // An emergency stop of the feed always needs two people.
      expect(band.fourEyes).toBe(band.actions.some((action) => action.target.kind === 'set' && action.target.value === 0));
    }),
    { numRuns: 1000 },
  );
});
