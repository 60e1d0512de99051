import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

import { explainSettings, loadSettings, rulePatterns } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import { classOf, familyFor, normalOf } from '../../src/domain/rule-book.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-scoped-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A configuration as JSON, which is YAML. */
function load(config: object): Settings {
  writeFileSync(path.join(folder, 'ops-agent.yaml'), JSON.stringify(config));
  return loadSettings({ env: {}, cwd: folder });
}

const BAND = { above: 90, severity: 'high', issueType: 't', confidence: 0.5, recommendedAction: 'do it' };
const band = (rule: string, change: object = {}) => ({ rule, ...BAND, ...change });
const EQUIPMENT = [
  { match: 'PUMP_*', class: 'pump', normal: { flow_rate: { low: 40, high: 60 } } },
  { match: ['R_1', 'R_2*'], class: 'reactor' },
];
const CLASSED = [band('all'), band('pumps', { class: 'pump', above: 80 })];

/** What is in force for an equipment: limits by rule, and the deadband; null where the family is off or unknown. */
function inForce({ rules }: Settings, equipmentId: string, familyId = 'temperature') {
  const family = familyFor(rules, equipmentId, familyId);
  return family ? [...family.bands.map(({ ruleId, limit }) => `${ruleId} ${limit}`), family.deadband] : null;
}

test('an equipment is of the class of the first entry that matches it, in any case', () => {
  const { rules } = load({ equipment: [{ match: 'PUMP_7', class: 'big-pump' }, ...EQUIPMENT] });
  expect(['PUMP_7', 'pump_70', 'R_1', 'R_10', 'R_2X', 'X'].map((id) => classOf(rules, id))).toEqual(['big-pump', 'pump', 'reactor', null, 'reactor', null]); // prettier-ignore
  expect(normalOf(rules, 'PUMP_1', 'flow_rate')).toEqual({ low: 40, high: 60 });
  expect(normalOf(rules, 'PUMP_7', 'flow_rate')).toEqual({ low: 10 });
  expect(normalOf(rules, 'PUMP_1', 'temperature')).toBeUndefined();
});

const DEEP = [band('all'), band('pumps', { class: 'pump', above: 80 }), band('p1', { equipment: 'PUMP_1*', above: 70 })];
const over = (change: object) => ({ family: 'temperature', ...change });

test.each<[string, object[], object[], Record<string, unknown>]>([
  ['bands of a class replace those for all', CLASSED, [], { PUMP_1: ['pumps 80', 1], R_1: ['all 90', 1], X: ['all 90', 1] }],
  ['bands of an equipment replace those of its class', DEEP, [], { PUMP_1: ['p1 70', 1], PUMP_2: ['pumps 80', 1], X: ['all 90', 1] }],
  ['as a whole, not band by band', [band('mild', { above: 80 }), band('all'), band('p', { class: 'pump' })], [], { PUMP_1: ['p 90', 1], X: ['mild 80', 'all 90', 1] }], // prettier-ignore
  ['a rule may be for several classes', [band('both', { class: ['pump', 'reactor'] })], [], { PUMP_1: ['both 90', 1], R_1: ['both 90', 1], X: null }], // prettier-ignore
  ['of two patterns the first in the file counts', [band('one', { equipment: 'PUMP_10' }), band('two', { equipment: 'PUMP_1*' })], [], { PUMP_10: ['one 90', 1], PUMP_11: ['two 90', 1] }], // prettier-ignore
  ['an override of a class adjusts the bands for all', [band('all')], [over({ class: 'pump', deadband: 3, limits: { all: 85 } })], { PUMP_1: ['all 85', 3], X: ['all 90', 1] }], // prettier-ignore
  ['and the class’s own', CLASSED, [over({ class: 'pump', deadband: 3 })], { PUMP_1: ['pumps 80', 3], R_1: ['all 90', 1] }],
  ['an override of an equipment adjusts its class’s bands, as the class’s override left them', CLASSED, [over({ class: 'pump', deadband: 3 }), over({ equipment: 'PUMP_1', limits: { pumps: 75 } })], { PUMP_1: ['pumps 75', 3], PUMP_2: ['pumps 80', 3] }], // prettier-ignore
  ['or those for all, where its class has none', CLASSED, [over({ equipment: 'R_1', deadband: 2 })], { R_1: ['all 90', 2], R_2: ['all 90', 1] }], // prettier-ignore
  ['but a class’s override leaves an equipment’s own bands alone', DEEP, [over({ class: 'pump', deadband: 3 })], { PUMP_1: ['p1 70', 1], PUMP_2: ['pumps 80', 3] }], // prettier-ignore
  ['a wide pattern adjusts a narrower one’s own bands', DEEP, [over({ equipment: 'PUMP_*', deadband: 3 })], { PUMP_1: ['p1 70', 3], PUMP_2: ['pumps 80', 3], X: ['all 90', 1] }], // prettier-ignore
  ['a narrow pattern adjusts a part of a wider one’s', DEEP, [over({ equipment: 'PUMP_12', deadband: 3 })], { PUMP_12: ['p1 70', 3], PUMP_1: ['p1 70', 1] }], // prettier-ignore
  ['of two overrides’ patterns the first counts', DEEP, [over({ equipment: 'PUMP_12', deadband: 3 }), over({ equipment: 'PUMP_1*', deadband: 4 })], { PUMP_12: ['p1 70', 3], PUMP_1: ['p1 70', 4] }], // prettier-ignore
  ['off is off for a class', CLASSED, [over({ class: 'reactor', off: true })], { R_1: null, PUMP_1: ['pumps 80', 1], X: ['all 90', 1] }],
  ['off is off for an equipment, whatever its class', CLASSED, [over({ equipment: ['PUMP_1', '*_2'], off: true })], { PUMP_1: null, PUMP_2: null, R_2: null, R_1: ['all 90', 1] }], // prettier-ignore
  ['limits may change places', [band('a'), band('b', { above: 95 })], [over({ class: 'pump', limits: { a: 97 } })], { PUMP_1: ['b 95', 'a 97', 1] }], // prettier-ignore
])('%s', (_name, bands, overrides, expected) => {
  const settings = load({ equipment: EQUIPMENT, rules: { bands, overrides } });
  expect(Object.fromEntries(Object.keys(expected).map((id) => [id, inForce(settings, id)]))).toEqual(expected);
});

test('the built-in rules can be adjusted without being repeated', () => {
  const settings = load({
    equipment: EQUIPMENT,
    rules: {
      families: { temperature: { deadband: 2, onDelaySeconds: 5 } },
      overrides: [over({ class: 'pump', limits: { 'temperature-elevated': 80 } })],
    },
  });
  expect(inForce(settings, 'PUMP_1')).toEqual(['temperature-elevated 80', 'temperature-high 90', 'temperature-critical 95', 2]);
  expect(inForce(settings, 'X')).toEqual(['temperature-elevated 85', 'temperature-high 90', 'temperature-critical 95', 2]);
  expect(familyFor(settings.rules, 'X', 'temperature')?.onDelaySeconds).toBe(5);
});

test('a family has its own delays, which an override adjusts one by one', () => {
  const settings = load({
    equipment: EQUIPMENT,
    rules: {
      offDelaySeconds: 60,
      bands: [band('all'), band('p', { signal: 'pressure' })],
      families: { pressure: { onDelaySeconds: 10, clearReadings: 5 } },
      overrides: [{ family: 'pressure', class: 'pump', onDelaySeconds: 0 }],
    },
  });
  const told = (id: string, family: string) => {
    const { onDelaySeconds, offDelaySeconds, clearReadings } = familyFor(settings.rules, id, family) ?? {};
    return [onDelaySeconds, offDelaySeconds, clearReadings];
  };
  expect([told('X', 'temperature'), told('X', 'pressure'), told('PUMP_1', 'pressure')]).toEqual([
    [0, 60, 2],
    [10, 60, 5],
    [0, 60, 5],
  ]);
});

test('the book lists what is in force, the most specific first', () => {
  const { families } = load({
    equipment: EQUIPMENT,
    rules: { bands: DEEP, overrides: [over({ equipment: 'PUMP_12', deadband: 3 })] },
  }).rules;
  expect(families.map(({ scope, family }) => [scope.kind, family?.deadband])).toEqual([['equipment', 3], ['equipment', 1], ['class', 1], ['all', 1]]); // prettier-ignore
});

const CAUSE = { class: 'pump', id: 'seal', when: [{ signal: 'pressure', is: 'down' }], text: 'worn seal', fourEyes: true };

test('the causes of the configured classes are the site’s, then the shipped ones whose signals there are', () => {
  const config = { equipment: EQUIPMENT, rules: { causes: [CAUSE, { signal: 'pressure', below: 5, text: 'no suction' }] } };
  const { causes, classCauses } = load(config).rules;
  expect(causes.at(-1)).toEqual({ signal: 'pressure', side: 'below', limit: 5, text: 'no suction' });
  expect(classCauses[0]).toEqual({
    id: 'seal',
    equipmentClass: 'pump',
    reads: [{ signal: 'pressure', is: 'down' }],
    text: 'worn seal',
    recommendedAction: null,
    actions: null,
    fourEyes: true,
  });
  const shipped = classCauses.slice(1).map((cause) => cause.id);
  expect(shipped).toContain('pump-cavitation');
  expect(shipped).toContain('reactor-runaway');
  expect(shipped).not.toContain('reactor-loss-of-cooling');
  expect(shipped).not.toContain('motor-overload');
  const alone = load({ ...config, rules: { ...config.rules, shippedCauses: false } }).rules;
  expect(alone.classCauses.map((cause) => cause.id)).toEqual(['seal']);
});

test.each([
  ['lists other tags', { allow: [{ path: '[p]{id}/Valve', min: 0, max: 1 }] }, 0],
  ['denies one of them', { deny: ['Cooling*'] }, 0],
  ['lists them', { allow: [{ path: '[default]{id}/ThroughputSetpoint', min: 0, max: 100, unit: '%' }, { path: '[default]{id}/CoolingSystemStatus', min: 0, max: 1, type: 'integer' }] }, 2], // prettier-ignore
])('a site that %s: what a shipped cause would write there is %s', (_name, tags, count) => {
  const { classCauses } = load({ equipment: EQUIPMENT, rules: { bands: CLASSED }, tags }).rules;
  expect(classCauses.find((cause) => cause.id === 'reactor-runaway')?.actions).toHaveLength(count);
});

const TAG = '[default]{equipment_id}/ThroughputSetpoint';
const FULL = {
  equipment: EQUIPMENT,
  rules: {
    bands: [
      ...CLASSED,
      band('full', {
        family: 'flow',
        signal: 'flow_rate',
        above: undefined,
        below: 5,
        equipment: 'R_*',
        fourEyes: true,
        actions: [
          { tag: TAG, percentOfCurrent: 90, direction: 'decrease', permissives: [{ tag: '[default]{equipment_id}/Mode', equals: 1 }] },
          {
            tag: '[default]R_2/ThroughputSetpoint',
            delta: -5,
            direction: 'decrease',
            permissives: [{ tag: '[default]Plant/Level', above: 10 }],
          },
        ],
      }),
    ],
    families: { flow: { deadband: 3 } },
    overrides: [over({ class: 'pump', limits: { pumps: 82 } }), { family: 'flow', equipment: 'R_1', off: true }],
    causes: [CAUSE],
    shippedCauses: false,
  },
};

test('everything that the rules say is shown back as the file spells it, and means the same', () => {
  const settings = load(FULL);
  const shown = new Map(explainSettings({ env: {}, cwd: folder }).map((key) => [key.path, key.value]));
  const keys = ['bands', 'families', 'overrides', 'shippedCauses'] as const;
  const rules = Object.fromEntries(keys.map((key) => [key, shown.get(`rules.${key}`)]));
  const [, , full] = FULL.rules.bands;
  expect(rules['bands']).toMatchObject([
    { rule: 'all', family: 'temperature', above: 90 },
    { rule: 'pumps', class: ['pump'], above: 80 },
    { rule: 'full', equipment: ['R_*'], family: 'flow', below: 5, fourEyes: true, actions: full && 'actions' in full ? full.actions : [] },
  ]);
  expect(rules['families']).toEqual({ flow: { deadband: 3 } });
  expect(shown.get('rules.causes')).toEqual(expect.arrayContaining([CAUSE]));
  expect(shown.get('equipment')).toEqual(EQUIPMENT);
  const again = load({ equipment: shown.get('equipment'), rules: { ...rules, causes: [CAUSE] } });
  expect(again.rulesHash).toBe(settings.rulesHash);
});

test.each<[string, object]>([
  ['a class', { equipment: [{ match: 'X', class: 'pump' }, ...EQUIPMENT] }],
  ['a normal range', { equipment: [{ ...EQUIPMENT[0], normal: { flow_rate: { low: 41 } } }, EQUIPMENT[1]] }],
  ['an override', { rules: { ...FULL.rules, overrides: [] } }],
  ['a family’s delay', { rules: { ...FULL.rules, families: {} } }],
  ['a class’s cause', { rules: { ...FULL.rules, causes: [{ ...CAUSE, fourEyes: false }] } }],
  ['the shipped causes', { rules: { ...FULL.rules, shippedCauses: true } }],
])('the rules hash follows %s', (_name, change) => {
  expect(load({ ...FULL, ...change }).rulesHash).not.toBe(load(FULL).rulesHash);
});

test('every equipment pattern is told with its place, for whoever knows the ids', () => {
  load(FULL);
  const told = rulePatterns({ env: {}, cwd: folder }).map(({ pattern, path: key }) => [pattern, key.join(' ')]);
  expect(told).toEqual([
    ['PUMP_*', 'equipment 0 match'],
    ['R_1', 'equipment 1 match'],
    ['R_2*', 'equipment 1 match'],
    ['R_*', 'rules bands 2 equipment'],
    ['R_1', 'rules overrides 1 equipment'],
  ]);
});
