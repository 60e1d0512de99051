import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

import { loadSettings } from '../../src/config/load.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-never-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The message about a configuration as JSON, which is YAML; '' where it is accepted. */
function refusal(config: object): string {
  writeFileSync(path.join(folder, 'ops-agent.yaml'), JSON.stringify(config));
  try {
    loadSettings({ env: {}, cwd: folder });
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const BAND = { rule: 'a', above: 90, severity: 'high', issueType: 't', confidence: 0.5, recommendedAction: 'do it' };
const TAG = '[default]{equipment_id}/X';
const MODE = '[default]{equipment_id}/Mode';
const rule = (actions: readonly object[], limits: object = {}) => ({
  rules: { bands: [{ ...BAND, actions: actions.map((action) => ({ tag: TAG, ...action })) }] },
  tags: { allow: [{ path: '[default]{id}/X', min: 0, max: 100, ...limits }] },
});
const when = (...permissives: object[]) => rule([{ set: 50, permissives: permissives.map((each) => ({ tag: MODE, ...each })) }]);
const percent = (percentOfCurrent: number, limits: object, action: object = {}) => rule([{ percentOfCurrent, ...action }], limits);
const RANGE = { temperature: { min: 0, max: 200 } };
const timed = (rules: object, band: object = {}) => ({
  source: { physicalLimits: RANGE },
  rules: { bands: [{ ...BAND, ...band }], ...rules },
});
const NO_MODE = /bands\[0\]\.actions\[0\]\.permissives \(line 1, column \d+\): rule 'a': '\[default\]\{equipment_id\}\/Mode' cannot be/;

test.each<[string, object, RegExp]>([
  ['a mode that is to be two things', when({ equals: 1 }, { equals: 0 }), NO_MODE],
  ['one that is to equal what is not above', when({ above: 3 }, { equals: 3 }), NO_MODE],
  ['one above what it is to be below', when({ above: 5 }, { below: 5 }), /cannot be above 5 and below 5 at once/],
  ['a tenth, which no step leads to', percent(10, { min: 60, maxStep: 5 }), /actions\[0\]\.percentOfCurrent \(.*: 10 would be a step of at least 540 to be within 60 to 100 of '\[default\]\{id\}\/X', which may move 5 in one write/], // prettier-ignore
  ['a tenfold, which none does', percent(1000, { min: 60, maxStep: 5 }), /percentOfCurrent .* at least 54 to be/],
  ['one of negative values', percent(10, { min: -100, max: -60, maxStep: 5 }), /percentOfCurrent .* at least 540/],
  [
    'one of an integer',
    percent(10, { min: 60, maxStep: 5, type: 'integer' }, { type: 'integer' }),
    /percentOfCurrent .* a step of at least/,
  ],
  ['nothing where 0 is not allowed', percent(0, { min: 60 }), /percentOfCurrent .*: 0 would be 0, outside 60 to 100/],
  ['less of what is negative, which is more', percent(90, { min: -100, max: -10 }, { direction: 'decrease' }), /percentOfCurrent .* would not decrease anything within -100 to -10/], // prettier-ignore
  ['a decrease to the greatest value', rule([{ set: 100, direction: 'decrease' }]), /actions\[0\]\.set \(.*: 100 is the greatest value of '\[default\]\{id\}\/X', so no write would decrease to it/], // prettier-ignore
  ['an increase to the smallest', rule([{ set: 0, direction: 'increase' }]), /actions\[0\]\.set .*: 0 is the smallest value/],
  ['two percentages of one tag', rule([{ percentOfCurrent: 90 }, { percentOfCurrent: 90 }]), /actions\[1\]\.percentOfCurrent \(.*taken from the same live value/], // prettier-ignore
  ['a delta after a percentage', rule([{ percentOfCurrent: 90 }, { set: 50 }, { delta: -1 }]), /actions\[2\]\.delta .*taken from the same/],
  ['a deadband for all that reaches beyond the sensor', timed({ deadband: 90 }), /rules\.deadband \(line 1, .*: 90 is so wide that 'a' could never clear: temperature would have to be below 0, and source.physicalLimits has 0 to 200/], // prettier-ignore
  [
    'one of the family',
    timed({ families: { temperature: { deadband: 91 } } }),
    /rules\.families\.temperature\.deadband \(.*: 91 is so wide/,
  ],
  ['one upwards', timed({ deadband: 110 }, { above: undefined, below: 90 }), /rules\.deadband .* be above 200/],
  ['one of an override', timed({ overrides: [{ family: 'temperature', equipment: 'R1', deadband: 95 }] }), /rules\.overrides\[0\]\.deadband \(.*: 95 is so wide/], // prettier-ignore
  ['one by an override’s limit', timed({ deadband: 50, overrides: [{ family: 'temperature', equipment: 'R1', limits: { a: 40 } }] }), /rules\.deadband .*: 50 is so wide/], // prettier-ignore
])('%s: refused, as it could never be carried out or end', (_name, config, message) => {
  expect(refusal(config)).toMatch(message);
});

test.each<[string, object]>([
  ['a mode between two values', when({ above: 1 }, { below: 5 })],
  ['a mode that is said twice', when({ equals: 1 }, { equals: 1 }, { above: 0 })],
  ['two tags', rule([{ set: 50, permissives: [{ tag: MODE, equals: 1 }, { tag: `${MODE}2`, equals: 0 }] }])], // prettier-ignore
  ['a tenth of small values', percent(10, { maxStep: 5 })],
  ['a percentage that a small enough value allows', percent(90, { min: 30, maxStep: 5 })],
  ['a step that is just allowed', percent(90, { min: 45, maxStep: 5 })],
  ['less of what may be on both sides of 0', percent(90, { min: -100, maxStep: 5 }, { direction: 'decrease' })],
  ['nothing where 0 is allowed', percent(0, { maxStep: 5 })],
  ['a decrease to the smallest value', rule([{ set: 0, direction: 'decrease' }])],
  ['a ramp of set values', rule([{ set: 80 }, { set: 60 }, { set: 40 }])],
  ['relative steps of two tags', rule([{ delta: -5 }, { tag: '[default]R1/X', delta: -5 }])],
  ['a deadband that leaves some readings', timed({ deadband: 89.9 })],
  ['a signal without physical limits', { source: { columns: { signals: { temperature: 't', level: 'l' } } }, rules: { deadband: 2000, bands: [{ ...BAND, signal: 'level' }] } }], // prettier-ignore
])('%s: accepted', (_name, config) => {
  expect(refusal(config)).toBe('');
});
