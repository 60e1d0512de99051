import { newRunId } from '../../src/cli/run-id.ts';
import { expect, test } from '@jest/globals';
import { brokenSeals, type Command, sealedColumnsOf } from '../../src/domain/command.ts';
import { eventOf } from '../../src/domain/event.ts';
import { commandIdOf, eventIdOf, recommendationIdOf } from '../../src/domain/ids.ts';
import type { Ticket } from '../../src/domain/ticket.ts';
import { canonicalJson, hashOf, isUnedited, ticketHash } from '../../src/domain/ticket.ts';
import { commandsOf, openRow, RUN } from '../property/domain-fixtures.ts';

const ROW = openRow();
const TICKET = ROW.ticket as Ticket; // openRow always makes one

function firstCommand(): Command {
  const [command] = commandsOf(ROW);
  if (!command) throw new Error('the high band has two actions');
  return command;
}

test('canonical JSON sorts keys at every depth and keeps the order of lists', () => {
  expect(canonicalJson({ b: [{ d: 1, c: null }, 2], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1},2]}');
});

test('the hash of a ticket is a SHA-256 of fixed bytes, the same on every machine', () => {
  expect(hashOf({ b: 1, a: 2 })).toBe('d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772');
});

test('a ticket of values that rules set has the bytes that it always had', () => {
  expect(ticketHash(TICKET)).toBe('7baeab08f7f999619817fee2693c590bc840f227c35217247c37cf6d2c386002');
  expect(JSON.stringify(TICKET.actions[0])).toBe(
    '{"sequence":1,"tag":"[default]R1/ThroughputSetpoint","value":75,"type":"number","unit":"%","direction":"decrease","old":100}',
  );
});

test('an unedited row has the ticket, its hash and its actions, whatever the order of their keys', () => {
  const reordered: unknown = TICKET.actions.map((action) => Object.fromEntries(Object.entries(action).toReversed()));
  expect(isUnedited(TICKET, ROW)).toBe(true);
  expect(isUnedited(TICKET, { actions: reordered, actionHash: ticketHash(TICKET) })).toBe(true);
});

test.each([
  ['no actions', { ...ROW, actions: [] }],
  ['a text instead of actions', { ...ROW, actions: canonicalJson(TICKET.actions) }],
  ['null for the actions', { ...ROW, actions: null }],
  ['undefined for the actions', { ...ROW, actions: undefined }],
  ['no hash', { ...ROW, actionHash: null }],
  ['a hash in capitals', { ...ROW, actionHash: ROW.actionHash?.toUpperCase() ?? null }],
  ['an action more', { ...ROW, actions: [...TICKET.actions, ...TICKET.actions] }],
  ['the actions in another order', { ...ROW, actions: TICKET.actions.toReversed() }],
  ['edited actions with a hash made for them', { actions: [], actionHash: ticketHash({ ...TICKET, actions: [] }) }],
])('%s: the row was edited', (_what, stored) => {
  expect(isUnedited(TICKET, stored)).toBe(false);
});

test.each<[keyof Command, Partial<Command>]>([
  ['commandId', { commandId: 'another' }],
  ['recommendationId', { recommendationId: 'another' }],
  ['equipmentId', { equipmentId: 'R2' }],
  ['tagPath', { tagPath: '[default]R1/EmergencyStop' }],
  ['newValue', { newValue: '75.0' }],
  ['valueType', { valueType: 'boolean' }],
  ['unit', { unit: null }],
  ['direction', { direction: 'any' }],
  ['oldValue', { oldValue: null }],
  ['severity', { severity: 'low' }],
  ['sequence', { sequence: 9 }],
  ['sequence', { sequence: null }],
])('a command with an edited %s is named for exactly that column', (column, edit) => {
  expect(brokenSeals({ ...firstCommand(), ...edit }, TICKET)).toEqual([column]);
});

test('two edited columns are both named, and what is not sealed may differ', () => {
  expect(brokenSeals({ ...firstCommand(), newValue: '0', unit: 'kg' }, TICKET)).toEqual(['newValue', 'unit']);
  expect(brokenSeals({ ...firstCommand(), status: 'executing', attempt: 3, claimedBy: 'run', executionResult: 'x' }, TICKET)).toEqual([]);
});

test('the same ticket always becomes the same command', () => {
  const [action] = TICKET.actions;
  if (!action) throw new Error('the high band has two actions');
  expect(sealedColumnsOf(TICKET, action)).toEqual(sealedColumnsOf(structuredClone(TICKET), { ...action }));
  expect(sealedColumnsOf(TICKET, action)).toMatchObject({ newValue: '75', oldValue: 100, tagPath: '[default]R1/ThroughputSetpoint' });
});

test('ids are the same for the same thing and fixed for all time', () => {
  expect(recommendationIdOf('R1', 'temperature', null)).toBe(recommendationIdOf('R1', 'temperature', null));
  expect(recommendationIdOf('REACTOR_01', 'temperature', null)).toBe('a3e61e17-6ca7-5aab-80d2-6ed145917894');
  expect(newRunId()).not.toBe(newRunId());
});

test.each([
  [recommendationIdOf('A', 'BC', null), recommendationIdOf('AB', 'C', null)],
  [recommendationIdOf('A","B', 'C', null), recommendationIdOf('A', 'B","C', null)],
  [recommendationIdOf('A', 'B', null), recommendationIdOf('A', 'B', 'x')],
  [commandIdOf('r', 1), commandIdOf('r', 11)],
  [commandIdOf('r1', 1), commandIdOf('r', 11)],
  [eventIdOf('r', 's', 'e', '1'), eventIdOf('r', 's', 'e', '2')],
  [eventIdOf('r', 's', 'e', '-'), recommendationIdOf('r', 's', 'e')],
])('parts that run into each other give other ids: %s and %s', (a, b) => {
  expect(a).not.toBe(b);
});

test('an event without its own actor is the agent’s, and recording it again has the same id', () => {
  const text = { subjectType: 'feed', subjectId: 'x', event: 'feed_silent' } as const;
  expect(eventOf(RUN, text)).toEqual(eventOf(RUN, text));
  expect(eventOf(RUN, text)).toMatchObject({ actor: 'AGENT', fromStatus: null, toStatus: null, reason: null, before: null, after: null });
  expect(eventOf(RUN, { ...text, step: '2' }).eventId).not.toBe(eventOf(RUN, text).eventId);
});
