import { expect, test } from '@jest/globals';
import { type Control, CONTROL_KINDS, controlOn, describeControl } from '../../src/domain/control.ts';
import { crashPointsIn, parseCrashPoint } from '../../src/domain/crash-point.ts';
import type { DetectedState } from '../../src/domain/detection.ts';
import { asAgentError, AgentError, assertNever } from '../../src/domain/errors.ts';
import { recommendationIdOf } from '../../src/domain/ids.ts';
import { type FamilyHistory, type OpenRecommendation, type Outcome } from '../../src/domain/recommendation.ts';
import { assessmentOf, recommendationOf, tagsOf } from '../../src/domain/proposal.ts';
import { isUnedited } from '../../src/domain/ticket.ts';
import { effectWindowOf, outcomeOf } from '../../src/domain/verify-outcome.ts';
import {
  author,
  control,
  COOLING_TAG,
  FAMILY,
  history,
  LIVE_TAG,
  NOW,
  openRow,
  POLICY,
  proposalFor,
  SECOND,
  state,
} from '../property/domain-fixtures.ts';

const CLEARED = state('live', { last: 70, clearSince: NOW - 60 * SECOND });
const HOT = state('live', { last: 85.01, lastAt: NOW });
const BETWEEN = state('live', { last: 85 });

test.each<[string, number, DetectedState | undefined, Outcome | undefined]>([
  ['cleared, before it settled', 300 * SECOND - 1, CLEARED, undefined],
  ['hot, before it settled', 299 * SECOND, HOT, undefined],
  ['cleared, once it settled', 300 * SECOND, CLEARED, 'effective'],
  ['hot, once it settled', 300 * SECOND, HOT, 'ineffective'],
  ['between, once it settled', 300 * SECOND, BETWEEN, undefined],
  ['between, just before the end of the window', 600 * SECOND - 1, BETWEEN, undefined],
  ['between, at the end of the window', 600 * SECOND, BETWEEN, 'effective'],
  ['hot, at the end of the window', 600 * SECOND, HOT, 'ineffective'],
  ['hot at a moment before it settled, once it has', 300 * SECOND, state('live', { last: 97, lastAt: NOW - 1 }), undefined],
  ['hot before it settled, at the end of the window', 600 * SECOND, state('live', { last: 97, lastAt: NOW - 300 * SECOND - 1 }), 'unknown'],
  ['hot when it settled, at the end of the window', 600 * SECOND, state('live', { last: 97, lastAt: NOW - 300 * SECOND }), 'ineffective'],
  ['nothing read, once it settled', 300 * SECOND, undefined, undefined],
  ['nothing read, at the end of the window', 600 * SECOND, undefined, 'unknown'],
  ['stale, once it settled', 400 * SECOND, state('live', { last: 97, lastAt: NOW - 301 * SECOND }), undefined],
  ['read only before the execution', 302 * SECOND, state('live', { last: 97, lastAt: NOW - 302 * SECOND }), undefined],
])('an execution %s: judged after %d ms as %s', (_what, age, seen, expected) => {
  expect(outcomeOf(NOW - age, seen, FAMILY, NOW, POLICY, 300)).toBe(expected);
});

test.each<[string, number, DetectedState, Outcome]>([
  // Settled at -3000 s, over at -2700 s.
  ['the last reading violates', 3300, state('live', { last: 97, lastAt: NOW - 2800 * SECOND }), 'ineffective'],
  [
    'the last reading is clear',
    3300,
    state('live', { last: 70, lastAt: NOW - 2800 * SECOND, clearSince: NOW - 2900 * SECOND }),
    'effective',
  ],
  [
    'it was clear long before it settled',
    3300,
    state('live', { last: 70, lastAt: NOW - 3200 * SECOND, clearSince: NOW - 3290 * SECOND }),
    'effective',
  ],
  ['the last reading is inside the deadband', 3300, state('live', { last: 85, lastAt: NOW - 2900 * SECOND }), 'effective'],
  [
    'the last reading inside the deadband was too old by the end',
    3300,
    state('live', { last: 85, lastAt: NOW - 3001 * SECOND }),
    'unknown',
  ],
  ['nothing was read', 3300, state('live', { last: null }), 'unknown'],
  ['a violation came after the window', 3300, state('live', { last: 97, lastAt: NOW - 2700 * SECOND + 1 }), 'unknown'],
  [
    'a clear reading came after the window',
    3300,
    state('live', { last: 70, lastAt: NOW - 5 * SECOND, clearSince: NOW - 99 * SECOND }),
    'unknown',
  ],
])(
  'judged long after its window, an execution of which %s (%d s ago) is called as it would have been then',
  (_what, age, seen, expected) => {
    expect(outcomeOf(NOW - age * SECOND, seen, FAMILY, NOW, POLICY, 300)).toBe(expected);
  },
);

test('what was too old when it had settled says nothing', () => {
  const policy = { settlingSeconds: 900, verifyWindowSeconds: 600 };
  const stale = state('live', { last: 97, lastAt: NOW - 901 * SECOND });
  expect(outcomeOf(NOW - 1000 * SECOND, stale, FAMILY, NOW, policy, 300)).toBe('unknown');
});

test('a reading that is stamped after the settling time, by a clock that is ahead, ends it', () => {
  const early = state('live', { last: 97, lastAt: NOW + 2 * SECOND - 1 });
  expect(outcomeOf(NOW - 298 * SECOND, early, FAMILY, NOW, POLICY, 300)).toBeUndefined();
  const ahead = state('live', { last: 97, lastAt: NOW + 2 * SECOND });
  expect(outcomeOf(NOW - 298 * SECOND, ahead, FAMILY, NOW, POLICY, 300)).toBe('ineffective');
});

test('only what is executed and not judged has a window, which is never shorter than the settling time', () => {
  const row = openRow({ status: 'executed', executedTimestamp: NOW });
  const window = { recommendationId: row.recommendationId, equipmentId: 'R1', familyId: FAMILY.id, after: NOW };
  expect(effectWindowOf(row, POLICY)).toEqual({ ...window, upTo: NOW + 600 * SECOND });
  expect(effectWindowOf(row, { ...POLICY, verifyWindowSeconds: 9 })).toEqual({ ...window, upTo: NOW + 300 * SECOND });
  const others: Partial<OpenRecommendation>[] = [{ outcome: 'unknown' }, { status: 'failed' }, { executedTimestamp: null }];
  for (const other of others) expect(effectWindowOf({ ...row, ...other }, POLICY)).toBeNull();
});

test('a reading at the very moment of the execution proves nothing', () => {
  const policy = { settlingSeconds: 0, verifyWindowSeconds: 60 };
  expect(outcomeOf(NOW - SECOND, state('live', { last: 97, lastAt: NOW - SECOND }), FAMILY, NOW, policy, 300)).toBeUndefined();
  expect(outcomeOf(NOW - SECOND, state('live', { last: 97, lastAt: NOW - SECOND + 1 }), FAMILY, NOW, policy, 300)).toBe('ineffective');
});

test('a verify window shorter than the settling time ends with it', () => {
  expect(outcomeOf(NOW - 300 * SECOND, undefined, FAMILY, NOW, { settlingSeconds: 300, verifyWindowSeconds: 10 }, 300)).toBe('unknown');
});

test.each([
  ['all', 'R1', true],
  [' ALL ', 'R1', true],
  [' R1', 'R1', true],
  ['R1', 'R1', true],
  ['r1', 'R1', true],
  ['R', 'R1', false],
  ['R*', 'R1', true],
  ['*1', 'R1', true],
  ['*', 'R1', true],
  ['R.', 'R1', false],
  ['R[1]', 'R1', false],
  ['R1|R2', 'R1', false],
  ['', 'R1', false],
])("a control over '%s' is in force for %s: %s", (scope, equipmentId, expected) => {
  expect(controlOn([control('shelved', { scope })], ['shelved'], equipmentId, NOW) !== undefined).toBe(expected);
});

test.each([
  [null, true],
  [NOW + 1, true],
  [NOW, false],
  [NOW - 1, false],
])('a control until %s is in force now: %s', (until, expected) => {
  expect(controlOn([control('advisory', { until })], ['advisory'], 'R1', NOW) !== undefined).toBe(expected);
});

test.each([
  ['Shelved ', 'shelved'],
  [' OUT_OF_SERVICE', 'out_of_service'],
  ['Advisory', 'advisory'],
  ['stop everything', 'advisory'],
  ['', 'advisory'],
])("an order of the kind '%s', written by hand, counts as %s", (written, expected) => {
  const controls = [{ ...control('advisory'), kind: written } as Control]; // the tables hold what people write
  expect(CONTROL_KINDS.filter((kind) => controlOn(controls, [kind], 'R1', NOW))).toEqual([expected]);
});

test('only controls of the asked kinds count, and the first one is named with who and why', () => {
  const controls = [control('advisory'), control('out_of_service', { scope: 'R*', by: 'ben', reason: 'revision' }), control('shelved')];
  expect(controlOn(controls, [], 'R1', NOW)).toBeUndefined();
  const first = controlOn(controls, ['shelved', 'out_of_service'], 'R1', NOW);
  expect(first && describeControl(first)).toBe('out of service (R*) by ben: revision');
});

test('a recommendation carries its band, the readings at the peak, old values and a ticket that fits', () => {
  const proposal = proposalFor(92, {
    peak: {
      value: 92,
      at: NOW,
      signals: new Map([
        ['pressure', 120],
        ['flow_rate', 0],
      ]),
      trends: new Map(),
    },
  });
  const row = recommendationOf(proposal, 'pending', author(), new Map([[LIVE_TAG, 100]]));
  expect(row).toMatchObject({
    issueType: 'high_temperature',
    severity: 'high',
    priority: 3,
    temperatureReading: 92,
    pressureReading: 120,
    flowRateReading: 0,
    rootCauseAnalysis: 'high system pressure, possible blockage; low flow rate, possible pump degradation',
    status: 'pending',
    guardedStatus: 'pending',
    actions: [
      { sequence: 1, tag: LIVE_TAG, value: 75, old: 100 },
      { sequence: 2, tag: COOLING_TAG, value: 1, old: null },
    ],
  });
  expect(row.ticket && isUnedited(row.ticket, row)).toBe(true);
  expect(tagsOf(proposal, author().rules)).toEqual([LIVE_TAG, COOLING_TAG]);
});

test("an escalation has the same columns as a new row of that severity, under the row's own id", () => {
  const fresh = recommendationOf(proposalFor(97), 'pending', author(), new Map());
  expect(fresh).toMatchObject(assessmentOf(proposalFor(97), fresh.recommendationId, author(), new Map()));
});

test("ids form a chain: a row's id is made from its predecessor's", () => {
  const first = recommendationOf(proposalFor(92), 'pending', author(), new Map());
  const second = recommendationOf(proposalFor(97, { predecessor: first }), 'pending', author(), new Map());
  expect(first).toMatchObject({ predecessorId: null, recommendationId: recommendationIdOf('R1', 'temperature', null) });
  expect(second).toMatchObject({
    predecessorId: first.recommendationId,
    recommendationId: recommendationIdOf('R1', 'temperature', first.recommendationId),
  });
});

test.each([
  [NOW - 1, NOW],
  [NOW, NOW + 1],
  [NOW + 900, NOW + 901],
])('after a predecessor made at %d a row is made at %d: strictly later', (createdTimestamp, expected) => {
  const predecessor = history('withdrawn', { createdTimestamp });
  expect(recommendationOf(proposalFor(92, { predecessor }), 'pending', author(), new Map()).createdTimestamp).toBe(expected);
});

test.each<[Partial<FamilyHistory>, boolean]>([
  [{ status: 'failed', mayHaveWritten: true }, true],
  [{ status: 'failed', mayHaveWritten: false }, false],
  [{ status: 'executed', mayHaveWritten: true, outcome: 'ineffective' }, true],
  [{ status: 'executed', mayHaveWritten: true, outcome: 'effective' }, false],
  [{ status: 'executed', mayHaveWritten: true, outcome: 'unknown' }, false],
  [{ status: 'executed', mayHaveWritten: false, outcome: 'ineffective' }, false],
  [{ status: 'rejected', mayHaveWritten: false }, false],
])('after %j the next row is a follow-up: %s', (edit, follows) => {
  const predecessor = history('executed', edit);
  const row = recommendationOf(proposalFor(92, { predecessor }), 'pending', author(), new Map());
  expect(row.followsRecommendationId).toBe(follows ? predecessor.recommendationId : null);
});

test.each([
  ['that may have written', true, (id: string) => id, true],
  ['that wrote nothing', false, (id: string) => id, false],
  ['another one than its predecessor', true, () => 'another', false],
])('of what this very cycle finds to have been ineffective, one %s is followed', (_what, mayHaveWritten, found, follows) => {
  const predecessor = history('executed', { mayHaveWritten });
  const ineffective = new Set([found(predecessor.recommendationId)]);
  const row = recommendationOf(proposalFor(92, { predecessor }), 'pending', { ...author(), ineffective }, new Map());
  expect(row.followsRecommendationId).toBe(follows ? predecessor.recommendationId : null);
});

test.each<[string, Partial<FamilyHistory>, string | null]>([
  ['had nothing to write and did not help', { status: 'executed', outcome: 'ineffective' }, 'first'],
  ['failed before anything was written', { status: 'failed' }, 'first'],
  ['had nothing to write and helped', { status: 'executed', outcome: 'effective' }, null],
  ['was rejected', { status: 'rejected' }, null],
])('after a follow-up that %s the next row goes back to what wrote: %s', (_what, edit, follows) => {
  const predecessor = history('executed', {
    mayHaveWritten: false,
    followsRecommendationId: 'first',
    triedBefore: 'first failed: x',
    ...edit,
  });
  const row = recommendationOf(proposalFor(92, { predecessor }), 'pending', author(), new Map());
  expect(row.followsRecommendationId).toBe(follows);
  expect(row.triedBefore === null).toBe(follows === null);
});

test('a crash point is read exactly, and a misspelt one is an error', () => {
  expect(parseCrashPoint('statement:3:after')).toEqual({ at: 'statement', nth: 3, when: 'after', signal: 'SIGKILL' });
  expect(parseCrashPoint('plant:12:before')).toEqual({ at: 'plant', nth: 12, when: 'before', signal: 'SIGKILL' });
  expect([parseCrashPoint(undefined), parseCrashPoint('')]).toEqual([undefined, undefined]);
  for (const text of ['plant:0:before', 'plant:1', 'statement:1:during', ' plant:1:before', 'plant:01:before'])
    expect(() => parseCrashPoint(text)).toThrow('OPS_AGENT_CRASH_AT');
});

test('a process can be told to die at one point and to stop at another', () => {
  const env = { OPS_AGENT_CRASH_AT: 'plant:2:after', OPS_AGENT_STOP_AT: 'plant:1:before' };
  expect(crashPointsIn(env, 'plant')).toMatchObject([
    { nth: 2, signal: 'SIGKILL' },
    { nth: 1, signal: 'SIGSTOP' },
  ]);
  expect(crashPointsIn(env, 'statement')).toEqual([]);
  expect(crashPointsIn({}, 'plant')).toEqual([]);
  expect(() => crashPointsIn({ OPS_AGENT_STOP_AT: 'plant:0:before' }, 'statement')).toThrow('OPS_AGENT_STOP_AT');
});

test('anything thrown becomes an error with a code, and our own stays as it is', () => {
  const own = new AgentError('conflict', 'taken');
  expect(asAgentError(own)).toBe(own);
  expect(asAgentError(new TypeError('x'))).toMatchObject({ code: 'bug', message: 'x' });
  expect(asAgentError('text')).toMatchObject({ code: 'bug', message: 'text' });
  expect(() => assertNever('odd' as never, 'status')).toThrow('unexpected status: "odd"');
});
