import { controlOn, type Control } from './control.ts';
import { workOrderIdOf } from './ids.ts';
import { addSeconds, isoOf, type Instant, SECOND_MS } from './instant.ts';
import { isAhead } from './known-time.ts';
import { type SensorFault, type SensorFaultRules, type SensorKey, sensorKeyOf, type SensorState } from './sensor-states.ts';
import { isEnded, isRenamed, isReopened, type OpenedFor, signalText, type WorkOrder } from './work-order.ts';

/** Everything known about one sensor in one cycle. */
export interface SensorSituation extends SensorKey {
  /** Undefined where the live range holds nothing about it. */
  readonly state: SensorState | undefined;
  /** The newest order that was ever made for it. */
  readonly newest: WorkOrder | undefined;
  /** The order that has not ended. */
  readonly open: WorkOrder | undefined;
}

export interface SensorContext {
  readonly now: Instant;
  readonly rules: SensorFaultRules;
  readonly controls: readonly Control[];
  /** How long an order that a person ended keeps its signal quiet. */
  readonly holdSeconds: number;
  /** The newest good reading of all: without one, everything has dropped out and no sensor has. */
  readonly newestGoodAt: Instant | null;
  /** The signals that the source has, WHOLE_ROW among them where it means something. */
  readonly signals: readonly string[];
  readonly agentId: string;
  readonly openedFor: OpenedFor;
  /** When the newest order of all was made, whatever sensor it is of: see workOrderIdOf. */
  readonly newestOrderAt: Instant | null;
}

export type SensorDecision =
  | { readonly kind: 'open'; readonly order: WorkOrder; readonly value: string }
  | { readonly kind: 'close'; readonly order: WorkOrder; readonly reason: string }
  /** Another fault than the one that the order was opened for. */
  | { readonly kind: 'update'; readonly order: WorkOrder; readonly fault: SensorFault; readonly reason: string }
  /** A person ended it: noted once, with the time until which it keeps a signal quiet that is still bad. */
  | { readonly kind: 'settle'; readonly order: WorkOrder; readonly completedAt: Instant; readonly quietUntil: Instant | null }
  /** A person took back an end that is on record: noted once, so that the next end is one of its own. */
  | { readonly kind: 'reopen'; readonly order: WorkOrder };

interface PresentFault {
  readonly fault: SensorFault;
  readonly since: Instant;
  /** What the sensor said, for people. */
  readonly value: string;
}

/** What is wrong with the sensor now; undefined for nothing. What readings say of themselves counts before what they say together. */
export function faultOf(state: SensorState, rules: SensorFaultRules): PresentFault | undefined {
  const { bad, motion, isDroppedOut, newestGoodAt, newestAt } = state;
  if (bad && !isGoodAgain(state, rules)) return { fault: bad.fault, since: bad.since, value: bad.value };
  if (isDroppedOut) {
    const last = newestGoodAt ?? newestAt;
    return { fault: 'drop_out', since: last, value: `last good reading ${isoOf(last)}` };
  }
  return motion?.isStuck ? { fault: 'stuck', since: motion.since, value: `${motion.value} since ${isoOf(motion.since)}` } : undefined;
}

function isGoodAgain({ good, newestAt }: SensorState, { clearReadings, offDelaySeconds }: SensorFaultRules): boolean {
  return good !== null && good.readings >= clearReadings && newestAt - good.since >= offDelaySeconds * SECOND_MS;
}

/** Whether a fault is enough for a new order: bad readings for the on-delay, a drop-out only while the feed lives. */
function opens(fault: PresentFault, state: SensorState, { rules, newestGoodAt, now }: SensorContext): boolean {
  switch (fault.fault) {
    case 'drop_out':
      return newestGoodAt !== null && now - newestGoodAt <= (rules.dropOutSeconds ?? 0) * SECOND_MS;
    case 'stuck':
    // A step lasts no time at all.
    case 'stepping':
      return true;
    case 'bad_quality':
    case 'not_a_number':
    case 'out_of_range':
      return (state.bad?.at ?? fault.since) - fault.since >= rules.onDelaySeconds * SECOND_MS;
  }
}

/** All decisions about one sensor, of which there is at most one. Pure: the same situation gives the same decision. */
export function decideSensor(situation: SensorSituation, context: SensorContext): SensorDecision | undefined {
  const { open, newest, state } = situation;
  const isTheirs = (order: WorkOrder) => isRenamed(order, context.openedFor);
  // One that people gave to this sensor stands for it while it is open, and is theirs to end.
  if (open && isTheirs(open)) return undefined;
  if (open && isReopened(open)) return { kind: 'reopen', order: open };
  if (open) return decideOpen(open, state, context);
  if (newest && !isTheirs(newest)) {
    if (newest.status !== newest.guardedStatus) return settle(newest, state, context);
    if (isQuiet(newest, context)) return undefined;
  }
  if (!state) return undefined;
  const fault = faultOf(state, context.rules);
  if (!fault || !opens(fault, state, context)) return undefined;
  if (controlOn(context.controls, ['out_of_service'], situation.equipmentId, context.now)) return undefined;
  return { kind: 'open', order: orderOf(situation, fault, context), value: fault.value };
}

/** A longer hold than the agent gives is of a clock that was ahead, or of a hand: a sensor that stays broken must be told of again. */
function isQuiet({ quietUntil }: WorkOrder, { now, holdSeconds }: SensorContext): boolean {
  return quietUntil !== null && quietUntil > now && !isAhead(quietUntil, addSeconds(now, holdSeconds));
}

function decideOpen(order: WorkOrder, state: SensorState | undefined, context: SensorContext): SensorDecision | undefined {
  if (!context.signals.includes(order.signal))
    return { kind: 'close', order, reason: `the source no longer has ${signalText(order.signal)}` };
  if (!state) return undefined;
  const fault = faultOf(state, context.rules);
  if (fault && fault.fault !== order.fault) return { kind: 'update', order, fault: fault.fault, reason: `${fault.fault} (${fault.value})` };
  if (fault || !isOver(order, state, context.rules)) return undefined;
  return { kind: 'close', order, reason: `good since ${isoOf(state.good?.since ?? state.newestAt)}` };
}

/** Nothing is wrong, and enough readings say so: a silent sensor is not a good one. */
function isOver(order: WorkOrder, state: SensorState, rules: SensorFaultRules): boolean {
  if (state.good === null) return false;
  if (order.fault === 'drop_out') return true;
  if (order.fault === 'stuck') return rules.stuck === null || state.motion?.isStuck === false;
  return isGoodAgain(state, rules);
}

/**
 * A time that cannot be, or none, counts as now: it must not keep the signal quiet for ever. A signal that is good was mended, and
 * breaks anew when it breaks.
 */
function settle(order: WorkOrder, state: SensorState | undefined, { now, rules, holdSeconds }: SensorContext): SensorDecision {
  const completedAt = Math.min(order.completedTimestamp ?? now, now);
  const isMended = state !== undefined && faultOf(state, rules) === undefined;
  return { kind: 'settle', order, completedAt, quietUntil: isMended ? null : addSeconds(completedAt, holdSeconds) };
}

function orderOf({ equipmentId, signal, newest }: SensorSituation, { fault, value }: PresentFault, context: SensorContext): WorkOrder {
  const predecessorId = newest?.workOrderId ?? null;
  return {
    workOrderId: workOrderIdOf(equipmentId, signal, predecessorId, context.newestOrderAt),
    recommendationId: null,
    equipmentId,
    description: `Check the sensor: ${equipmentId} ${signalText(signal)} ${fault} (${value})`,
    status: 'open',
    assignedTo: null,
    // Newest-by-creation must name the chain's end, and the newest of all change with each.
    createdTimestamp: Math.max(context.now, (newest?.createdTimestamp ?? 0) + 1, (context.newestOrderAt ?? 0) + 1),
    completedTimestamp: null,
    signal,
    fault,
    predecessorId,
    guardedStatus: 'open',
    quietUntil: null,
    updatedTimestamp: context.now,
    createdByAgent: context.agentId,
  };
}

/** Why, and since when, readings of a signal are not to be believed although each looks good; undefined where they are. */
export type Distrust = (equipmentId: string, signal: string) => { readonly reason: string; readonly since: Instant } | undefined;

/** Whether all readings from one moment to another came while they were not to be believed. */
export type Disbelief = (equipmentId: string, signal: string, from: Instant, upTo: Instant) => boolean;

/** Faults whose readings look good: other bad readings are rejected anyway. */
function isDoubtful({ fault }: WorkOrder): boolean {
  return fault === 'stuck' || fault === 'stepping';
}

/** By the newest order of each sensor, also one that has ended: an episode that was over by then is none. */
export function disbeliefBy(orders: readonly WorkOrder[]): Disbelief {
  const inOrder = orders.toSorted((a, b) => a.createdTimestamp - b.createdTimestamp);
  const newest = new Map(inOrder.map((order) => [sensorKeyOf(order), order]));
  return (equipmentId, signal, from, upTo) => {
    const order = newest.get(sensorKeyOf({ equipmentId, signal }));
    return order !== undefined && isDoubtful(order) && from >= order.createdTimestamp && upTo <= (order.completedTimestamp ?? Infinity);
  };
}

/** By the orders about stuck and stepping sensors that have not ended. */
export function distrustBy(orders: readonly WorkOrder[]): Distrust {
  const doubtful = orders.filter((order) => !isEnded(order) && isDoubtful(order));
  const reasons = new Map(
    doubtful.map((order) => [
      sensorKeyOf(order),
      {
        reason: `the sensor's readings cannot be trusted: ${order.fault}, work order ${order.workOrderId}`,
        since: order.createdTimestamp,
      },
    ]),
  );
  return (equipmentId, signal) => reasons.get(sensorKeyOf({ equipmentId, signal }));
}
