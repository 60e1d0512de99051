import { expect, test } from '@jest/globals';
import { rootCauseOf } from '../../src/domain/causes.ts';
import { DEFAULT_CAUSES, DEFAULT_TEMPERATURE_BANDS } from '../../src/domain/default-rules.ts';
import { bandFor, type IssueFamily, limitAbove, type Target } from '../../src/domain/rules.ts';
import { isWorse, priorityOf, SEVERITIES } from '../../src/domain/severity.ts';
import { FAMILY } from '../property/domain-fixtures.ts';

test.each([
  [84.99, undefined],
  [85, undefined],
  [85.01, 'medium'],
  [90, 'medium'],
  [90.01, 'high'],
  [95, 'high'],
  [95.01, 'critical'],
  [Number.MAX_VALUE, 'critical'],
  [-40, undefined],
])('a temperature of %d is %s: a band begins strictly beyond its limit', (value, severity) => {
  expect(bandFor(FAMILY, value)?.severity).toBe(severity);
});

test.each([
  [10, undefined],
  [9.99, 'medium'],
  [5, 'medium'],
  [4.99, 'high'],
  [0, 'high'],
])('on the side below, a flow of %d is %s', (value, severity) => {
  const [mild, strict] = DEFAULT_TEMPERATURE_BANDS;
  if (!strict) throw new Error('two bands are needed');
  const low: IssueFamily = {
    ...FAMILY,
    id: 'flow',
    signal: 'flow_rate',
    side: 'below',
    bands: [
      { ...mild, limit: 10 },
      { ...strict, limit: 5 },
    ],
  };
  expect(bandFor(low, value)?.severity).toBe(severity);
});

const setOf = (target: Target) => (target.kind === 'set' ? target.value : target.kind);

test('the bands say, propose and do what the specification says', () => {
  const told = DEFAULT_TEMPERATURE_BANDS.map((band) => [
    band.limit,
    band.severity,
    band.issueType,
    band.confidence,
    band.recommendedAction,
    band.actions.map((action) => `${action.tag} = ${setOf(action.target)} (${action.direction})`),
  ]);
  const throughput = '[default]{equipment_id}/ThroughputSetpoint';
  expect(told).toEqual([
    [85, 'medium', 'elevated_temperature', 0.85, 'Reduce throughput by 10% and monitor temperature', [`${throughput} = 90 (decrease)`]],
    [
      90,
      'high',
      'high_temperature',
      0.9,
      'Reduce throughput by 25% and activate cooling system',
      [`${throughput} = 75 (decrease)`, '[default]{equipment_id}/CoolingSystemStatus = 1 (increase)'],
    ],
    [95, 'critical', 'critical_temperature', 0.95, 'EMERGENCY: Reduce throughput by 50% immediately', [`${throughput} = 50 (decrease)`]],
  ]);
});

const HOT = 'potential cooling system failure or blockage';
const PRESSED = 'high system pressure, possible blockage';
const DRY = 'low flow rate, possible pump degradation';
const DEFAULT_TEXT = 'elevated temperature, possible thermal load increase';

test.each<[Record<string, number>, string]>([
  [{ temperature: 95 }, DEFAULT_TEXT],
  [{ temperature: 95.01 }, HOT],
  [{ temperature: 86, pressure: 100, flow_rate: 10 }, DEFAULT_TEXT],
  [{ temperature: 86, pressure: 100.01 }, PRESSED],
  [{ temperature: 86, flow_rate: 9.99 }, DRY],
  [{ temperature: 86, flow_rate: 0 }, DRY],
  [{ temperature: 96, pressure: 120, flow_rate: 0 }, `${HOT}; ${PRESSED}; ${DRY}`],
  [{}, DEFAULT_TEXT],
])('the readings %j are explained by "%s"', (readings, text) => {
  expect(rootCauseOf(DEFAULT_CAUSES, new Map(Object.entries(readings)))).toBe(text);
});

test('severities order as an operator would, not by the alphabet', () => {
  expect(SEVERITIES.map(priorityOf)).toEqual([1, 2, 3, 4]);
  expect(isWorse('critical', 'high')).toBe(true);
  expect(isWorse('high', 'high')).toBe(false);
  expect(isWorse('low', 'medium')).toBe(false);
});

test.each([
  ['low', 85],
  ['medium', 90],
  ['high', 95],
  ['critical', undefined],
] as const)('only readings beyond the next band break what is quiet at %s', (severity, limit) => {
  expect(limitAbove(FAMILY, severity, isWorse)).toBe(limit);
});
