import { type Instant, isoOf } from '../domain/instant.ts';
import { MAX_WORK_ORDERS_PER_CYCLE } from '../domain/policy.ts';
import {
  decideSensor,
  disbeliefBy,
  distrustBy,
  type SensorContext,
  type SensorDecision,
  type SensorSituation,
} from '../domain/sensor-faults.ts';
import { sensorKeyOf } from '../domain/sensor-states.ts';
import { isEnded, sensedSignals, signalText, type WorkOrder, type WorkOrderChange } from '../domain/work-order.ts';
import type { Cycle } from './cycle.ts';
import { heldBackOf, isHeldBack, notApplied, tellNotApplied } from './held-back.ts';

const NONE: ReadonlySet<string> = new Set();

/** From what the sensors say and the orders on record to new, changed and closed ones; writes nothing yet. */
export function decideWorkOrders(cycle: Cycle): void {
  const { detected, settings } = cycle;
  if (!detected) return;
  const context: SensorContext = {
    now: cycle.clock.now(),
    rules: settings.sensorFaults,
    controls: cycle.controls,
    holdSeconds: settings.policy.holdSeconds,
    newestGoodAt: detected.detection.totals.newestGoodAt,
    signals: sensedSignals(settings.source.shape),
    agentId: settings.agentId,
    openedFor: cycle.openedFor,
    newestOrderAt: cycle.newestOrderAt,
  };
  const decisions = situationsOf(cycle).flatMap((situation) => decideSensor(situation, context) ?? []);
  const chosen = decisions.toSorted((a, b) => placeOf(a) - placeOf(b)).slice(0, MAX_WORK_ORDERS_PER_CYCLE);
  for (const decision of chosen) apply(cycle, decision);
  const after = ordersAfter(cycle.workOrders, chosen, context.now);
  cycle.distrust = distrustBy(after);
  cycle.disbelief = disbeliefBy(after);
}

/** What ends an order, or says that no reading can be believed, before the others that are new. */
function placeOf(decision: SensorDecision): number {
  if (decision.kind !== 'open') return 0;
  return decision.order.fault === 'stuck' || decision.order.fault === 'stepping' ? 1 : 2;
}

/** Every sensor that is faulty or has an order, with what is known about it. */
function situationsOf({ detected, workOrders }: Cycle): readonly SensorSituation[] {
  const states = new Map(detected?.detection.sensors.map((state) => [sensorKeyOf(state), state]));
  const newest = new Map<string, WorkOrder>();
  const open = new Map<string, WorkOrder>();
  for (const order of workOrders.toSorted((a, b) => a.createdTimestamp - b.createdTimestamp)) {
    newest.set(sensorKeyOf(order), order);
    if (!isEnded(order)) open.set(sensorKeyOf(order), order);
  }
  return [...new Set([...states.keys(), ...newest.keys()])].map((key) => {
    const [equipmentId, signal] = JSON.parse(key) as [string, string]; // written by sensorKeyOf
    return { equipmentId, signal, state: states.get(key), newest: newest.get(key), open: open.get(key) };
  });
}

function apply(cycle: Cycle, decision: SensorDecision): void {
  const { draft, announcements } = cycle;
  const { order } = decision;
  const now = cycle.clock.now();
  const about = { subjectType: 'work_order' as const, subjectId: order.workOrderId };
  const change = (columns: Partial<WorkOrder>) => ({ workOrderId: order.workOrderId, expected: order.status, columns });
  const sensor = `${order.equipmentId} ${signalText(order.signal)}`;
  switch (decision.kind) {
    case 'open': {
      const said = `${sensor} ${order.fault} (${decision.value})`;
      // Which sensor it is of, whatever becomes of the row's own columns.
      const after = { equipment_id: order.equipmentId, signal: order.signal };
      draft.changeWorkOrder(
        { ...change(order), expected: null },
        { ...about, event: 'opened', toStatus: order.status, reason: said, after },
      );
      announcements.tell(order.workOrderId, 'warn', `SENSOR FAULT: ${said}`, ({ workOrders }) => (workOrders.opened += 1));
      break;
    }
    case 'close': {
      const columns = { status: 'closed', guardedStatus: 'closed', completedTimestamp: now, updatedTimestamp: now };
      const ended = { ...about, event: 'closed', fromStatus: order.status, toStatus: 'closed', reason: `${sensor}: ${decision.reason}` };
      draft.changeWorkOrder(change(columns), ended);
      const text = `SENSOR GOOD: ${sensor} (${decision.reason})`;
      announcements.tell(order.workOrderId, 'info', text, ({ workOrders }) => (workOrders.closed += 1));
      break;
    }
    case 'update':
      draft.changeWorkOrder(change({ fault: decision.fault, updatedTimestamp: now }), {
        ...about,
        event: 'fault_changed',
        fromStatus: order.status,
        toStatus: order.status,
        reason: `${sensor}: ${order.fault} became ${decision.reason}`,
      });
      break;
    case 'settle':
      settle(cycle, decision, sensor);
      break;
    case 'reopen':
      reopen(cycle, decision.order, sensor);
      break;
  }
}

/** Takes note of an order that a person ended. */
function settle(cycle: Cycle, { order, completedAt, quietUntil }: SensorDecision & { readonly kind: 'settle' }, sensor: string): void {
  const columns = { guardedStatus: order.status, completedTimestamp: completedAt, quietUntil, updatedTimestamp: cycle.clock.now() };
  cycle.draft.changeWorkOrder(
    { workOrderId: order.workOrderId, expected: order.status, columns },
    {
      subjectType: 'work_order',
      subjectId: order.workOrderId,
      event: 'ended',
      fromStatus: order.guardedStatus,
      toStatus: order.status,
      actor: 'somebody via sql',
      reason: `${sensor}: ${quietUntil === null ? 'the sensor is good' : `quiet until ${isoOf(quietUntil)}`}`,
    },
  );
}

/** Takes note of an order that a person opened again: nothing is quiet any more, and its next end has a time of its own. */
function reopen(cycle: Cycle, order: WorkOrder, sensor: string): void {
  const columns = { guardedStatus: order.status, completedTimestamp: null, quietUntil: null, updatedTimestamp: cycle.clock.now() };
  cycle.draft.changeWorkOrder(
    { workOrderId: order.workOrderId, expected: order.status, columns },
    {
      subjectType: 'work_order',
      subjectId: order.workOrderId,
      event: 'reopened',
      fromStatus: order.guardedStatus,
      toStatus: order.status,
      actor: 'somebody via sql',
      reason: `${sensor}: it is worked on again`,
    },
  );
}

/** The orders as they will be: what a recommendation may trust follows from them. */
function ordersAfter(orders: readonly WorkOrder[], decisions: readonly SensorDecision[], now: Instant): readonly WorkOrder[] {
  const after = new Map(orders.map((order) => [order.workOrderId, order]));
  for (const decision of decisions) {
    const { order } = decision;
    switch (decision.kind) {
      case 'open':
        after.set(order.workOrderId, order);
        break;
      case 'close':
        after.set(order.workOrderId, { ...order, status: 'closed', completedTimestamp: now });
        break;
      case 'update':
        after.set(order.workOrderId, { ...order, fault: decision.fault });
        break;
      case 'settle':
        after.set(order.workOrderId, { ...order, completedTimestamp: decision.completedAt });
        break;
      case 'reopen':
        after.set(order.workOrderId, { ...order, completedTimestamp: null });
        break;
    }
  }
  return [...after.values()];
}

function idOf({ workOrderId }: WorkOrderChange): string {
  return workOrderId;
}

/** One statement. @returns the orders that somebody else changed first; the audit is told that nothing came of their announcement */
export async function saveWorkOrders(cycle: Cycle, changes: readonly WorkOrderChange[]): Promise<ReadonlySet<string>> {
  if (changes.length === 0) return NONE;
  const { store } = cycle.ports;
  if ((await store.saveWorkOrders(cycle.lease, changes)) >= changes.length) return NONE;
  const stored = await store.readLastWorkOrderChanges(changes.map(({ workOrderId }) => workOrderId));
  const heldBack = await heldBackOf(cycle, changes, idOf, (change) => isHeldBack(change, stored.get(idOf(change))));
  if (heldBack.length === 0) return NONE;
  const events = heldBack.map((change) => {
    const about = { subjectType: 'work_order' as const, subjectId: change.workOrderId };
    return notApplied(cycle, about, change, stored.get(change.workOrderId));
  });
  await tellNotApplied(cycle, events);
  return new Set(heldBack.map(({ workOrderId }) => workOrderId));
}
