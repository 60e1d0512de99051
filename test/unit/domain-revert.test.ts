import { expect, test } from '@jest/globals';
import type { Command } from '../../src/domain/command.ts';
import { NO_KEYS, signingKey } from '../../src/domain/key-ring.ts';
import { recommendationIdOf } from '../../src/domain/ids.ts';
import { linksBetween, revertOf } from '../../src/domain/revert.ts';
import type { TagPolicy } from '../../src/domain/tags.ts';
import type { ResolvedAction } from '../../src/domain/ticket.ts';
import { commandsOf, COOLING_TAG, LIVE_TAG, NOW, openRow, TAGS } from '../property/domain-fixtures.ts';

const BOTH_WAYS: TagPolicy = { allow: TAGS.allow.map((tag) => ({ ...tag, direction: 'any' })), deny: [] };
const LIVE = new Map([[LIVE_TAG, 75]]);
const WRITTEN: Partial<Command> = { status: 'executed', startedTimestamp: NOW };

/** The two commands of a high temperature (75 instead of 100, 1 instead of 0), with what became of them. */
function answer(edits: readonly Partial<Command>[], tags = BOTH_WAYS, keys = NO_KEYS, old: Partial<ResolvedAction> = {}) {
  const row = openRow();
  if (!row.ticket) throw new Error('an open row has a ticket');
  const ticket = { ...row.ticket, actions: row.ticket.actions.map((action) => ({ ...action, ...old }) as ResolvedAction) };
  const commands = commandsOf({ ...row, ticket }).map((command, index) => ({ command: { ...command, ...edits[index] }, ticket }));
  return revertOf(commands, { live: LIVE, tags, keys });
}

test('what was written is put back in the order against the one in which it was written', () => {
  expect(answer([WRITTEN, WRITTEN])).toEqual({
    actions: [
      { sequence: 1, tag: COOLING_TAG, value: 0, type: 'integer', unit: '', direction: 'decrease', old: null },
      { sequence: 2, tag: LIVE_TAG, value: 100, type: 'number', unit: '%', direction: 'increase', old: 75 },
    ],
  });
});

test('what permitted a write must permit its way back', () => {
  const permissives = [{ tag: '[default]R1/Mode', comparison: 'equals', value: 1 }] as const;
  expect(answer([WRITTEN], BOTH_WAYS, NO_KEYS, { permissives })).toMatchObject({ actions: [{ tag: LIVE_TAG, permissives }] });
});

test.each<[string, Partial<Command>, boolean]>([
  ['was written and read back', WRITTEN, true],
  ['is of unknown outcome', { status: 'unknown', startedTimestamp: NOW }, true],
  ['was taken and shows another value', { status: 'failed', startedTimestamp: NOW, failureCode: 'read_back_mismatch' }, true],
  ['could not be confirmed after a crash', { status: 'failed', failureCode: 'not_confirmed' }, true],
  ['was sent and then set back by somebody', { status: 'failed', failureCode: 'replayed' }, true],
  ['needed no write', { status: 'executed' }, false],
  ['was refused by the plant', { status: 'failed', startedTimestamp: NOW, failureCode: 'plant_refused' }, false],
  ['was cancelled before it was sent', { status: 'cancelled', failureCode: 'sequence_stopped' }, false],
])('a command that %s is put back: %s', (_what, first, isBack) => {
  const found = answer([first, { status: 'cancelled' }]);
  const back = { actions: [{ tag: LIVE_TAG, value: 100 }] };
  expect(found).toMatchObject(isBack ? back : { refused: 'nothing was written that could be put back' });
});

test.each<[string, Parameters<typeof answer>, string]>([
  ['its tag may not be moved back', [[WRITTEN], TAGS], 'may only decrease'],
  ['its tag is not allowed any more', [[WRITTEN], { allow: [], deny: [] }], 'is not on the allow list'],
  ['its tag is denied by now', [[WRITTEN], { ...BOTH_WAYS, deny: ['Throughput*'] }], 'is on the deny list'],
  ['the value from before could not be read', [[WRITTEN], BOTH_WAYS, NO_KEYS, { old: null }], 'before the write is not on record'],
  ['somebody edited the command', [[{ ...WRITTEN, oldValue: 40 }]], 'differs from the approved ticket in oldValue'],
  ['the command bears no signature', [[WRITTEN], BOTH_WAYS, [signingKey('a', '1'.repeat(32))]], 'bears no valid signature (missing)'],
])('nothing is put back where %s', (_what, given, reason) => {
  expect(answer(...given)).toMatchObject({ refused: expect.stringContaining(reason) });
});

const [EQUIPMENT, FAMILY_ID] = ['R1', 'temperature'];
const FIRST = recommendationIdOf(EQUIPMENT, FAMILY_ID, null);
const SECOND = recommendationIdOf(EQUIPMENT, FAMILY_ID, FIRST);
const THIRD = recommendationIdOf(EQUIPMENT, FAMILY_ID, SECOND);

test.each<[string, string, string | null, string, boolean]>([
  ['the row right before it', SECOND, FIRST, EQUIPMENT, true],
  ['one before that', THIRD, FIRST, EQUIPMENT, true],
  ['itself', SECOND, SECOND, EQUIPMENT, false],
  ['a later one', SECOND, THIRD, EQUIPMENT, false],
  ['a row of another equipment', SECOND, recommendationIdOf('R2', FAMILY_ID, null), EQUIPMENT, false],
  ['nothing', SECOND, null, EQUIPMENT, false],
  ['as another equipment the row before it', SECOND, FIRST, 'R2', false],
])('a row follows %s: by its id, whatever its column says', (_what, recommendationId, followsRecommendationId, equipmentId, is) => {
  const links = linksBetween({ recommendationId, equipmentId, issueFamily: FAMILY_ID, followsRecommendationId });
  expect(links).toEqual(is ? (recommendationId === THIRD ? [SECOND] : []) : null);
});
