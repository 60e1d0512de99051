import { describe, expect, test } from '@jest/globals';
import type { OutboxRow } from '../../src/domain/notification-plan.ts';
import type { TryRecord } from '../../src/ports/outbox.ts';
import { AGENT, type AtHand, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { aCommand, anEvent, aRecommendation, changing, HEARTBEAT, inserting, insertingCommand } from './samples.ts';
import { withStore } from './with-store.ts';

const LEASE_SECONDS = 120;
const QUIET_SECONDS = 600;
const HOUR_MS = 3_600_000;

const look = (at: Pick<AtHand, 'outbox'>) => at.outbox.look(AGENT, LEASE_SECONDS, QUIET_SECONDS);
const clock = async (at: AtHand) => (await at.store.readControls()).now;

/** Texts that a careless layer would run, cut or take for a parameter. */
const CANARY = `'); DROP TABLE agent_notifications; -- :agent ? \\ {"a": 1} 🔥`;

function aRow(now: number, given: Partial<OutboxRow> = {}): OutboxRow {
  return {
    notificationId: 'n1',
    agentId: AGENT,
    kind: 'recommended',
    eventId: 'e1',
    chainSeq: 1,
    channel: 'slack',
    reminder: 0,
    severity: 'critical',
    equipmentId: 'REACTOR_02',
    subjectId: 'rec-1',
    eventTimestamp: now - 1000,
    message: { title: CANARY, facts: [{ name: 'Action', value: CANARY }] },
    reminders: { minutes: 15, steps: [['lead'], ['boss']] },
    status: 'pending',
    attempt: 0,
    createdTimestamp: now,
    nextAttemptTimestamp: now,
    ...given,
  };
}

function aTry(given: Partial<TryRecord> = {}): TryRecord {
  return { notificationId: 'n1', status: 'delivered', isTried: true, waitSeconds: 0, lastError: null, ...given };
}

/** A recommendation that is stored, with its announcement. */
async function stored(at: AtHand, now: number, given: Parameters<typeof aRecommendation>[1] = {}) {
  const lease = await leaseOf(at.store);
  const row = aRecommendation(now, { rootCauseAnalysis: CANARY, ...given });
  await at.store.appendEvents([anEvent({ subjectId: row.recommendationId, reason: CANARY })], now - 1000);
  await at.store.saveRecommendations(lease, [inserting(row)]);
  await at.store.endCycle(lease, HEARTBEAT);
  return row;
}

const aFlood = (eventId: string, event: string) => anEvent({ eventId, subjectType: 'queue', subjectId: 'queue', event });

function theLook(under: StoreUnderTest): void {
  describe('a look at what is to be told', () => {
    const store = withStore(under);

    test('is one statement, and finds nothing where nothing happened', async () => {
      const at = store();
      const before = at.outbox.statements;
      const found = await look(at);
      expect(at.outbox.statements - before).toBe(1);
      expect(found).toEqual({ now: expect.any(Number), dealtWith: 0, isNew: true, inFlood: false, events: [], due: [], told: [] });
      expect(Math.abs(found.now - (await clock(at)))).toBeLessThan(60_000 * under.slowness);
    });

    test('has events that are told with what their rows say now, in the order of the chain', async () => {
      const at = store();
      const now = await clock(at);
      const row = await stored(at, now);
      const lease = await leaseOf(at.store, 'run-2');
      const command = aCommand(now, { recommendationId: row.recommendationId, status: 'pending' });
      await at.store.saveCommands(lease, [insertingCommand(command)]);
      await at.store.appendEvents(
        [
          anEvent({
            eventId: 'e2',
            subjectType: 'command',
            subjectId: command.commandId,
            event: 'failed',
            toStatus: 'failed',
            reason: 'no',
          }),
          anEvent({ eventId: 'e3', event: 'approved', subjectId: row.recommendationId }),
          anEvent({ eventId: 'e4', subjectType: 'feed', subjectId: 'sensor_data', event: 'feed_silent' }),
        ],
        now,
      );
      await at.store.endCycle(lease, HEARTBEAT);
      const { events } = await look(at);
      expect(events.map(({ eventId, chainSeq }) => [eventId, chainSeq])).toEqual([
        ['event-1', 1],
        ['e2', 2],
        ['e4', 4],
      ]);
      expect(events[0]).toMatchObject({
        at: now - 1000,
        runId: 'run-1',
        reason: CANARY,
        cause: CANARY,
        recommendationId: row.recommendationId,
        status: 'pending',
        severity: row.severity,
        equipmentId: row.equipmentId,
        issueType: row.issueType,
        action: row.recommendedAction,
        tagPath: null,
      });
      expect(events[1]).toMatchObject({
        recommendationId: row.recommendationId,
        action: command.actionDescription,
        tagPath: command.tagPath,
        newValue: command.newValue,
        unit: command.unit,
      });
      expect(events[2]).toMatchObject({ recommendationId: null, status: null, severity: null, equipmentId: null });
    });

    test('waits for the cycle that may still be storing the effect of what it announced, but not beyond its lease', async () => {
      const at = store();
      const now = await clock(at);
      const lease = await leaseOf(at.store);
      await at.store.appendEvents([anEvent({ eventId: 'old' })], now - LEASE_SECONDS * 1000 - 1);
      await at.store.appendEvents([anEvent({ eventId: 'young' })], now);
      expect((await look(at)).events.map(({ eventId }) => eventId)).toEqual(['old']);
      await at.store.endCycle(lease, HEARTBEAT);
      expect((await look(at)).events.map(({ eventId }) => eventId)).toEqual(['old', 'young']);
    });

    test('begins a new outbox with the hour before it, and goes on from the place that was noted', async () => {
      const at = store();
      const now = await clock(at);
      await at.store.appendEvents([anEvent({ eventId: 'history' })], now - 2 * HOUR_MS);
      expect(await look(at)).toMatchObject({ dealtWith: 1, isNew: true, events: [] });
      await at.store.appendEvents([anEvent({ eventId: 'lately' }), anEvent({ eventId: 'now' })], now - HOUR_MS / 2);
      const found = await look(at);
      expect(found.events.map(({ eventId }) => eventId)).toEqual(['lately', 'now']);
      await at.outbox.save(AGENT, [], 2, now);
      expect(await look(at)).toMatchObject({ dealtWith: 2, isNew: false, events: [{ eventId: 'now' }] });
    });

    test('tells whether a flood was in force at the place', async () => {
      const at = store();
      const now = await clock(at);
      await at.store.appendEvents([aFlood('b', 'flood_began'), aFlood('e', 'flood_ended')], now);
      const inFlood = async (place: number) => {
        await at.outbox.save(AGENT, [], place, now);
        return (await look(at)).inFlood;
      };
      expect([await inFlood(0), await inFlood(1), await inFlood(2)]).toEqual([false, true, false]);
    });

    test('has what was told lately of the subjects of the events, first words only', async () => {
      const at = store();
      const now = await clock(at);
      const row = await stored(at, now);
      const about = { subjectId: row.recommendationId };
      await at.outbox.save(
        AGENT,
        [
          aRow(now, { ...about, notificationId: 'lately' }),
          aRow(now, { ...about, notificationId: 'reminder', reminder: 1, channel: 'lead' }),
          aRow(now - (QUIET_SECONDS + 60) * 1000, { ...about, notificationId: 'long-ago', channel: 'mail' }),
          aRow(now, { notificationId: 'other', subjectId: 'other' }),
        ],
        0,
        now,
      );
      expect((await look(at)).told).toEqual([
        { kind: 'recommended', subjectId: row.recommendationId, severity: 'critical', channel: 'slack' },
      ]);
    });

    test('without its table says how to get it', async () => {
      const at = store();
      await at.outside.run('DROP TABLE agent_notifications');
      await expect(look(at)).rejects.toMatchObject({ code: 'not_set_up', remedy: 'run: ops-agent setup' });
    });

    test('belongs to one agent', async () => {
      const at = store();
      const now = await clock(at);
      await at.store.appendEvents([anEvent({ agentId: 'another' })], now);
      await at.outbox.save('another', [aRow(now, { agentId: 'another' })], 7, now);
      expect(await look(at)).toMatchObject({ dealtWith: 0, isNew: true, events: [], due: [] });
    });
  });
}

function theRows(under: StoreUnderTest): void {
  describe('what is to be told', () => {
    const store = withStore(under);

    test('is read back as it was saved, and saving it again changes nothing', async () => {
      const at = store();
      const now = await clock(at);
      const row = aRow(now);
      const before = at.outbox.statements;
      await at.outbox.save(AGENT, [row], 5, now);
      expect(at.outbox.statements - before).toBe(1);
      await at.outbox.save(AGENT, [{ ...row, channel: 'changed' }], 3, now);
      const { due, dealtWith } = await look(at);
      expect(due).toEqual([expect.objectContaining({ ...row, recommendationStatus: null, lastReminderSeq: null })]);
      expect(dealtWith).toBe(5);
    });

    test('is not saved once more where the answer to the first try was lost', async () => {
      const at = store();
      const { outbox } = await at.another({ loses: (sql) => sql.includes('agent_notifications') });
      const now = await clock(at);
      await outbox.save(AGENT, [aRow(now)], 5, now);
      expect(await outbox.claim('c1', ['n1'], 60)).toEqual(new Set(['n1']));
      await outbox.record('c1', [aTry()]);
      expect(await at.outbox.list({ statuses: [], limit: 9 })).toMatchObject([{ status: 'delivered', attempt: 1 }]);
    });

    test('is due when its time has come, with what its recommendation says, and with the newest reminder still to come', async () => {
      const at = store();
      const now = await clock(at);
      const { recommendationId: subjectId } = await stored(at, now);
      await at.outbox.save(
        AGENT,
        [
          aRow(now, { subjectId, chainSeq: 1 }),
          aRow(now, { notificationId: 'later', subjectId, chainSeq: 4, reminder: 1, nextAttemptTimestamp: now + HOUR_MS }),
        ],
        1,
        now,
      );
      expect((await look(at)).due).toMatchObject([{ notificationId: 'n1', recommendationStatus: 'pending', lastReminderSeq: 4 }]);
      const lease = await leaseOf(at.store, 'run-2');
      const row = aRecommendation(now);
      await at.store.saveRecommendations(lease, [changing({ ...row, recommendationId: subjectId }, 'pending', { status: 'rejected' })]);
      expect((await look(at)).due).toMatchObject([{ recommendationStatus: 'rejected' }]);
    });

    test('is due however much has piled up for another channel', async () => {
      const at = store();
      const now = await clock(at);
      const piled = Array.from({ length: 150 }, (_, n) =>
        aRow(now, { notificationId: `piled ${n}`, nextAttemptTimestamp: now - HOUR_MS, message: { title: 't', facts: [] } }),
      );
      const other = aRow(now, { notificationId: 'other', channel: 'mail' });
      await at.outbox.save(AGENT, [...piled, other], 1, now);
      const { due } = await look(at);
      expect([due.length, due.at(-1)?.notificationId]).toEqual([100, 'other']);
    });

    test('is claimed by one of many at once, and by the next one when the claim has ended', async () => {
      const at = store();
      const now = await clock(at);
      await at.outbox.save(AGENT, [aRow(now), aRow(now, { notificationId: 'n2', channel: 'mail' })], 1, now);
      const others = await Promise.all(Array.from({ length: 4 }, () => at.another()));
      const claims = await Promise.all(others.map(({ outbox }, i) => outbox.claim(`c${i}`, ['n1', 'n2'], 3600)));
      expect(claims.flatMap((claim) => [...claim]).toSorted()).toEqual(['n1', 'n2']);
      expect((await look(at)).due).toEqual([]);
      await at.outside.run('UPDATE agent_notifications SET claim_expires_timestamp = :past', { past: at.time(now - 1000) });
      expect((await look(at)).due.map(({ notificationId }) => notificationId)).toEqual(['n1', 'n2']);
      expect(await at.outbox.claim('late', ['n1'], 60)).toEqual(new Set(['n1']));
    });

    test('is not claimed before its time, nor once it has ended', async () => {
      const at = store();
      const now = await clock(at);
      await at.outbox.save(
        AGENT,
        [
          aRow(now, { nextAttemptTimestamp: now + HOUR_MS }),
          aRow(now, { notificationId: 'done', status: 'delivered' }),
          aRow(now, { notificationId: 'up', status: 'given_up' }),
        ],
        1,
        now,
      );
      expect((await look(at)).due).toEqual([]);
      expect(await at.outbox.claim('c1', ['n1', 'done', 'up', 'gone'], 60)).toEqual(new Set());
    });

    test('keeps what came of it, and is due again after as long as that says', async () => {
      const at = store();
      const now = await clock(at);
      const ids = ['ok', 'failed', 'untried', 'up', 'over'];
      await at.outbox.save(
        AGENT,
        ids.map((notificationId) => aRow(now, { notificationId })),
        1,
        now,
      );
      await at.outbox.claim('c1', ids, 60);
      const before = at.outbox.statements;
      await at.outbox.record('c1', [
        aTry({ notificationId: 'ok' }),
        aTry({ notificationId: 'failed', status: 'pending', waitSeconds: 3600, lastError: CANARY }),
        aTry({ notificationId: 'untried', status: 'pending', isTried: false }),
        aTry({ notificationId: 'up', status: 'given_up', lastError: 'no' }),
        aTry({ notificationId: 'over', status: 'superseded', isTried: false }),
      ]);
      expect(at.outbox.statements - before).toBe(1);
      const rows = new Map((await at.outbox.list({ statuses: [], limit: 9 })).map((row) => [row.notificationId, row]));
      const unclaimed = { claimedBy: null, claimExpiresTimestamp: null };
      expect(rows.get('ok')).toMatchObject({ status: 'delivered', attempt: 1, deliveredTimestamp: expect.any(Number), ...unclaimed });
      expect(rows.get('failed')).toMatchObject({
        status: 'pending',
        attempt: 1,
        lastError: CANARY,
        deliveredTimestamp: null,
        ...unclaimed,
      });
      expect((rows.get('failed')?.nextAttemptTimestamp ?? 0) - now).toBeGreaterThanOrEqual(3_600_000);
      expect(rows.get('untried')).toMatchObject({ status: 'pending', attempt: 0, lastError: null });
      expect(rows.get('up')).toMatchObject({ status: 'given_up', attempt: 1, lastError: 'no' });
      expect(rows.get('over')).toMatchObject({ status: 'superseded', attempt: 0 });
      expect((await look(at)).due.map(({ notificationId }) => notificationId)).toEqual(['untried']);
      expect(await at.outbox.readFigures(AGENT)).toEqual({ waiting: 2, failing: 1, givenUp: 1 });
    });

    test('is left alone by whoever has lost the claim of it', async () => {
      const at = store();
      const now = await clock(at);
      await at.outbox.save(AGENT, [aRow(now)], 1, now);
      await at.outbox.claim('slow', ['n1'], 60);
      await at.outside.run('UPDATE agent_notifications SET claim_expires_timestamp = :past', { past: at.time(now - 1000) });
      await at.outbox.claim('quick', ['n1'], 60);
      await at.outbox.record('slow', [aTry({ status: 'given_up' })]);
      expect(await at.outbox.list({ statuses: [], limit: 9 })).toMatchObject([{ status: 'sending', claimedBy: 'quick', attempt: 0 }]);
    });

    test('is listed with what is not delivered first, and counts as waiting when its time has come', async () => {
      const at = store();
      const now = await clock(at);
      await at.outbox.save(
        AGENT,
        [
          aRow(now, { notificationId: 'done', status: 'delivered' }),
          aRow(now - 60_000, { notificationId: 'up', status: 'given_up' }),
          aRow(now - 90_000, { notificationId: 'waits' }),
          aRow(now, { notificationId: 'reminder', reminder: 1, nextAttemptTimestamp: now + HOUR_MS }),
        ],
        1,
        now,
      );
      const ids = async (statuses: readonly string[], limit = 9) =>
        (await at.outbox.list({ statuses, limit })).map(({ notificationId }) => notificationId);
      expect(await ids([])).toEqual(['reminder', 'waits', 'up', 'done']);
      expect(await ids(['given_up', 'delivered'])).toEqual(['up', 'done']);
      expect(await ids([], 1)).toEqual(['reminder']);
      expect(await at.outbox.readFigures(AGENT)).toEqual({ waiting: 1, failing: 0, givenUp: 1 });
      expect(await at.outbox.readFigures('another')).toEqual({ waiting: 0, failing: 0, givenUp: 0 });
    });

    if (under.dialect.name === 'embedded')
      test('is found by indexes among all that was ever told', async () => {
        const seen: string[] = [];
        const at = store();
        const { outbox } = await at.another({ watch: ({ sql }) => seen.push(sql) });
        await look({ outbox });
        const plan = (await at.outside.rows(`EXPLAIN QUERY PLAN ${seen[0] ?? ''}`)).map((step) => String(step['detail']));
        expect(
          plan.filter((detail) => /^SCAN (?:n|m|t|e|r|c|p)\b(?! USING (?:COVERING )?INDEX agent_notifications_open)/.test(detail)),
        ).toEqual([]);
        expect(plan.join('\n')).toContain('agent_events_chain (agent_id=? AND chain_seq>?');
      });
  });
}

export function notificationsContract(under: StoreUnderTest): void {
  theLook(under);
  theRows(under);
}
