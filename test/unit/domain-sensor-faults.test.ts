import { describe, expect, test } from '@jest/globals';
import type { Control } from '../../src/domain/control.ts';
import { workOrderIdOf } from '../../src/domain/ids.ts';
import { decideSensor, disbeliefBy, distrustBy, faultOf, type SensorContext, type SensorDecision } from '../../src/domain/sensor-faults.ts';
import { reachSeconds, readingFaults, type SensorFaultRules, type SensorState } from '../../src/domain/sensor-states.ts';
import { isEnded, type WorkOrder } from '../../src/domain/work-order.ts';

const NOW = Date.UTC(2026, 1, 19, 10, 30);
const RULES: SensorFaultRules = {
  badQuality: true,
  notANumber: true,
  outOfRange: true,
  onDelaySeconds: 0,
  offDelaySeconds: 30,
  clearReadings: 2,
  stuck: null,
  stepping: {},
  dropOutSeconds: null,
};
const CONTEXT: SensorContext = {
  now: NOW,
  rules: RULES,
  controls: [],
  holdSeconds: 1800,
  newestGoodAt: NOW,
  signals: ['temperature', '*'],
  agentId: 'agent',
  openedFor: new Map(),
  newestOrderAt: null,
};
const ago = (seconds: number) => NOW - seconds * 1000;

function state(given: Partial<SensorState> = {}): SensorState {
  return {
    equipmentId: 'R1',
    signal: 'temperature',
    newestAt: NOW,
    newestGoodAt: NOW,
    bad: null,
    good: { since: ago(300), readings: 30 },
    motion: null,
    isDroppedOut: false,
    ...given,
  };
}

const GOOD = state();
const BAD = state({ bad: { since: ago(40), at: NOW, fault: 'out_of_range', value: '9999' }, good: null, newestGoodAt: ago(50) });
/** Bad 100 s ago, good for so long and so often since. */
const goodFor = (seconds: number, readings: number) =>
  state({ bad: { since: ago(110), at: ago(100), fault: 'bad_quality', value: 'bad' }, good: { since: ago(seconds), readings } });
const STUCK = state({ motion: { isStuck: true, since: ago(600), value: 71 } });
const MOVING = state({ motion: { isStuck: false, since: ago(600), value: 71 } });
const DROPPED = state({ isDroppedOut: true, newestAt: ago(120), newestGoodAt: ago(120) });

function order(given: Partial<WorkOrder> = {}): WorkOrder {
  return {
    workOrderId: workOrderIdOf('R1', 'temperature', null, null),
    recommendationId: null,
    equipmentId: 'R1',
    description: 'check it',
    status: 'open',
    assignedTo: null,
    createdTimestamp: ago(3600),
    completedTimestamp: null,
    signal: 'temperature',
    fault: 'out_of_range',
    predecessorId: null,
    guardedStatus: 'open',
    quietUntil: null,
    updatedTimestamp: ago(3600),
    createdByAgent: 'agent',
    ...given,
  };
}

const CLOSED = order({ status: 'closed', guardedStatus: 'closed', completedTimestamp: ago(1000) });

interface Case {
  readonly state?: SensorState | undefined;
  readonly open?: WorkOrder;
  readonly newest?: WorkOrder;
  readonly context?: Partial<SensorContext>;
  readonly rules?: Partial<SensorFaultRules>;
}

function decide({ state: seen, open, newest = open, context = {}, rules = {} }: Case): SensorDecision | undefined {
  const situation = { equipmentId: 'R1', signal: open?.signal ?? 'temperature', state: seen, open, newest };
  return decideSensor(situation, { ...CONTEXT, rules: { ...RULES, ...rules }, ...context });
}

function spell(decision: SensorDecision | undefined): string {
  switch (decision?.kind) {
    case undefined:
      return 'nothing';
    case 'open':
      return `open ${decision.order.fault} (${decision.value})`;
    case 'close':
      return `close: ${decision.reason}`;
    case 'update':
      return `update to ${decision.fault}`;
    case 'reopen':
      return 'reopen';
    case 'settle':
      return `settle, quiet for ${decision.quietUntil === null ? 'nothing' : `${(decision.quietUntil - NOW) / 1000} s`}`;
  }
}

const control = (kind: Control['kind'], scope = 'R*'): Control => ({ kind, scope, by: 'anna', reason: 'overhaul', since: 0, until: null });
const stuckRule = { seconds: 600, tolerance: 0, minReadings: 5 };

describe('without an order', () => {
  test.each<[string, Case, string]>([
    ['nothing is seen', { state: undefined }, 'nothing'],
    ['good readings', { state: GOOD }, 'nothing'],
    ['a bad reading', { state: BAD }, 'open out_of_range (9999)'],
    ['a bad reading and one good one since', { state: goodFor(40, 1) }, 'open bad_quality (bad)'],
    ['a bad reading and good ones, but not for long enough', { state: goodFor(29, 9) }, 'open bad_quality (bad)'],
    ['a bad reading that was over before it was seen', { state: goodFor(30, 2) }, 'nothing'],
    ['bad for less than the on-delay', { state: BAD, rules: { onDelaySeconds: 41 } }, 'nothing'],
    ['bad for the on-delay', { state: BAD, rules: { onDelaySeconds: 40 } }, 'open out_of_range (9999)'],
    ['a step, which lasts no time', { state: state({ bad: { since: NOW, at: NOW, fault: 'stepping', value: '90' }, good: null }), rules: { onDelaySeconds: 40 } }, 'open stepping (90)'], // prettier-ignore
    ['stuck', { state: STUCK }, 'open stuck (71 since 2026-02-19T10:20:00.000Z)'],
    ['moving', { state: MOVING }, 'nothing'],
    ['stuck and bad', { state: { ...BAD, motion: STUCK.motion } }, 'open out_of_range (9999)'],
    ['dropped out', { state: DROPPED, rules: { dropOutSeconds: 60 } }, 'open drop_out (last good reading 2026-02-19T10:28:00.000Z)'],
    ['dropped out with the whole feed', { state: DROPPED, rules: { dropOutSeconds: 60 }, context: { newestGoodAt: ago(61) } }, 'nothing'],
    [
      'dropped out of a feed without anything',
      { state: DROPPED, rules: { dropOutSeconds: 60 }, context: { newestGoodAt: null } },
      'nothing',
    ],
    ['bad while out of service', { state: BAD, context: { controls: [control('out_of_service')] } }, 'nothing'],
    ['bad while something else is', { state: BAD, context: { controls: [control('out_of_service', 'P*')] } }, 'open out_of_range (9999)'],
    ['bad while shelved', { state: BAD, context: { controls: [control('shelved')] } }, 'open out_of_range (9999)'],
    ['bad after an order that was closed', { state: BAD, newest: CLOSED }, 'open out_of_range (9999)'],
    ['bad while an order that a person ended keeps it quiet', { state: BAD, newest: { ...CLOSED, quietUntil: NOW + 1 } }, 'nothing'],
    [
      'bad while it says so for longer than a hold',
      { state: BAD, newest: { ...CLOSED, quietUntil: NOW + 3e6 } },
      'open out_of_range (9999)',
    ],
    ['bad when that time is over', { state: BAD, newest: { ...CLOSED, quietUntil: NOW } }, 'open out_of_range (9999)'],
  ])('%s', (_name, given, wanted) => {
    expect(spell(decide(given))).toBe(wanted);
  });
});

describe('with an open order', () => {
  test.each<[string, Case, string]>([
    ['nothing is seen', { open: order() }, 'nothing'],
    ['still bad', { open: order(), state: BAD }, 'nothing'],
    ['bad in another way', { open: order({ fault: 'bad_quality' }), state: BAD }, 'update to out_of_range'],
    ['good, but not for long enough', { open: order({ fault: 'bad_quality' }), state: goodFor(29, 9) }, 'nothing'],
    ['good, but too few readings', { open: order({ fault: 'bad_quality' }), state: goodFor(40, 1) }, 'nothing'],
    ['good', { open: order({ fault: 'bad_quality' }), state: goodFor(30, 2) }, 'close: good since 2026-02-19T10:29:30.000Z'],
    ['good, whatever a technician calls it', { open: order({ status: 'in_progress' }), state: GOOD }, 'close: good since 2026-02-19T10:25:00.000Z'],
    ['good while out of service', { open: order(), state: GOOD, context: { controls: [control('out_of_service')] } }, 'close: good since 2026-02-19T10:25:00.000Z'],
    ['that a person had ended', { open: order({ guardedStatus: 'Done' }), state: BAD }, 'reopen'],
    ['that the agent had closed, and is good', { open: order({ guardedStatus: 'closed', status: 'in progress' }), state: GOOD }, 'reopen'],
    ['that was reopened and is not seen', { open: order({ guardedStatus: 'resolved' }) }, 'reopen'],
    ['still stuck', { open: order({ fault: 'stuck' }), state: STUCK, rules: { stuck: stuckRule } }, 'nothing'],
    ['too few readings to say whether it moves', { open: order({ fault: 'stuck' }), state: GOOD, rules: { stuck: stuckRule } }, 'nothing'],
    ['moving again', { open: order({ fault: 'stuck' }), state: MOVING, rules: { stuck: stuckRule } }, 'close: good since 2026-02-19T10:25:00.000Z'],
    ['stuck, which nobody looks for any more', { open: order({ fault: 'stuck' }), state: GOOD }, 'close: good since 2026-02-19T10:25:00.000Z'],
    ['still dropped out', { open: order({ fault: 'drop_out' }), state: DROPPED, rules: { dropOutSeconds: 60 } }, 'nothing'],
    ['one good reading after a drop-out', { open: order({ fault: 'drop_out' }), state: state({ good: { since: NOW, readings: 1 } }) }, 'close: good since 2026-02-19T10:30:00.000Z'],
    ['of a signal that the source lost', { open: order({ signal: 'vibration' }) }, 'close: the source no longer has vibration'],
    ['of a row in a source that has none', { open: order({ signal: '*' }), context: { signals: ['temperature'] } }, 'close: the source no longer has all signals'],
  ])('%s', (_name, given, wanted) => {
    expect(spell(decide(given))).toBe(wanted);
  }); // prettier-ignore
});

describe('an order that a person ended', () => {
  const ended = order({ status: 'completed' });

  test.each<[string, Case, string]>([
    ['while it was bad, without a time', { newest: ended, state: BAD }, 'settle, quiet for 1800 s'],
    ['while it was bad, ten minutes ago', { newest: { ...ended, completedTimestamp: ago(600) }, state: BAD }, 'settle, quiet for 1200 s'],
    ['in the future', { newest: { ...ended, completedTimestamp: NOW + 1e9 }, state: BAD }, 'settle, quiet for 1800 s'],
    ['when nothing was seen', { newest: ended }, 'settle, quiet for 1800 s'],
    ['when it was good', { newest: ended, state: GOOD }, 'settle, quiet for nothing'],
    ['and that is known', { newest: { ...ended, guardedStatus: 'completed' }, state: GOOD }, 'nothing'],
  ])('%s', (_name, given, wanted) => {
    expect(spell(decide(given))).toBe(wanted);
  });

  test.each(['closed', ' closed', 'Completed ', 'CANCELLED', 'canceled', 'done', 'resolved'])('is over when it says %s', (status) => {
    expect(isEnded({ status })).toBe(true);
  });

  test.each(['open', 'in_progress', '', 'waiting for parts', 'not done'])('is not over when it says %j', (status) => {
    expect(isEnded({ status })).toBe(false);
  });
});

test('a new order follows the last one, and the same situation gives the same order', () => {
  const opened = decide({ state: BAD, newest: { ...CLOSED, createdTimestamp: NOW + 5 } });
  expect(opened).toEqual(decide({ state: BAD, newest: { ...CLOSED, createdTimestamp: NOW + 5 } }));
  expect(opened).toMatchObject({
    kind: 'open',
    order: {
      workOrderId: workOrderIdOf('R1', 'temperature', CLOSED.workOrderId, null),
      predecessorId: CLOSED.workOrderId,
      createdTimestamp: NOW + 6,
      status: 'open',
      guardedStatus: 'open',
      description: 'Check the sensor: R1 temperature out_of_range (9999)',
    },
  });
  const ids = [
    workOrderIdOf('R1', 'a', null, null),
    workOrderIdOf('R1', '*', null, null),
    workOrderIdOf('R1', 'a', 'x', null),
    workOrderIdOf('R2', 'a', null, null),
    workOrderIdOf('R1', 'a', null, NOW),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});

test('readings of a stuck or stepping sensor are disbelieved from its newest order’s beginning to its end', () => {
  const ended = order({ fault: 'stepping', status: 'closed', createdTimestamp: ago(100), completedTimestamp: ago(50) });
  const disbelief = disbeliefBy([
    ended,
    order({ fault: 'stuck', createdTimestamp: ago(3600), completedTimestamp: ago(3000), status: 'closed' }),
    order({ equipmentId: 'R2', fault: 'stuck', createdTimestamp: ago(100) }),
    order({ equipmentId: 'R3', fault: 'out_of_range', createdTimestamp: ago(100), completedTimestamp: ago(50) }),
  ]);
  const found = (equipmentId: string, from: number, upTo: number) => disbelief(equipmentId, 'temperature', ago(from), ago(upTo));
  expect([found('R1', 100, 50), found('R1', 101, 50), found('R1', 100, 49), found('R1', 3500, 3100)]).toEqual([true, false, false, false]);
  expect([found('R2', 100, 0), found('R3', 90, 60), found('R4', 90, 60)]).toEqual([true, false, false]);
  expect(disbelief('R1', 'pressure', ago(90), ago(60))).toBe(false);
});

test('only stuck and stepping sensors with an order that has not ended are distrusted', () => {
  const orders = [
    order({ fault: 'stuck' }),
    order({ equipmentId: 'R2', fault: 'stepping', status: 'in_progress' }),
    order({ equipmentId: 'R3', fault: 'stuck', status: 'completed' }),
    order({ equipmentId: 'R4', fault: 'out_of_range' }),
  ];
  const distrust = distrustBy(orders);
  expect(['R1', 'R2', 'R3', 'R4'].map((id) => distrust(id, 'temperature') !== undefined)).toEqual([true, true, false, false]);
  expect(distrust('R1', 'pressure')).toBeUndefined();
  expect(distrust('R1', 'temperature')?.reason).toContain(order().workOrderId);
  expect(distrust('R1', 'temperature')?.since).toBe(order().createdTimestamp);
});

test('what is looked for follows the rules', () => {
  expect(readingFaults({ ...RULES, notANumber: false })).toEqual(['bad_quality', 'out_of_range']);
  expect([RULES, { ...RULES, stuck: stuckRule }, { ...RULES, onDelaySeconds: 50, dropOutSeconds: 40 }].map(reachSeconds)).toEqual([
    30, 600, 50,
  ]);
  expect(faultOf(GOOD, RULES)).toBeUndefined();
});
