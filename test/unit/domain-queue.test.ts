import { describe, expect, test } from '@jest/globals';
import { eventOf } from '../../src/domain/event.ts';
import {
  type Flood,
  floodEvent,
  floodEvents,
  isFlooding,
  isStale,
  judgeFlood,
  openedGroups,
  type QueueFacts,
} from '../../src/domain/queue.ts';
import { kpisOf, peakWithin, percentile, type QueueDay } from '../../src/domain/queue-kpis.ts';
import { groupQueue } from '../../src/domain/queue-groups.ts';
import { aRecommendation } from '../contract/samples.ts';

const NOW = Date.UTC(2026, 1, 19, 10, 30);
const MINUTE = 60_000;
const BEGAN = { eventId: 'began-1', event: 'flood_began', at: NOW - 30 * MINUTE };
const ENDED = { eventId: 'ended-1', event: 'flood_ended', at: NOW - 30 * MINUTE };

function facts(opened: number, given: Partial<QueueFacts> = {}): QueueFacts {
  const groups =
    opened === 0
      ? []
      : [
          { severity: 'high', issueFamily: 'temperature', opened: opened - 1, firstAt: NOW - 4 * MINUTE },
          { severity: 'low', issueFamily: 'pressure', opened: 1, firstAt: NOW - 6 * MINUTE },
        ];
  return { opened: groups, newestFloodEvent: null, openedInFlood: 0, fifthNewestAt: null, openedOften: [], ...given };
}

const fresh = (count: number) => openedGroups(Array.from({ length: count }, () => aRecommendation(NOW)));

const openedAgo = (minutes: number, severity: string, opened: number, withdrawn = 0) => ({
  at: NOW - minutes * MINUTE,
  severity,
  opened,
  withdrawn,
});

const one = (minutes: number) => ({ at: NOW + minutes * MINUTE, opened: 1 });

describe('a flood', () => {
  test.each<readonly [string, number, number, QueueFacts['newestFloodEvent'], Flood['kind']]>([
    ['10 are none', 10, 0, null, 'none'],
    ['11 are one', 11, 0, null, 'begins'],
    ['what is being opened counts', 8, 3, null, 'begins'],
    ['nothing is none', 0, 0, null, 'none'],
    ['after the last one 10 are none', 10, 0, ENDED, 'none'],
    ['after the last one 11 are another', 11, 0, ENDED, 'begins'],
    ['in force it is not told again', 400, 0, BEGAN, 'goes_on'],
    ['5 keep it in force', 5, 0, BEGAN, 'goes_on'],
    ['4 end it', 4, 0, BEGAN, 'ends'],
    ['4 and a new one keep it in force', 4, 1, BEGAN, 'goes_on'],
    ['nothing ends it', 0, 0, BEGAN, 'ends'],
  ])('%s', (_what, stored, opening, newestFloodEvent, kind) => {
    const flood = judgeFlood(facts(stored, { newestFloodEvent }), fresh(opening), NOW);
    expect(flood.kind).toBe(kind);
    expect(isFlooding(flood)).toBe(kind === 'begins' || kind === 'goes_on');
  });

  test('does not count what was over before it was seen', () => {
    const over = Array.from({ length: 20 }, () => aRecommendation(NOW, { status: 'withdrawn' }));
    expect(judgeFlood(facts(5), openedGroups([...over, aRecommendation(NOW)]), NOW).kind).toBe('none');
  });

  test('that begins is told with its counts, and since when it has been building up', () => {
    const known = facts(11);
    const flood = judgeFlood(known, fresh(2), NOW);
    expect(flood).toEqual({ kind: 'begins', since: NOW - 6 * MINUTE, total: 13 });
    expect(floodEvent(flood, known, fresh(2))).toMatchObject({
      subjectType: 'queue',
      subjectId: 'queue',
      event: 'flood_began',
      reason: '13 new recommendations within 10 minutes',
      after: {
        opened: 13,
        window_minutes: 10,
        by_severity: { high: 10, low: 1, critical: 2 },
        by_family: { temperature: 12, pressure: 1 },
      },
    });
  });

  test.each([
    ['when the fifth newest became 10 minutes old', NOW - 17 * MINUTE, NOW - 7 * MINUTE, 23, 40],
    ['now where its rows are not there', NOW - 90 * MINUTE, NOW, 30, 41],
    ['not later than now', NOW - 5 * MINUTE, NOW, 30, 41],
    ['now where no row is left', null, NOW, 30, 41],
  ])('ends %s, and is told with its length and its total', (_what, fifthNewestAt, endedAt, minutes, total) => {
    const known = facts(2, { newestFloodEvent: BEGAN, openedInFlood: 40, fifthNewestAt });
    const flood = judgeFlood(known, fresh(1), NOW);
    expect(flood).toEqual({ kind: 'ends', since: BEGAN.at, endedAt, total });
    expect(floodEvent(flood, known, fresh(1))).toMatchObject({
      event: 'flood_ended',
      reason: `fewer than 5 new recommendations within 10 minutes; ${total} in all, over ${minutes} minutes`,
      after: { began: '2026-02-19T10:00:00.000Z', ended: new Date(endedAt).toISOString(), seconds: minutes * 60, total },
    });
  });

  test('that fell before this cycle is over, whatever this cycle opens, and what it opens can be another', () => {
    const known = facts(0, { newestFloodEvent: BEGAN, openedInFlood: 12, fifthNewestAt: NOW - 30 * MINUTE });
    const ended = { kind: 'ends', since: BEGAN.at, endedAt: NOW - 20 * MINUTE, total: 12 };
    expect(judgeFlood(known, fresh(5), NOW)).toEqual(ended);
    const flood = judgeFlood(known, fresh(12), NOW);
    expect(flood).toEqual({ ...ended, next: { kind: 'begins', since: NOW, total: 12 } });
    const events = floodEvents(flood, known, fresh(12)).map((text) => eventOf({ agentId: 'A', runId: 'run-1' }, text));
    expect(events.map(({ event }) => event)).toEqual(['flood_ended', 'flood_began']);
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(2);
  });

  test('whose fifth newest becomes 10 minutes old at this very moment goes on with what is opened', () => {
    const known = (age: number) => facts(0, { newestFloodEvent: BEGAN, fifthNewestAt: NOW - age });
    expect(judgeFlood(known(10 * MINUTE), fresh(5), NOW).kind).toBe('goes_on');
    expect(judgeFlood(known(10 * MINUTE + 1), fresh(5), NOW).kind).toBe('ends');
  });

  test('has one event whichever run tells it, and the next one another', () => {
    const idOf = (runId: string, newestFloodEvent: QueueFacts['newestFloodEvent']) => {
      const known = facts(11, { newestFloodEvent });
      const event = floodEvent(judgeFlood(known, [], NOW), known, []);
      if (!event) throw new Error('nothing was told');
      return eventOf({ agentId: 'A', runId, epoch: 3 }, event).eventId;
    };
    expect(idOf('run-2', null)).toBe(idOf('run-1', null));
    expect(idOf('run-1', ENDED)).not.toBe(idOf('run-1', null));
    expect(idOf('run-1', { ...ENDED, eventId: 'ended-2' })).not.toBe(idOf('run-1', ENDED));
    expect(floodEvent({ kind: 'goes_on', since: NOW, total: 12 }, facts(12), [])).toBeNull();
  });
});

test.each([
  ['pending', 24 * 3600, false],
  ['pending', 24 * 3600 + 1, true],
  ['approved', 25 * 3600, true],
  ['executed', 48 * 3600, false],
] as const)('a recommendation that is %s for %d seconds: stale is %s', (status, seconds, expected) => {
  expect(isStale(aRecommendation(NOW - seconds * 1000, { status }), NOW)).toBe(expected);
});

describe('the figures', () => {
  const DAY: QueueDay = { opened: [], secondsToDecision: [], unanswered: 0, stale: 0, chattering: 0, floods: 0 };

  test('of nothing are zero, and shares of nothing are none', () => {
    expect(kpisOf(DAY)).toEqual({
      created: 0,
      meanPer10Minutes: 0,
      peakPer10Minutes: 0,
      sharePercent: { critical: null, high: null, medium: null, low: null },
      medianMinutesToDecision: null,
      p90MinutesToDecision: null,
      withdrawnBeforeDecisionPercent: null,
    });
  });

  test('of a day', () => {
    const opened = [openedAgo(5, 'low', 20, 3), openedAgo(9, 'high', 1), openedAgo(15, 'low', 6, 1), openedAgo(600, 'medium', 9)];
    const secondsToDecision = [600, 60, 120, 90, 30];
    expect(kpisOf({ ...DAY, opened, secondsToDecision })).toEqual({
      created: 36,
      meanPer10Minutes: 0.25,
      peakPer10Minutes: 21,
      sharePercent: { critical: 0, high: 2.8, medium: 25, low: 72.2 },
      medianMinutesToDecision: 1.5,
      p90MinutesToDecision: 10,
      withdrawnBeforeDecisionPercent: 11.1,
    });
  });

  test.each([
    [[], 0.5, null],
    [[7], 0.9, 7],
    [[1, 2, 3, 4], 0.5, 2],
    [[4, 3, 2, 1, 5], 0.5, 3],
    [[10, 1, 2, 3, 4, 5, 6, 7, 8, 9], 0.9, 9],
  ])('the percentile of %j at %d is %d', (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected);
  });

  test('of a hundred decisions are the fiftieth and the ninetieth', () => {
    const secondsToDecision = Array.from({ length: 100 }, (_none, index) => (index + 1) * 60);
    expect(kpisOf({ ...DAY, secondsToDecision })).toMatchObject({ medianMinutesToDecision: 50, p90MinutesToDecision: 90 });
  });

  test('the peak is that of any 10 minutes, and exactly 10 minutes apart are two windows', () => {
    expect(peakWithin([one(0), one(10)], 600)).toBe(1);
    expect(peakWithin([one(9.99), one(0)], 600)).toBe(2);
    expect(peakWithin([one(0), one(6), one(12), one(15), one(30)], 600)).toBe(3);
  });
});

const row = (equipmentId: string, peakValue: number, given: Parameters<typeof aRecommendation>[1] = {}) =>
  aRecommendation(NOW, { equipmentId, peakValue, ...given });

describe('a list in groups', () => {
  test('has the worst severity first, then the largest group, each with its worst reading and its oldest row', () => {
    const low = { severity: 'low', issueType: 'low_flow' } as const;
    const rows = [
      row('A', 96, { createdTimestamp: NOW - 5 }),
      row('B', 99),
      row('B', 97, { issueFamily: 'other' }),
      row('C', 100, { issueType: 'critical_pressure' }),
      row('D', 4, low),
      row('E', 3, { ...low, createdTimestamp: NOW - 9 }),
    ];
    const groups = groupQueue(rows, ({ issueType }) => issueType !== 'low_flow');
    const seen = groups.map(({ worst, ...group }) => ({ ...group, worst: worst.peakValue }));
    expect(seen).toEqual([
      { severity: 'critical', issueType: 'critical_temperature', count: 3, oldestAt: NOW - 5, equipment: ['B', 'A'], worst: 99 },
      { severity: 'critical', issueType: 'critical_pressure', count: 1, oldestAt: NOW, equipment: ['C'], worst: 100 },
      { severity: 'low', issueType: 'low_flow', count: 2, oldestAt: NOW - 9, equipment: ['E', 'D'], worst: 3 },
    ]);
    expect(groupQueue([], () => true)).toEqual([]);
  });
});
