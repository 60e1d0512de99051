import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

import { loadSettings } from '../../src/config/load.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-bad-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The message about a configuration as JSON, which is YAML; '' where it is accepted. */
function refusal(config: object): string {
  writeFileSync(path.join(folder, 'ops-agent.yaml'), JSON.stringify(config));
  try {
    loadSettings({ env: {}, cwd: folder });
    return '';
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(/ \(line 1, column \d+\)/g, '') : String(error);
  }
}

const BAND = { above: 90, severity: 'high', issueType: 't', confidence: 0.5, recommendedAction: 'do it' };
const band = (rule: string, change: object = {}) => ({ rule, ...BAND, ...change });
const low = (rule: string, below: number, change: object = {}) => band(rule, { above: undefined, below, family: 'low', ...change });
const EQUIPMENT = [{ match: 'PUMP_*', class: 'pump' }];
const over = (change: object) => ({ family: 'temperature', ...change });
const rules = (content: object, rest: object = {}) => ({ equipment: EQUIPMENT, rules: content, ...rest });
const bands = (...list: object[]) => rules({ bands: list });
const overrides = (...list: object[]) => rules({ bands: [band('all')], overrides: list });
const causes = (...list: object[]) => rules({ causes: list });
const CAUSE = { class: 'pump', when: [{ signal: 'pressure', is: 'up' }], text: 'x' };
const NARROW = { physicalLimits: { temperature: { min: 0, max: 80 } } };

test.each<[string, object, RegExp]>([
  ['a limit at the physical end', bands(band('a', { above: 2000 })), /rules\.bands\[0\]\.above: 2000 is not within .* could never fire/],
  ['a limit at the other end', bands(low('a', -273.15)), /rules\.bands\[0\]\.below: -273.15 is not within .* could never fire/],
  ['a limit that everything is beyond', bands(band('a', { above: -300 })), /rules\.bands\[0\]\.above: -300 .* do nothing but fire/],
  ['an override’s limit', overrides(over({ class: 'pump', limits: { all: 3000 } })), /overrides\[0\]\.limits\.all: 3000 .* never fire/],
  ['a built-in limit', { source: NARROW }, /source\.physicalLimits\.temperature: .*'temperature-elevated' could never fire: 85/],
  ['a class that nothing is of', bands(band('a', { class: 'pumpe' })), /bands\[0\]\.class: no entry .* 'pumpe', did you mean 'pump'\?/],
  [
    'a class without any equipment',
    { rules: { bands: [band('a', { class: 'x' })] } },
    /bands\[0\]\.class: .*; there is no equipment section/,
  ],
  ['an override of such a class', overrides(over({ class: 'reactr', deadband: 1 })), /overrides\[0\]\.class: .* 'reactr'; there are pump/],
  ['a cause of such a class', causes({ ...CAUSE, class: 'pmp' }), /rules\.causes\[0\]\.class: .* 'pmp', did you mean 'pump'\?/],
  ['equipment that is left out', rules({ bands: [band('a', { equipment: 'R_99*' })] }, { source: { equipment: { exclude: ['R_9*'] } } }), /bands\[0\]\.equipment: source.equipment.exclude leaves out all of 'R_99\*' by 'R_9\*', so this could never count/], // prettier-ignore
  ['equipment that is not watched', rules({ bands: [band('a', { equipment: 'R_*' })] }, { source: { equipment: { include: ['PUMP_*'] } } }), /bands\[0\]\.equipment: source.equipment.include watches nothing of 'R_\*'/], // prettier-ignore
  ['an entry that is not watched', rules({}, { source: { equipment: { include: ['R_*'] } } }), /equipment\[0\]\.match: .* watches nothing of 'PUMP_\*'/], // prettier-ignore
  ['a pattern with a sign that no id has', bands(band('a', { equipment: 'P 1*' })), /bands\[0\]\.equipment: must be a pattern of equipment ids.*'P 1\*'/], // prettier-ignore
  ['one in a list', bands(band('a', { equipment: ['P1', 'P.*'] })), /bands\[0\]\.equipment\[1\]: must be a pattern/],
  ['one of the equipment', { equipment: [{ match: 'P/1', class: 'p' }] }, /equipment\[0\]\.match: must be a pattern/],
  ['no pattern at all', bands(band('a', { equipment: 5 })), /bands\[0\]\.equipment: must be text or a list of texts, is 5/],
  ['an entry behind a wider one', { equipment: [{ match: 'P*', class: 'a' }, { match: ['X', 'P1'], class: 'b' }] }, /equipment\[1\]\.match: 'P1' never counts: equipment\[0\] comes first with 'P\*'/], // prettier-ignore
  ['bands behind a wider pattern', bands(band('a', { equipment: 'P*' }), band('b', { equipment: 'P1' })), /bands\[1\]\.rule: rule 'b' could never fire: the bands of family 'temperature' for equipment 'P\*' come first/], // prettier-ignore
  ['bands for all behind a pattern for all', bands(band('a'), band('b', { equipment: '*' })), /bands\[0\]\.rule: rule 'a' could never fire: .* for equipment '\*' come first/], // prettier-ignore
  ['bands of a class behind its patterns', bands(band('a', { class: 'pump' }), band('b', { equipment: 'PUMP*' })), /bands\[0\]\.rule: rule 'a' could never fire/], // prettier-ignore
  ['bands switched off for all', overrides(over({ equipment: '*', off: true })), /bands\[0\]\.rule: rule 'all' could never fire: rules.overrides\[0\] switches family 'temperature' off for equipment '\*'/], // prettier-ignore
  ['built-in rules switched off for all', rules({ overrides: [over({ equipment: '*', off: true })] }), /rules\.overrides\[0\]: rule 'temperature-elevated' could never fire/], // prettier-ignore
  ['bands of a class switched off', rules({ bands: [band('all'), band('p', { class: 'pump' })], overrides: [over({ class: 'pump', off: true })] }), /bands\[1\]\.rule: rule 'p' could never fire: rules.overrides\[0\] switches/], // prettier-ignore
  ['above at a below of its signal', bands(band('a'), low('b', 90)), /bands\[1\]\.below: contradicts rule 'a': temperature would always be wrong, below 90 or above 90, for all equipment$/], // prettier-ignore
  ['above less than a below', bands(low('b', 95), band('a')), /bands\[1\]\.above: contradicts rule 'b': .*, above 90 or below 95/],
  ['the same for a class and for all', bands(band('a'), low('b', 95, { class: 'pump' })), /bands\[1\]\.below: contradicts rule 'a': .* for all equipment and class pump/], // prettier-ignore
  ['the same by an override', rules({ bands: [band('a'), low('b', 5)], overrides: [{ family: 'low', class: 'pump', limits: { b: 91 } }] }), /overrides\[0\]\.limits\.b: contradicts rule 'a'/], // prettier-ignore
  ['one problem in the bands of two classes, told once', { ...bands(band('a', { class: ['pump', 'fan'] }), band('b', { class: ['pump', 'fan'] })), equipment: [...EQUIPMENT, { match: 'F*', class: 'fan' }] }, /^ops-agent.yaml: rules\.bands\[1\]\.above: has the limit of rule 'a', 90/], // prettier-ignore
  ['an unknown behaviour', causes({ ...CAUSE, when: [{ signal: 'pressure', is: 'stedy' }] }), /when\[0\]\.is: must be one of .*, did you mean 'steady'\?/], // prettier-ignore
  ['a class’s cause without a pattern', causes({ class: 'pump', text: 'x' }), /causes\[0\]: must have when/],
  ['a class’s cause with a signal', causes({ ...CAUSE, signal: 'pressure' }), /causes\[0\]: must have when, and no signal/],
  ['a cause with actions and no class', causes({ signal: 'pressure', above: 1, text: 'x', actions: [] }), /causes\[0\]: must have a class/],
  ['a cause of nothing', causes({ text: 'x' }), /causes\[0\]: must have a signal and exactly one of above and below, or a class and when/],
  ['a cause’s id twice', causes({ ...CAUSE, id: 'a' }, { ...CAUSE, id: 'a' }), /causes\[1\]\.id: 'a' is the id of another cause/],
  ['a shipped cause’s id', causes({ ...CAUSE, id: 'pump-bearing' }), /causes\[0\]\.id: 'pump-bearing' is the id of another cause/],
  ['an unknown family', overrides({ family: 'temperatur', class: 'pump', deadband: 1 }), /overrides\[0\]\.family: there is no family 'temperatur', did you mean 'temperature'/], // prettier-ignore
  ['an unknown family’s delays', rules({ families: { flow: { deadband: 1 } } }), /rules\.families\.flow: there is no family 'flow'; there are temperature/], // prettier-ignore
  ['an unknown key of a family', rules({ families: { temperature: { deadbnd: 1 } } }), /families\.temperature\.deadbnd: unknown key, did you mean 'deadband'/], // prettier-ignore
  ['an unknown rule', overrides(over({ class: 'pump', limits: { al: 1 } })), /overrides\[0\]\.limits\.al: family 'temperature' has no rule 'al' for class pump, did you mean 'all'/], // prettier-ignore
  ['a rule of another scope', rules({ bands: [band('all'), band('p', { class: 'pump' })], overrides: [over({ class: 'pump', limits: { all: 1 } })] }), /limits\.all: family 'temperature' has no rule 'all' for class pump; it has p/], // prettier-ignore
  ['an override of what is not there', rules({ bands: [band('p', { equipment: 'P1' })], overrides: [over({ class: 'pump', deadband: 1 })] }), /overrides\[0\]\.family: family 'temperature' has no bands for class pump/], // prettier-ignore
  ['an override twice', overrides(over({ class: 'pump', deadband: 1 }), over({ class: ['pump'], deadband: 2 })), /overrides\[1\]\.class: adjusts family 'temperature' for class pump like rules.overrides\[0\]/], // prettier-ignore
  ['an override twice, in another case', overrides(over({ equipment: 'x1', deadband: 1 }), over({ equipment: 'X1', deadband: 2 })), /overrides\[1\]\.equipment: adjusts .* like rules.overrides\[0\]/], // prettier-ignore
  ['an override behind a wider one', overrides(over({ equipment: 'X*', deadband: 1 }), over({ equipment: 'X1', deadband: 2 })), /overrides\[1\]\.equipment: would never count: equipment 'X\*' of rules.overrides\[0\] comes first/], // prettier-ignore
  ['an override of nothing', overrides(over({ deadband: 1 })), /overrides\[0\]: must have exactly one of class and equipment/],
  ['an override that changes nothing', overrides(over({ class: 'pump' })), /overrides\[0\]: must have something to adjust/],
  ['an override that switches off and adjusts', overrides(over({ class: 'pump', off: true, deadband: 1 })), /overrides\[0\]: must have nothing else/], // prettier-ignore
  ['an override of what another switches off', overrides(over({ class: 'pump', off: true }), over({ equipment: 'PUMP_1', deadband: 1 })), /overrides\[1\]\.family: .* switched off for class pump by rules.overrides\[0\]/], // prettier-ignore
  ['an override whose limits fall together', rules({ bands: [band('a'), band('b', { above: 95 })], overrides: [over({ class: 'pump', limits: { a: 95 } })] }), /overrides\[0\]\.limits(?:\.a)?: has the limit of rule/], // prettier-ignore
  ['an override by which worse looks better', rules({ bands: [band('a'), band('b', { above: 95, severity: 'critical' })], overrides: [over({ class: 'pump', limits: { a: 97 } })] }), /overrides\[0\]\.limits\.a: high is less than critical of rule 'b'/], // prettier-ignore
  ['a pattern over several classes’ bands', rules({ bands: [band('all'), band('p', { class: 'pump' })], overrides: [over({ equipment: 'P*', deadband: 1 })] }), /overrides\[0\]\.equipment: 'P\*' is equipment of class pump, no class, whose bands of family 'temperature' differ/], // prettier-ignore
  ['patterns that share some equipment', rules({ bands: [band('all'), band('p', { equipment: 'X*' })], overrides: [over({ equipment: '*1', deadband: 1 })] }), /overrides\[0\]\.equipment: '\*1' shares some equipment with 'X\*'/], // prettier-ignore
  [
    'class and equipment at once',
    bands(band('a', { class: 'pump', equipment: 'P' })),
    /bands\[0\]: must not have both class and equipment/,
  ],
])('%s: named with its path', (_name, config, message) => {
  expect(refusal(config)).toMatch(message);
});

const TAG = '[default]{equipment_id}/ThroughputSetpoint';
const ACTION = { tag: TAG, set: 50, unit: '%', direction: 'decrease' };
const LIST = { tags: { allow: [{ path: '[default]{id}/ThroughputSetpoint', min: 20, max: 100, maxStep: 30, unit: '%' }] } };
const action = (...changes: object[]) => bands(band('a', { actions: changes.map((change) => ({ ...ACTION, set: undefined, ...change })) }));
const listed = (...changes: object[]) => ({ ...action(...changes), ...LIST });

test.each<[string, object, RegExp]>([
  ['no target', action({}), /actions\[0\]: must have exactly one of set, percentOfCurrent and delta/],
  ['two targets', action({ set: 1, delta: 1 }), /actions\[0\]: must have exactly one of set/],
  ['a negative percentage', action({ percentOfCurrent: -1 }), /actions\[0\]\.percentOfCurrent: rule 'a': must be at least 0, is -1/],
  ['a percentage that rises', action({ percentOfCurrent: 110 }), /percentOfCurrent: .* 110 would increase, but its direction is decrease/],
  [
    'one that falls',
    listed({ percentOfCurrent: 90, direction: 'increase' }),
    /percentOfCurrent: .* 90 would decrease, but its direction is increase/,
  ],
  ['one of 100', action({ percentOfCurrent: 100 }), /percentOfCurrent: .* 100 would change nothing/],
  ['one of a boolean', action({ percentOfCurrent: 50, type: 'boolean' }), /percentOfCurrent: .* a boolean is set/],
  ['a delta that rises', action({ delta: 5 }), /delta: .* 5 would increase, but its direction is decrease/],
  ['one that falls', listed({ delta: -5, direction: 'increase' }), /delta: .* -5 would decrease, but its direction is increase/],
  ['one of 0', action({ delta: 0 }), /delta: .* 0 would change nothing/],
  ['one of a boolean', action({ delta: -1, type: 'boolean' }), /delta: .* a boolean is set/],
  ['half a step of an integer', action({ delta: -0.5, type: 'integer' }), /delta: .* must be a whole number/],
  ['one beyond the largest step', listed({ delta: -31 }), /delta: .* the step -31 is larger than the 30/],
  ['one beyond the whole range', listed({ delta: -81 }), /delta: .* -81 is more than the whole range .* 20 to 100/],
  ['one without the tag’s direction', action({ delta: -5, direction: 'any' }), /direction: .* may only decrease/],
  ['another unit', action({ delta: -5, unit: 'rpm' }), /unit: .* is 'rpm', but tags.allow gives .* in '%'/],
  [
    'there and back',
    listed({ set: 50 }, { set: 60, direction: 'increase' }),
    /actions\[1\]\.direction: .* is to increase .* is to decrease/,
  ],
  [
    'there and back by a delta',
    listed({ delta: -5, direction: 'any' }, { delta: 5, direction: 'any' }),
    /actions\[1\]\.direction: .*increase/,
  ],
  ['a permissive that says nothing', action({ delta: -5, permissives: [{ tag: '[default]P/Mode' }] }), /permissives\[0\]: must have exactly one of equals, above and below/], // prettier-ignore
  ['a permissive without a path', action({ delta: -5, permissives: [{ tag: 'Mode', equals: 1 }] }), /actions\[0\]\.permissives: rule 'a': 'Mode' is not an absolute/], // prettier-ignore
  ['a permissive with the other placeholder', action({ delta: -5, permissives: [{ tag: '[default]{id}/Mode', equals: 1 }] }), /permissives: .* as \{equipment_id\}/], // prettier-ignore
  ['a cause’s action', causes({ ...CAUSE, id: 'c', actions: [{ ...ACTION, set: 101 }] }), /rules\.causes\[0\]\.actions\[0\]\.set: cause 'c': 101 is outside 0 to 100/], // prettier-ignore
])('%s: refused before anybody could approve it', (_name, config, message) => {
  expect(refusal(config)).toMatch(message);
});

test.each<[string, object]>([
  ['opposite sides that leave room', bands(band('a'), low('b', 89.9))],
  ['opposite sides of different signals', bands(band('a'), low('b', 95, { signal: 'pressure' }))],
  ['opposite sides for different classes', { ...bands(band('a', { class: 'pump' }), low('b', 95, { class: 'fan' })), equipment: [...EQUIPMENT, { match: 'FAN*', class: 'fan' }] }], // prettier-ignore
  ['opposite sides where a class has its own', bands(band('a'), band('p', { class: 'pump', above: 99 }), low('b', 95, { class: 'pump' }))],
  ['an override that overlaps another', overrides(over({ equipment: 'X1*', deadband: 1 }), over({ equipment: 'X*', deadband: 2 }))],
  ['a pattern that is a part of what is left out', rules({ bands: [band('a', { equipment: 'R_*' })] }, { source: { equipment: { exclude: ['R_9*'] } } })], // prettier-ignore
  ['a percentage that fits', action({ percentOfCurrent: 90 })],
  ['a delta at the largest step', listed({ delta: -30 })],
  ['a built-in family switched off for a class', rules({ overrides: [over({ class: 'pump', off: true })] })],
  ['the same tag twice in one direction', listed({ set: 80 }, { set: 60 })],
  ['an override of what none but some have', rules({ bands: [band('p', { class: 'pump' })], overrides: [over({ equipment: 'PUMP_1', deadband: 3 })] })], // prettier-ignore
])('%s: accepted', (_name, config) => {
  expect(refusal(config)).toBe('');
});
