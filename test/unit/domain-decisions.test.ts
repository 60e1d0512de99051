import { expect, test } from '@jest/globals';
import { decideSituation } from '../../src/domain/decide-recommendations.ts';
import { conditionOf } from '../../src/domain/detection.ts';
import type { OpenRecommendation } from '../../src/domain/recommendation.ts';
import type { Decision, DecisionContext, Situation } from '../../src/domain/situation.ts';
import { acceptedRow, control, FAMILY, history, NOW, openRow, SECOND, state } from '../property/domain-fixtures.ts';

const CONTEXT: DecisionContext = { now: NOW, maxAgeSeconds: 300, controls: [], backlogUpTo: null };
const SLICE_END = NOW - 7200 * SECOND;
const CATCHING_UP: DecisionContext = { ...CONTEXT, backlogUpTo: SLICE_END };

function decide(situation: Partial<Situation>, context: Partial<DecisionContext> = {}): readonly Decision[] {
  const { open } = situation;
  const whole = { equipmentId: 'R1', family: FAMILY, live: undefined, backlog: undefined, newest: open, open, rows: [], ...situation };
  return decideSituation(whole, { ...CONTEXT, ...context }).decisions;
}

function kinds(decisions: readonly Decision[]): string {
  return decisions.map(({ kind }) => kind).join(' ') || 'nothing';
}

const HOLDS = state('live', { peak: 92 });
const WORSE = state('live', { peak: 97 });
const STILL = state('live', { last: 92 });
const CLEARED = state('live', { last: 70, clearSince: NOW - 60 * SECOND });
const STALE = state('live', { last: 92, lastAt: NOW - 301 * SECOND });
const OVER = state('live', { peak: 92, last: 70, raisedTo: NOW - 90 * SECOND, clearSince: NOW - 60 * SECOND });
const past = (seconds: number) => SLICE_END - seconds * SECOND;
const PAST_HOLDS = state('backlog', { peak: 92, lastAt: past(0), raisedTo: past(0) });
const PAST_LONG = state('backlog', { peak: 92, firstAt: past(100), lastAt: past(0), raisedTo: past(0) });
const PAST_WORSE = state('backlog', { peak: 97, lastAt: past(0), raisedTo: past(0) });
const PAST_OVER = state('backlog', { peak: 92, last: 70, lastAt: past(0), raisedTo: past(100), clearSince: past(90) });
const LATE_HOLDS = state('late', { peak: 92, lastAt: past(9000), raisedTo: past(9000) });
const LATE_WORSE = state('late', { peak: 97, lastAt: past(9000), raisedTo: past(9000) });
const LATE_OVER = state('late', { peak: 92, last: 70, lastAt: past(9000), raisedTo: past(9100), clearSince: past(9090) });
const LATE_CLEARED = state('late', { last: 70, lastAt: past(9000), clearSince: past(9090) });
const PAST_CLEARED = state('backlog', { last: 70, lastAt: past(0), clearSince: past(90) });

test.each([
  ['no state', undefined, 'unknown'],
  ['no reading in the range', state('live', { last: null }), 'unknown'],
  ['a newest reading of exactly the greatest age', state('live', { last: 92, lastAt: NOW - 300 * SECOND }), 'holds'],
  ['a newest reading that is too old', STALE, 'unknown'],
  ['an old newest reading of a slice', state('backlog', { last: 92, lastAt: NOW - 9000 * SECOND }), 'holds'],
  ['a newest reading inside the deadband', state('live', { last: 84.5 }), 'holds'],
  ['clear for exactly the off-delay', state('live', { last: 70, lastAt: NOW, clearSince: NOW - 30 * SECOND }), 'cleared'],
  ['clear a moment too short', state('live', { last: 70, lastAt: NOW, clearSince: NOW - 30 * SECOND + 1 }), 'holds'],
  ['clear by two readings', state('live', { last: 70, clearSince: NOW - 60 * SECOND, clearReadings: 2 }), 'cleared'],
  ['clear by one reading', state('live', { last: 70, clearSince: NOW - 60 * SECOND, clearReadings: 1 }), 'holds'],
] as const)('with %s the condition is read as %s', (_what, seen, expected) => {
  expect(conditionOf(seen, FAMILY, NOW, 300)).toBe(expected);
});

test.each<[string, Partial<Situation>, Partial<DecisionContext>, string]>([
  ['nothing seen', {}, {}, 'nothing'],
  ['a violation', { live: HOLDS }, {}, 'open'],
  ['a normal state', { live: STILL }, {}, 'nothing'],
  ['an episode over before it was seen', { live: OVER }, {}, 'record'],
  ['a violation whose newest reading is old', { live: state('live', { peak: 92, lastAt: NOW - 301 * SECOND }) }, {}, 'open'],
  ['a slice with an episode that is on at its end', { backlog: PAST_HOLDS }, CATCHING_UP, 'open'],
  ['a slice with an episode that is over', { backlog: PAST_OVER }, CATCHING_UP, 'record'],
  ['an old episode and a live violation', { backlog: PAST_OVER, live: HOLDS }, CATCHING_UP, 'record open'],
  ['late rows with an episode that is on at their end', { late: LATE_HOLDS }, {}, 'open'],
  ['late rows with an episode that is over', { late: LATE_OVER }, {}, 'record'],
  ['late rows without a violation', { late: LATE_CLEARED }, {}, 'nothing'],
  [
    'late rows, a slice and the present, each with an episode',
    { late: LATE_OVER, backlog: PAST_OVER, live: HOLDS },
    CATCHING_UP,
    'record record open',
  ],
  [
    'late rows still on, where the live range says what is on now',
    { late: LATE_HOLDS, backlog: PAST_OVER, live: HOLDS },
    CATCHING_UP,
    'record record open',
  ],
  ['late rows still on, where it is clear now', { late: LATE_HOLDS, live: CLEARED }, {}, 'record'],
  ['late rows of before the equipment was taken out of service', { late: LATE_WORSE }, { controls: [control('out_of_service')] }, 'record'],
  [
    'late rows of since the equipment is out of service',
    { late: LATE_WORSE },
    { controls: [control('out_of_service', { since: past(9001) })] },
    'nothing',
  ],
  ['a slice still on and a live violation', { backlog: PAST_HOLDS, live: HOLDS }, CATCHING_UP, 'open'],
  ['a live violation while catching up', { live: HOLDS }, CATCHING_UP, 'open'],
  ['a live episode that is over while catching up', { live: OVER }, CATCHING_UP, 'nothing'],
  ['an out-of-service equipment', { live: WORSE }, { controls: [control('out_of_service', { since: NOW - 5 * SECOND })] }, 'nothing'],
  [
    'of several orders the oldest',
    { live: WORSE },
    { controls: [control('shelved'), control('out_of_service', { since: NOW - 5 * SECOND })] },
    'nothing',
  ],
  ['equipment taken out of service while a violation is on', { live: WORSE }, { controls: [control('out_of_service')] }, 'nothing'],
  ['equipment taken out of service after an episode', { live: OVER }, { controls: [control('out_of_service')] }, 'record'],
  [
    'equipment shelved after an episode of the past',
    { live: WORSE, backlog: PAST_OVER },
    { ...CATCHING_UP, controls: [control('shelved')] },
    'record',
  ],
  ['advisory mode', { live: HOLDS }, { controls: [control('advisory')] }, 'open'],
  ['a control of another equipment', { live: HOLDS }, { controls: [control('shelved', { scope: 'R2*' })] }, 'open'],
  ['a control that has ended', { live: HOLDS }, { controls: [control('shelved', { until: NOW })] }, 'open'],
])('without an open row, %s', (_what, situation, context, expected) => {
  expect(kinds(decide(situation, context))).toBe(expected);
});

const PENDING = openRow();
const DEFERRED = openRow({ status: 'deferred', deferUntil: NOW + SECOND });
const DUE = openRow({ status: 'deferred', deferUntil: NOW });
const EXECUTING = acceptedRow({ status: 'executing', guardedStatus: 'executing' });
const ASKED = openRow({ status: 'approved', guardedStatus: 'pending' });

test.each<[string, OpenRecommendation, Partial<Situation>, Partial<DecisionContext>, string]>([
  ['pending, the condition holds', PENDING, { live: STILL }, {}, 'nothing'],
  ['pending, an equal violation', PENDING, { live: HOLDS }, {}, 'nothing'],
  ['pending, a milder violation', PENDING, { live: state('live', { peak: 86 }) }, {}, 'nothing'],
  ['pending, a worse violation', PENDING, { live: WORSE }, {}, 'escalate'],
  [
    'pending, worse but over again',
    PENDING,
    { live: state('live', { peak: 97, last: 70, clearSince: NOW - 60 * SECOND }) },
    {},
    'escalate',
  ],
  ['pending, cleared', PENDING, { live: CLEARED }, {}, 'withdraw'],
  ['pending, stale', PENDING, { live: STALE }, {}, 'nothing'],
  ['pending, nothing read', PENDING, {}, {}, 'nothing'],
  ['pending, cleared while catching up', PENDING, { live: CLEARED }, CATCHING_UP, 'nothing'],
  ['awaiting a second, cleared', openRow({ status: 'awaiting_second' }), { live: CLEARED }, {}, 'withdraw'],
  ['awaiting a second, worse', openRow({ status: 'awaiting_second' }), { live: WORSE }, {}, 'escalate'],
  ['deferred, holds', DEFERRED, { live: STILL }, {}, 'nothing'],
  ['deferred, worse', DEFERRED, { live: WORSE }, {}, 'escalate'],
  ['deferred, cleared', DEFERRED, { live: CLEARED }, {}, 'withdraw'],
  ['deferred until now', DUE, { live: STILL }, {}, 'resume'],
  ['deferred until now, nothing read', DUE, {}, {}, 'resume'],
  ['deferred until now, worse', DUE, { live: WORSE }, {}, 'escalate'],
  ['deferred without a time', openRow({ status: 'deferred' }), { live: STILL }, {}, 'resume'],
  ['deferred by an operator just now', openRow({ status: 'deferred', guardedStatus: 'pending' }), { live: STILL }, {}, 'nothing'],
  ['approved, cleared', acceptedRow(), { live: CLEARED }, {}, 'nothing'],
  ['approved, worse', acceptedRow(), { live: WORSE }, {}, 'open'],
  ['approved and not judged yet, worse', ASKED, { live: WORSE }, {}, 'open'],
  ['executing, worse', EXECUTING, { live: WORSE }, {}, 'nothing'],
  ['executing, cleared', EXECUTING, { live: CLEARED }, {}, 'nothing'],
  ['pending, taken out of service', PENDING, { live: WORSE }, { controls: [control('out_of_service')] }, 'withdraw'],
  ['deferred, shelved', DEFERRED, { live: STILL }, { controls: [control('shelved')] }, 'withdraw'],
  ['approved, shelved', acceptedRow(), { live: STILL }, { controls: [control('shelved')] }, 'cancel'],
  ['executing, shelved', EXECUTING, { live: WORSE }, { controls: [control('shelved')] }, 'nothing'],
  ['pending, advisory', PENDING, { live: STILL }, { controls: [control('advisory')] }, 'nothing'],
  ['pending, a slice that is worse', PENDING, { backlog: PAST_WORSE, live: STILL }, CATCHING_UP, 'escalate'],
  ['pending since after the slice, which is clear', PENDING, { backlog: PAST_CLEARED }, CATCHING_UP, 'nothing'],
  [
    'pending since before, a clear slice, nothing live',
    openRow({ firstDetectedTimestamp: past(500) }),
    { backlog: PAST_CLEARED },
    CATCHING_UP,
    'withdraw',
  ],
  [
    'pending since before, a clear slice, holds live',
    openRow({ firstDetectedTimestamp: past(500) }),
    { backlog: PAST_CLEARED, live: STILL },
    CATCHING_UP,
    'nothing',
  ],
  [
    'pending since before, a clear slice, worse live',
    openRow({ firstDetectedTimestamp: past(500) }),
    { backlog: PAST_CLEARED, live: WORSE },
    CATCHING_UP,
    'escalate',
  ],
  [
    'pending since before, a clear slice, cleared live',
    openRow({ firstDetectedTimestamp: past(500) }),
    { backlog: PAST_CLEARED, live: CLEARED },
    CATCHING_UP,
    'withdraw',
  ],
])('%s', (_what, open, situation, context, expected) => {
  expect(kinds(decide({ open, ...situation }, context))).toBe(expected);
});

test.each(['executed', 'failed', 'rejected', 'withdrawn', 'expired', 'cancelled'] as const)(
  'after a row that is %s only a counted violation opens the next, which names it',
  (status) => {
    const newest = history(status);
    expect(kinds(decide({ newest, live: STILL }))).toBe('nothing');
    const [decision] = decide({ newest, live: HOLDS });
    expect(decision).toMatchObject({
      kind: 'open',
      supersedes: null,
      proposal: { predecessor: { recommendationId: newest.recommendationId } },
    });
  },
);

test('a proposal takes the band of the peak, not of the newest reading', () => {
  const [decision] = decide({ live: state('live', { peak: 96, last: 86, firstAt: NOW - 60 * SECOND }) });
  expect(decision).toMatchObject({
    kind: 'open',
    proposal: { band: { severity: 'critical' }, peak: { value: 96 }, firstDetectedAt: NOW - 60 * SECOND },
  });
});

test('what is approved and overtaken by a worse reading is superseded by a row that names it', () => {
  const row = acceptedRow();
  const [decision] = decide({ open: row, live: WORSE });
  expect(decision).toMatchObject({
    kind: 'open',
    supersedes: { row: { recommendationId: row.recommendationId } },
    proposal: { predecessor: { recommendationId: row.recommendationId } },
  });
});

test.each<[string, Partial<Situation>, Partial<DecisionContext>, number]>([
  ['the slice', { backlog: PAST_HOLDS }, CATCHING_UP, past(0)],
  ['the slice as far as this cycle deals with it', { backlog: PAST_LONG }, { backlogUpTo: past(50) }, past(50)],
  ['a slice that the next cycle deals with', { backlog: PAST_LONG }, { backlogUpTo: past(101) }, past(9999)],
  ['late rows', { late: LATE_HOLDS }, {}, past(9000)],
])('what is approved and overtaken has on record what %s showed of it before', (_what, before, context, upTo) => {
  const row = acceptedRow({ firstDetectedTimestamp: past(9999), lastAccountedTimestamp: past(9999) });
  expect(decide({ open: row, live: WORSE, ...before }, context)).toMatchObject([{ kind: 'open', supersedes: { row, accountedTo: upTo } }]);
});

test('what is approved and overtaken by late rows leaves what came after them to the next cycle', () => {
  const row = acceptedRow({ firstDetectedTimestamp: past(9999), lastAccountedTimestamp: past(9999) });
  const decided = decide({ open: row, late: LATE_WORSE, live: HOLDS });
  expect(decided).toMatchObject([{ kind: 'open', supersedes: { row, accountedTo: past(9999) } }]);
});

test('a row that a standing order ends has the late rows of its time on record', () => {
  const row = openRow({ firstDetectedTimestamp: past(9999), lastAccountedTimestamp: past(9999) });
  const controls = [control('out_of_service', { since: past(9001) })];
  expect(decide({ open: row, late: LATE_HOLDS }, { controls })).toMatchObject([{ kind: 'withdraw', accountedTo: past(9000) }]);
});

test('two episodes in one cycle are a chain: the second follows the first and counts as later', () => {
  const [first, second] = decide({ backlog: PAST_OVER, live: HOLDS }, CATCHING_UP);
  if (first?.kind !== 'record' || second?.kind !== 'open') throw new Error('record, then open');
  expect(second.proposal.predecessor).toMatchObject({ status: 'withdrawn', severity: 'high' });
  expect(second.proposal.predecessor?.createdTimestamp).toBeGreaterThanOrEqual(NOW);
  expect(second.proposal.predecessor?.recommendationId).not.toBe(first.proposal.predecessor?.recommendationId);
});

function accountedTo(decision: Decision | undefined): number | undefined {
  if (decision === undefined || decision.kind === 'resume' || decision.kind === 'extend') return undefined;
  return decision.kind === 'withdraw' || decision.kind === 'cancel' ? decision.accountedTo : decision.proposal.accountedTo;
}

test.each<[string, Partial<Situation>, Partial<DecisionContext>, number]>([
  [
    'a live row, up to its newest violation',
    { live: state('live', { peak: 92, raisedTo: NOW - 40 * SECOND, last: 84.5 }) },
    {},
    NOW - 40 * SECOND,
  ],
  [
    'a live row while catching up, up to its newest violation: what is older than it is told apart',
    { live: HOLDS },
    CATCHING_UP,
    NOW - 5 * SECOND,
  ],
  ['an episode that is over, up to its last violation', { live: OVER }, {}, NOW - 90 * SECOND],
  ['an episode in a slice, up to its last violation', { backlog: PAST_OVER }, CATCHING_UP, past(100)],
  ['a withdrawal without a later violation, what the row had', { open: PENDING, live: CLEARED }, {}, PENDING.lastAccountedTimestamp],
  [
    'a withdrawal, up to the last reading that was not clear',
    {
      open: openRow({ lastAccountedTimestamp: past(9999) }),
      live: state('live', { last: 70, clearSince: NOW - 60 * SECOND, clearAfter: NOW - 70 * SECOND }),
      late: LATE_OVER,
    },
    {},
    NOW - 70 * SECOND,
  ],
  ['an escalation, up to its newest violation', { open: PENDING, live: WORSE }, {}, NOW - 5 * SECOND],
  [
    'an escalation of an older row while catching up, up to the slice only',
    { open: openRow({ firstDetectedTimestamp: past(999), lastAccountedTimestamp: past(999) }), live: WORSE },
    CATCHING_UP,
    SLICE_END,
  ],
  [
    'an escalation of an older row while catching up, never back',
    { open: openRow({ firstDetectedTimestamp: past(999) }), live: WORSE },
    CATCHING_UP,
    PENDING.lastAccountedTimestamp,
  ],
  [
    'an escalation of a row that began after the slice, up to its newest violation',
    { open: PENDING, live: WORSE },
    CATCHING_UP,
    NOW - 5 * SECOND,
  ],
  [
    'a withdrawal by a slice, never back',
    { open: openRow({ firstDetectedTimestamp: past(500) }), backlog: PAST_CLEARED },
    CATCHING_UP,
    PENDING.lastAccountedTimestamp,
  ],
  [
    'a control, up to the newest violation that it took from the operators',
    { open: PENDING, live: HOLDS },
    { controls: [control('shelved')] },
    NOW - 5 * SECOND,
  ],
  [
    'a control without a violation, what the row had',
    { open: PENDING, live: STILL },
    { controls: [control('shelved')] },
    PENDING.lastAccountedTimestamp,
  ],
])('readings are accounted for: %s', (_what, situation, context, expected) => {
  expect(accountedTo(decide(situation, context)[0])).toBe(expected);
});

test('late rows make an open recommendation worse, and never end one: those in time are not among them', () => {
  const open = openRow();
  expect(kinds(decide({ open, late: LATE_WORSE }))).toBe('escalate');
  expect(kinds(decide({ open, late: LATE_HOLDS }))).toBe('nothing');
  expect(kinds(decide({ open, late: { ...LATE_CLEARED, clear: { since: NOW, readings: 9, after: null } } }))).toBe('nothing');
});

test('episodes of late rows and of the slice follow one another, the older being the predecessor', () => {
  const decisions = decide({ late: LATE_OVER, backlog: PAST_OVER }, CATCHING_UP);
  const [first, second] = decisions.map((decision) => ('proposal' in decision ? decision.proposal : undefined));
  expect(first).toMatchObject({ predecessor: null, accountedTo: past(9100) });
  expect(second?.predecessor).toMatchObject({ lastAccountedTimestamp: past(9100), status: 'withdrawn' });
});

const distrust = (equipmentId: string, signal: string) =>
  equipmentId === 'R1' && signal === FAMILY.signal ? { reason: 'work order 7', since: NOW - 120 * SECOND } : undefined;

test.each<[string, Partial<Situation>, string]>([
  ['a violation', { live: HOLDS }, 'nothing'],
  ['an episode that is over', { live: OVER }, 'nothing'],
  ['a violation of the past', { backlog: PAST_HOLDS }, 'record'],
  ['one that is pending', { live: HOLDS, open: PENDING }, 'withdraw'],
  ['one that is pending and would escalate', { live: WORSE, open: PENDING }, 'withdraw'],
  ['one that is deferred, and due', { open: DUE }, 'withdraw'],
  ['one that is approved', { live: HOLDS, open: ASKED }, 'cancel'],
  ['one that is executing', { live: WORSE, open: EXECUTING }, 'nothing'],
])('while the sensor cannot be trusted, %s: %s', (_what, situation, expected) => {
  const decisions = decide(situation, { distrust });
  expect(kinds(decisions)).toBe(expected);
  for (const decision of decisions.filter(({ kind }) => kind !== 'record')) expect(decision).toMatchObject({ reason: 'work order 7' });
  // What was seen so far is the row's own episode; what violates later opens anew when the sensor is trusted again.
  const seen = situation.live?.raised?.lastAt ?? 0;
  const ended = decisions.filter((decision) => decision.kind === 'withdraw' || decision.kind === 'cancel');
  for (const { accountedTo: to, row } of ended) expect(to).toBe(Math.max(row.lastAccountedTimestamp, seen));
  expect(decide(situation, { distrust: () => undefined })).toEqual(decide(situation));
});

test('with a backlog an older row that is withdrawn by distrust accounts for the slices only', () => {
  const context = { ...CATCHING_UP, distrust };
  const [decision] = decide({ live: HOLDS, open: { ...PENDING, firstDetectedTimestamp: past(9), lastAccountedTimestamp: 0 } }, context);
  expect(decision).toMatchObject({ kind: 'withdraw', accountedTo: context.backlogUpTo });
});

test.each<[string, Partial<Situation>, string]>([
  ['an episode that is over', { live: OVER }, 'nothing'],
  ['an episode of the past that is over', { backlog: PAST_OVER }, 'nothing'],
  ['a violation that is on', { live: HOLDS }, 'open'],
])('of the time in which the sensor was not to be believed, %s: %s', (_what, situation, expected) => {
  const asked: unknown[] = [];
  const disbelief = (...about: unknown[]) => asked.push(about) > 0;
  expect(kinds(decide(situation, { disbelief }))).toBe(expected);
  const raised = (situation.live ?? situation.backlog)?.raised;
  expect(asked).toEqual(expected === 'open' ? [] : [['R1', FAMILY.signal, raised?.firstAt, raised?.lastAt]]);
  expect(decide(situation, { disbelief: () => false })).toEqual(decide(situation));
});
