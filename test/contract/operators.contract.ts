import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Control } from '../../src/domain/control.ts';
import { eventOf } from '../../src/domain/event.ts';
import { RECOMMENDATION_TRANSITIONS, type RecommendationStatus } from '../../src/domain/transitions.ts';
import type { Lease } from '../../src/ports/lease.ts';
import type { OperatorDecision } from '../../src/ports/operator-store.ts';
import { type AtHand, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { A_MINUTE_MS, aCommand, anEvent, aRecommendation, changing, inserting, insertingCommand, issued } from './samples.ts';
import { withStore } from './with-store.ts';

const AT = Date.UTC(2026, 1, 19, 10, 30);
const STATUSES = Object.keys(RECOMMENDATION_TRANSITIONS) as RecommendationStatus[]; // the table's own keys
const ROW = aRecommendation(AT);
const BY = { recommendationId: ROW.recommendationId, by: 'anna', via: 'cli:anna' };
const DECISIONS: Readonly<Record<OperatorDecision['kind'], OperatorDecision>> = {
  approve: { ...BY, kind: 'approve', seenHash: ROW.actionHash ?? '' },
  reject: { ...BY, kind: 'reject', reason: "it's the sensor" },
  defer: { ...BY, kind: 'defer', until: AT + 900_000, reason: 'next shift' },
};
const BECOMES = { approve: 'approved', reject: 'rejected', defer: 'deferred' } as const;

const told = (subjectId: string, event: string) => eventOf({ agentId: 'test', runId: 'run' }, { subjectType: 'command', subjectId, event });
const decidedRow = async (at: AtHand) => (await at.store.findRecommendations(ROW.recommendationId))[0];

function theRevert(under: StoreUnderTest): void {
  describe('asking for the values from before', () => {
    const store = withStore(under);

    test.each(STATUSES)('of what is %s is on record only while it is undecided and follows another one', async (status) => {
      const at = store();
      const lease = await leaseOf(at.store);
      const row = aRecommendation(AT, { status, guardedStatus: status, followsRecommendationId: 'before' });
      await at.store.saveRecommendations(lease, [inserting(row)]);
      const isUndecided = ['pending', 'awaiting_second', 'deferred'].includes(status);
      expect(await at.store.requestRevert(row.recommendationId, 'anna', anEvent({ event: 'revert_asked' }))).toBe(isUndecided);
      expect((await decidedRow(at))?.revertRequestedBy).toBe(isUndecided ? 'anna' : null);
      const events = (await at.store.listEvents({ subjectId: null, limit: 9 })).map(({ event }) => event);
      expect(events.toReversed()).toEqual(isUndecided ? ['revert_asked'] : ['revert_asked', 'decision_void']);
    });

    test.each([
      ['is answered', 'renewed', true],
      ['is refused', 'revert_refused', true],
      ['is lost', 'escalated', false],
    ])('that %s before it is read back (%s): %s', async (_what, event, isAsked) => {
      const at = store();
      const row = aRecommendation(AT, { followsRecommendationId: 'before' });
      await at.store.saveRecommendations(await leaseOf(at.store), [inserting(row)]);
      // The same event from before the question answers nothing.
      await at.store.appendEvents([anEvent({ eventId: 'earlier', event: 'renewed', subjectId: row.recommendationId })], AT);
      let written = false;
      const slow = await at.another({
        watch: async ({ sql }) => {
          if (written) {
            written = false;
            await at.outside.run(`UPDATE agent_recommendations SET revert_requested_by = NULL`);
            await at.store.appendEvents([anEvent({ eventId: 'later', event, subjectId: row.recommendationId })], Date.now());
          }
          written = sql.startsWith('UPDATE agent_recommendations');
        },
      });
      const asked = anEvent({ eventId: 'asked', event: 'revert_asked', subjectId: row.recommendationId });
      expect(await slow.store.requestRevert(row.recommendationId, 'anna', asked)).toBe(isAsked);
      const events = (await at.store.listEvents({ subjectId: row.recommendationId, limit: 9 })).map((each) => each.event);
      expect(events.includes('decision_void')).toBe(!isAsked);
    });

    test('of what follows nothing changes nothing', async () => {
      const at = store();
      await at.store.saveRecommendations(await leaseOf(at.store), [inserting(ROW)]);
      expect(await at.store.requestRevert(ROW.recommendationId, 'anna', anEvent())).toBe(false);
      expect(await decidedRow(at)).toMatchObject({ revertRequestedBy: null });
    });

    test('brings the commands of what is followed into open work, with the ticket on record, until it is answered', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      const before = aRecommendation(AT, { status: 'failed', guardedStatus: 'failed' });
      const row = aRecommendation(AT, { equipmentId: 'PUMP_01', followsRecommendationId: before.recommendationId });
      await at.store.saveRecommendations(lease, [inserting(before), inserting(row)]);
      await at.store.saveCommands(lease, [insertingCommand(aCommand(AT, { status: 'executed' }))]);
      await at.store.appendEvents([issued(before)], AT);
      const followed = async () => (await at.store.readOpenWork(lease.agentId)).followedCommands;
      expect(await followed()).toEqual([]);
      await at.store.requestRevert(row.recommendationId, 'anna', anEvent({ event: 'revert_asked', subjectId: row.recommendationId }));
      expect(await followed()).toMatchObject([{ command: { status: 'executed' }, ticket: { recommendationId: before.recommendationId } }]);
      await at.store.saveRecommendations(lease, [changing(row, 'pending', { revertRequestedBy: null })]);
      expect(await followed()).toEqual([]);
    });
  });
}

function theDecision(under: StoreUnderTest): void {
  describe('a decision', () => {
    const store = withStore(under);
    let lease: Lease;
    beforeEach(async () => {
      lease = await leaseOf(store().store);
      await store().store.saveRecommendations(lease, [inserting(ROW)]);
    });

    test('to approve is in force with who, when and by which way', async () => {
      const at = store();
      const { now } = await at.store.readControls();
      expect(await at.store.decide(DECISIONS.approve, anEvent())).toEqual({ decided: true, status: 'approved' });
      const row = await decidedRow(at);
      expect(row).toMatchObject({ status: 'approved', guardedStatus: 'pending', approvedByOperator: 'anna', approvedVia: 'cli:anna' });
      expect(row?.approvedHash).toBe(ROW.actionHash);
      expect(row?.updatedTimestamp).toBe(row?.approvedTimestamp);
      expect((row?.approvedTimestamp ?? 0) - now).toBeGreaterThanOrEqual(0);
      expect((row?.approvedTimestamp ?? 0) - now).toBeLessThan(A_MINUTE_MS);
    });

    test('to approve what waits for a second is kept beside the first, and is in force also once a cycle has taken it over', async () => {
      const at = store();
      const first = { approvedByOperator: 'anna', approvedTimestamp: AT, approvedVia: null };
      await at.store.saveRecommendations(lease, [
        changing(ROW, 'pending', { ...first, status: 'awaiting_second', guardedStatus: 'awaiting_second' }),
      ]);
      const second: OperatorDecision = { ...DECISIONS.approve, by: 'bernd', via: 'cli:bernd' };
      expect(await at.store.decide(second, anEvent())).toEqual({ decided: true, status: 'approved' });
      const row = await decidedRow(at);
      expect(row).toMatchObject({
        approvedByOperator: 'anna',
        secondApprover: 'bernd',
        approvedVia: 'cli:bernd',
        guardedStatus: 'awaiting_second',
      });
      expect(row?.approvedTimestamp).toBeGreaterThan(AT);
    });

    test.each<readonly [string, string, boolean]>([
      ['taken over as the first of two', `status = 'awaiting_second', approved_via = NULL`, true],
      [
        'taken over as the first of two, of somebody else',
        `status = 'awaiting_second', approved_via = NULL, approved_by_operator = 'bernd'`,
        false,
      ],
      ['refused', `status = 'pending', approved_by_operator = NULL, approved_via = NULL`, false],
    ])('to approve that is %s before it is read back', async (_what, change, decided) => {
      const at = store();
      let written = false;
      const slow = await at.another({
        watch: async ({ sql }) => {
          if (written) await at.outside.run(`UPDATE agent_recommendations SET ${change}`);
          written = sql.startsWith('UPDATE agent_recommendations');
        },
      });
      expect((await slow.store.decide(DECISIONS.approve, anEvent())).decided).toBe(decided);
    });

    test('to approve clears a second name that nobody asked for', async () => {
      const at = store();
      await at.outside.run(`UPDATE agent_recommendations SET second_approver = 'eve'`);
      await at.store.decide(DECISIONS.approve, anEvent());
      expect(await decidedRow(at)).toMatchObject({ approvedByOperator: 'anna', secondApprover: null });
    });

    test('to reject and to defer keep their reasons', async () => {
      const at = store();
      expect(await at.store.decide(DECISIONS.defer, anEvent())).toEqual({ decided: true, status: 'deferred' });
      expect(await decidedRow(at)).toMatchObject({ deferUntil: AT + 900_000, operatorNotes: 'next shift', approvedByOperator: null });
      expect(await at.store.decide(DECISIONS.reject, anEvent({ eventId: 'event-2' }))).toEqual({ decided: true, status: 'rejected' });
      expect(await decidedRow(at)).toMatchObject({
        rejectedByOperator: 'anna',
        rejectionReason: "it's the sensor",
        operatorNotes: 'next shift',
      });
    });

    test('to approve another ticket than the one on record is not in force', async () => {
      const at = store();
      expect(await at.store.decide({ ...DECISIONS.approve, seenHash: 'what was there before' } as OperatorDecision, anEvent())).toEqual({
        decided: false,
        status: 'pending',
      });
      expect(await at.store.listEvents({ subjectId: null, limit: 9 })).toEqual([]);
      await at.store.saveRecommendations(lease, [changing(ROW, 'pending', { actionHash: null })]);
      expect(await at.store.decide(DECISIONS.approve, anEvent({ eventId: 'event-2' }))).toEqual({ decided: false, status: 'pending' });
      expect(await decidedRow(at)).toMatchObject({ status: 'pending', approvedByOperator: null, approvedTimestamp: null });
    });

    const cases = STATUSES.flatMap((status) => (['approve', 'reject', 'defer'] as const).map((kind) => [status, kind] as const));
    test.each(cases)('about a row that is %s: %s is taken only while it is undecided', async (status, kind) => {
      const at = store();
      await at.outside.run('UPDATE agent_recommendations SET status = :status, guarded_status = :status', { status });
      const undecided = kind === 'defer' ? ['pending', 'deferred'] : ['pending', 'awaiting_second', 'deferred'];
      const taken = undecided.includes(status);
      expect(await at.store.decide(DECISIONS[kind], anEvent())).toEqual({ decided: taken, status: taken ? BECOMES[kind] : status });
    });

    test.each(['expired', 'cancelled', 'pending', 'rejected', 'withdrawn'])(
      'made once and since then %s is not in force when it is made again',
      async (status) => {
        const at = store();
        await at.store.decide(DECISIONS.approve, anEvent());
        // 'pending' keeps its columns here, as a hand would leave them; its ticket is another one.
        await at.outside.run('UPDATE agent_recommendations SET status = :status, action_hash = :hash', {
          status,
          hash: status === 'pending' ? 'another' : ROW.actionHash,
        });
        expect((await at.store.decide(DECISIONS.approve, anEvent({ eventId: 'event-2' }))).decided).toBe(false);
      },
    );

    test('made once more is told that it was made, and neither recorded nor stamped again', async () => {
      const at = store();
      await at.store.decide(DECISIONS.approve, anEvent());
      const first = await decidedRow(at);
      expect(await at.store.decide(DECISIONS.approve, anEvent())).toEqual({ decided: false, status: 'approved' });
      expect(await decidedRow(at)).toEqual(first);
      expect(await at.store.listEvents({ subjectId: null, limit: 9 })).toHaveLength(1);
    });

    test.each(['DONE', ''])("about a row whose status is '%s', which is none, is not taken", async (status) => {
      const at = store();
      await at.outside.run('UPDATE agent_recommendations SET status = :status', { status });
      for (const [kind, decision] of Object.entries(DECISIONS))
        expect(await at.store.decide(decision, anEvent({ eventId: kind }))).toEqual({ decided: false, status });
      expect(await at.store.listEvents({ subjectId: null, limit: 9 })).toEqual([]);
    });

    test('that came second is told what the first one was', async () => {
      const at = store();
      await at.store.decide(DECISIONS.reject, anEvent());
      const late: OperatorDecision = { ...DECISIONS.approve, by: 'bernd' };
      expect(await at.store.decide(late, anEvent({ eventId: 'event-2' }))).toEqual({ decided: false, status: 'rejected' });
    });

    test('of two at once is taken from one', async () => {
      const at = store();
      const rivals = await Promise.all(['anna', 'bernd', 'cleo'].map(async (by) => ({ by, opened: await at.another() })));
      const results = await Promise.all(
        rivals.map(({ by, opened }, index) => opened.store.decide({ ...DECISIONS.approve, by }, anEvent({ eventId: `e${index}` }))),
      );
      expect(results.filter(({ decided }) => decided)).toHaveLength(1);
    });

    test.each<readonly [string, string]>([
      ['its ticket', "action_hash = 'escalated'"],
      ['its status', "status = 'withdrawn'"],
    ])('is void when a row changes %s between the look and the write, and the audit is told', async (_what, change) => {
      const at = store();
      const slow = await at.another({
        watch: ({ sql }) => sql.startsWith('UPDATE agent_recommendations') && at.outside.run(`UPDATE agent_recommendations SET ${change}`),
      });
      expect((await slow.store.decide(DECISIONS.approve, anEvent({ event: 'approval_given' }))).decided).toBe(false);
      expect(await decidedRow(at)).toMatchObject({ approvedByOperator: null });
      const events = await at.store.listEvents({ subjectId: null, limit: 9 });
      expect(events.map((event) => event.event).toSorted()).toEqual(['approval_given', 'decision_void']);
    });

    test('has its audit row first: without the audit there is no decision', async () => {
      const at = store();
      await at.outside.run('DROP TABLE agent_events');
      await expect(at.store.decide(DECISIONS.approve, anEvent())).rejects.toMatchObject({ code: 'not_set_up' });
      await expect(
        at.store.setControl({ kind: 'shelved', scope: 'all', by: 'a', reason: 'r', since: AT, until: null }, anEvent()),
      ).rejects.toMatchObject({ code: 'not_set_up' });
      expect((await decidedRow(at))?.status).toBe('pending');
      expect((await at.store.readControls()).controls).toEqual([]);
    });

    test('about a row that is gone is not found', async () => {
      const at = store();
      await at.outside.run('DELETE FROM agent_recommendations');
      await expect(at.store.decide(DECISIONS.reject, anEvent())).rejects.toMatchObject({ code: 'not_found' });
    });
  });
}

const bare = ({ kind, scope, by, reason, until }: Control) => ({ kind, scope, by, reason, until });

const kept = async (at: AtHand) => (await at.store.readControls()).controls.map(bare).toSorted((a, b) => (a.reason < b.reason ? -1 : 1));

function theControls(under: StoreUnderTest): void {
  describe('a control', () => {
    const store = withStore(under);

    test('is on record with every other one, newest first, and nothing else is among them', async () => {
      const at = store();
      const tell = async (subjectId: string, event: string, subjectType: 'control' | 'command' = 'control') =>
        at.store.clearControl('advisory', 'nothing', eventOf({ agentId: 'test', runId: subjectId }, { subjectType, subjectId, event }));
      await tell('advisory:all', 'control_set');
      await tell('advisory:Öfen', 'control_set');
      await tell('shelved:PUMP*', 'control_set');
      await tell('out_of_service:R1', 'control_set');
      await tell('advisory:all', 'control_cleared');
      await tell('advisories', 'derived', 'command');
      await tell('advisory:of another kind', 'derived', 'command');
      const orders = await at.store.listControlEvents(9);
      expect(orders.map(({ subjectId, event }) => `${event} ${subjectId}`).toSorted()).toEqual([
        'control_cleared advisory:all',
        'control_set advisory:all',
        'control_set advisory:Öfen',
        'control_set out_of_service:R1',
        'control_set shelved:PUMP*',
      ]);
      expect(orders.map(({ at: time }) => time).toSorted((a, b) => b - a)).toEqual(orders.map(({ at: time }) => time));
      expect(await at.store.listControlEvents(2)).toHaveLength(2);
    });

    const control: Control = { kind: 'shelved', scope: 'PUMP*', by: 'anna', reason: 'inspection', since: AT, until: AT + 60_000 };
    test('replaces the one of its kind and scope, and stands beside every other', async () => {
      const at = store();
      const others: readonly Control[] = [
        { ...control, scope: 'pump*', reason: 'r1' },
        { ...control, kind: 'advisory', reason: 'r2' },
        { ...control, scope: 'all', reason: 'r3', until: null },
      ];
      for (const [index, each] of [control, ...others].entries()) await at.store.setControl(each, anEvent({ eventId: `e${index}` }));
      const replaced = { ...control, by: 'bernd', reason: 'r0', until: null };
      await at.store.setControl(replaced, anEvent({ eventId: 'e9' }));
      expect(await kept(at)).toEqual([replaced, ...others].map(bare));
      expect(await at.store.listEvents({ subjectId: null, limit: 9 })).toHaveLength(5);
    });

    test('that is lifted is gone, and the lifting says how many there were', async () => {
      const at = store();
      await at.store.setControl(control, anEvent());
      expect(await at.store.clearControl('advisory', 'PUMP*', anEvent({ eventId: 'e2' }))).toBe(0);
      expect(await at.store.clearControl('shelved', 'all', anEvent({ eventId: 'e3' }))).toBe(0);
      expect(await at.store.clearControl('shelved', 'PUMP*', anEvent({ eventId: 'e4' }))).toBe(1);
      expect(await at.store.clearControl('shelved', 'PUMP*', anEvent({ eventId: 'e5' }))).toBe(0);
      await at.store.setControl(control, anEvent({ eventId: 'e6' }));
      await at.outside.run(`UPDATE agent_controls SET control_id = 'by hand', kind = ' SHELVED', scope = 'pump* ' WHERE kind = 'shelved'`);
      expect(await at.store.clearControl('shelved', 'PUMP*', anEvent({ eventId: 'e7' }))).toBe(1);
      expect(await kept(at)).toEqual([]);
    });
  });
}

const named = (recommendationId: string, given: Parameters<typeof aRecommendation>[1] & { readonly at?: number } = {}) => {
  const { at = AT, ...columns } = given;
  return inserting(aRecommendation(at, { recommendationId, equipmentId: recommendationId, ...columns }));
};

function theLists(under: StoreUnderTest): void {
  describe('what operators ask for', () => {
    const store = withStore(under);

    test('recommendations come with the open ones first, by priority and then the oldest; the ended newest first', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      await at.store.saveRecommendations(lease, [
        named('ended-old', { status: 'executed', priority: 4, at: AT - 9000 }),
        named('low', { priority: 1, at: AT - 8000 }),
        named('critical-new', { priority: 4, status: 'executing' }),
        named('ended-new', { status: 'rejected', priority: 1, at: AT + 1 }),
        named('critical-old', { priority: 4, status: 'approved', at: AT - 1 }),
        named('high', { priority: 3, status: 'deferred', at: AT - 99_000 }),
      ]);
      const ids = async (filter: Partial<Parameters<AtHand['store']['listRecommendations']>[0]>) =>
        (await at.store.listRecommendations({ statuses: [], equipmentId: null, limit: 99, ...filter })).map((row) => row.recommendationId);
      const all = ['critical-old', 'critical-new', 'high', 'low', 'ended-new', 'ended-old'];
      expect(await ids({})).toEqual(all);
      expect(await ids({ limit: 3 })).toEqual(all.slice(0, 3));
      expect(await ids({ statuses: ['pending', 'rejected'] })).toEqual(['low', 'ended-new']);
      expect(await ids({ statuses: ['nothing'] })).toEqual([]);
      expect(await ids({ equipmentId: 'high' })).toEqual(['high']);
      expect(await ids({ equipmentId: 'HIGH' })).toEqual([]);
    });

    test('an id is found by how it starts; two are enough to see that there are several', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      await at.store.saveRecommendations(
        lease,
        ['abcd-1', 'abcd-2', 'abcd-3', 'ab%d-4', 'xabcd'].map((id) => named(id)),
      );
      const find = async (prefix: string) => (await at.store.findRecommendations(prefix)).map((row) => row.recommendationId);
      expect(await find('abcd')).toEqual(['abcd-1', 'abcd-2']);
      expect(await find('abcd-3')).toEqual(['abcd-3']);
      expect(await find('ab%')).toEqual(['ab%d-4']);
      expect(await find('ab_d')).toEqual([]);
      expect(await find('bcd')).toEqual([]);
      expect([...(await at.store.readLastChanges(['abcd-1', 'gone', "o'x"]))]).toEqual([
        ['abcd-1', { status: 'pending', updatedTimestamp: null }],
      ]);
      const { issueFamily } = named('abcd-1').columns;
      expect([...(await at.store.readPlaces(['abcd-1', 'gone', "o'x"]))]).toEqual([
        ['abcd-1', expect.objectContaining({ equipmentId: 'abcd-1', issueFamily, status: 'pending', createdTimestamp: AT })],
      ]);
    });

    test('what there are events about is found by how it starts, each once', async () => {
      const at = store();
      await at.store.appendEvents(
        [told('abcd-2', 'derived'), told('abcd-1', 'derived'), told('abcd-1', 'executed'), told('abcd-3', 'derived'), told('ABCD-4', 'x')],
        AT,
      );
      expect(await at.store.findSubjects('abcd')).toEqual(['abcd-1', 'abcd-2']);
      expect(await at.store.findSubjects('abcd-3')).toEqual(['abcd-3']);
      expect(await at.store.findSubjects('ab%')).toEqual([]);
    });

    test('commands come newest first and in their sequence, by recommendation and status', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      const command = (commandId: string, given: Parameters<typeof aCommand>[1], when = AT) =>
        insertingCommand(aCommand(when, { commandId, ...given }));
      await at.store.saveCommands(lease, [
        command('b2', { recommendationId: 'b', sequence: 2 }),
        command('b1', { recommendationId: 'b', sequence: 1, status: 'executed' }),
        command('a1', { recommendationId: 'a', sequence: 1, status: 'executed' }, AT + 1),
      ]);
      const ids = async (filter: Partial<Parameters<AtHand['store']['listCommands']>[0]>) =>
        (await at.store.listCommands({ recommendationId: null, statuses: [], limit: 99, ...filter })).map(({ commandId }) => commandId);
      expect(await ids({})).toEqual(['a1', 'b1', 'b2']);
      expect(await ids({ limit: 1 })).toEqual(['a1']);
      expect(await ids({ recommendationId: 'b' })).toEqual(['b1', 'b2']);
      expect(await ids({ recommendationId: 'b', statuses: ['executed'] })).toEqual(['b1']);
      expect(await ids({ statuses: ['executed', 'failed'] })).toEqual(['a1', 'b1']);
    });

    test('figures count what there is; of nothing there is none', async () => {
      const at = store();
      const { now, ...empty } = await at.store.readFigures();
      expect(empty).toEqual({
        total: 0,
        pending: 0,
        commandsExecuted: 0,
        openBySeverity: { low: 0, medium: 0, high: 0, critical: 0 },
        oldestOpenAt: null,
        createdLast10Minutes: 0,
        stale: 0,
      });
      const lease = await leaseOf(at.store);
      const hour = 3_600_000;
      await at.store.saveRecommendations(lease, [
        named('a', { severity: 'critical', at: now - 1000 }),
        named('b', { severity: 'critical', status: 'approved', at: now - 9 * 60_000 }),
        named('c', { severity: 'high', at: now - 25 * hour }),
        named('d', { severity: 'high', status: 'executed', at: now - 48 * hour }),
        named('e', { severity: 'medium', status: 'executed', at: now - 11 * 60_000 }),
      ]);
      await at.store.saveCommands(lease, [
        insertingCommand(aCommand(AT, { commandId: 'a', status: 'executed' })),
        insertingCommand(aCommand(AT, { commandId: 'b', status: 'failed' })),
        insertingCommand(aCommand(AT, { commandId: 'c', status: 'executed' })),
      ]);
      const figures = await at.store.readFigures();
      expect(figures).toMatchObject({
        total: 5,
        pending: 2,
        commandsExecuted: 2,
        oldestOpenAt: now - 25 * hour,
        createdLast10Minutes: 2,
        stale: 1,
      });
      expect(figures.openBySeverity).toEqual({ critical: 2, high: 1, medium: 0, low: 0 });
      expect(figures.now).toBeGreaterThanOrEqual(now);
    });
  });
}

export function operatorsContract(under: StoreUnderTest): void {
  theDecision(under);
  theRevert(under);
  theControls(under);
  theLists(under);
}
