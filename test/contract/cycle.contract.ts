import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decisionRecord, issuedCopy } from '../../src/domain/audit-copy.ts';
import { NO_DECISION } from '../../src/domain/recommendation.ts';
import { COMMAND_TRANSITIONS, type CommandStatus } from '../../src/domain/transitions.ts';
import type { Claim, Heartbeat } from '../../src/ports/cycle-store.ts';
import { AGENT, type AtHand, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { type StoreProcesses, storeProcesses } from '../support/store-children.ts';
import {
  A_MINUTE_MS,
  ACTION,
  aCommand,
  anEvent,
  aRecommendation,
  aTicket,
  HEARTBEAT,
  inserting,
  insertingCommand,
  issued,
} from './samples.ts';
import { pastConflicts } from '../support/past-conflicts.ts';
import { withStore } from './with-store.ts';

const AT = Date.UTC(2026, 1, 19, 10, 30);
const BEAT: Heartbeat = { ...HEARTBEAT, processId: 'process-1' };

const ALONE: Heartbeat = { ...BEAT, processId: null };
const OTHER: Heartbeat = { ...BEAT, processId: 'process-2', nextDueInSeconds: 60 };
const beating = async (at: AtHand, ...beats: readonly Heartbeat[]) => {
  for (const [index, beat] of beats.entries()) await at.store.endCycle(await leaseOf(at.store, `run-${index}`), beat);
};

function request(runId: string, leaseSeconds = 120) {
  return { agentId: AGENT, runId, leaseSeconds };
}

async function holder(at: AtHand): Promise<unknown> {
  return (await at.store.readHealth()).health[0]?.leaseOwner;
}

const eventNames = async (at: AtHand) => (await at.store.listEvents({ subjectId: null, limit: 99 })).map((event) => event.eventId);

function theAudit(under: StoreUnderTest): void {
  describe('the audit', () => {
    const store = withStore(under);

    test('takes an event once and keeps its first text', async () => {
      const at = store();
      await at.store.appendEvents([anEvent({ reason: 'first' }), anEvent({ reason: 'twice in one call' })], AT);
      await at.store.appendEvents([anEvent({ reason: 'again' }), anEvent({ eventId: 'event-2' })], AT + 1);
      expect(
        (await at.store.listEvents({ subjectId: null, limit: 9 })).map(({ eventId, reason, at: time }) => [eventId, reason, time]),
      ).toEqual([
        ['event-2', null, AT + 1],
        ['event-1', 'first', AT],
      ]);
    });

    test('keeps the order of what was recorded at one moment, in one call and in several', async () => {
      const at = store();
      const ids = Array.from({ length: 12 }, (_, index) => `e-${(index * 7) % 12}`);
      await at.store.appendEvents(
        ids.slice(0, 8).map((eventId) => anEvent({ eventId })),
        AT,
      );
      await at.store.appendEvents(
        ids.slice(8).map((eventId) => anEvent({ eventId })),
        AT,
      );
      expect(await eventNames(at)).toEqual(ids.toReversed());
      expect((await at.store.listEvents({ subjectId: null, limit: 3 })).map((event) => event.eventId)).toEqual(
        ids.toReversed().slice(0, 3),
      );
    });

    test('gives a row its newest ticket and its newest decision, by time and then by order', async () => {
      const at = store();
      const row = aRecommendation(AT);
      await at.store.saveRecommendations(await leaseOf(at.store), [inserting(row)]);
      const ticket = aTicket(row, [{ ...ACTION, value: 75 }]);
      await at.store.appendEvents([issued(row, { eventId: 'a' }), issued(row, { eventId: 'b', event: 'renewed' })], AT + 1);
      await at.store.appendEvents([issued(row, { eventId: 'late', event: 'escalated', after: issuedCopy(ticket) })], AT + 2);
      const decision = { ...NO_DECISION, approvedByOperator: 'anna', approvedTimestamp: AT };
      await at.store.appendEvents(
        [
          anEvent({ eventId: 'f', event: 'approved', after: { decision: decisionRecord(decision) } }),
          anEvent({ eventId: 'g', event: 'intent' }),
        ],
        AT + 3,
      );
      await at.store.appendEvents(
        [anEvent({ eventId: 'c', subjectType: 'command', event: 'created', after: issuedCopy(aTicket(row)) })],
        AT + 9,
      );
      await at.store.appendEvents([anEvent({ eventId: 'd', subjectId: 'somebody else', after: issuedCopy(aTicket(row)) })], AT + 9);
      expect((await at.store.readOpenWork(AGENT)).recommendations).toEqual([
        { ...row, ticket, announced: null, lastDecision: { event: 'approved', columns: decision, actionHash: null } },
      ]);
    });

    test('tells the newest of several tickets of one moment by the order in which they were recorded', async () => {
      const at = store();
      const row = aRecommendation(AT);
      const lease = await leaseOf(at.store);
      await at.store.saveRecommendations(lease, [inserting(row)]);
      await at.store.saveCommands(lease, [insertingCommand(aCommand(AT, { status: 'executing', claimedBy: 'run-1' }))]);
      const tickets = [90, 75, 50].map((value) => aTicket(row, [{ ...ACTION, value }]));
      const ids = ['b', 'c', 'a'];
      await at.store.appendEvents(
        tickets.map((ticket, index) => issued(row, { eventId: ids[index] ?? '', event: 'escalated', after: issuedCopy(ticket) })),
        AT,
      );
      expect((await at.store.readOpenWork(AGENT)).recommendations.map(({ ticket }) => ticket)).toEqual([tickets[2]]);
      expect((await at.store.readClaimed(lease)).map(({ ticket }) => ticket)).toEqual([tickets[2]]);
    });

    test('with a copy that somebody spoilt costs that row its ticket and nothing else', async () => {
      const at = store();
      const [row, other] = [aRecommendation(AT), aRecommendation(AT, { equipmentId: 'PUMP_01' })];
      const lease = await leaseOf(at.store);
      await at.store.saveRecommendations(lease, [inserting(row), inserting(other)]);
      await at.store.saveCommands(lease, [insertingCommand(aCommand(AT, { status: 'executing', claimedBy: 'run-1' }))]);
      await at.store.appendEvents([issued(row), issued(other)], AT);
      await under.unprotectAudit(at.outside);
      for (const after of ['{"ticket":', '[]', '17', 'null', '{"ticket":"x"}']) {
        await at.outside.run(`UPDATE agent_events SET ${under.dialect.quote('after')} = :after WHERE subject_id = :id`, {
          after,
          id: row.recommendationId,
        });
        const { recommendations } = await at.store.readOpenWork(AGENT);
        expect(recommendations.find(({ equipmentId }) => equipmentId === 'REACTOR_02')?.ticket).toBeNull();
        expect(recommendations.find(({ equipmentId }) => equipmentId === 'PUMP_01')?.ticket).toEqual(aTicket(other));
        expect((await at.store.readClaimed(lease)).map(({ ticket }) => ticket)).toEqual([null]);
      }
    });
  });
}

const insertingOf = (equipmentId: string, given: Parameters<typeof aRecommendation>[1]) =>
  inserting(aRecommendation(AT, { equipmentId, ...given }));

const aged = (recommendationId: string, seconds: number, given: Parameters<typeof aRecommendation>[1] = {}) =>
  inserting(aRecommendation(AT - seconds * 1000, { recommendationId, status: 'withdrawn', ...given }));

function theOpenWork(under: StoreUnderTest): void {
  describe('open work', () => {
    const store = withStore(under);

    test('is read for as long a look back as a configuration can ask for', async () => {
      const at = store();
      expect((await at.store.readOpenWork(AGENT, 3600, 60 * 86_400)).recommendations).toEqual([]);
    });

    test('has a row of somebody else no more once its missing status was adopted', async () => {
      const at = store();
      await at.store.saveRecommendations(await leaseOf(at.store), [inserting(aRecommendation(AT))]);
      await at.outside.run(`UPDATE agent_recommendations SET status = NULL, guarded_status = 'executed'`);
      const found = async () => (await at.store.readOpenWork(AGENT)).recommendations.length;
      expect(await found()).toBe(1);
      await at.outside.run(`UPDATE agent_recommendations SET guarded_status = ''`);
      expect(await found()).toBe(0);
    });

    test('is what is open, what somebody else changed, and what was executed and not verified', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      await at.store.saveRecommendations(lease, [
        insertingOf('OPEN', {}),
        insertingOf('APPROVED', { status: 'approved', guardedStatus: 'pending' }),
        insertingOf('OVER', { status: 'withdrawn' }),
        insertingOf('REJECTED_OUTSIDE', { status: 'rejected', guardedStatus: 'pending' }),
        insertingOf('FOREIGN', { status: 'failed', guardedStatus: null }),
        insertingOf('VERIFIED', { status: 'executed', outcome: 'effective' }),
        insertingOf('UNVERIFIED', { status: 'executed' }),
      ]);
      const { recommendations } = await at.store.readOpenWork(AGENT);
      expect(recommendations.map(({ equipmentId }) => equipmentId).toSorted()).toEqual([
        'APPROVED',
        'FOREIGN',
        'OPEN',
        'REJECTED_OUTSIDE',
        'UNVERIFIED',
      ]);
    });

    test('holds the newest row of every family, whatever became of it', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      await at.store.saveRecommendations(lease, [
        aged('old', 3),
        aged('newest', 1, { status: 'rejected' }),
        aged('older', 2),
        aged('pressure', 9, { issueFamily: 'pressure' }),
        aged('pump', 5, { equipmentId: 'PUMP_01', status: 'pending' }),
      ]);
      const { families } = await at.store.readOpenWork(AGENT);
      expect(families.map(({ recommendationId, status }) => `${recommendationId} ${status}`).toSorted()).toEqual([
        'newest rejected',
        'pressure withdrawn',
        'pump pending',
      ]);
    });

    test('holds commands that have not ended, and every command of what is executing', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      const [running, over] = [
        aRecommendation(AT, { status: 'executing' }),
        aRecommendation(AT, { equipmentId: 'PUMP_01', status: 'failed' }),
      ];
      await at.store.saveRecommendations(lease, [inserting(running), inserting(over)]);
      const statuses = Object.keys(COMMAND_TRANSITIONS) as CommandStatus[]; // its own keys
      await at.store.saveCommands(
        lease,
        [running, over].flatMap((row) =>
          statuses.map((status, sequence) => insertingCommand(aCommand(AT, { recommendationId: row.recommendationId, sequence, status }))),
        ),
      );
      const { commands } = await at.store.readOpenWork(AGENT);
      const of = (row: typeof running) =>
        commands.filter((command) => command.recommendationId === row.recommendationId).map((command) => command.status);
      expect(of(running).toSorted()).toEqual(statuses.toSorted());
      expect(of(over).toSorted()).toEqual(['executing', 'pending', 'unknown']);
    });

    test('has a row that the audit does not know as its newest without its ticket: a time was moved', async () => {
      const at = store();
      const row = aRecommendation(AT);
      await at.store.saveRecommendations(await leaseOf(at.store), [inserting(row)]);
      await at.store.appendEvents([issued(row, { eventId: 'moved', event: 'escalated' })], AT + 2);
      await at.store.appendEvents([issued(row, { eventId: 'newest' })], AT + 1);
      expect((await at.store.readOpenWork(AGENT)).recommendations).toMatchObject([{ ticket: null, isTicketOvertaken: true }]);
      expect((await at.store.readOpenWork(AGENT)).recommendations[0]).not.toHaveProperty('isTicketUnsigned');
    });

    test('counts what the audit was told to be sent within the last minute, and nothing else', async () => {
      const at = store();
      await leaseOf(at.store);
      const { now } = await at.store.readOpenWork(AGENT);
      const told = (seconds: number, event = 'dispatching', subjectType: 'command' | 'recommendation' = 'command') =>
        at.store.appendEvents([anEvent({ eventId: `${event} ${subjectType} ${seconds}`, subjectType, event })], now - seconds * 1000);
      for (const seconds of [61, 60 - under.slowness, 10, 0]) await told(seconds);
      await told(0, 'executed');
      await told(0, 'dispatching', 'recommendation');
      await told(-60);
      expect((await at.store.readOpenWork(AGENT)).recentWrites).toBe(3);
    });

    test('is read in one statement, however much it is', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      const before = at.store.statements;
      await at.store.readOpenWork(AGENT);
      await at.store.saveRecommendations(
        lease,
        Array.from({ length: 50 }, (_, index) => inserting(aRecommendation(AT, { equipmentId: `E${index}` }))),
      );
      const { recommendations, now } = await at.store.readOpenWork(AGENT);
      expect(recommendations).toHaveLength(50);
      expect(at.store.statements - before).toBe(3);
      await at.store.readControls();
      await at.store.saveCommands(lease, []);
      await at.store.appendEvents([], now);
      expect(at.store.statements - before).toBe(3);
    });

    test("says the store's time, in milliseconds", async () => {
      const at = store();
      const { now } = await at.store.readOpenWork(AGENT);
      expect(Number.isInteger(now)).toBe(true);
      const later = (await at.store.readControls()).now;
      expect(later - now).toBeGreaterThanOrEqual(0);
      expect(later - now).toBeLessThan(A_MINUTE_MS);
    });
  });
}

function theLease(under: StoreUnderTest): void {
  describe('the lease in the row', () => {
    const store = withStore(under, { lock: false });

    test('is taken where it is free, with an epoch that grows and an end on the clock of the store', async () => {
      const at = store();
      const lease = await leaseOf(at.store, 'run-1', 240);
      expect(lease.epoch).toBe(1);
      const { now, health } = await at.store.readHealth();
      expect(health[0]).toMatchObject({ leaseOwner: 'run-1', leaseEpoch: 1 });
      expect((health[0]?.leaseExpires ?? 0) - now).toBeGreaterThan(240_000 - 5000 * under.slowness);
      expect((health[0]?.leaseExpires ?? 0) - now).toBeLessThanOrEqual(240_000);
    });

    test('that another run holds is left to it', async () => {
      const at = store();
      const lease = await leaseOf(at.store, 'run-1');
      const before = (await at.store.readHealth()).health;
      const other = await at.another();
      await other.store.takeLease(request('run-2'));
      expect((await at.store.readHealth()).health).toEqual(before);
      expect(await at.store.saveRecommendations(lease, [inserting(aRecommendation(AT))])).toBe(1);
    });

    test('may be taken again by its own run, under a new epoch', async () => {
      const at = store();
      const first = await leaseOf(at.store, 'run-1');
      const second = await leaseOf(at.store, 'run-1');
      expect(second.epoch).toBe(first.epoch + 1);
      expect(await at.store.saveRecommendations(first, [inserting(aRecommendation(AT))])).toBe(0);
    });

    test('says which of two processes with one run id has it', async () => {
      const at = store();
      const other = await at.another();
      const holderOf = async () => (await at.store.readHealth()).health[0]?.leaseHolder;
      await at.store.takeLease(request('run-1'));
      expect(await holderOf()).toBe(at.store.holderId);
      await other.store.takeLease(request('run-1'));
      expect(await holderOf()).toBe(other.store.holderId);
      expect(other.store.holderId).not.toBe(at.store.holderId);
    });

    test.each([
      ['has expired', -1000],
      ['ends so far ahead that a clock must have jumped', 125_000],
    ])('is free again when it %s, and shuts the holder before out', async (_what, offsetMs) => {
      const at = store();
      const old = await leaseOf(at.store, 'run-1');
      const { now } = await at.store.readControls();
      await at.outside.run('UPDATE agent_health SET lease_expires = :time', { time: at.time(now + offsetMs) });
      const lease = await leaseOf(at.store, 'run-2');
      expect(lease.epoch).toBe(old.epoch + 1);
      expect(await at.store.saveRecommendations(old, [inserting(aRecommendation(AT))])).toBe(0);
      await at.store.endCycle(old, BEAT);
      expect((await at.store.readHealth()).health[0]).toMatchObject({ leaseOwner: 'run-2', pollsCompleted: 0, lastHeartbeat: null });
    });

    test('without an end is free', async () => {
      const at = store();
      await leaseOf(at.store, 'run-1');
      await at.outside.run('UPDATE agent_health SET lease_expires = NULL');
      expect((await leaseOf(at.store, 'run-2')).epoch).toBe(2);
    });

    test('goes to exactly one of many that ask at once', async () => {
      const at = store();
      const rivals = await Promise.all(Array.from({ length: 8 }, () => at.another()));
      await Promise.all(rivals.map((rival, index) => rival.store.takeLease(request(`run-${index}`))));
      const [row] = (await at.store.readHealth()).health;
      expect(row?.leaseOwner).toMatch(/^run-\d$/);
      expect(row?.leaseEpoch).toBe(1);
    });

    test('of another agent cannot be taken', async () => {
      const at = store();
      await at.store.takeLease({ agentId: 'somebody', runId: 'run-1', leaseSeconds: 120 });
      expect(await holder(at)).toBeNull();
    });
  });
}

const health = async (at: AtHand) => (await at.store.readHealth()).health[0];

function theEnd(under: StoreUnderTest): void {
  describe('the end of a cycle', () => {
    const store = withStore(under);

    test('gives the lease back, counts the poll and says when the next is due', async () => {
      const at = store();
      await at.store.endCycle(await leaseOf(at.store), { ...BEAT, detected: true });
      const row = await health(at);
      expect(row).toMatchObject({
        leaseOwner: null,
        leaseExpires: null,
        pollsCompleted: 1,
        status: 'online',
        consecutiveErrors: 0,
        lastError: null,
      });
      expect(row?.detectedTimestamp).toBe(row?.lastHeartbeat);
      expect((row?.nextDue ?? 0) - (row?.lastHeartbeat ?? 0)).toBe(10_000);
      await at.store.endCycle(await leaseOf(at.store), BEAT);
      expect(await health(at)).toMatchObject({ pollsCompleted: 2, detectedTimestamp: row?.detectedTimestamp, leaseEpoch: 2 });
    });

    test('moves watermark and newest reading forward, and never back', async () => {
      const at = store();
      const end = async (watermark: number | null) => {
        await at.store.endCycle(await leaseOf(at.store), { ...BEAT, watermark, newestReadingAt: watermark });
        const row = await health(at);
        return [row?.watermarkTimestamp, row?.newestReadingTimestamp];
      };
      expect(await end(null)).toEqual([null, null]);
      expect(await end(AT)).toEqual([AT, AT]);
      expect(await end(AT - 1)).toEqual([AT, AT]);
      expect(await end(null)).toEqual([AT, AT]);
      expect(await end(AT + 1)).toEqual([AT + 1, AT + 1]);
    });

    test('counts errors in a row, and forgets them with the first cycle without', async () => {
      const at = store();
      const after = async (lastError: string | null) => {
        await at.store.endCycle(await leaseOf(at.store), { ...BEAT, lastError });
        return (await health(at))?.consecutiveErrors;
      };
      expect([await after('x'), await after('y'), await after(null), await after('z')]).toEqual([1, 2, 0, 1]);
    });

    test.each([
      ['another run', { runId: 'run-2' }],
      ['an older epoch', { epoch: 0 }],
    ])("under %s touches nothing: the lease is somebody else's", async (_what, wrong) => {
      const at = store();
      const lease = await leaseOf(at.store);
      const before = await health(at);
      await at.store.endCycle({ ...lease, ...wrong }, { ...BEAT, watermark: AT });
      expect(await health(at)).toEqual(before);
    });

    test('offline is said by the one that stops, and of nobody else', async () => {
      const at = store();
      await at.store.endCycle(await leaseOf(at.store), BEAT);
      await at.store.markOffline('somebody', BEAT.processId);
      expect((await health(at))?.status).toBe('online');
      await at.store.markOffline(AGENT, BEAT.processId);
      expect((await health(at))?.status).toBe('offline');
    });

    test('offline is not said by a process after which another one has had its heartbeat', async () => {
      const at = store();
      await beating(at, BEAT, { ...OTHER, nextDueInSeconds: -1 });
      await at.store.markOffline(AGENT, BEAT.processId);
      expect(await health(at)).toMatchObject({ status: 'online', lastProcessId: 'process-2', otherProcessId: null });
    });

    test('offline is not said while another process has promised a heartbeat: the row is the other one again', async () => {
      const at = store();
      await beating(at, OTHER);
      const promised = (await health(at))?.nextDue;
      await beating(at, BEAT, BEAT, { ...BEAT, status: 'offline' });
      expect(await health(at)).toMatchObject({ status: 'online', otherProcessId: 'process-2', otherDue: promised });
      const left = { status: 'online', lastProcessId: 'process-2', nextDue: promised, otherProcessId: null, otherDue: null };
      for (let again = 0; again < 2; again += 1) {
        await at.store.markOffline(AGENT, BEAT.processId);
        expect(await health(at)).toMatchObject(left);
      }
      await at.store.markOffline(AGENT, OTHER.processId);
      expect((await health(at))?.status).toBe('offline');
    });

    test.each<readonly [string, readonly Heartbeat[], string | null, string]>([
      ['the loop of before goes on', [OTHER, ALONE, { ...ALONE, status: 'offline' }], null, 'online'],
      ['no loop goes on', [{ ...OTHER, nextDueInSeconds: -1 }, ALONE], null, 'offline'],
      ['there was only another run alone', [{ ...ALONE, nextDueInSeconds: 60 }, BEAT], BEAT.processId, 'offline'],
      ['the loop ends after a run alone', [BEAT, ALONE], BEAT.processId, 'offline'],
    ])('a run that stands alone promises nothing: %s', async (_what, beats, stopping, expected) => {
      const at = store();
      await beating(at, ...beats);
      expect((await health(at))?.status).toBe('online');
      await at.store.markOffline(AGENT, stopping);
      expect((await health(at))?.status).toBe(expected);
    });

    test.each<readonly [string, readonly Heartbeat[]]>([
      ['is overdue', [{ ...OTHER, nextDueInSeconds: -1 }, BEAT]],
      ['ended with its last cycle', [{ ...OTHER, status: 'offline' }, BEAT]],
    ])('offline is said where the other process %s', async (_what, beats) => {
      const at = store();
      await beating(at, ...beats);
      await at.store.markOffline(AGENT, BEAT.processId);
      expect((await health(at))?.status).toBe('offline');
    });

    test.each([
      ['before', [OTHER, BEAT], ['process-2', 'process-1']],
      ['after', [BEAT, OTHER], ['process-1', 'process-2']],
    ] as const)('offline is said once both have ended, the other one %s', async (_what, beats, stopping) => {
      const at = store();
      await beating(at, ...beats);
      for (const processId of stopping) {
        expect((await health(at))?.status).toBe('online');
        await at.store.markOffline(AGENT, processId);
      }
      expect((await health(at))?.status).toBe('offline');
    });
  });
}

const claimOf = (commandIds: readonly string[]): Claim => ({
  commands: commandIds.map((commandId) => ({ commandId, approvalEnds: Date.UTC(2099, 0, 1) })),
  marginSeconds: 60,
});

const commandStatuses = async (at: AtHand) =>
  Object.fromEntries(
    (await at.store.listCommands({ recommendationId: null, statuses: [], limit: 99 })).map((command) => [
      command.commandId,
      command.status,
    ]),
  );

function theClaim(under: StoreUnderTest): void {
  describe('a claim', () => {
    const store = withStore(under);
    test('takes pending commands that it names, and no others', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      const all = Object.keys(COMMAND_TRANSITIONS) as CommandStatus[]; // its own keys
      await at.store.saveCommands(lease, [
        ...all.map((status, sequence) => insertingCommand(aCommand(AT, { commandId: status, sequence, status, claimedBy: 'run-0' }))),
        insertingCommand(aCommand(AT, { commandId: 'not named' })),
      ]);
      await at.store.claimCommands(lease, claimOf([...all, 'not there']));
      expect((await at.store.readClaimed(lease)).map(({ command }) => command.commandId)).toEqual(['pending']);
      expect(await commandStatuses(at)).toEqual({
        ...Object.fromEntries(all.map((status) => [status, status])),
        pending: 'executing',
        'not named': 'pending',
      });
    });

    test.each([
      ['the end of its approval', 20_000],
      ['a margin before the end of the lease', 90_000],
    ])('lasts until %s, whichever is first', async (_what, approvalMs) => {
      const at = store();
      const lease = await leaseOf(at.store);
      const [leased] = (await at.store.readHealth()).health;
      await at.store.saveCommands(lease, [insertingCommand(aCommand(AT, { commandId: 'c' }))]);
      const { now } = await at.store.readControls();
      await at.store.claimCommands(lease, { commands: [{ commandId: 'c', approvalEnds: now + approvalMs }], marginSeconds: 59.5 });
      const [claimed] = await at.store.readClaimed(lease);
      expect(claimed?.command).toMatchObject({ status: 'executing', claimedBy: 'run-1', attempt: 1 });
      const claimedAt = claimed?.command.claimedTimestamp ?? 0;
      expect(claimedAt - now).toBeGreaterThanOrEqual(0);
      expect(claimed?.command.notAfter).toBe(Math.min(now + approvalMs, (leased?.leaseExpires ?? 0) - 59_500));
    });

    test('of a slow run ends no later than its lease, however late in it it was made', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      await at.store.saveCommands(lease, [insertingCommand(aCommand(AT, { commandId: 'c' }))]);
      const { now } = await at.store.readControls();
      // Nearly all of the lease has passed since it was taken.
      await at.outside.run('UPDATE agent_health SET lease_expires = :end', { end: at.time(now + 10_000) });
      await at.store.claimCommands(lease, { commands: [{ commandId: 'c', approvalEnds: now + 900_000 }], marginSeconds: 6 });
      const [claimed] = await at.store.readClaimed(lease);
      expect(claimed?.command.notAfter).toBe(now + 4000);
    });

    test.each([
      ['another run', { runId: 'run-2' }],
      ['an older epoch', { epoch: 0 }],
      ['another agent', { agentId: 'somebody' }],
    ])('under %s takes nothing, and reads nothing', async (_what, wrong) => {
      const at = store();
      const lease = await leaseOf(at.store);
      await at.store.saveCommands(lease, [insertingCommand(aCommand(AT, { commandId: 'c' }))]);
      await at.store.claimCommands({ ...lease, ...wrong }, claimOf(['c']));
      expect(await commandStatuses(at)).toEqual({ c: 'pending' });
      await at.store.claimCommands(lease, claimOf(['c']));
      expect(await at.store.readClaimed({ ...lease, ...wrong })).toEqual([]);
      expect(await at.store.readClaimed(lease)).toHaveLength(1);
    });

    test('is prevented by an order to stop that is in force, and by no other', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      const { now } = await at.store.readControls();
      const order = async (kind: 'advisory' | 'shelved', scope: string, until: number | null) =>
        at.store.setControl({ kind, scope, by: 'anna', reason: 'test', since: now, until }, anEvent());
      const claimed = async (commandId: string) => {
        await at.store.saveCommands(lease, [insertingCommand(aCommand(AT, { commandId }))]);
        await at.store.claimCommands(lease, claimOf([commandId]));
        return (await commandStatuses(at))[commandId] === 'executing';
      };
      await order('advisory', 'all', null);
      expect(await claimed('while without end')).toBe(false);
      await order('advisory', 'all', now + 60_000);
      expect(await claimed('while it lasts')).toBe(false);
      await order('advisory', 'all', now - 1);
      expect(await claimed('when it is over')).toBe(true);
      await order('shelved', 'all', null);
      await order('advisory', 'PUMP*', null);
      expect(await claimed('beside others')).toBe(true);
      await order('advisory', 'all', null);
      await at.store.clearControl('advisory', 'all', anEvent());
      expect(await claimed('after it was lifted')).toBe(true);
    });

    test.each([
      [' Advisory', 'ALL ', false],
      ['stop everything', 'all', false],
      ['advisory\n', '\tall\u00a0', false],
      ['SHELVED ', 'all', true],
      ['\tshelved\u00a0', 'all', true],
      ['Out_of_service', 'all', true],
      ['advisory', 'PUMP*', true],
    ])("beside an order that was written by hand, '%s' over '%s', is made: %s", async (kind, scope, isMade) => {
      const at = store();
      const lease = await leaseOf(at.store);
      await at.outside.insert('agent_controls', [{ control_id: 'x', kind, scope, by: 'anna', reason: 'test', since: at.time(AT) }]);
      await at.store.saveCommands(lease, [insertingCommand(aCommand(AT, { commandId: 'c' }))]);
      await at.store.claimCommands(lease, claimOf(['c']));
      expect(await commandStatuses(at)).toEqual({ c: isMade ? 'executing' : 'pending' });
    });

    if (under.takesAnyValue)
      test.each(['', 'until further notice', '2026-13-01 00:00:00.000'])(
        "is prevented by an order to stop whose end '%s' is no time: it has none",
        async (until) => {
          const at = store();
          const lease = await leaseOf(at.store);
          const order = { control_id: 'x', kind: 'advisory', scope: 'all', by: 'anna', reason: 'test', since: at.time(AT) };
          await at.outside.insert('agent_controls', [{ ...order, until }]);
          await at.store.saveCommands(lease, [insertingCommand(aCommand(AT, { commandId: 'c' }))]);
          await at.store.claimCommands(lease, claimOf(['c']));
          expect(await commandStatuses(at)).toEqual({ c: 'pending' });
        },
      );

    test('comes back with the ticket of the newest event that issued one', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      const [row, bare] = [aRecommendation(AT), aRecommendation(AT, { equipmentId: 'PUMP_01' })];
      const newest = aTicket(row, [{ ...ACTION, value: 75 }]);
      await at.store.appendEvents([issued(row), issued(row, { eventId: 'y', event: 'approved' })], AT);
      await at.store.appendEvents([issued(row, { event: 'escalated', eventId: 'x', after: issuedCopy(newest) })], AT + 1);
      const commands = [row, bare].map((of) => aCommand(AT, { recommendationId: of.recommendationId }));
      await at.store.saveCommands(
        lease,
        [...commands, aCommand(AT, { commandId: 'orphan', recommendationId: null })].map(insertingCommand),
      );
      await at.store.claimCommands(lease, claimOf([...commands.map((command) => command.commandId), 'orphan']));
      const found = await at.store.readClaimed(lease);
      expect(new Map(found.map(({ command, ticket }) => [command.commandId, ticket]))).toEqual(
        new Map([
          [commands[0]?.commandId, newest],
          [commands[1]?.commandId, null],
          ['orphan', null],
        ]),
      );
    });

    test('of one command by many connections of one run counts once', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      const ids = Array.from({ length: under.runs(20) }, (_, index) => `c${index}`);
      await at.store.saveCommands(
        lease,
        ids.map((commandId, sequence) => insertingCommand(aCommand(AT, { commandId, sequence }))),
      );
      const rivals = await Promise.all(Array.from({ length: 4 }, () => at.another()));
      await Promise.all(
        rivals.flatMap(({ store: rival }) => ids.map((id) => pastConflicts(() => rival.claimCommands(lease, claimOf([id]))))),
      );
      const claimed = await at.store.readClaimed(lease);
      expect(claimed.map(({ command }) => command.attempt)).toEqual(ids.map(() => 1));
    });
  });
}

function severalProcesses(under: StoreUnderTest): void {
  describe('between processes', () => {
    const store = withStore(under);
    let processes: StoreProcesses;
    beforeAll(() => {
      processes = storeProcesses(under);
    });
    afterAll(() => processes.stop());

    test('commands are claimed once each, whoever asks: only the holder of the lease gets any', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      const commandIds = Array.from({ length: under.runs(40) }, (_, index) => `c${String(index).padStart(2, '0')}`);
      await at.store.saveCommands(
        lease,
        commandIds.map((commandId, sequence) => insertingCommand(aCommand(AT, { commandId, sequence }))),
      );
      const claimer = { kind: 'claim', agentId: AGENT, commandIds } as const;
      const children = [
        processes.start(at.database, { ...claimer, runId: 'run-1', epoch: lease.epoch }),
        processes.start(at.database, { ...claimer, runId: 'run-1', epoch: lease.epoch, commandIds: commandIds.toReversed() }),
        processes.start(at.database, { ...claimer, runId: 'run-2', epoch: lease.epoch }),
        processes.start(at.database, { ...claimer, runId: 'run-1', epoch: lease.epoch - 1 }),
      ];
      const said = await Promise.all(children.map((child) => child.said));
      await Promise.all(children.map((child) => child.ended));
      expect(said.slice(2)).toEqual([{ claimed: [] }, { claimed: [] }]);
      const claimed = await at.store.readClaimed(lease);
      expect(claimed.map(({ command }) => command.commandId).toSorted()).toEqual(commandIds);
      expect(new Set(claimed.map(({ command }) => command.attempt))).toEqual(new Set([1]));
    });

    test('a holder that is killed is known to be dead at once where a lock proves it, else its lease runs out', async () => {
      const at = store();
      const child = processes.start(at.database, { kind: 'hold', agentId: AGENT, runId: 'run-of-the-dead' });
      expect(await child.said).toEqual({ taken: true });
      expect(await holder(at)).toBe('run-of-the-dead');
      expect(at.store.provesHolderDead).toBe(at.database.newLock() !== null);
      const whileItLives = await at.store.takeLease(request('run-2'));
      expect(whileItLives).toBe(!at.store.provesHolderDead);
      expect(await holder(at)).toBe('run-of-the-dead');

      child.child.kill('SIGKILL');
      await child.ended;

      expect(await at.store.takeLease(request('run-2'))).toBe(true);
      expect(await holder(at)).toBe(at.store.provesHolderDead ? 'run-2' : 'run-of-the-dead');
    });

    test('a lock that was given back is free for the next', async () => {
      const at = store();
      if (!at.store.provesHolderDead) return;
      const other = await at.another();
      expect(await at.store.takeLease(request('run-1'))).toBe(true);
      expect(await at.store.takeLease(request('run-1'))).toBe(true);
      expect(await other.store.takeLease(request('run-2'))).toBe(false);
      await at.store.releaseLock();
      await at.store.releaseLock();
      expect(await other.store.takeLease(request('run-2'))).toBe(true);
      expect(await at.store.takeLease(request('run-1'))).toBe(false);
      expect(await holder(at)).toBe('run-2');
    });
  });
}

export function cycleContract(under: StoreUnderTest): void {
  theAudit(under);
  theOpenWork(under);
  theLease(under);
  theEnd(under);
  theClaim(under);
  severalProcesses(under);
}
