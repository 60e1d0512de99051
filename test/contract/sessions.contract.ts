import { describe, expect, test } from '@jest/globals';
import { isOpenAt, type OperatorSession } from '../../src/domain/operator-session.ts';
import type { Statement } from '../../src/store/connection.ts';
import { AGENT, type AtHand, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { A_MINUTE_MS, anEvent, HEARTBEAT } from './samples.ts';
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

/** What people write for 'not yet', and what looks like a time. */
const NO_TIMES = ['', ' ', 'still here', '2026-13-01 10:00:00.000', '2025-02-19 24:00:00.000', '0', '19.02.2025 10:30'];

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
      expect((opened?.loginTimestamp ?? 0) - now).toBeLessThan(A_MINUTE_MS);
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
        ['pasted', '\tclosed\u00a0\n', null],
        ['expired', 'EXPIRED', null],
        ['just', 'closed', 30],
        ['long', 'closed', 90],
        ['said-open', 'active', 90],
      ] as const;
      for (const [id, status, ended] of cases) await insert(at, id, status, ended);
      expect(ids((await at.store.readOpenWork(AGENT, 60)).sessions)).toEqual(['bare', 'just', 'odd', 'open']);
      expect(ids((await at.store.readOpenWork(AGENT)).sessions)).toEqual(['bare', 'odd', 'open']);
    });

    test.each(['active', 'closed'])('is open until a logout that is still to come, whatever its status says: %s', async (status) => {
      const at = store();
      await insert(at, 'evening', status, -3600);
      await insert(at, 'ended', status, 1);
      expect(ids((await at.store.readOpenWork(AGENT)).sessions)).toEqual(['evening']);
      expect(ids(await at.store.openSessionsOf('anna'))).toEqual(['evening']);
      expect((await at.store.listSessions(1)).map(({ sessionId }) => sessionId)).toEqual(['evening']);
      const { now } = await at.store.readControls();
      await at.store.closeSession('evening', anEvent());
      const closed = (await at.store.listSessions(9)).find(({ sessionId }) => sessionId === 'evening');
      expect(closed?.status).toBe('closed');
      expect((closed?.logoutTimestamp ?? 0) - now).toBeLessThan(60_000);
    });

    if (under.takesAnyValue) {
      test.each(NO_TIMES)('whose logout is no time (%j) is open or not by its status', async (logout_timestamp) => {
        const at = store();
        await insert(at, 'open', 'active', null);
        await insert(at, 'ended', 'closed', null);
        await at.outside.run('UPDATE operator_sessions SET logout_timestamp = :logout_timestamp', { logout_timestamp });
        expect(ids((await at.store.readOpenWork(AGENT, 60)).sessions)).toEqual(['open']);
        expect(ids(await at.store.openSessionsOf('anna'))).toEqual(['open']);
        expect((await at.store.listSessions(1)).map(({ sessionId }) => sessionId)).toEqual(['open']);
        for (const id of ['open', 'ended']) await at.store.closeSession(id, anEvent({ eventId: id }));
        const closed = await at.store.listSessions(9);
        expect(closed.filter(({ logoutTimestamp }) => logoutTimestamp !== null).map(({ sessionId }) => sessionId)).toEqual(['open']);
      });

      test('is open for SQL exactly where the domain says so, whatever its times and its status are', async () => {
        const at = store();
        const { now } = await at.store.readControls();
        const texts = [null, ...NO_TIMES, ...[-7200, -30, 0.5, 7200].map((seconds) => at.time(now + seconds * 1000))];
        const statuses = [null, '', 'active', ' Closed', 'EXPIRED', 'closed\t', '\u00a0Expired\r\n', '\u200bclosed'];
        const rows = texts.flatMap((login_timestamp) =>
          texts.flatMap((logout_timestamp) => statuses.map((status) => ({ ...SESSION, login_timestamp, logout_timestamp, status }))),
        );
        await at.outside.insert(
          'operator_sessions',
          rows.map((row, index) => ({ ...row, session_id: `s${index}` })),
        );
        const all = await at.store.listSessions(rows.length);
        const { sessions, now: then } = await at.store.readOpenWork(AGENT);
        const open = all.filter((session) => isOpenAt(session, then));
        expect(all).toHaveLength(rows.length);
        expect(open.length).toBeGreaterThan(10);
        expect(ids(sessions)).toEqual(ids(open));
        expect(ids(await at.store.openSessionsOf('anna'))).toEqual(ids(open));
        expect(ids(all.slice(0, open.length))).toEqual(ids(open));
      });
    }

    if (under.dialect.name === 'embedded')
      test('is found by indexes among all who were ever logged in', async () => {
        const seen: Statement[] = [];
        const at = store();
        const { store: watched } = await at.another({ watch: (statement) => seen.push(statement) });
        await watched.readOpenWork('x');
        const plan = (await at.outside.rows(`EXPLAIN QUERY PLAN ${seen[0]?.sql ?? ''}`)).map((step) => String(step['detail']));
        const touching = plan.filter((detail) => detail.includes('operator_sessions_'));
        expect(touching).toEqual([
          expect.stringContaining('SEARCH o USING INDEX operator_sessions_by_end (logout_timestamp>?)'),
          expect.stringContaining('SCAN o USING INDEX operator_sessions_without_end'),
        ]);
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
      [null, 0],
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

    test('are asked for where somebody decided since a cycle counted last', async () => {
      const at = store();
      const uncounted = async () => [...(await at.store.readOpenWork(AGENT)).uncountedSessions].toSorted();
      const { now } = await at.store.readControls();
      const ended = async (counted: boolean) => at.store.endCycle(await leaseOf(at.store), { ...HEARTBEAT, counted });
      await at.store.appendEvents([decided('1', 'approved', 'a'), decided('2', 'rejected', 'b', { sessionId: 's2' })], now - 1000);
      await at.store.appendEvents(
        [decided('3', 'approved', 'c', { sessionId: null }), decided('4', 'approval_given', 'd', { sessionId: 's3' })],
        now - 1000,
      );
      expect(await uncounted()).toEqual(['s1', 's2']);
      await ended(false);
      expect(await uncounted()).toEqual(['s1', 's2']);
      await ended(true);
      expect(await uncounted()).toEqual([]);
      await ended(false);
      expect(await uncounted()).toEqual([]);
      const later = (await at.store.readControls()).now + 1;
      await at.store.appendEvents([decided('5', 'approved', 'e'), decided('6', 'approved', 'f')], later);
      await at.store.appendEvents([decided('7', 'approved', 'g', { sessionId: 's4' })], later + 3_600_000);
      expect(await uncounted()).toEqual(['s1']);
    });

    test('are asked for again where the time of the last count is of a clock that was ahead', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      await at.store.endCycle(await leaseOf(at.store), { ...HEARTBEAT, counted: true });
      await at.store.appendEvents([decided('1', 'approved', 'a')], now - 3_600_000);
      const { uncountedSessions } = await at.store.readOpenWork(AGENT);
      await at.outside.run('UPDATE agent_health SET counted_timestamp = :ahead', { ahead: at.time(now + 3_600_000) });
      expect([uncountedSessions, (await at.store.readOpenWork(AGENT)).uncountedSessions]).toEqual([[], ['s1']]);
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
