import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import { activeFamilies } from '../../src/domain/rule-book.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A configuration as JSON, which is YAML. */
function load(config: unknown): Settings {
  writeFileSync(path.join(folder, 'ops-agent.yaml'), JSON.stringify(config));
  return loadSettings({ env: {}, cwd: folder });
}

const BAND = { rule: 'r', above: 90, severity: 'high', issueType: 't', confidence: 0.5, recommendedAction: 'do it' };
const ACTION = { tag: '[default]{equipment_id}/ThroughputSetpoint', set: 50, direction: 'decrease' };
const bands = (...list: object[]) => ({ rules: { bands: list.map((band, i) => ({ ...BAND, rule: `r${i}`, ...band })) } });
const action = (change: object, rest: object = {}) => ({ ...bands({ actions: [{ ...ACTION, ...change }] }), ...rest });

test('bands become families, mildest first, each with the common delays', () => {
  const config = bands(
    { above: 95, severity: 'critical' },
    { above: 90, severity: 'high' },
    { above: undefined, below: 5, family: 'cold', severity: 'low' },
    { above: undefined, below: 2, family: 'cold', severity: 'low' },
    { signal: 'pressure', severity: 'low' },
  );
  const families = activeFamilies(load({ rules: { ...config.rules, deadband: 3, clearReadings: 4 } }).rules);
  expect(families.map(({ id, signal, side, bands: list }) => [id, signal, side, list.map((band) => band.limit)])).toEqual([
    ['temperature', 'temperature', 'above', [90, 95]],
    ['cold', 'temperature', 'below', [5, 2]],
    ['pressure', 'pressure', 'above', [90]],
  ]);
  expect(families.map(({ deadband, clearReadings }) => [deadband, clearReadings])).toEqual([[3, 4], [3, 4], [3, 4]]); // prettier-ignore
  expect(families[0]?.bands[0]).toEqual({
    ruleId: 'r1',
    limit: 90,
    severity: 'high',
    issueType: 't',
    confidence: 0.5,
    recommendedAction: 'do it',
    actions: [],
    fourEyes: false,
  });
});

test.each([
  ['both sides in one family', bands({}, { above: undefined, below: 5 }), /rules\.bands\[1\]\.below .* must share signal and side/],
  [
    'two signals in one family',
    bands({ family: 'f' }, { family: 'f', signal: 'pressure', above: 91 }),
    /rules\.bands\[1\]\.above .*share signal/,
  ],
  ['equal limits', bands({}, { severity: 'critical' }), /rules\.bands\[1\]\.above .* must differ/],
  ['a severity that falls', bands({}, { above: 95, severity: 'low' }), /rules\.bands\[1\]\.severity .* low is less than high of rule 'r0'/],
  [
    'a severity that falls downwards',
    bands({ above: undefined, below: 1, severity: 'low' }, { above: undefined, below: 9 }),
    /rules\.bands\[0\]\.severity /,
  ],
  ['a rule id twice', bands({ rule: 'x' }, { rule: 'x', above: 91 }), /rules\.bands\[1\]\.rule .*'x' stands twice/],
  ['above and below', bands({ below: 5 }), /rules\.bands\[0\] .* exactly one of above and below/],
  ['no limit', bands({ above: undefined }), /rules\.bands\[0\] .* exactly one/],
  ['an empty list', { rules: { bands: [] } }, /rules\.bands .* at least 1 entry/],
  ['a confidence above 1', bands({ confidence: 1.1 }), /rules\.bands\[0\]\.confidence .* at most 1, is 1.1/],
  ['a missing key', bands({ issueType: undefined }), /rules\.bands\[0\]\.issueType \(line 1, column \d+\): is missing/],
  ['a limit beyond the physical ones', bands({ above: 3000 }), /rules\.bands\[0\]\.above .* could never fire/],
  [
    'a signal that the source lacks',
    bands({ signal: 'presure' }),
    /rules\.bands\[0\]\.signal .* does not map 'presure', did you mean 'pressure'/,
  ],
  [
    'a cause about no signal',
    { rules: { causes: [{ signal: 'x', above: 1, text: 'y' }] } },
    /rules\.causes\[0\]\.signal .* does not map 'x'; it maps/,
  ],
  ['a limit of no signal', { source: { physicalLimits: { x: { min: 0, max: 1 } } } }, /source\.physicalLimits\.x .* does not map/],
  [
    'limits the wrong way round',
    { source: { physicalLimits: { pressure: { min: 1, max: 0 } } } },
    /source\.physicalLimits\.pressure .* min below its max/,
  ],
  [
    'built-in rules without their signal',
    { source: { columns: { signals: { level: 'lvl' } } } },
    /does not map 'temperature'.*give rules.bands/,
  ],
])('%s: named with path and line', (_name, config, message) => {
  expect(() => load(config)).toThrow(message);
});

test('configured causes come after the built-in ones, and those about missing signals are left out', () => {
  const { causes } = load({
    source: { columns: { signals: { temperature: 't', level: 'l' } } },
    rules: { causes: [{ signal: 'level', below: 1, text: 'empty tank' }] },
  }).rules;
  expect(causes.map((cause) => cause.text)).toEqual(['potential cooling system failure or blockage', 'empty tank']);
});

const LISTED = { tags: { allow: [{ path: '[default]{id}/ThroughputSetpoint', min: 20, max: 80, unit: '%', direction: 'decrease' }] } };

test.each([
  ['a value beyond the tag’s limits', action({ set: 101 }), /actions\[0\]\.set .*rule 'r0': 101 is outside 0 to 100/],
  ['a value beyond the user’s own limits', action({ set: 10 }, LISTED), /actions\[0\]\.set .* 10 is outside 20 to 80/],
  ['the wrong direction', action({ direction: 'increase' }), /actions\[0\]\.direction .* may only decrease/],
  ['no direction where the tag has one', action({ direction: undefined }), /actions\[0\]\.direction .* may only decrease/],
  ['another unit', action({ unit: 'rpm' }), /actions\[0\]\.unit .* is 'rpm'.* in '%'/],
  ['another type', action({ type: 'integer' }), /actions\[0\]\.type .* is integer/],
  ['half a boolean', action({ type: 'boolean', set: 0.5 }), /actions\[0\]\.set .* must be 0 or 1/],
  ['a tag missing in the user’s list', action({ tag: '[default]{equipment_id}/Valve' }, LISTED), /actions\[0\]\.tag .* not in tags.allow/],
  ['a tag of the safety system', action({ tag: '[default]{equipment_id}/EmergencyStop' }), /actions\[0\]\.tag .* deny list/],
  [
    'a safety tag that is listed',
    action({ tag: '[default]X/SIS_1' }, { tags: { allow: [{ path: '[default]X/SIS_1', min: 0, max: 100 }] } }),
    /\.tag .* deny list/,
  ],
  ['a relative tag', action({ tag: 'Throughput' }), /actions\[0\]\.tag .* not an absolute/],
  ['the other placeholder in a rule', action({ tag: '[default]{id}/ThroughputSetpoint' }), /\.tag .* as \{equipment_id\}/],
  [
    'the other placeholder in the list',
    { tags: { allow: [{ path: '[default]{equipment_id}/T', min: 0, max: 1 }] } },
    /tags\.allow\[0\]\.path .* written \{id\}/,
  ],
  ['two placeholders', { tags: { allow: [{ path: '[default]{id}/{id}', min: 0, max: 1 }] } }, /tags\.allow\[0\]\.path .* at most one/],
  ['a climbing path', { tags: { allow: [{ path: '[default]../T', min: 0, max: 1 }] } }, /tags\.allow\[0\]\.path /],
  [
    'a built-in rule that the list refuses',
    LISTED,
    /tags\.allow .* built-in rule 'temperature-elevated': 90 is outside 20 to 80.*rules.bands/,
  ],
  ['a built-in rule that is denied', { tags: { deny: ['Cooling*'] } }, /tags\.deny .* built-in rule 'temperature-high'.* deny list/],
])('%s: refused at the start', (_name, config, message) => {
  expect(() => load(config)).toThrow(message);
});

test('a plant that is only watched allows nothing, and that is no error', () => {
  expect(load({ plant: { kind: 'advisory' } }).tags.allow).toEqual([]);
  expect(load({ plant: { kind: 'advisory' }, ...action({ tag: '[default]{equipment_id}/Valve' }) }).rules.families).toHaveLength(1);
});

test('a tag listed for one equipment by name serves a rule about any', () => {
  const tags = { allow: [{ path: '[default]REACTOR_01/ThroughputSetpoint', min: 0, max: 100 }] };
  expect(load(action({}, { tags })).tags.allow).toEqual([{ ...tags.allow[0], type: 'number', unit: '', direction: 'any' }]);
});
