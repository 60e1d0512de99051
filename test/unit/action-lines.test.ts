import { expect, test } from '@jest/globals';
import { actionLines } from '../../src/cli/wording.ts';

const TAG = '[default]REACTOR_02/ThroughputSetpoint';
const SET = { sequence: 1, tag: TAG, value: 75, type: 'number', unit: '%', direction: 'decrease', old: 100 };
const HALF = { ...SET, value: 40, old: 80, target: { kind: 'percentOfCurrent', percent: 50 } };
const MODE = { tag: '[default]REACTOR_02/Mode', comparison: 'equals', value: 1 };

test.each<[string, unknown, string]>([
  ['a value that was set', SET, `${TAG}: 100 → 75 %`],
  ['a value that was set, the plant unread', { ...SET, old: null }, `${TAG}: unknown → 75 %`],
  ['a value that is there already', { ...SET, old: 75 }, `${TAG}: 75 → 75 %, nothing will be written: it is there already`],
  ['a decrease that the plant is beyond', { ...SET, old: 60 }, `${TAG}: 60 → 75 %, nothing will be written: it is there already`],
  ['a percentage', HALF, `${TAG}: 80 → 40 % (50 % of the live value)`],
  ['a step down', { ...HALF, value: 70, target: { kind: 'delta', by: -10 } }, `${TAG}: 80 → 70 % (-10 from the live value)`],
  [
    'a step up',
    { ...HALF, direction: 'increase', value: 90.5, target: { kind: 'delta', by: 10.5 } },
    `${TAG}: 80 → 90.5 % (+10.5 from the live value)`,
  ],
  [
    'a percentage of what could not be read',
    { ...HALF, value: null, old: null },
    `${TAG}: unknown → 50 % of the live value, which could not be read`,
  ],
  [
    'a step that was refused',
    { ...HALF, value: null, refusal: { code: 'out_of_limits', reason: '140 is outside 0 to 100' } },
    `${TAG}: 80 → 50 % of the live value, which cannot be written: 140 is outside 0 to 100`,
  ],
  ['a permissive beside it', { ...HALF, permissives: [MODE] }, `${TAG}: 80 → 40 % (50 % of the live value), only while Mode = 1`],
  [
    'permissives elsewhere',
    {
      ...SET,
      permissives: [
        { tag: '[default]AREA/Level', comparison: 'above', value: 20 },
        { tag: '[default]REACTOR_02/Sub/Level', comparison: 'below', value: 80 },
      ],
    },
    `${TAG}: 100 → 75 %, only while [default]AREA/Level > 20 and [default]REACTOR_02/Sub/Level < 80`,
  ],
  ['what any client may have written', { tag: TAG, value: 75 }, `${TAG}: unknown → 75`],
])('%s is one line that an operator can read', (_what, action, line) => {
  expect(actionLines([action])).toEqual([line]);
});

test.each<[string, unknown]>([
  ['without a value', { ...SET, value: null }],
  ['with a target of an unheard-of kind', { ...HALF, target: { kind: 'half' } }],
  ['with a percentage in words', { ...HALF, target: { kind: 'percentOfCurrent', percent: '50' } }],
  ['with permissives that are none', { ...SET, permissives: 'Mode = 1' }],
  ['with half a permissive', { ...SET, permissives: [{ tag: MODE.tag }] }],
  ['with a value although it was refused', { ...HALF, refusal: { code: 'out_of_limits', reason: 'x' } }],
  ['that is a text', 'ThroughputSetpoint = 75'],
])('an action %s is shown as it is stored, never passed over', (_what, action) => {
  expect(actionLines([action])).toEqual([`(not readable: ${JSON.stringify(action)})`]);
});
