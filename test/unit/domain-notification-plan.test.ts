import { describe, expect, test } from '@jest/globals';
import { NOTIFICATION_KINDS } from '../../src/domain/notification.ts';
import type { TellingEvent } from '../../src/domain/notification-events.ts';
import {
  type DueRow,
  isSuperseded,
  nextReminders,
  type OutboxRow,
  planNotifications,
  type PlanRequest,
} from '../../src/domain/notification-plan.ts';
import type { NotifyRule } from '../../src/domain/notification-rules.ts';
import { delayAfter, MOST_TRIES } from '../../src/domain/notification-tries.ts';

const NOW = Date.UTC(2026, 1, 19, 10, 30);

function anEvent(given: Partial<TellingEvent> = {}): TellingEvent {
  return {
    eventId: 'e1',
    chainSeq: 1,
    at: NOW - 1000,
    runId: 'run-1',
    subjectType: 'recommendation',
    subjectId: 'rec-1',
    event: 'created',
    toStatus: 'pending',
    reason: 'temperature 97: cooling water is missing',
    recommendationId: 'rec-1',
    status: 'pending',
    severity: 'high',
    equipmentId: 'REACTOR_01',
    issueType: 'High temperature',
    cause: 'cooling water is missing',
    action: 'Reduce throughput',
    tagPath: null,
    newValue: null,
    unit: null,
    ...given,
  };
}

function aRule(given: Partial<NotifyRule> = {}): NotifyRule {
  return { kinds: NOTIFICATION_KINDS, severity: 'low', equipment: null, hours: null, channels: ['slack'], reminders: null, ...given };
}

function planned(events: readonly TellingEvent[], given: Partial<PlanRequest> = {}): readonly OutboxRow[] {
  return planNotifications({ agentId: 'a', now: NOW, events, inFlood: false, told: [], rules: [aRule()], ...given });
}

/** Kind, subject and channel of what is planned, with the number of a reminder. */
const brief = (rows: readonly OutboxRow[]) =>
  rows.map(({ kind, subjectId, channel, reminder }) => `${kind} ${subjectId} ${channel}${reminder === 0 ? '' : ` +${reminder}`}`);

const command = (event: string, given: Partial<TellingEvent> = {}) =>
  anEvent({ subjectType: 'command', subjectId: 'cmd-1', event, tagPath: '[default]R/T', newValue: '50', unit: '%', ...given });

describe('who is told of what', () => {
  test.each([
    [anEvent(), 'recommended rec-1 slack'],
    [anEvent({ event: 'escalated' }), 'escalated rec-1 slack'],
    ...['resumed', 'reopened', 'refused', 'lapsed', 'renewed'].map((event) => [anEvent({ event }), 'asked_again rec-1 slack'] as const),
    [command('failed'), 'command_failed cmd-1 slack'],
    [command('refused'), 'command_failed cmd-1 slack'],
    [command('unknown'), 'command_unknown cmd-1 slack'],
    [anEvent({ subjectType: 'feed', subjectId: 'sensor_data', event: 'feed_silent' }), 'feed_silent sensor_data slack'],
    [anEvent({ subjectType: 'agent', subjectId: 'a', event: 'plant_silent' }), 'plant_silent a slack'],
    [anEvent({ subjectType: 'queue', subjectId: 'queue', event: 'flood_began' }), 'flood queue slack'],
  ] as const)('%j is told as %s', (event, expected) => {
    expect(brief(planned([event]))).toEqual([expected]);
  });

  test.each(['approved', 'withdrawn', 'executed', 'failed', 'not_applied', 'constructor'])(
    'of %s about a recommendation nobody is told',
    (event) => {
      expect(planned([anEvent({ event })])).toEqual([]);
    },
  );

  test('the same events give the same rows, and other channels and reminders others', () => {
    const rules = [aRule({ channels: ['slack', 'mail'], reminders: { minutes: 15, steps: [['slack']] } })];
    const [first, again] = [planned([anEvent()], { rules }), planned([anEvent()], { rules })];
    expect(first).toEqual(again);
    expect(brief(first)).toEqual(['recommended rec-1 slack', 'recommended rec-1 mail', 'recommended rec-1 slack +1']);
    expect(new Set(first.map(({ notificationId }) => notificationId)).size).toBe(3);
  });

  test('what is said names equipment, finding, action and how to look at it', () => {
    expect(planned([anEvent()])[0]?.message).toEqual({
      title: 'HIGH REACTOR_01 High temperature',
      facts: [
        { name: 'Finding', value: 'temperature 97: cooling water is missing' },
        { name: 'Cause', value: 'cooling water is missing' },
        { name: 'Action', value: 'Reduce throughput' },
        { name: 'Recommendation', value: 'rec-1' },
        { name: 'Look at it with', value: 'ops-agent show rec-1' },
      ],
    });
    const [failed] = planned([command('failed', { reason: 'the plant refused it' })]);
    expect(failed?.message.title).toBe('HIGH REACTOR_01 a command failed: Reduce throughput');
    expect(failed?.message.facts).toContainEqual({ name: 'Value', value: '50 %' });
    const silent = anEvent({
      subjectType: 'feed',
      event: 'feed_silent',
      severity: null,
      equipmentId: null,
      recommendationId: null,
      cause: null,
      action: null,
    });
    expect(planned([silent])[0]?.message).toMatchObject({ title: 'The feed is silent', facts: [{ name: 'Finding' }] });
  });

  test.each([
    ['severity', { severity: 'critical' }, []],
    ['severity', { severity: 'high' }, ['rec-1']],
    ['kinds', { kinds: ['escalated'] }, []],
    ['equipment', { equipment: ['PUMP_*', 'reactor_*'] }, ['rec-1']],
    ['equipment', { equipment: ['PUMP_*'] }, []],
    ['hours', { hours: { from: 600, to: 660, timeZone: 'UTC', days: ['thu'] } }, ['rec-1']],
    ['hours', { hours: { from: 600, to: 660, timeZone: 'UTC', days: ['fri'] } }, []],
  ] as const)('a rule keeps to its %s: %j', (_what, rule, expected) => {
    expect(planned([anEvent()], { rules: [aRule(rule)] }).map(({ subjectId }) => subjectId)).toEqual(expected);
  });

  test('hours are those of the event, so that planning it again later tells the same people', () => {
    const hours = { from: 10 * 60, to: 10 * 60 + 30, timeZone: 'UTC', days: ['thu'] } as const;
    expect(planned([anEvent()], { rules: [aRule({ hours })], now: NOW + 3_600_000 })).toHaveLength(1);
  });

  test('what has no severity and no equipment counts for every rule', () => {
    const silent = anEvent({ subjectType: 'feed', subjectId: 'sensor_data', event: 'feed_silent', severity: null, equipmentId: null });
    expect(planned([silent], { rules: [aRule({ severity: 'critical', equipment: ['PUMP_*'] })] })).toHaveLength(1);
  });

  test('two rules that name one channel tell it once', () => {
    expect(planned([anEvent()], { rules: [aRule(), aRule({ channels: ['slack', 'mail'] })] }).map(({ channel }) => channel)).toEqual([
      'slack',
      'mail',
    ]);
  });
});

describe('nobody is told of', () => {
  test.each(['approved', 'rejected', 'deferred', 'withdrawn', 'executed', null])('a recommendation that is %s by now', (status) => {
    expect(planned([anEvent({ status })])).toEqual([]);
  });

  test('what the same run took back, of that row alone', () => {
    const back = (given: Partial<TellingEvent>) => anEvent({ eventId: 'back', chainSeq: 9, event: 'not_applied', ...given });
    expect(planned([anEvent(), back({})])).toEqual([]);
    expect(planned([anEvent(), back({ runId: 'another' })])).toHaveLength(1);
    expect(planned([anEvent(), back({ subjectId: 'another' })])).toHaveLength(1);
    expect(planned([back({ chainSeq: 0 }), anEvent()])).toHaveLength(1);
    expect(planned([command('unknown'), command('not_applied', { eventId: 'back' })])).toEqual([]);
  });

  test('what a channel was told lately, or a cycle that died announced before the one that repeats it', () => {
    const again = anEvent({ eventId: 'again', chainSeq: 2, runId: 'run-2' });
    expect(planned([anEvent(), again])).toHaveLength(1);
    const told = [{ kind: 'recommended', subjectId: 'rec-1', severity: 'high', channel: 'slack' }] as const;
    expect(planned([again], { told })).toEqual([]);
    expect(brief(planned([again], { told, rules: [aRule({ channels: ['slack', 'mail'] })] }))).toEqual(['recommended rec-1 mail']);
    expect(planned([anEvent({ event: 'escalated', severity: 'critical' })], { told })).toHaveLength(1);
  });

  test('but of what waits again it is told, however lately it was', () => {
    const told = [{ kind: 'asked_again', subjectId: 'rec-1', severity: 'high', channel: 'slack' }] as const;
    expect(planned([anEvent({ event: 'resumed' })], { told })).toHaveLength(1);
  });
});

describe('during a flood', () => {
  const began = anEvent({ eventId: 'f', chainSeq: 5, subjectType: 'queue', subjectId: 'queue', event: 'flood_began' });
  const ended = { ...began, eventId: 'g', chainSeq: 6, event: 'flood_ended' };
  const another = anEvent({ eventId: 'x', chainSeq: 7, subjectId: 'rec-2', runId: 'run-2' });

  test('it is told once, with what its own cycle opened before it, and critical ones each by themselves', () => {
    const critical = anEvent({ eventId: 'c', chainSeq: 2, subjectId: 'rec-c', severity: 'critical' });
    expect(brief(planned([anEvent(), critical, began, another]))).toEqual(['recommended rec-c slack', 'flood queue slack']);
    expect(planned([another], { inFlood: true })).toEqual([]);
    expect(planned([{ ...another, severity: 'critical' }], { inFlood: true })).toHaveLength(1);
  });

  test('what gets worse and what failed is told as ever', () => {
    expect(planned([anEvent({ event: 'escalated' }), command('failed', { eventId: 'k' })], { inFlood: true })).toHaveLength(2);
  });

  test('what comes after its end is told again', () => {
    expect(brief(planned([{ ...began, runId: 'run-0' }, { ...ended, runId: 'run-1' }, another]))).toEqual([
      'flood queue slack',
      'recommended rec-2 slack',
    ]);
    expect(planned([ended, another], { inFlood: true })).toHaveLength(1);
  });
});

describe('a recommendation that nobody decides about', () => {
  const reminders = { minutes: 15, steps: [['lead'], ['boss']] };
  const rows = planned([anEvent()], { rules: [aRule({ reminders })] });

  function due(given: Partial<DueRow> = {}): DueRow {
    const [, reminder] = rows;
    if (!reminder) throw new Error('no reminder was planned');
    return { ...reminder, recommendationStatus: 'pending', lastReminderSeq: reminder.chainSeq, ...given };
  }

  test('is told again after those minutes, to the next channel, and from the last one on to that', () => {
    expect(brief(rows)).toEqual(['recommended rec-1 slack', 'recommended rec-1 lead +1']);
    expect(rows.map(({ nextAttemptTimestamp }) => nextAttemptTimestamp - NOW)).toEqual([0, 900_000]);
    let row = due();
    const told: string[] = [];
    for (let n = 2; n <= 5; n += 1) {
      const [next] = nextReminders(row, NOW);
      if (!next) throw new Error(`reminder ${n} was not planned`);
      told.push(`${next.channel} +${next.reminder} ${(next.nextAttemptTimestamp - NOW) / 60_000}`);
      row = due(next);
    }
    expect(told).toEqual(['boss +2 15', 'boss +3 15', 'boss +4 15', 'boss +5 15']);
  });

  test('is told again to the same channels where no others are named', () => {
    const same = planned([anEvent()], { rules: [aRule({ channels: ['a', 'b'], reminders: { minutes: 5, steps: [['a', 'b']] } })] });
    expect(brief(same)).toEqual(['recommended rec-1 a', 'recommended rec-1 b', 'recommended rec-1 a +1', 'recommended rec-1 b +1']);
  });

  test.each(['approved', 'rejected', 'deferred', 'withdrawn', null])('and is told no more once it is %s', (recommendationStatus) => {
    expect(isSuperseded(due({ recommendationStatus }))).toBe(true);
    expect(nextReminders(due({ recommendationStatus }), NOW)).toEqual([]);
  });

  test('and waits for the second one of two as for the first', () => {
    expect(isSuperseded(due({ recommendationStatus: 'awaiting_second' }))).toBe(false);
  });

  test('has one chain of reminders, that of its newest event', () => {
    expect(isSuperseded(due({ lastReminderSeq: 7 }))).toBe(true);
    expect(isSuperseded(due({ lastReminderSeq: 7, reminder: 0 }))).toBe(false);
  });

  test('is planned once more for the first try of a reminder alone', () => {
    expect(nextReminders(due({ attempt: 1 }), NOW)).toEqual([]);
    expect(nextReminders(due({ reminder: 0 }), NOW)).toEqual([]);
  });

  test('but what asks for no decision is told once, whoever decides what', () => {
    const [failed] = planned([command('failed')], { rules: [aRule({ reminders })] });
    expect(failed?.reminders).toBeNull();
    expect(isSuperseded(due({ ...failed, recommendationStatus: null, lastReminderSeq: 9 }))).toBe(false);
  });
});

describe('tries', () => {
  test('are 30 s apart at first, and a quarter of an hour at most, a day in all', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 1000].map((tries) => delayAfter(tries, null))).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
    const all = Array.from({ length: MOST_TRIES - 1 }, (_each, i) => delayAfter(i + 1, null)).reduce((sum, delay) => sum + delay, 0);
    expect(all / 3600).toBeGreaterThan(23);
    expect(all / 3600).toBeLessThan(25);
  });

  test('leave a receiver alone for as long as it asks', () => {
    expect([delayAfter(1, 120), delayAfter(1, 5)]).toEqual([120, 30]);
  });
});
