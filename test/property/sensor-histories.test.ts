import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decideSensor, type SensorContext } from '../../src/domain/sensor-faults.ts';
import type { SensorFaultRules } from '../../src/domain/sensor-states.ts';
import { isEnded, type WorkOrder } from '../../src/domain/work-order.ts';
import { type SensorReading, summaryOf } from '../contract/sensor-model.ts';

const START = Date.UTC(2026, 1, 19, 10, 30);
const SECOND = 1000;
/** What the live range reaches back to; pauses are shorter, so that no reading is missed. */
const RANGE_SECONDS = 330;
const HOLD_SECONDS = 300;
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

type Deed = 'nothing' | 'work on it' | 'end it' | 'end it with a time' | 'crash';
const reading = fc.constantFrom('good', 'good', 'good', 'bad', 'none');
const step = fc.record({
  pauseSeconds: fc.integer({ min: 5, max: 60 }),
  readings: fc.array(reading, { minLength: 1, maxLength: 3 }),
  deed: fc.constantFrom<Deed>('nothing', 'nothing', 'nothing', 'work on it', 'end it', 'end it with a time', 'crash'),
});

/** The table in memory, with the guards of the SQL statement. */
class Orders {
  readonly rows = new Map<string, WorkOrder>();

  get all(): readonly WorkOrder[] {
    return [...this.rows.values()].toSorted((a, b) => a.createdTimestamp - b.createdTimestamp);
  }

  get open(): readonly WorkOrder[] {
    return this.all.filter((order) => !isEnded(order));
  }

  cycle(readings: readonly SensorReading[], now: number): void {
    const seen = readings.filter(({ at }) => at > now - RANGE_SECONDS * SECOND);
    const summary = summaryOf(seen, RULES, undefined, now);
    const context: SensorContext = {
      now,
      rules: RULES,
      controls: [],
      holdSeconds: HOLD_SECONDS,
      newestGoodAt: now,
      signals: ['temperature'],
      agentId: 'agent',
      openedFor: new Map(),
      newestOrderAt: this.all.at(-1)?.createdTimestamp ?? null,
    };
    const key = { equipmentId: 'R1', signal: 'temperature' };
    const decision = decideSensor(
      { ...key, state: summary && { ...key, ...summary }, newest: this.all.at(-1), open: this.open.at(-1) },
      context,
    );
    switch (decision?.kind) {
      case undefined:
        break;
      case 'open':
        // Insert if absent: an id that is there already would mean that a sensor stays without an order.
        if (this.rows.has(decision.order.workOrderId)) throw new Error(`${decision.order.workOrderId} is there already`);
        this.rows.set(decision.order.workOrderId, decision.order);
        break;
      case 'close':
        this.#change(decision.order, { status: 'closed', guardedStatus: 'closed', completedTimestamp: now });
        break;
      case 'update':
        this.#change(decision.order, { fault: decision.fault });
        break;
      case 'settle':
        this.#change(decision.order, {
          guardedStatus: decision.order.status,
          completedTimestamp: decision.completedAt,
          quietUntil: decision.quietUntil,
        });
        break;
      case 'reopen':
        this.#change(decision.order, { guardedStatus: decision.order.status, completedTimestamp: null, quietUntil: null });
        break;
    }
  }

  #change(order: WorkOrder, columns: Partial<WorkOrder>): void {
    const stored = this.rows.get(order.workOrderId);
    if (stored?.status === order.status) this.rows.set(order.workOrderId, { ...stored, ...columns });
  }

  deed(deed: Deed, now: number): void {
    const [order] = this.open;
    if (!order) return;
    if (deed === 'work on it') this.rows.set(order.workOrderId, { ...order, status: 'in_progress' });
    if (deed === 'end it') this.rows.set(order.workOrderId, { ...order, status: 'completed' });
    if (deed === 'end it with a time') this.rows.set(order.workOrderId, { ...order, status: 'closed', completedTimestamp: now });
  }
}

/** A sensor is faulty from a bad reading until two good ones at least 30 s apart, without a bad one in between. */
class Faulty {
  isFaulty = false;
  #good: number[] = [];

  read(kind: string, at: number): void {
    if (kind === 'bad') {
      this.isFaulty = true;
      this.#good = [];
    }
    if (kind !== 'good') return;
    this.#good.push(at);
    if (this.#good.length >= 2 && at - (this.#good[0] ?? at) >= 30 * SECOND) this.isFaulty = false;
  }
}

/** Plays the steps; `check` sees the orders after every cycle. */
function play(
  steps: readonly { readonly pauseSeconds: number; readonly readings: readonly string[]; readonly deed: Deed }[],
  check: (orders: Orders, faulty: Faulty, now: number) => void,
): void {
  const orders = new Orders();
  const faulty = new Faulty();
  const readings: SensorReading[] = [];
  let now = START;
  for (const { pauseSeconds, readings: kinds, deed } of steps) {
    for (const [index, kind] of kinds.entries()) {
      const at = now + Math.round(((index + 1) * pauseSeconds * SECOND) / kinds.length);
      if (kind !== 'none') readings.push({ at, value: 70, fault: kind === 'bad' ? 'out_of_range' : null, said: '9999' });
      faulty.read(kind, at);
    }
    now += pauseSeconds * SECOND;
    orders.deed(deed, now);
    // A cycle that dies before it writes is as none: the next one sees the same readings.
    if (deed === 'crash') continue;
    orders.cycle(readings, now);
    check(orders, faulty, now);
    orders.cycle(readings, now);
    expect(orders.open.length).toBeLessThanOrEqual(1);
  }
}

const withoutPeople = step.map((each) => ({ ...each, deed: each.deed === 'crash' ? each.deed : ('nothing' as const) }));

test('an order is open if and only if the sensor is faulty', () => {
  fc.assert(
    fc.property(fc.array(withoutPeople, { maxLength: 40 }), (steps) => {
      play(steps, (orders, { isFaulty }) => expect(orders.open.length).toBe(isFaulty ? 1 : 0));
    }),
  );
});

test('whatever people do: never two open orders, one chain, none for a good sensor, and a bad one is not forgotten after the hold time', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      play(steps, (orders, { isFaulty }, now) => {
        const { all, open } = orders;
        expect(open.length).toBeLessThanOrEqual(1);
        expect(all.map((order) => order.predecessorId)).toEqual(
          [null, ...all.slice(0, -1).map((order) => order.workOrderId)].slice(0, all.length),
        );
        const last = all.at(-1);
        // A bad sensor has an order, unless somebody ended it, and not long ago; or that was noted just now and is decided in the next cycle.
        const isHeld = last?.guardedStatus === last?.status && now - (last?.completedTimestamp ?? 0) <= HOLD_SECONDS * SECOND;
        expect([open.length, isHeld]).toEqual(isFaulty && open.length === 0 ? [0, true] : [isFaulty ? 1 : 0, isHeld]);
      });
    }),
  );
});
