import { expect, test } from '@jest/globals';
import { decideSituation } from '../../src/domain/decide-recommendations.ts';
import type { DetectedState } from '../../src/domain/detection.ts';
import type { Decided, Decision, DecisionContext, EarlierStates, Situation } from '../../src/domain/situation.ts';
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

/** Not clear from before the newest row's first violation up to it. */
function touching(peak: number): EarlierStates {
  const { live } = earlier('live', peak, false);
  return live?.raised ? { live: { ...live, raised: { ...live.raised, unclearUntil: BEGAN } } } : {};
}

function decided(situation: Partial<Situation>, context: DecisionContext): Decided {
  const { open } = situation;
  const whole = { equipmentId: 'R1', family: FAMILY, live: undefined, backlog: undefined, newest: open, open, rows: [], ...situation };
  return decideSituation(whole, context);
}

function decide(situation: Partial<Situation>, context: DecisionContext = CONTEXT): readonly Decision[] {
  return decided(situation, context).decisions;
}

function isWhole(situation: Partial<Situation>): boolean {
  return decided(situation, CONTEXT).isWhole;
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
  ['late ones of an executing row, worse', { open: EXECUTING, earlier: earlier('live', 97, false) }, CONTEXT, 'record'],
  ['late ones of an executing row, no worse', { open: EXECUTING, earlier: earlier('live', 92, false) }, CONTEXT, 'extend'],
  ['late ones that were over before an ended row', { newest: WITHDRAWN, earlier: earlier('live', 92, true) }, CONTEXT, 'record'],
  ['late ones of an ended row, no worse', { newest: WITHDRAWN, rows: [WITHDRAWN], earlier: touching(92) }, CONTEXT, 'extend'],
  ['late ones of a withdrawn row, worse', { newest: WITHDRAWN, rows: [WITHDRAWN], earlier: touching(97) }, CONTEXT, 'correct'],
  ['late ones of a rejected row, worse', { newest: REJECTED, rows: [REJECTED], earlier: touching(97) }, CONTEXT, 'record'],
  ['late ones of a rejected row, whose hold goes on', { newest: REJECTED, earlier: earlier('live', 97, true) }, CONTEXT, 'record'],
  ['a slice before an open row, over', { open: OPEN, earlier: earlier('backlog', 97, true) }, CATCHING_UP, 'record'],
  ['a slice before an ended row, over', { newest: REJECTED, earlier: earlier('backlog', 97, true) }, CATCHING_UP, 'record'],
  [
    'a slice before an open row, cut in two',
    { open: OPEN, earlier: earlier('backlog', 97, false) },
    { ...CATCHING_UP, backlogUpTo: past(201) },
    'nothing',
  ],
  ['a slice before an open row, cut since it is too long', { open: OPEN, earlier: earlier('backlog', 97, false) }, CATCHING_UP, 'record'],
  ['the beginning of the live range, over, while catching up', { open: OPEN, earlier: earlier('live', 97, true) }, CATCHING_UP, 'nothing'],
  [
    "the beginning of the live range, the row's own, while catching up",
    { open: OPEN, earlier: earlier('live', 97, false) },
    CATCHING_UP,
    'escalate',
  ],
  ['rows that arrived late, over or not', { open: OPEN, earlier: earlier('late', 97, false) }, CONTEXT, 'record'],
  [
    'shelved equipment',
    { open: OPEN, earlier: earlier('live', 97, true) },
    { ...CONTEXT, controls: [control('shelved', { since: BEGAN - 100 * SECOND })] },
    'withdraw',
  ],
  [
    'shelved equipment without an open row',
    { newest: WITHDRAWN, earlier: earlier('live', 97, true) },
    { ...CONTEXT, controls: [control('shelved', { since: BEGAN - 100 * SECOND })] },
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

test('an escalation by earlier readings leaves what the row accounts for as it was', () => {
  const [decision] = decide({ open: OPEN, earlier: earlier('live', 97, false) });
  expect(decision).toMatchObject({ proposal: { firstDetectedAt: BEGAN - 200 * SECOND, accountedTo: OPEN.lastAccountedTimestamp } });
});

test('the parts of an episode that is too long for a slice are one record beside the row', () => {
  const [first] = decide({ open: OPEN, earlier: earlier('backlog', 92, false) }, CATCHING_UP);
  expect(first).toMatchObject({ kind: 'record', proposal: { beside: { recommendationId: OPEN.recommendationId } } });
  const recorded = history('withdrawn', { firstDetectedTimestamp: past(3700), lastAccountedTimestamp: past(300), severity: 'high' });
  const next = {
    backlog: state('backlog', {
      isEarlier: true,
      peak: 92,
      firstAt: past(290),
      raisedTo: past(0),
      lastAt: past(0),
      unclearSince: past(400),
    }),
  };
  const [second] = decide({ open: OPEN, rows: [recorded], earlier: next }, CATCHING_UP);
  expect(second).toEqual({ kind: 'extend', row: recorded, from: past(3700), upTo: past(0) });
  // Only where the slice reaches the row's beginning is it known to be the row's own.
  const bordering = openRow({ ...OPEN, firstDetectedTimestamp: SLICE_END });
  expect(decide({ open: bordering, earlier: earlier('backlog', 92, false) }, CATCHING_UP)).toMatchObject([
    { kind: 'extend', from: past(200) },
  ]);
});

test("what belongs to several records is the worst one's, then the latest", () => {
  const rows = [
    history('withdrawn', {
      firstDetectedTimestamp: BEGAN - 400 * SECOND,
      lastAccountedTimestamp: BEGAN - 250 * SECOND,
      severity: 'critical',
    }),
    history('withdrawn', { firstDetectedTimestamp: BEGAN - 90 * SECOND, lastAccountedTimestamp: BEGAN - 80 * SECOND, severity: 'high' }),
    history('pending', { firstDetectedTimestamp: BEGAN - 300 * SECOND, lastAccountedTimestamp: BEGAN, severity: 'critical' }),
  ];
  const both = state('live', {
    isEarlier: true,
    peak: 92,
    firstAt: BEGAN - 200 * SECOND,
    raisedTo: BEGAN - 100 * SECOND,
    unclearSince: BEGAN - 260 * SECOND,
    unclearUntil: BEGAN - 85 * SECOND,
    last: 70,
    lastAt: BEGAN - SECOND,
    clearSince: BEGAN - 60 * SECOND,
  });
  expect(decide({ newest: WITHDRAWN, rows, earlier: { live: both } })).toMatchObject([{ kind: 'extend', row: rows[0] }]);
  expect(decide({ newest: WITHDRAWN, rows: rows.slice(1), earlier: { live: both } })).toMatchObject([{ kind: 'extend', row: rows[1] }]);
});

test('violations that an escalation or an opening leaves unjudged are asked for again', () => {
  const live = state('live', { peak: 97 });
  const late = state('late', { peak: 92, lastAt: past(9000), raisedTo: past(9000) });
  expect(isWhole({ open: openRow({ ...OPEN, severity: 'medium' }), live, earlier: earlier('live', 92, false) })).toBe(false);
  expect(isWhole({ open: openRow({ ...OPEN, severity: 'medium' }), earlier: earlier('live', 92, false) })).toBe(true);
  expect(isWhole({ open: openRow({ ...OPEN, severity: 'medium' }), live, late })).toBe(false);
  expect(isWhole({ late })).toBe(true);
  expect(isWhole({ newest: WITHDRAWN, earlier: { late: state('late', { isEarlier: true, peak: 92, isCut: true }) } })).toBe(false);
  expect(isWhole({ open: OPEN, live, earlier: earlier('live', 92, true) })).toBe(true);
  // Where nothing of late rows is put on record, waiting for the rest of them would never end.
  const cut = state('late', { peak: 92, lastAt: past(9000), raisedTo: past(9000), isCut: true });
  expect(isWhole({ open: OPEN, late: cut })).toBe(true);
  expect(isWhole({ newest: WITHDRAWN, late: cut, live: state('live', { last: 70, clearSince: NOW - 60 * SECOND }) })).toBe(false);
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
  expect(
    kinds(decide({ open: OPEN, earlier: { live: { ...old.live, clear: { since: NOW - 5090 * SECOND, readings: 5, after: null } } } })),
  ).toBe('record');
});
