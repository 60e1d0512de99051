import { expect, test } from '@jest/globals';
import { issuedCopy, ticketFrom } from '../../src/domain/audit-copy.ts';
import { checkDispatch, type DispatchContext, isReadBack, tagsToCheck } from '../../src/domain/check-dispatch.ts';
import { brokenSeals, sealedColumnsOf } from '../../src/domain/command.ts';
import { NO_KEYS } from '../../src/domain/key-ring.ts';
import { deriveCommands } from '../../src/domain/derive-commands.ts';
import { judgeReadiness, type ReadinessContext, tagsToRead } from '../../src/domain/readiness.ts';
import { type OpenRecommendation, ticketOf } from '../../src/domain/recommendation.ts';
import { refuseForeignCommands } from '../../src/domain/refuse-commands.ts';
import { resolveAction, resolveAgain } from '../../src/domain/resolve-action.ts';
import type { ActionTemplate, Permissive, Target } from '../../src/domain/rules.ts';
import type { AllowedTag, TagPolicy } from '../../src/domain/tags.ts';
import { type Action, isUnedited, type Ticket, ticketHash } from '../../src/domain/ticket.ts';
import { acceptedRow, commandsOf, draftOf, LIVE_TAG, NOW, sending } from '../property/domain-fixtures.ts';

const MODE_TAG = '[default]R1/Mode';
const LIMITS: AllowedTag = { path: '[default]{id}/ThroughputSetpoint', min: 0, max: 100, type: 'number', unit: '%', direction: 'any' };
const TAGS: TagPolicy = { allow: [LIMITS], deny: [] };
const IN_REMOTE: Permissive = { tag: '[default]{equipment_id}/Mode', comparison: 'equals', value: 1 };

const percent = (value: number): Target => ({ kind: 'percentOfCurrent', percent: value });
const delta = (by: number): Target => ({ kind: 'delta', by });

function template(target: Target, overrides: Partial<ActionTemplate> = {}): ActionTemplate {
  return {
    tag: '[default]{equipment_id}/ThroughputSetpoint',
    target,
    type: 'number',
    unit: '%',
    direction: 'any',
    permissives: [],
    ...overrides,
  };
}

function limits(overrides: Partial<AllowedTag>): TagPolicy {
  return { allow: [{ ...LIMITS, ...overrides }], deny: [] };
}

function resolve(target: Target, live?: number, overrides: Partial<ActionTemplate> = {}, tags = TAGS): Action {
  return resolveAction(template(target, overrides), 1, 'R1', () => live, tags);
}

/** The value, or the code of the refusal. */
function valueOf({ value, ...action }: Action): number | string {
  return value ?? ('refusal' in action ? (action.refusal?.code ?? 'none') : 'none');
}

test.each<[string, Target, number, Partial<ActionTemplate>, number | string]>([
  ['half of 80', percent(50), 80, { direction: 'decrease' }, 40],
  ['half of 40, which an absolute 50 would raise', percent(50), 40, { direction: 'decrease' }, 20],
  ['half of nothing', percent(50), 0, { direction: 'decrease' }, 0],
  ['a third more', percent(110), 50, { direction: 'increase' }, 55],
  ['30 % of 4.1 without the noise of its last digit', percent(30), 4.1, {}, 1.23],
  ['10 less', delta(-10), 80, { direction: 'decrease' }, 70],
  ['10 more', delta(10), 80, { direction: 'increase' }, 90],
  ['0.2 more than 0.1', delta(0.2), 0.1, {}, 0.3],
  ['more, where the rule says decrease', percent(120), 50, { direction: 'decrease' }, 'wrong_direction'],
  ['less, where the rule says increase', delta(-1), 50, { direction: 'increase' }, 'wrong_direction'],
  ['more than the greatest', delta(30), 80, {}, 'out_of_limits'],
  ['less than the smallest', delta(-30), 20, {}, 'out_of_limits'],
  ['a percentage of a boolean', percent(0), 1, { type: 'boolean' }, 'wrong_type'],
  ['a live value that is no number', percent(50), Number.NaN, {}, 'wrong_type'],
  ['a tag that is not listed', percent(50), 80, { tag: '[default]{equipment_id}/Other' }, 'tag_not_allowed'],
  ['a whole number of 81, down, not further than half', percent(50), 81, { type: 'integer' }, 41],
  ['a whole number of 25, up, not further than a tenth', percent(110), 25, { type: 'integer' }, 27],
  ['258.4 % of 125, whatever doubles make of it', percent(258.4), 125, { type: 'integer', tag: '[default]{equipment_id}/Wide' }, 323],
  ['a whole number that no step reaches', percent(50), 1, { type: 'integer' }, 1],
  ['a whole number where only one beyond the live value is left', delta(-0.4), 80.6, { type: 'integer' }, 'wrong_direction'],
  ['all of a live value that is no whole number', percent(100), 80.6, { type: 'integer' }, 'wrong_type'],
])('%s: %s', (_what, target, live, overrides, expected) => {
  const { type = 'number' } = overrides;
  const allow: AllowedTag[] = [
    { ...LIMITS, type },
    { ...LIMITS, type, path: '[default]{id}/Wide', max: 1000 },
  ];
  expect(valueOf(resolve(target, live, overrides, { allow, deny: [] }))).toBe(expected);
});

test('half of a negative value is more, and no decrease', () => {
  const action = resolve(percent(50), -40, { direction: 'decrease' }, limits({ min: -100 }));
  expect(action).toMatchObject({ value: null, old: -40, refusal: { code: 'wrong_direction', reason: '-40 to -20 is no decrease' } });
});

test('a step larger than the tag allows, or another way than it may move, is refused with a sentence and never made smaller', () => {
  expect(resolve(percent(50), 80, {}, limits({ maxStep: 30 }))).toMatchObject({
    value: null,
    refusal: { code: 'step_too_large', reason: 'the step from 80 to 40 is larger than 30' },
  });
  expect(valueOf(resolve(percent(50), 80, {}, limits({ maxStep: 40 })))).toBe(40);
  expect(valueOf(resolve(delta(5), 80, {}, limits({ direction: 'decrease' })))).toBe('wrong_direction');
  expect(valueOf(resolve(delta(-5), 80, {}, limits({ direction: 'decrease' })))).toBe(75);
});

test('a relative target of what cannot be read has no value, and keeps what it is to be made from', () => {
  const action = resolve(percent(50), undefined, { permissives: [IN_REMOTE] });
  expect(action).toEqual({
    sequence: 1,
    tag: LIVE_TAG,
    value: null,
    type: 'number',
    unit: '%',
    direction: 'any',
    old: null,
    target: percent(50),
    permissives: [{ tag: MODE_TAG, comparison: 'equals', value: 1 }],
  });
});

test('a value that is set needs no live value, keeps no target, and keeps its permissives', () => {
  expect(Object.keys(resolve({ kind: 'set', value: 50 }))).toEqual(['sequence', 'tag', 'value', 'type', 'unit', 'direction', 'old']);
  expect(resolve({ kind: 'set', value: 50 }, undefined, { permissives: [IN_REMOTE] })).toMatchObject({
    value: 50,
    permissives: [{ tag: MODE_TAG, comparison: 'equals', value: 1 }],
  });
});

test('resolved again, a relative target follows the live value and a set one stays', () => {
  const half = resolve(percent(50), 80);
  expect(resolveAgain(half, 60, TAGS)).toEqual({ ...half, old: 60, value: 30 });
  expect(resolveAgain(half, undefined, TAGS)).toBe(half);
  expect(resolveAgain(resolve(percent(50)), 60, TAGS)).toEqual({ ...half, old: 60, value: 30 });
  expect(resolveAgain(resolve(delta(30), 80), 60, TAGS)).toEqual(resolve(delta(30), 60));
  expect(resolveAgain(resolve({ kind: 'set', value: 50 }, 80), 60, TAGS)).toEqual(resolve({ kind: 'set', value: 50 }, 60));
});

function ticketWith(...actions: readonly Action[]): Ticket {
  return ticketOf(
    acceptedRow(),
    actions.map((action, index) => ({ ...action, sequence: index + 1 })),
  );
}

const HALF = resolve(percent(50), 80, { direction: 'decrease' });
const GUARDED = resolve(percent(50), 80, { direction: 'decrease', permissives: [IN_REMOTE] });

function readiness(ticket: Ticket, live: Readonly<Record<string, number>>, context: Partial<ReadinessContext> = {}) {
  const values = new Map(Object.entries(live));
  return judgeReadiness(ticket, { condition: 'holds', tags: TAGS, live: values, driftPercent: 5, tolerancePercent: 0.5, ...context });
}

test.each<[string, Action, Readonly<Record<string, number>>, Partial<ReadinessContext>, object]>([
  ['nothing moved', HALF, { [LIVE_TAG]: 80 }, {}, { kind: 'ready' }],
  ['the plant is beyond the value', HALF, { [LIVE_TAG]: 20 }, {}, { kind: 'ready' }],
  ['it moved by more than it may', HALF, { [LIVE_TAG]: 60 }, {}, { kind: 'renew', actions: [{ old: 60, value: 30 }] }],
  [
    'it moved to where the step is too large',
    resolve(percent(50), 80, {}, limits({ maxStep: 40 })),
    { [LIVE_TAG]: 81 },
    { tags: limits({ maxStep: 40 }) },
    { kind: 'renew', actions: [{ old: 81, value: null, refusal: { code: 'step_too_large' } }] },
  ],
  [
    'it moved beyond a step that was to go either way',
    resolve(delta(-2), 80),
    { [LIVE_TAG]: 76 },
    {},
    // Writing 78 now would raise what was to be lowered.
    { kind: 'ready' },
  ],
  [
    'the live value is still not known',
    resolve(percent(50)),
    {},
    {},
    { kind: 'wait', reason: `the live value of '${LIVE_TAG}' cannot be read` },
  ],
  [
    'the live value is known now',
    resolve(percent(50)),
    { [LIVE_TAG]: 80 },
    {},
    { kind: 'renew', reason: `'${LIVE_TAG}' can be read now and says 80`, actions: [{ old: 80, value: 40 }] },
  ],
  ['its step was refused', resolve(delta(30), 80), { [LIVE_TAG]: 80 }, {}, { kind: 'refuse', code: 'out_of_limits' }],
  [
    'its step was refused and the plant moved',
    resolve(delta(30), 80),
    { [LIVE_TAG]: 60 },
    {},
    { kind: 'renew', actions: [{ old: 60, value: 90 }] },
  ],
  [
    'its step was refused and the limits are wider now',
    resolve(delta(30), 80),
    { [LIVE_TAG]: 80 },
    { tags: limits({ max: 200 }) },
    { kind: 'renew', actions: [{ old: 80, value: 110 }] },
  ],
  ['its limits were narrowed', HALF, { [LIVE_TAG]: 80 }, { tags: limits({ min: 50 }) }, { kind: 'cancel', code: 'out_of_limits' }],
  ['its permissive is met', GUARDED, { [LIVE_TAG]: 80, [MODE_TAG]: 1 }, {}, { kind: 'ready' }],
  [
    'its permissive is not met',
    GUARDED,
    { [LIVE_TAG]: 80, [MODE_TAG]: 2 },
    {},
    { kind: 'wait', reason: `'${MODE_TAG}' must be 1 and is 2` },
  ],
  [
    'its permissive cannot be read',
    GUARDED,
    { [LIVE_TAG]: 80 },
    {},
    { kind: 'wait', reason: `'${MODE_TAG}' must be 1 and cannot be read` },
  ],
  ['its permissive is not met and nothing is to be written', GUARDED, { [LIVE_TAG]: 40, [MODE_TAG]: 2 }, {}, { kind: 'ready' }],
  ['its permissive is not met and it moved', GUARDED, { [LIVE_TAG]: 60, [MODE_TAG]: 2 }, {}, { kind: 'renew' }],
  [
    'its permissive names no absolute tag',
    resolve(percent(50), 80, { permissives: [{ ...IN_REMOTE, tag: '[.]Mode' }] }),
    { [LIVE_TAG]: 80 },
    {},
    { kind: 'cancel', code: 'tag_invalid' },
  ],
  [
    'the condition cleared',
    resolve(delta(30), 80),
    { [LIVE_TAG]: 80 },
    { condition: 'cleared' },
    { kind: 'cancel', code: 'condition_cleared' },
  ],
])('an accepted approval where %s', (_what, action, live, context, expected) => {
  expect(readiness(ticketWith(action), live, context)).toMatchObject(expected);
});

test('one step that cannot be carried out keeps the whole ticket from being carried out in part', () => {
  const ticket = ticketWith(HALF, resolve(delta(30), 80));
  expect(readiness(ticket, { [LIVE_TAG]: 80 })).toMatchObject({ kind: 'refuse', code: 'out_of_limits' });
  expect(readiness(ticketWith(HALF, GUARDED), { [LIVE_TAG]: 80, [MODE_TAG]: 0 })).toMatchObject({ kind: 'wait' });
  expect(readiness(ticketWith(GUARDED, resolve(percent(50))), { [LIVE_TAG]: 80, [MODE_TAG]: 0 })).toMatchObject({ kind: 'renew' });
});

test.each<[Permissive['comparison'], number, number, boolean]>([
  ['equals', 1, 1, true],
  ['equals', 1, 1 + 1e-10, true],
  ['equals', 1, 1 + 1e-8, false],
  ['equals', 1e6, 1e6 + 1e-4, true],
  ['equals', 0, 0, true],
  ['equals', 0, 1e-12, false],
  ['equals', 1, Number.NaN, false],
  ['above', 20, 20.1, true],
  ['above', 20, 20, false],
  ['below', 20, 19.9, true],
  ['below', 20, 20, false],
  ['below', 20, Number.NaN, false],
])('a permissive that wants %s %d and finds %d is met: %s', (comparison, value, found, met) => {
  const guarded = resolve(percent(50), 80, { permissives: [{ ...IN_REMOTE, comparison, value }] });
  expect(readiness(ticketWith(guarded), { [LIVE_TAG]: 80, [MODE_TAG]: found }).kind).toBe(met ? 'ready' : 'wait');
});

test('what has to be read is the tags that are written and those that permit it', () => {
  expect(tagsToRead(ticketWith(HALF, GUARDED))).toEqual([LIVE_TAG, LIVE_TAG, MODE_TAG]);
});

function executing(...actions: readonly Action[]): OpenRecommendation {
  const ticket = ticketWith(...actions);
  return acceptedRow({ status: 'executing', guardedStatus: 'executing', ticket, actions: ticket.actions, actionHash: ticketHash(ticket) });
}

function dispatch(action: Action, live: Readonly<Record<string, number>>, context: Partial<DispatchContext> = {}) {
  const row = executing(action);
  const [command] = commandsOf(row, { status: 'executing', claimedBy: 'RUN', notAfter: NOW });
  if (!command) throw new Error('one action is one command');
  const values = new Map(Object.entries(live));
  const given = { ...sending(row.ticket, values), tags: TAGS, ...context };
  return { verdict: checkDispatch(command, given), tags: action.value === null ? [] : tagsToCheck(action) };
}

test.each<[string, Action, Readonly<Record<string, number>>, object]>([
  ['as approved', HALF, { [LIVE_TAG]: 80 }, { kind: 'write', action: { value: 40 } }],
  ['with its permissive', GUARDED, { [LIVE_TAG]: 80, [MODE_TAG]: 1 }, { kind: 'write' }],
  [
    'whose permissive was lost',
    GUARDED,
    { [LIVE_TAG]: 80, [MODE_TAG]: 0 },
    { kind: 'return', code: 'permissive_not_met', reason: `'${MODE_TAG}' must be 1 and is 0` },
  ],
  ['whose permissive cannot be read', GUARDED, { [LIVE_TAG]: 80 }, { kind: 'return', code: 'permissive_not_readable' }],
  ['that has nothing to write, permitted or not', GUARDED, { [LIVE_TAG]: 40, [MODE_TAG]: 0 }, { kind: 'satisfied' }],
  ['whose live value moved up since', HALF, { [LIVE_TAG]: 95 }, { kind: 'refuse', code: 'drifted' }],
  ['whose live value moved down since', HALF, { [LIVE_TAG]: 50 }, { kind: 'refuse', code: 'drifted' }],
  ['whose live value moved a little', HALF, { [LIVE_TAG]: 76 }, { kind: 'write' }],
  ['that would raise what it was to lower', resolve(delta(-2), 80), { [LIVE_TAG]: 76 }, { kind: 'satisfied' }],
  ['of a value that was set, wherever the plant is', resolve({ kind: 'set', value: 40 }, 80), { [LIVE_TAG]: 95 }, { kind: 'write' }],
])('a claimed command %s', (_what, action, live, expected) => {
  expect(dispatch(action, live).verdict).toMatchObject(expected);
});

test('a step smaller than the tolerance is written, and confirmed only by a value nearer to it than to the one before', () => {
  const small = resolve(delta(-0.4), 80, { direction: 'decrease' });
  expect(dispatch(small, { [LIVE_TAG]: 80 }).verdict).toMatchObject({ kind: 'write', action: { value: 79.6 } });
  expect(readiness(ticketWith({ ...small, permissives: GUARDED.permissives ?? [] }), { [LIVE_TAG]: 80, [MODE_TAG]: 0 }).kind).toBe('wait');
  if (small.value === null) throw new Error('the live value is known');
  expect(isReadBack(small, LIMITS, 79.7, 0.5)).toBe(true);
  expect(isReadBack(small, LIMITS, 80, 0.5)).toBe(false);
});

test('a command is checked against what one read says of its tag and of its permissives', () => {
  expect(dispatch(GUARDED, {}).tags).toEqual([LIVE_TAG, MODE_TAG]);
  expect(dispatch(HALF, {}).tags).toEqual([LIVE_TAG]);
});

test.each([
  ['that could not be resolved', resolve(percent(50))],
  ['that was refused', resolve(delta(30), 80)],
])('a command of a step %s is refused however it came to be one', (_what, action) => {
  expect(dispatch(action, { [LIVE_TAG]: 80 }).verdict).toMatchObject({ kind: 'refuse', code: 'ticket_mismatch' });
  const row = executing(action);
  const draft = draftOf([row]);
  expect(deriveCommands(draft, row, { agentId: 'AGENT', now: NOW, keys: NO_KEYS })).toMatchObject([{ newValue: null }]);
  expect(refuseForeignCommands(draft, { now: NOW, keys: NO_KEYS, announced: new Set() })).toHaveLength(1);
  expect(draft.commands).toMatchObject([{ status: 'failed', failureCode: 'ticket_mismatch' }]);
});

test('what permits a step, and what its value was made from, is sealed in the ticket', () => {
  const ticket = ticketWith(GUARDED);
  const stored = { actions: JSON.parse(JSON.stringify(ticket.actions)) as unknown, actionHash: ticketHash(ticket) };
  expect(isUnedited(ticket, stored)).toBe(true);
  const without = ticketWith(HALF);
  expect(isUnedited(ticket, { ...stored, actions: without.actions })).toBe(false);
  expect(ticketHash(ticketWith({ ...HALF, target: { kind: 'percentOfCurrent', percent: 60 } }))).not.toBe(ticketHash(without));
  const [command] = commandsOf(executing(GUARDED));
  if (!command) throw new Error('one action is one command');
  expect(brokenSeals({ ...command, newValue: '10' }, ticket)).toEqual(['newValue']);
  expect(sealedColumnsOf(ticket, resolve(percent(50)))).toMatchObject({ newValue: null, oldValue: null });
});

test.each<[string, object, boolean]>([
  ['as issued', {}, true],
  ['without its target', { target: undefined }, true],
  ['unresolved', { value: null, old: null }, true],
  ['refused', { value: null, refusal: { code: 'out_of_limits', reason: 'x' } }, true],
  ['with neither value nor target', { value: null, target: undefined }, false],
  ['with a value although it was refused', { refusal: { code: 'out_of_limits', reason: 'x' } }, false],
  ['with a refusal that is a text', { value: null, refusal: 'no' }, false],
  ['with a target of another kind', { target: { kind: 'set', value: 1 } }, false],
  ['with a difference in words', { target: { kind: 'delta', by: '-10' } }, false],
  ['with a permissive that compares otherwise', { permissives: [{ tag: MODE_TAG, comparison: 'near', value: 1 }] }, false],
  ['with a permissive without a value', { permissives: [{ tag: MODE_TAG, comparison: 'equals' }] }, false],
  ['with permissives that are no list', { permissives: { tag: MODE_TAG } }, false],
])('an action in the audit %s is, or is not, one that could have been issued: %#', (_what, edit, sound) => {
  const ticket = ticketWith(GUARDED);
  const copy = JSON.parse(JSON.stringify(issuedCopy({ ...ticket, actions: [{ ...GUARDED, ...edit }] }))) as unknown;
  expect(ticketFrom(copy) !== null).toBe(sound);
});
