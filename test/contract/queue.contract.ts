import { describe, expect, test } from '@jest/globals';
import { eventOf } from '../../src/domain/event.ts';
import { recommendationIdOf } from '../../src/domain/ids.ts';
import type { Instant } from '../../src/domain/instant.ts';
import { floodEvent, judgeFlood, type QueueFacts } from '../../src/domain/queue.ts';
import type { Recommendation } from '../../src/domain/recommendation.ts';
import type { Statement } from '../../src/store/connection.ts';
import { AGENT, type AtHand, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { A_MINUTE_MS, aRecommendation, changing, inserting } from './samples.ts';
import { withStore } from './with-store.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Rows of different equipment, opened so many milliseconds ago. */
function opened(now: Instant, ages: readonly number[], given: Partial<Recommendation> = {}, prefix = 'EQ') {
  return ages.map((age, index) => inserting(aRecommendation(now - age, { equipmentId: `${prefix}_${index}`, ...given })));
}

/** Of one equipment and family, each after the one before it had ended. */
function inARow(now: Instant, ages: readonly number[], newest: Partial<Recommendation> = {}): readonly Recommendation[] {
  const rows: Recommendation[] = [];
  for (const age of ages) {
    const predecessorId = rows.at(-1)?.recommendationId ?? null;
    const isNewest = rows.length === ages.length - 1;
    rows.push(aRecommendation(now - age, { predecessorId, status: 'withdrawn', executionResult: 'cleared', ...(isNewest ? newest : {}) }));
  }
  return rows;
}

async function factsOf(at: AtHand): Promise<QueueFacts> {
  const { queue } = await at.store.readOpenWork(AGENT);
  expect((await at.store.readQueue()).queue).toEqual(queue);
  return queue;
}

/** What a cycle tells the audit at a moment: nothing where the facts hold nothing new. */
async function tell(at: AtHand, runId: string, moment: Instant): Promise<void> {
  const facts = await factsOf(at);
  const event = floodEvent(judgeFlood(facts, [], moment), facts, []);
  if (event) await at.store.appendEvents([eventOf({ agentId: AGENT, runId }, event)], moment);
}

function theFacts(under: StoreUnderTest): void {
  describe('the facts of a flood', () => {
    const store = withStore(under);

    test('of an empty store are nothing', async () => {
      expect(await factsOf(store())).toEqual({
        opened: [],
        newestFloodEvent: null,
        openedInFlood: 0,
        fifthNewestAt: null,
        openedOften: [],
      });
      const { now } = await store().store.readControls();
      expect((await store().store.readQueue()).now - now).toBeLessThan(A_MINUTE_MS);
    });

    test('count what was opened in the last 10 minutes by severity and family, without what was over before it was seen', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const atFirst = 10 * MINUTE - 6000 * under.slowness;
      await at.store.saveRecommendations(await leaseOf(at.store), [
        ...opened(now, [MINUTE, 2 * MINUTE, atFirst]),
        ...opened(now, [MINUTE], { severity: 'high', issueFamily: 'pressure', status: 'withdrawn', executionResult: 'it cleared' }),
        ...opened(now, [MINUTE, MINUTE], { status: 'withdrawn' }, 'OVER'),
        ...opened(now, [10 * MINUTE], {}, 'EARLIER'),
        ...opened(now, [-5 * MINUTE, -HOUR], {}, 'AHEAD'),
      ]);
      const { opened: groups, ...rest } = await factsOf(at);
      expect(groups.toSorted((a, b) => (a.severity < b.severity ? -1 : 1))).toEqual([
        { severity: 'critical', issueFamily: 'temperature', opened: 3, firstAt: now - atFirst },
        { severity: 'high', issueFamily: 'pressure', opened: 1, firstAt: now - MINUTE },
      ]);
      expect(rest).toEqual({ newestFloodEvent: null, openedInFlood: 0, fifthNewestAt: now - 10 * MINUTE, openedOften: [] });
    });

    test('have the newest event about it and what was opened since 10 minutes before, and a flood is told once whoever tells it', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const lease = await leaseOf(at.store);
      await at.store.saveRecommendations(
        lease,
        opened(
          now,
          Array.from({ length: 12 }, () => MINUTE),
        ),
      );
      const unaware = await factsOf(at);
      await tell(at, 'run-1', now);
      await tell(at, 'run-2', now);
      // A run that looked before the event was there comes to the same event.
      const late = floodEvent(judgeFlood(unaware, [], now), unaware, []);
      if (late) await at.store.appendEvents([eventOf({ agentId: AGENT, runId: 'run-3' }, late)], now + 5);
      const events = await at.store.listEvents({ subjectId: 'queue', limit: 9 });
      expect(events).toEqual([expect.objectContaining({ event: 'flood_began', runId: 'run-1', at: now, subjectType: 'queue' })]);
      await at.store.saveRecommendations(lease, opened(now, [15 * MINUTE], {}, 'BEFORE'));
      const { newestFloodEvent, openedInFlood } = await factsOf(at);
      expect(newestFloodEvent).toEqual({ eventId: events[0]?.eventId, event: 'flood_began', at: now });
      expect(openedInFlood).toBe(12);
    });

    test('are to the moment: 10 minutes before now and before the beginning of a flood, and the newest five', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const tenMinutes = 10 * MINUTE;
      const ages = [tenMinutes - 30_000, tenMinutes + 1, 15 * MINUTE, 2 * tenMinutes - 1, 2 * tenMinutes, HOUR, 2 * HOUR];
      await at.store.saveRecommendations(await leaseOf(at.store), opened(now, ages));
      const began = { subjectType: 'queue', subjectId: 'queue', event: 'flood_began' } as const;
      await at.store.appendEvents([eventOf({ agentId: AGENT, runId: 'run-1' }, began)], now - tenMinutes);
      expect(await factsOf(at)).toMatchObject({
        opened: [{ opened: 1, firstAt: now - tenMinutes + 30_000 }],
        openedInFlood: 4,
        fifthNewestAt: now - 2 * tenMinutes,
      });
    });

    test('count nothing for a flood that has ended, and know the newest of several events', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const lease = await leaseOf(at.store);
      await at.store.saveRecommendations(
        lease,
        opened(
          now,
          Array.from({ length: 12 }, () => MINUTE),
        ),
      );
      await tell(at, 'run-1', now - 30_000);
      await at.outside.run('UPDATE agent_recommendations SET created_timestamp = :opened', { opened: at.time(now - 10.2 * MINUTE) });
      await tell(at, 'run-2', now - 20_000);
      await tell(at, 'run-3', now - 15_000);
      expect(await factsOf(at)).toMatchObject({ newestFloodEvent: { event: 'flood_ended', at: now - 20_000 }, openedInFlood: 0 });
      await at.outside.run('UPDATE agent_recommendations SET created_timestamp = :opened', { opened: at.time(now - MINUTE) });
      await tell(at, 'run-4', now - 10_000);
      const events = await at.store.listEvents({ subjectId: 'queue', limit: 9 });
      expect(events.map(({ event }) => event)).toEqual(['flood_began', 'flood_ended', 'flood_began']);
    });
  });
}

function theChatter(under: StoreUnderTest): void {
  describe('what opened too often', () => {
    const store = withStore(under);

    test.each<readonly [string, readonly number[], Partial<Recommendation>, number]>([
      ['three within a minute', [70_000, 40_000, 10_000], { status: 'pending' }, 1],
      ['three within little more', [70_001, 40_000, 10_000], { status: 'pending' }, 0],
      ['two', [40_000, 10_000], { status: 'pending' }, 0],
      ['four of which the last three are within a minute', [400_000, 50_000, 40_000, 10_000], { status: 'approved' }, 1],
      ['three of which none is open', [50_000, 40_000, 10_000], {}, 0],
      ['three of which the open one is marked', [50_000, 40_000, 10_000], { status: 'pending', chatteringTimestamp: 1 }, 0],
    ])('%s of one equipment and family', async (_what, ages, newest, expected) => {
      const at = store();
      const { now } = await at.store.readControls();
      const rows = inARow(now, ages, newest);
      await at.store.saveRecommendations(await leaseOf(at.store), [
        ...rows.map(inserting),
        ...opened(now, [30_000, 20_000, 10_000], { issueFamily: 'pressure' }, 'OTHER'),
      ]);
      expect((await factsOf(at)).openedOften).toEqual(expected === 1 ? [rows.at(-1)?.recommendationId] : []);
    });

    test('is not what a cycle recorded at once of episodes that were hours apart', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const rows = inARow(now, [3, 2, 1], { status: 'pending' });
      const apart = rows.map((row, index) => ({ ...row, firstDetectedTimestamp: now - (3 - index) * HOUR }));
      await at.store.saveRecommendations(await leaseOf(at.store), apart.map(inserting));
      expect((await factsOf(at)).openedOften).toEqual([]);
    });

    test('is marked once: the mark comes back with the row', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const lease = await leaseOf(at.store);
      const rows = inARow(now, [50_000, 40_000, 10_000], { status: 'pending' });
      await at.store.saveRecommendations(lease, rows.map(inserting));
      const [row] = rows.slice(-1);
      if (!row) throw new Error('no row was made');
      await at.store.saveRecommendations(lease, [changing(row, 'pending', { chatteringTimestamp: now })]);
      const [found] = await at.store.findRecommendations(
        recommendationIdOf('REACTOR_02', 'temperature', rows[1]?.recommendationId ?? null),
      );
      expect(found?.chatteringTimestamp).toBe(now);
      expect((await factsOf(at)).openedOften).toEqual([]);
    });
  });
}

function theDay(under: StoreUnderTest): void {
  describe('the last 24 hours', () => {
    const store = withStore(under);

    test('of an empty store are nothing', async () => {
      expect(await store().store.readQueueDay()).toEqual({
        opened: [],
        secondsToDecision: [],
        unanswered: 0,
        stale: 0,
        chattering: 0,
        floods: 0,
      });
    });

    test('have what was opened by moment and severity, decisions, and what is open now', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const decided = (ageMs: number, afterMs: number, given: Partial<Recommendation> = {}) => ({
        status: 'executed' as const,
        approvedTimestamp: now - ageMs + afterMs,
        ...given,
      });
      await at.store.saveRecommendations(await leaseOf(at.store), [
        ...opened(now, [HOUR, HOUR]),
        ...opened(now, [HOUR], { status: 'withdrawn', executionResult: 'it cleared' }, 'CLEARED'),
        ...opened(now, [HOUR], { status: 'withdrawn' }, 'OVER'),
        ...opened(now, [25 * HOUR], { status: 'deferred' }, 'OLD'),
        ...opened(now, [2 * HOUR], { severity: 'low', ...decided(2 * HOUR, 90_500) }, 'APPROVED'),
        ...opened(now, [26 * HOUR], { status: 'rejected', rejectedTimestamp: now - HOUR }, 'REJECTED'),
        ...opened(now, [30 * HOUR], decided(30 * HOUR, 60_000), 'LONG_AGO'),
        ...opened(now, [3 * HOUR], decided(3 * HOUR, -500, { severity: 'low' }), 'EARLY'),
      ]);
      const day = await at.store.readQueueDay();
      expect(day.opened.toSorted((a, b) => b.at - a.at)).toEqual([
        { at: now - HOUR, severity: 'critical', opened: 3, withdrawn: 1 },
        { at: now - 2 * HOUR, severity: 'low', opened: 1, withdrawn: 0 },
        { at: now - 3 * HOUR, severity: 'low', opened: 1, withdrawn: 0 },
      ]);
      expect(day.secondsToDecision.toSorted((a, b) => a - b)).toEqual([0, 90.5, 25 * 3600]);
      expect(day).toMatchObject({ unanswered: 3, stale: 1, chattering: 0, floods: 0 });
    });

    test.each<readonly [string, Partial<Recommendation>, readonly number[]]>([
      ['approved', { status: 'approved', approvedTimestamp: -1 }, [2]],
      ['approved, and over', { status: 'failed', approvedTimestamp: -1 }, [2]],
      ['approved, but not in time', { status: 'expired', approvedTimestamp: -1 }, [2]],
      ['approved by two: the second', { status: 'executing', approvedTimestamp: -1, secondApprover: 'operator_jane' }, [2]],
      ['approved by one of two', { status: 'awaiting_second', approvedTimestamp: -1 }, []],
      ['approved by one of two, and withdrawn', { status: 'withdrawn', executionResult: 'cleared', approvedTimestamp: -1 }, []],
      ['approved by one of two, then rejected', { status: 'rejected', approvedTimestamp: -2, rejectedTimestamp: -0.5 }, [2.5]],
      ['approved long ago, rejected now', { status: 'rejected', approvedTimestamp: -25, rejectedTimestamp: -1 }, [2]],
      ['approved now, in spite of a rejection on record', { status: 'executed', approvedTimestamp: -1, rejectedTimestamp: -2 }, [2]],
      ['sent back to the operators', { status: 'pending', approvedTimestamp: -1, rejectedTimestamp: -1 }, []],
      ['deferred after an approval', { status: 'deferred', approvedTimestamp: -1 }, []],
    ])('take the decision that counts: %s', async (_what, row, hours) => {
      const at = store();
      const { now } = await at.store.readControls();
      const time = (hour: number | null | undefined) => (hour === null || hour === undefined ? null : now + hour * HOUR);
      const times = { approvedTimestamp: time(row.approvedTimestamp), rejectedTimestamp: time(row.rejectedTimestamp) };
      await at.store.saveRecommendations(await leaseOf(at.store), opened(now, [3 * HOUR], { ...row, ...times }));
      expect((await at.store.readQueueDay()).secondsToDecision).toEqual(hours.map((hour) => hour * 3600));
    });

    if (under.dialect.name === 'embedded')
      test('are read by indexes, however long the history is', async () => {
        const seen: Statement[] = [];
        const at = store();
        const { store: watched } = await at.another({ watch: (statement) => seen.push(statement) });
        await watched.readQueueDay();
        const [statement] = seen;
        const plan = (await at.outside.rows(`EXPLAIN QUERY PLAN ${statement?.sql ?? ''}`)).map((step) => String(step['detail']));
        expect(
          plan.filter((detail) => /^SCAN (?:agent_\w+|[ex])\b/.test(detail) && !detail.includes('agent_recommendations_open')),
        ).toEqual([]);
        for (const what of ['approved', 'rejected', 'chattering', 'by_time'])
          expect(plan.filter((detail) => detail.includes(`INDEX agent_recommendations_${what} (`))).not.toEqual([]);
      });

    test('end to the moment: what is a day old counts as old, and what is a minute younger does not', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      const lease = await leaseOf(at.store);
      const day = 24 * HOUR;
      await at.store.saveRecommendations(lease, [
        ...opened(now, [day + 1], {}, 'STALE'),
        ...opened(now, [day - MINUTE], {}, 'FRESH'),
        ...opened(now, [30 * HOUR], { status: 'executed', approvedTimestamp: now - day - 1 }, 'DECIDED_BEFORE'),
        ...opened(now, [30 * HOUR], { status: 'executed', approvedTimestamp: now - day + MINUTE }, 'DECIDED'),
        ...opened(now, [30 * HOUR], { status: 'executed', chatteringTimestamp: now - day - 1 }, 'CHATTERED_BEFORE'),
        ...opened(now, [30 * HOUR], { status: 'executed', chatteringTimestamp: now - day + MINUTE }, 'CHATTERED'),
      ]);
      const began = { subjectType: 'queue', subjectId: 'queue', event: 'flood_began' } as const;
      await at.store.appendEvents([eventOf({ agentId: AGENT, runId: 'run-1' }, began)], now - day - 1);
      expect(await at.store.readQueueDay()).toEqual({
        opened: [{ at: now - day + MINUTE, severity: 'critical', opened: 1, withdrawn: 0 }],
        secondsToDecision: [(6 * HOUR + MINUTE) / 1000],
        unanswered: 2,
        stale: 1,
        chattering: 1,
        floods: 0,
      });
      await at.store.appendEvents([eventOf({ agentId: AGENT, runId: 'run-2' }, began)], now - day + MINUTE);
      expect(await at.store.readQueueDay()).toMatchObject({ floods: 1 });
    });

    test('have the pairs of equipment and family that chattered, each once, and the floods that began', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      await at.store.saveRecommendations(await leaseOf(at.store), [
        ...inARow(now, [3 * HOUR + 50_000, 3 * HOUR + 40_000, 3 * HOUR], { chatteringTimestamp: now - 3 * HOUR }).map(inserting),
        ...opened(now, [HOUR, HOUR], { chatteringTimestamp: now - HOUR }, 'MARKED'),
        ...opened(now, [30 * HOUR], { chatteringTimestamp: now - 30 * HOUR }, 'LONG_AGO'),
        ...opened(
          now,
          Array.from({ length: 12 }, () => MINUTE),
          {},
          'FLOOD',
        ),
      ]);
      await tell(at, 'run-1', now);
      expect(await at.store.readQueueDay()).toMatchObject({ chattering: 3, floods: 1 });
    });
  });
}

export function queueContract(under: StoreUnderTest): void {
  theFacts(under);
  theChatter(under);
  theDay(under);
}
