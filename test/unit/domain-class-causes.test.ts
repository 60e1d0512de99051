import { expect, test } from '@jest/globals';

import { adviceOf } from '../../src/domain/advice.ts';
import type { Behaviour } from '../../src/domain/behaviour.ts';
import { patternOf } from '../../src/domain/causes.ts';
import { CLASS_CAUSES } from '../../src/domain/class-causes.ts';
import { DEFAULT_TEMPERATURE_BANDS, SIMULATOR_TAGS } from '../../src/domain/default-rules.ts';
import type { ActionTemplate, IssueFamily } from '../../src/domain/rules.ts';
import { judgeTag, judgeValue, tagFor } from '../../src/domain/tags.ts';
import { FAMILY } from '../property/domain-fixtures.ts';
import { bookFor, findingOf } from '../support/class-findings.ts';

const told = ({ tag, target, direction }: ActionTemplate) =>
  `${tag.replace('[default]{equipment_id}/', '')} ${target.kind === 'set' ? target.value : target.kind} ${direction}`;

const BAND = ['ThroughputSetpoint 75 decrease', 'CoolingSystemStatus 1 increase'];
const COOLING = ['CoolingSystemStatus 1 increase'];
const NOTHING: string[] = [];
const PF = { pressure: 'normal', flow_rate: 'normal' } as const;

test.each<[number, string, Behaviour, Record<string, Behaviour>, RegExp, RegExp, string[]]>([
  [1, 'reactor', 'accelerating', { pressure: 'up' }, /^exothermic runaway \(temperature up and accelerating, pressure up\)$/, /^EMERGENCY: Stop the feed/, ['ThroughputSetpoint 0 decrease', ...COOLING]], // prettier-ignore
  [2, 'reactor', 'up', { coolant_flow: 'down' }, /^loss of cooling \(temperature up, coolant_flow down\)$/, /25%.*\. Start the standby/, BAND], // prettier-ignore
  [3, 'reactor', 'steady', PF, /^fouling of the cooling jacket \(temperature up and steady, /, /25%.*\. Plan the cleaning/, BAND], // prettier-ignore
  [4, 'reactor', 'unsteady', PF, /^temperature sensor fault \(temperature unsteady, .*; fouling/, /^Do not write: .* work order/, NOTHING], // prettier-ignore
  [4, 'pump', 'unsteady', PF, /^temperature sensor fault/, /^Do not write/, NOTHING],
  [4, 'compressor', 'unsteady', PF, /^temperature sensor fault/, /^Do not write/, NOTHING],
  [4, 'exchanger', 'unsteady', PF, /^temperature sensor fault/, /^Do not write/, NOTHING],
  [4, 'conveyor', 'unsteady', { load: 'normal' }, /^temperature sensor fault/, /^Do not write/, NOTHING],
  [4, 'motor', 'unsteady', { load: 'normal' }, /^temperature sensor fault/, /^Do not write/, NOTHING],
  [4, 'furnace', 'unsteady', PF, /^temperature sensor fault/, /^Do not write/, NOTHING],
  [5, 'pump', 'up', { flow_rate: 'down', pressure: 'up' }, /^blocked discharge, .*pressure up\)$/, /recycle.*do not reduce throughput/, NOTHING], // prettier-ignore
  [6, 'pump', 'up', { flow_rate: 'down', pressure: 'down' }, /^cavitation, .*pressure down\)$/, /strainer/, NOTHING],
  [6, 'pump', 'up', { flow_rate: 'down', pressure: 'unsteady' }, /^cavitation, .*pressure unsteady\)$/, /strainer/, NOTHING],
  [7, 'pump', 'up', PF, /^bearing or its lubrication \(/, /25%.*\. Plan maintenance/, BAND],
  [8, 'compressor', 'up', { pressure: 'up' }, /^high compression ratio, blocked outlet \(/, /25%.*\. Watch .* surge/, BAND],
  [9, 'compressor', 'up', { suction_pressure: 'down', pressure: 'normal' }, /^restricted suction .*; intercooler/, /^Open the anti-surge valve/, NOTHING], // prettier-ignore
  [10, 'compressor', 'up', { pressure: 'normal' }, /^intercooler or valves \(/, /^Increase intercooler cooling/, COOLING],
  [11, 'exchanger', 'up', { differential_pressure: 'up' }, /^fouling of the exchanger \(/, /25%.*\. Plan the cleaning/, BAND],
  [12, 'exchanger', 'up', { cooling_water_flow: 'down' }, /^loss of cooling water \(/, /^Increase the cooling water/, COOLING],
  [13, 'conveyor', 'up', { load: 'up' }, /^overload \(temperature up, load up\)$/, /25%.*\. Reduce the feed/, BAND],
  [13, 'motor', 'up', { load: 'up' }, /^overload \(temperature up, load up\)$/, /25%.*\. Reduce the feed/, BAND],
  [14, 'motor', 'up', { load: 'normal' }, /^ventilation, bearing or a lost phase \(/, /maintenance/, NOTHING],
  [15, 'furnace', 'up', { flow_rate: 'down' }, /^low feed flow, coking of the tubes \(/, /^Reduce the fuel first.*never reduce the feed/, NOTHING], // prettier-ignore
])('row %d: a %s whose temperature is %s and whose signals are %j', (row, equipmentClass, temperature, others, cause, action, actions) => {
  const { rootCause, band } = adviceOf(bookFor(equipmentClass), findingOf(equipmentClass, others, temperature));
  expect(rootCause).toMatch(cause);
  expect(band.recommendedAction).toMatch(action);
  expect(band.actions.map(told)).toEqual(actions);
  expect(band.fourEyes).toBe(row === 1);
  expect([band.ruleId, band.severity, band.issueType]).toEqual(['temperature-high', 'high', 'high_temperature']);
});

const [ELEVATED, HIGH] = DEFAULT_TEMPERATURE_BANDS;
const PLAIN = 'elevated temperature, possible thermal load increase';

test.each<[string, string, Record<string, Behaviour>, string]>([
  ['a class that is not shipped', 'centrifuge', { flow_rate: 'down' }, PLAIN],
  ['a known class none of whose rows applies', 'compressor', { flow_rate: 'down' }, PLAIN],
  ['a known class of which nothing else is known', 'reactor', {}, PLAIN],
])('%s keeps the specification’s texts and the band’s advice', (_name, equipmentClass, others, text) => {
  const advice = adviceOf(bookFor(equipmentClass), findingOf(equipmentClass, others));
  expect(advice).toEqual({ rootCause: text, band: HIGH });
});

test('an equipment of no class keeps them, even where its signals would say more', () => {
  const { rootCause, band } = adviceOf(bookFor('pump'), findingOf('R1', { flow_rate: 'down', pressure: 'up' }));
  expect(rootCause).toBe(PLAIN);
  expect(band).toBe(HIGH);
});

test('a band that the site wrote for the class gives its own advice, and the cause only its text', () => {
  const book = bookFor('pump');
  const scope = { kind: 'class', equipmentClass: 'pump' } as const;
  const own = { ...FAMILY, bands: [{ ...ELEVATED, ruleId: 'own' }] as const };
  const scoped = { ...book, families: [{ scope, familyId: FAMILY.id, family: own }, ...book.families] };
  const finding = { ...findingOf('pump', { flow_rate: 'down' }), band: own.bands[0], family: own };
  const { rootCause, band } = adviceOf(scoped, finding);
  expect(rootCause).toMatch(/^flow near or below the minimum of the pump/);
  expect(band).toBe(own.bands[0]);
  // Adjusted by an override only, it is still the rule for all, about which the class knows better.
  const adjusted = { ...FAMILY, deadband: 5 };
  const overridden = { ...book, families: [{ scope, familyId: FAMILY.id, family: adjusted }, ...book.families] };
  expect(adviceOf(overridden, { ...finding, family: adjusted, band: ELEVATED }).band.actions).toEqual([]);
});

test.each(['pump', 'furnace'])('a rule of the site for all, about the flow itself, does not throttle a %s', (equipmentClass) => {
  const low: IssueFamily = {
    ...FAMILY,
    id: 'flow',
    signal: 'flow_rate',
    side: 'below',
    bands: [{ ...ELEVATED, ruleId: 'low', limit: 20 }],
  };
  const found = findingOf(equipmentClass, {});
  const advice = adviceOf(bookFor(equipmentClass, [low]), {
    ...found,
    family: low,
    band: low.bands[0],
    peak: { ...found.peak, value: 15 },
  });
  expect(advice.rootCause).toMatch(/\(flow_rate down\)$/);
  expect(advice.band.actions).toEqual([]);
});

test('every row has an id of its own, a text and a pattern', () => {
  expect(new Set(CLASS_CAUSES.map((cause) => cause.id)).size).toBe(CLASS_CAUSES.length);
  for (const cause of CLASS_CAUSES) {
    expect(cause.id.startsWith(cause.equipmentClass)).toBe(true);
    expect(cause.text).not.toBe('');
    expect(patternOf(cause)).toMatch(/^[a-z_]+ (?:up|down|unsteady)/);
  }
});

test('what the rows write, the simulated plant allows', () => {
  const actions = CLASS_CAUSES.flatMap((cause) => cause.actions ?? []);
  expect(actions.length).toBeGreaterThan(0);
  for (const action of actions) {
    const verdict = judgeTag(tagFor(action.tag, 'X'), { allow: SIMULATOR_TAGS, deny: [] });
    if (!verdict.allowed || action.target.kind !== 'set') throw new Error(`${action.tag} is not allowed`);
    expect(judgeValue(verdict.tag, action.target.value, action.direction)).toEqual({ allowed: true });
  }
});
