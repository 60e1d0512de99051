import { describe, expect, test } from '@jest/globals';
import type { OperatorSession } from '../../src/domain/operator-session.ts';
import { AGENT, type AtHand, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { anEvent } from './samples.ts';
import { withStore } from './with-store.ts';

const AT = Date.UTC(2026, 1, 19, 10, 30);
const SESSION = { session_id: 's1', operator_id: 'anna', login_timestamp: null, logout_timestamp: null, status: null } as const;

const ids = (sessions: readonly OperatorSession[]) => sessions.map(({ sessionId }) => sessionId).toSorted();

/** Logged out so many seconds ago, by the store's clock; null: not. */
async function insert(
  at: AtHand,
  session_id: string,
  status: string | null,
  endedSecondsAgo: number | null,
  operator_id = 'anna',
): Promise<void> {
  const { now } = await at.store.readControls();
  const logout = endedSecondsAgo === null ? null : at.time(now - endedSecondsAgo * 1000);
  await at.outside.insert('operator_sessions', [
    { ...SESSION, session_id, operator_id, status, login_timestamp: at.time(now - 3_600_000), logout_timestamp: logout },
  ]);
}

function theSessions(under: StoreUnderTest): void {
  describe('a session', () => {
    const store = withStore(under);

    test("that was opened is listed with the store's time, and one that was closed keeps its end", async () => {
      const at = store();
      const { now } = await at.store.readControls();
      await at.store.openSession('s1', "o'neil", anEvent());
      await at.store.openSession('s1', 'somebody else', anEvent({ eventId: 'e2' }));
      const [opened] = await at.store.listSessions(99);
      expect(opened).toEqual({
        sessionId: 's1',
        operatorId: "o'neil",
        loginTimestamp: expect.any(Number),
        logoutTimestamp: null,
        status: 'active',
        approvedRecommendations: 0,
        rejectedRecommendations: 0,
      });
      expect((opened?.loginTimestamp ?? 0) - now).toBeGreaterThanOrEqual(0);
      expect((opened?.loginTimestamp ?? 0) - now).toBeLessThan(5000);
      await at.store.closeSession('s1', anEvent({ eventId: 'e3' }));
      const [closed] = await at.store.listSessions(99);
      expect(closed).toMatchObject({ status: 'closed', logoutTimestamp: expect.any(Number) });
      await at.store.closeSession('s1', anEvent({ eventId: 'e4' }));
      expect(await at.store.listSessions(99)).toEqual([closed]);
      expect(await at.store.listEvents({ subjectId: null, limit: 9 })).toHaveLength(4);
    });

    test('is not opened or closed without the audit', async () => {
      const at = store();
      await at.store.openSession('s1', 'anna', anEvent());
      const before = await at.store.listSessions(99);
      await at.outside.run('DROP TABLE agent_events');
      await expect(at.store.openSession('s2', 'bernd', anEvent())).rejects.toMatchObject({ code: 'not_set_up' });
      await expect(at.store.closeSession('s1', anEvent())).rejects.toMatchObject({ code: 'not_set_up' });
      expect(await at.store.listSessions(99)).toEqual(before);
    });

    test('that is open is listed first, and found by the name of its operator as people read it', async () => {
      const at = store();
      await insert(at, 'ended', 'closed', 5);
      await insert(at, 'open', null, null, ' ANNA\u200b');
      await insert(at, 'bernd', 'active', null, 'bernd');
      expect((await at.store.listSessions(9)).map(({ sessionId }) => sessionId).at(-1)).toBe('ended');
      expect(await at.store.listSessions(2)).toHaveLength(2);
      expect(ids(await at.store.openSessionsOf('Anna'))).toEqual(['open']);
      expect(ids(await at.store.openSessionsOf('carl'))).toEqual([]);
    });

    test('travels with the open work while it is open, and for as long after its end as is asked for', async () => {
      const at = store();
      await at.outside.insert('operator_sessions', [{ ...SESSION, session_id: 'never-began' }]);
      const cases = [
        ['open', 'active', null],
        ['bare', null, null],
        ['odd', 'on shift', null],
        ['closed', ' Closed', null],
        ['expired', 'EXPIRED', null],
        ['just', 'closed', 30],
        ['long', 'closed', 90],
        ['said-open', 'active', 90],
      ] as const;
      for (const [id, status, ended] of cases) await insert(at, id, status, ended);
      expect(ids((await at.store.readOpenWork(AGENT, 60)).sessions)).toEqual(['bare', 'just', 'odd', 'open']);
      expect(ids((await at.store.readOpenWork(AGENT)).sessions)).toEqual(['bare', 'odd', 'open']);
    });
  });
}

const decided = (eventId: string, event: string, subjectId: string, given: Parameters<typeof anEvent>[0] = {}) =>
  anEvent({ eventId, event, subjectId, sessionId: 's1', ...given });

const counts = async (at: AtHand) =>
  (await at.store.listSessions(99)).map((session) => [session.approvedRecommendations, session.rejectedRecommendations]);

function theCounts(under: StoreUnderTest): void {
  describe("a session's counts", () => {
    const store = withStore(under);

    test('are of recommendations, from the audit, and made anew as often as one likes', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      await insert(at, 's1', null, null);
      await at.store.appendEvents(
        [
          decided('1', 'approved', 'a'),
          decided('2', 'approved', 'a', { runId: 'dead' }),
          decided('3', 'first_approved', 'b'),
          decided('4', 'rejected', 'c'),
          decided('5', 'approved', 'd', { sessionId: 's2' }),
          decided('6', 'approved', 'e', { sessionId: null }),
          decided('7', 'second_refused', 'f'),
          decided('8', 'approval_given', 'g'),
        ],
        AT,
      );
      for (let time = 0; time < 2; time += 1) {
        await at.store.countDecisions(lease, ['s1', 'gone']);
        expect(await counts(at)).toEqual([[2, 1]]);
      }
    });

    test('leave out what was announced and then not applied, by that run', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      await insert(at, 's1', null, null);
      await at.store.appendEvents([anEvent({ eventId: '0', event: 'not_applied', subjectId: 'b' })], AT - 1);
      await at.store.appendEvents([decided('1', 'approved', 'a'), decided('2', 'approved', 'b'), decided('3', 'rejected', 'c')], AT);
      await at.store.appendEvents(
        [
          anEvent({ eventId: '4', event: 'not_applied', subjectId: 'a' }),
          anEvent({ eventId: '5', event: 'not_applied', subjectId: 'c', runId: 'another' }),
        ],
        AT + 1,
      );
      await at.store.countDecisions(lease, ['s1']);
      expect(await counts(at)).toEqual([[1, 1]]);
    });

    test.each([
      ['pending', 0],
      ['approved', 0],
      ['executing', 0],
      ['executed', 1],
      ['failed', 1],
    ])('of a decision whose row was not changed to %s by the same run: %d', async (toStatus, counted) => {
      const at = store();
      const lease = await leaseOf(at.store);
      await insert(at, 's1', null, null);
      await at.store.appendEvents([decided('1', 'approved', 'a'), decided('2', 'rejected', 'b')], AT);
      const notApplied = ['a', 'b'].map((subjectId) => anEvent({ eventId: `n${subjectId}`, event: 'not_applied', subjectId, toStatus }));
      await at.store.appendEvents(notApplied, AT);
      await at.store.countDecisions(lease, ['s1']);
      expect(await counts(at)).toEqual([[counted, counted]]);
    });

    test('stay as they are in other sessions, and under a lease that is not ours', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      for (const id of ['s1', 's2']) await insert(at, id, null, null);
      await at.store.appendEvents([decided('1', 'approved', 'a'), decided('2', 'approved', 'b', { sessionId: 's2' })], AT);
      await at.store.countDecisions({ ...lease, epoch: lease.epoch + 1 }, ['s1', 's2']);
      expect(await counts(at)).toEqual([[0, 0], [0, 0]]); // prettier-ignore
      await at.store.countDecisions(lease, ['s2']);
      expect((await counts(at)).flat().reduce((sum, count) => sum + count, 0)).toBe(1);
      expect((await at.store.listSessions(99)).find(({ sessionId }) => sessionId === 's2')?.approvedRecommendations).toBe(1);
    });
  });
}

export function sessionsContract(under: StoreUnderTest): void {
  theSessions(under);
  theCounts(under);
}
