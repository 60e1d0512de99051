import { expect, test } from '@jest/globals';
import { decideSituation } from '../../src/domain/decide-recommendations.ts';
import type { DetectedState } from '../../src/domain/detection.ts';
import type { Decision, DecisionContext, EarlierStates, Situation } from '../../src/domain/situation.ts';
import { acceptedRow, control, FAMILY, history, NOW, openRow, SECOND, state } from '../property/domain-fixtures.ts';

const CONTEXT: DecisionContext = { now: NOW, maxAgeSeconds: 300, controls: [], backlogUpTo: null };
const SLICE_END = NOW - 7200 * SECOND;
const CATCHING_UP: DecisionContext = { ...CONTEXT, backlogUpTo: SLICE_END };
const BEGAN = NOW - 60 * SECOND;
const past = (seconds: number) => SLICE_END - seconds * SECOND;

function earlier(part: DetectedState['part'], peak: number, isOver: boolean): EarlierStates {
  const end = part === 'live' ? BEGAN : SLICE_END;
  const lastAt = end - 10 * SECOND;
  const firstAt = end - 200 * SECOND;
  const raisedTo = isOver ? end - 100 * SECOND : lastAt;
  const clear = isOver ? { last: 70, clearSince: end - 90 * SECOND } : {};
  return { [part]: state(part, { isEarlier: true, peak, firstAt, raisedTo, lastAt, ...clear }) };
}

function decide(situation: Partial<Situation>, context: DecisionContext = CONTEXT): readonly Decision[] {
  const { open } = situation;
  const whole = { equipmentId: 'R1', family: FAMILY, live: undefined, backlog: undefined, newest: open, open, ...situation };
  return decideSituation(whole, context);
}

function kinds(decisions: readonly Decision[]): string {
  return decisions.map(({ kind }) => kind).join(' ') || 'nothing';
}

const OPEN = openRow({ severity: 'high', firstDetectedTimestamp: BEGAN, lastAccountedTimestamp: NOW - 30 * SECOND });
const APPROVED = acceptedRow({ severity: 'high', firstDetectedTimestamp: BEGAN });
const EXECUTING = acceptedRow({ status: 'executing', guardedStatus: 'executing', firstDetectedTimestamp: BEGAN });
const WITHDRAWN = history('withdrawn', { severity: 'high', firstDetectedTimestamp: BEGAN });
const REJECTED = history('rejected', { severity: 'high', firstDetectedTimestamp: BEGAN, quietUntil: NOW + 900 * SECOND });

test.each<[string, Partial<Situation>, DecisionContext, string]>([
  ['late ones that were over before an open row', { open: OPEN, earlier: earlier('live', 97, true) }, CONTEXT, 'record'],
  ['late ones of an open row, no worse', { open: OPEN, earlier: earlier('live', 92, false) }, CONTEXT, 'extend'],
  ['late ones of an open row, worse', { open: OPEN, earlier: earlier('live', 97, false) }, CONTEXT, 'escalate'],
  ['late ones of an approved row, worse', { open: APPROVED, earlier: earlier('live', 97, false) }, CONTEXT, 'open'],
  ['late ones of an executing row, worse', { open: EXECUTING, earlier: earlier('live', 97, false) }, CONTEXT, 'extend'],
  ['late ones that were over before an ended row', { newest: WITHDRAWN, earlier: earlier('live', 92, true) }, CONTEXT, 'record'],
  ['late ones of an ended row, no worse', { newest: WITHDRAWN, earlier: earlier('live', 92, false) }, CONTEXT, 'extend'],
  ['late ones of an ended row, worse', { newest: WITHDRAWN, earlier: earlier('live', 97, false) }, CONTEXT, 'record'],
  ['late ones of a rejected row, whose hold goes on', { newest: REJECTED, earlier: earlier('live', 97, true) }, CONTEXT, 'record'],
  ['a slice before an open row, over', { open: OPEN, earlier: earlier('backlog', 97, true) }, CATCHING_UP, 'record'],
  ['a slice before an ended row, over', { newest: REJECTED, earlier: earlier('backlog', 97, true) }, CATCHING_UP, 'record'],
  [
    'a slice before an open row, cut in two',
    { open: OPEN, earlier: earlier('backlog', 97, false) },
    { ...CATCHING_UP, backlogUpTo: past(201) },
    'nothing',
  ],
  ['a slice before an open row, cut since it is too long', { open: OPEN, earlier: earlier('backlog', 97, false) }, CATCHING_UP, 'escalate'],
  ['the beginning of the live range, over, while catching up', { open: OPEN, earlier: earlier('live', 97, true) }, CATCHING_UP, 'nothing'],
  [
    "the beginning of the live range, the row's own, while catching up",
    { open: OPEN, earlier: earlier('live', 97, false) },
    CATCHING_UP,
    'escalate',
  ],
  ['rows that arrived late, over or not', { open: OPEN, earlier: earlier('late', 97, false) }, CONTEXT, 'record'],
  ['shelved equipment', { open: OPEN, earlier: earlier('live', 97, true) }, { ...CONTEXT, controls: [control('shelved')] }, 'withdraw'],
  [
    'shelved equipment without an open row',
    { newest: WITHDRAWN, earlier: earlier('live', 97, true) },
    { ...CONTEXT, controls: [control('shelved')] },
    'nothing',
  ],
])('violations that are older than the newest row: %s', (_what, situation, context, expected) => {
  expect(kinds(decide(situation, context))).toBe(expected);
});

test('an earlier episode stands beside the row, with its own violations, and is no link of its chain', () => {
  const [decision] = decide({ open: OPEN, earlier: earlier('live', 97, true) });
  expect(decision).toMatchObject({
    kind: 'record',
    proposal: {
      beside: { recommendationId: OPEN.recommendationId },
      predecessor: null,
      firstDetectedAt: BEGAN - 200 * SECOND,
      accountedTo: BEGAN - 100 * SECOND,
      band: { severity: 'critical' },
    },
  });
});

test('what the row is since earlier is said once, by the oldest part that shows it', () => {
  const both = { ...earlier('backlog', 92, false), ...earlier('live', 92, false) };
  const open = openRow({ ...OPEN, firstDetectedTimestamp: SLICE_END });
  const [decision, ...others] = decide({ open, earlier: both }, CATCHING_UP);
  expect(decision).toMatchObject({ kind: 'extend', firstDetectedAt: past(200) });
  expect(others).toEqual([]);
});

test('an escalation by earlier readings leaves what the row accounts for as it was', () => {
  const [decision] = decide({ open: OPEN, earlier: earlier('live', 97, false) });
  expect(decision).toMatchObject({ proposal: { firstDetectedAt: BEGAN - 200 * SECOND, accountedTo: OPEN.lastAccountedTimestamp } });
});

test('the first part of an episode that is too long for a slice can make a row worse, and is not taken for its beginning', () => {
  const cut = { earlier: earlier('backlog', 92, false) };
  expect(kinds(decide({ open: OPEN, ...cut }, CATCHING_UP))).toBe('nothing');
  expect(kinds(decide({ newest: WITHDRAWN, ...cut }, CATCHING_UP))).toBe('nothing');
  const worse = { earlier: earlier('backlog', 97, false) };
  for (const open of [OPEN, APPROVED]) {
    const [decision] = decide({ open, ...worse }, CATCHING_UP);
    expect(decision).toMatchObject({
      proposal: { firstDetectedAt: open.firstDetectedTimestamp, accountedTo: open.lastAccountedTimestamp, peak: { value: 97 } },
    });
  }
  const bordering = openRow({ ...OPEN, firstDetectedTimestamp: SLICE_END });
  expect(decide({ open: bordering, ...cut }, CATCHING_UP)).toMatchObject([{ kind: 'extend', firstDetectedAt: past(200) }]);
});

test('what is worse now is seen beside an earlier episode; once earlier readings made it worse, by the next cycle', () => {
  const live = state('live', { peak: 97 });
  expect(kinds(decide({ open: OPEN, live, earlier: earlier('live', 92, true) }))).toBe('record escalate');
  expect(kinds(decide({ open: openRow({ ...OPEN, severity: 'medium' }), live, earlier: earlier('live', 92, false) }))).toBe('escalate');
  expect(kinds(decide({ newest: WITHDRAWN, live, earlier: earlier('live', 97, true) }))).toBe('record open');
});

test('what came and went while the sensor was not to be believed is no earlier episode', () => {
  expect(decide({ open: OPEN, earlier: earlier('live', 97, true) }, { ...CONTEXT, disbelief: () => true })).toEqual([]);
});

test('the age of what is older than the row says nothing', () => {
  const longAgo = earlier('live', 92, true).live;
  if (!longAgo?.last) throw new Error('a state');
  const old = { live: { ...longAgo, last: { ...longAgo.last, at: NOW - 5000 * SECOND } } };
  expect(kinds(decide({ open: OPEN, earlier: { live: { ...old.live, clear: { since: NOW - 5090 * SECOND, readings: 5 } } } }))).toBe(
    'record',
  );
});
