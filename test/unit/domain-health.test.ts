import { describe, expect, test } from '@jest/globals';
import { type AgentHealth, judgeHealth } from '../../src/domain/health.ts';

const SECOND = 1000;
const NOW = Date.UTC(2026, 0, 1);

const HEALTHY: AgentHealth = {
  agentId: 'AGENT',
  status: 'online',
  lastHeartbeat: NOW - 10 * SECOND,
  pollsCompleted: 1,
  createdTimestamp: NOW,
  leaseOwner: null,
  leaseHolder: null,
  leaseExpires: null,
  leaseEpoch: 1,
  watermarkTimestamp: null,
  newestReadingTimestamp: NOW - 10 * SECOND,
  detectedTimestamp: NOW - 10 * SECOND,
  nextDue: NOW,
  lastCycleMs: 5,
  lastError: null,
  consecutiveErrors: 0,
  rulesHash: 'x',
  version: '1',
  lastProcessId: 'process-1',
  otherProcessId: null,
  otherDue: null,
  auditSeq: null,
  auditHash: null,
};

function beat(age: number): Partial<AgentHealth> {
  return { lastHeartbeat: NOW - age, detectedTimestamp: NOW - age };
}

test.each<[string, Partial<AgentHealth>, string[]]>([
  ['online, seen, fed, detecting', {}, []],
  ['offline', { status: 'offline' }, ['the agent is offline']],
  ['in no state', { status: null }, ['the agent is in no state']],
  ['heard of just in time', { ...beat(30 * SECOND), nextDue: null }, []],
  ['not heard of in time', { ...beat(30 * SECOND + 1), nextDue: null }, ['the last heartbeat was']],
  ['not heard of, but not due again', { ...beat(200 * SECOND), nextDue: NOW }, []],
  ['not heard of, and past due by less than a fifth', { ...beat(240 * SECOND), nextDue: NOW - 40 * SECOND }, []],
  ['not heard of, and past due by more', { ...beat(240 * SECOND + 1), nextDue: NOW - 40 * SECOND - 1 }, ['the last heartbeat was']],
  ['not heard of, and had promised what was past', { ...beat(31 * SECOND), nextDue: NOW - 99 * SECOND }, ['the last heartbeat was']],
  ['never fed', { newestReadingTimestamp: null }, ['no good reading has been seen yet']],
  ['fed just in time before its heartbeat', { newestReadingTimestamp: NOW - 310 * SECOND }, []],
  ['fed too long before its heartbeat', { newestReadingTimestamp: NOW - 310 * SECOND - 1 }, ['the feed is silent']],
  ['overdue, and fed just in time', { nextDue: null, newestReadingTimestamp: NOW - 300 * SECOND }, []],
  ['overdue, and fed too long ago', { nextDue: null, newestReadingTimestamp: NOW - 300 * SECOND - 1 }, ['the feed is silent']],
  ['heard of as far ahead as clocks differ', { ...beat(-5 * SECOND), nextDue: null }, []],
  ['heard of in what is still to come', { ...beat(-5 * SECOND - 1), nextDue: NOW + 3600 * SECOND }, ['the last heartbeat says']],
  ['fed in what is still to come', { newestReadingTimestamp: NOW + 5 * SECOND + 1 }, ['the newest good reading says']],
  ['not detecting', { detectedTimestamp: NOW - 20 * SECOND, lastError: 'detect: x' }, ['the last cycle could not detect: detect: x']],
  ['never detecting', { detectedTimestamp: null }, ['the last cycle could not detect']],
  [
    'wrong in every way',
    { status: 'offline', ...beat(99 * SECOND), nextDue: null, newestReadingTimestamp: null, detectedTimestamp: null },
    ['the agent', 'the last h', 'no good', 'the last c'],
  ],
])('an agent that is %s says so', (_what, edit, reasons) => {
  const verdict = judgeHealth({ ...HEALTHY, ...edit }, NOW, { maxAgeSeconds: 30, feedMaxAgeSeconds: 300 });
  expect(verdict.healthy).toBe(reasons.length === 0);
  expect(verdict.reasons).toHaveLength(reasons.length);
  for (const [index, reason] of reasons.entries()) expect(verdict.reasons[index]).toContain(reason);
});

describe('with a cycle every 15 min', () => {
  const LIMITS = { maxAgeSeconds: 30, feedMaxAgeSeconds: 300 };
  const INTERVAL = 900 * SECOND;
  /** What is known so long after a heartbeat, when the newest reading was so old at that heartbeat. */
  function reasonsAt(sinceBeat: number, feedAge: number, limits = LIMITS): readonly string[] {
    const at = NOW - sinceBeat;
    const row = { ...HEALTHY, ...beat(sinceBeat), nextDue: at + INTERVAL, newestReadingTimestamp: at - feedAge };
    return judgeHealth(row, NOW, limits).reasons;
  }

  test('a feed that merely grew older since is alive until the next one is overdue', () => {
    for (const minutes of [0, 5, 6, 14, 15, 18]) expect(reasonsAt(minutes * 60 * SECOND, 10 * SECOND)).toEqual([]);
    expect(reasonsAt(1080 * SECOND + 1, 10 * SECOND)).toEqual([
      expect.stringContaining('the last heartbeat was at'),
      expect.stringContaining('the feed is silent'),
    ]);
  });

  test('a feed that had stopped by then is silent at once, and stays so', () => {
    expect(reasonsAt(0, 300 * SECOND)).toEqual([]);
    for (const minutes of [0, 1, 14, 18])
      expect(reasonsAt(minutes * 60 * SECOND, 300 * SECOND + 1)).toEqual([expect.stringContaining('the feed is silent')]);
  });

  test('a heartbeat that --max-age lets grow old vouches for no feed', () => {
    const patient = { ...LIMITS, maxAgeSeconds: 7200 };
    expect(reasonsAt(1080 * SECOND, 10 * SECOND, patient)).toEqual([]);
    expect(reasonsAt(1080 * SECOND + 1, 10 * SECOND, patient)).toEqual([expect.stringContaining('the feed is silent')]);
  });
});

test('an agent that never ran is not healthy', () => {
  const limits = { maxAgeSeconds: 30, feedMaxAgeSeconds: 300 };
  expect(judgeHealth(undefined, NOW, limits).reasons).toEqual(['no cycle has run yet']);
  expect(judgeHealth({ ...HEALTHY, lastHeartbeat: null }, NOW, limits).reasons).toEqual(['no cycle has run yet']);
});
