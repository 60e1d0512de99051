import { expect, test } from '@jest/globals';
import { SIMULATOR_TAGS } from '../../src/domain/default-rules.ts';
import { type AllowedTag, isAbsoluteTagPath, judgeTag, judgeValue, tagFor } from '../../src/domain/tags.ts';

const EVERYTHING: AllowedTag = { path: '[default]R1/Setpoint', min: 0, max: 100, maxStep: 30, type: 'number', unit: '%', direction: 'any' };

function verdictOn(path: string, allow: readonly string[] = [path], deny: readonly string[] = []): string {
  const verdict = judgeTag(path, { allow: allow.map((each) => ({ ...EVERYTHING, path: each })), deny });
  return verdict.allowed ? 'allowed' : verdict.code;
}

test.each(['[default]R1/Setpoint', '[default]Setpoint', '[p-1]Area 1/Unit_2/Fan-3', '[default]_types/x', '[default]A/my_types_/x'])(
  "'%s' is an absolute path and may be written once it is listed",
  (path) => {
    expect(isAbsoluteTagPath(path)).toBe(true);
    expect(verdictOn(path)).toBe('allowed');
    expect(verdictOn(path, [])).toBe('tag_not_allowed');
  },
);

test.each([
  '',
  'R1/Setpoint',
  '/R1/Setpoint',
  '[default]',
  '[default]/Setpoint',
  '[default]R1//Setpoint',
  '[default]R1/',
  '[default]../Setpoint',
  '[default]R1/../Setpoint',
  '[default]R1/..',
  '[default]R1/./Setpoint',
  '[.]Setpoint',
  '[~]R1/Setpoint',
  '[]R1/Setpoint',
  '[default]_types_/Motor/Setpoint',
  '[default]R1/_TYPES_/Setpoint',
  '[_types_]R1/Setpoint',
  "[default]R1/Set'point",
  '[default]R1/Set"point',
  '[default]R1/Set;point',
  '[default]R1\\Setpoint',
  '[default]R1/Setpoint\n',
  '[default]R1/Set\u0000point',
  '[default]R1/Set\u200bpoint',
  '[default]R1/Setp\u043eint',
  '[default]R1\u2215Setpoint',
  '[default]R1/Setpoint ',
  '[default] R1/Setpoint',
  '[default]R1/ /Setpoint',
  '[default]R1/Setpoint.value',
  '[default]R1/[other]Setpoint',
  '[default]{id}/Setpoint',
])("'%s' is no absolute path, and listing it does not help", (path) => {
  expect(verdictOn(path)).toBe('tag_invalid');
});

test.each([
  '[default]R1/EmergencyStop',
  '[default]R1/emergencystop',
  '[default]EmergencyStop/Reset',
  '[EmergencyStop]R1/Reset',
  '[default]R1/SafetyValve',
  '[default]unsafetyzone/R1/Setpoint',
  '[default]R1/SIS',
  '[default]plant_sis_2/Setpoint',
  '[SIS]R1/Setpoint',
  '[default]R1/FanInterlock/Setpoint',
  '[default]INTERLOCKS/R1/Setpoint',
])("'%s' is denied although it is listed: the agent is not a safety layer", (path) => {
  expect(verdictOn(path)).toBe('tag_denied');
});

test.each([
  ['Setpoint', 'tag_denied'],
  ['set*', 'tag_denied'],
  ['R1', 'tag_denied'],
  ['Area/R1', 'tag_denied'],
  ['R1/Setpoint', 'tag_denied'],
  ['[default]Area/R1/Setpoint', 'tag_denied'],
  ['*', 'tag_denied'],
  ['Setpoin', 'allowed'],
  ['etpoint', 'allowed'],
  ['Area/Setpoint', 'allowed'],
  ['R.', 'allowed'],
])("the deny pattern '%s' makes the listed [default]Area/R1/Setpoint %s", (pattern, verdict) => {
  expect(verdictOn('[default]Area/R1/Setpoint', ['[default]Area/R1/Setpoint'], [pattern])).toBe(verdict);
});

test.each([
  ['[default]R1/Setpoint', '[default]{id}/Setpoint', 'allowed'],
  ['[default]r-1_X/Setpoint', '[default]{id}/Setpoint', 'allowed'],
  ['[default]Area/R1/Setpoint', '[default]{id}/Setpoint', 'tag_not_allowed'],
  ['[default]R1/Sub/Setpoint', '[default]{id}/Setpoint', 'tag_not_allowed'],
  ['[default]R 1/Setpoint', '[default]{id}/Setpoint', 'tag_not_allowed'],
  ['[other]R1/Setpoint', '[default]{id}/Setpoint', 'tag_not_allowed'],
  ['[default]R1/setpoint', '[default]{id}/Setpoint', 'tag_not_allowed'],
  [`[default]${'x'.repeat(101)}/Setpoint`, '[default]{id}/Setpoint', 'tag_not_allowed'],
  ['[default]R1/R1', '[default]{id}/R1', 'allowed'],
  ['[default]R1/R1', '[default]R1{id}/R1', 'tag_not_allowed'],
  ['[default]R1/FanX', '[default]{id}/Fan{id}', 'tag_not_allowed'],
  ['[default]R1/Fan', '[default]{id}/Fan{id}', 'tag_not_allowed'],
  ['[default]R1/FanR1', '[default]{id}/Fan{id}', 'allowed'],
])("'%s' against the listed '%s' is %s", (path, listed, verdict) => {
  expect(verdictOn(path, [listed])).toBe(verdict);
});

test('nothing may be written where nothing is listed', () => {
  for (const { path } of SIMULATOR_TAGS) expect(verdictOn(path.replace('{id}', 'R1'), [])).toBe('tag_not_allowed');
});

test("an equipment's id stands wherever the template names it", () => {
  expect(tagFor('[default]{equipment_id}/Fan{equipment_id}', 'R$&1')).toBe('[default]R$&1/FanR$&1');
});

test.each([
  [0, 'any', undefined, 'allowed'],
  [100, 'any', undefined, 'allowed'],
  [-0.01, 'any', undefined, 'out_of_limits'],
  [100.01, 'any', undefined, 'out_of_limits'],
  [Number.NaN, 'any', undefined, 'wrong_type'],
  [Number.POSITIVE_INFINITY, 'any', undefined, 'wrong_type'],
  [50, 'any', 80, 'allowed'],
  [50, 'any', 80.5, 'step_too_large'],
  [50, 'any', 19, 'step_too_large'],
  [50, 'decrease', 60, 'allowed'],
  [50, 'decrease', 50, 'allowed'],
  [50, 'decrease', 40, 'wrong_direction'],
  [50, 'increase', 40, 'allowed'],
  [50, 'increase', 60, 'wrong_direction'],
] as const)('%d (%s) from a live %s is %s within 0 to 100 and steps of 30', (target, direction, live, expected) => {
  const verdict = judgeValue(EVERYTHING, target, direction, live);
  expect(verdict.allowed ? 'allowed' : verdict.code).toBe(expected);
});

test.each([
  [33.4, 33.3, 0.1, 'allowed'],
  [0.3, 0.2, 0.1, 'allowed'],
  [-33.4, -33.3, 0.1, 'allowed'],
  [33.4, 33.3, 0.0999999, 'step_too_large'],
  [33.400001, 33.3, 0.1, 'step_too_large'],
  [1_000_000.1, 1_000_000, 0.1, 'allowed'],
  [0.1, 0, 0.1, 'allowed'],
] as const)(
  'a step to %d from %d is judged without the noise of its last digits: of at most %d it is %s',
  (target, live, maxStep, expected) => {
    const verdict = judgeValue({ ...EVERYTHING, min: -100, max: 2_000_000, maxStep }, target, 'any', live);
    expect(verdict.allowed ? 'allowed' : verdict.code).toBe(expected);
  },
);

test('limits are exact: what is beyond them by the last digit is refused', () => {
  expect(judgeValue({ ...EVERYTHING, max: 0.3 }, 0.1 + 0.2, 'any').allowed).toBe(false);
});

test.each([
  ['number', 0.5, 'allowed'],
  ['integer', 1, 'allowed'],
  ['integer', 0.5, 'wrong_type'],
  ['boolean', 0, 'allowed'],
  ['boolean', 1, 'allowed'],
  ['boolean', 0.5, 'wrong_type'],
  ['boolean', 2, 'wrong_type'],
] as const)('a %s tag and the value %d: %s', (type, target, expected) => {
  const verdict = judgeValue({ ...EVERYTHING, type }, target, 'any');
  expect(verdict.allowed ? 'allowed' : verdict.code).toBe(expected);
});

test.each([
  ['decrease', 'decrease', 'allowed'],
  ['decrease', 'increase', 'wrong_direction'],
  ['decrease', 'any', 'wrong_direction'],
  ['increase', 'increase', 'allowed'],
  ['any', 'decrease', 'allowed'],
] as const)('a tag that may only %s and an action that says %s: %s', (direction, asked, expected) => {
  const verdict = judgeValue({ ...EVERYTHING, direction }, 50, asked);
  expect(verdict.allowed ? 'allowed' : verdict.code).toBe(expected);
});
