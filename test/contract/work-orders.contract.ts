import { describe, expect, test } from '@jest/globals';
import { BLANKS } from '../../src/domain/word.ts';
import type { WorkOrder, WorkOrderChange } from '../../src/domain/work-order.ts';
import { type AtHand, AGENT, leaseOf, type StoreUnderTest } from '../support/stores.ts';
import { anEvent } from './samples.ts';
import { withStore } from './with-store.ts';

const AT = Date.UTC(2026, 1, 19, 10, 30, 46, 123);

function anOrder(given: Partial<WorkOrder> = {}): WorkOrder {
  return {
    workOrderId: 'order-1',
    recommendationId: null,
    equipmentId: 'R1',
    description: `Check it: '"; DROP TABLE work_orders; -- Ünï\n`,
    status: 'open',
    assignedTo: null,
    createdTimestamp: AT,
    completedTimestamp: null,
    signal: 'temperature',
    fault: 'out_of_range',
    predecessorId: null,
    guardedStatus: 'open',
    quietUntil: null,
    updatedTimestamp: AT,
    createdByAgent: AGENT,
    ...given,
  };
}

const inserting = (columns: WorkOrder): WorkOrderChange => ({ workOrderId: columns.workOrderId, expected: null, columns });
const closing = (expected: string, given: Partial<WorkOrder> = {}): WorkOrderChange => ({
  workOrderId: 'order-1',
  expected,
  columns: { status: 'closed', guardedStatus: 'closed', completedTimestamp: AT + 5, ...given },
});

const known = async (at: AtHand) => (await at.store.readOpenWork(AGENT)).workOrders;
const statuses = async (at: AtHand) => (await known(at)).map(({ workOrderId, status }) => `${workOrderId} ${status}`).toSorted();

const opening = (eventId: string, subjectId: string, after: unknown, event = 'opened') =>
  anEvent({ eventId, subjectType: 'work_order', subjectId, event, after });
const about = (equipmentId: string) => ({ equipment_id: equipmentId, signal: 'temperature' });
const made = (workOrderId: string, createdTimestamp: number, equipmentId: string) =>
  anOrder({ workOrderId, equipmentId, createdTimestamp });

/** Work orders about sensors. */
export function workOrdersContract(under: StoreUnderTest): void {
  describe('a work order', () => {
    const store = withStore(under);

    test('comes back as it was written, to the cycle and in a list', async () => {
      const at = store();
      const order = anOrder({
        recommendationId: 'rec',
        assignedTo: ' bob ',
        completedTimestamp: AT + 1,
        predecessorId: 'before',
        quietUntil: AT + 2,
        updatedTimestamp: AT + 3,
        status: 'waiting',
      });
      expect(await at.store.saveWorkOrders(await leaseOf(at.store), [inserting(order)])).toBe(1);
      expect(await known(at)).toEqual([order]);
      expect(await at.store.listWorkOrders({ statuses: [], equipmentId: null, limit: 9 })).toEqual([order]);
      expect(await at.store.readLastWorkOrderChanges(['order-1', 'none'])).toEqual(
        new Map([['order-1', { status: 'waiting', updatedTimestamp: AT + 3 }]]),
      );
      await at.outside.run('UPDATE work_orders SET status = NULL, updated_timestamp = NULL');
      expect((await at.store.readLastWorkOrderChanges(['order-1'])).get('order-1')).toEqual({ status: null, updatedTimestamp: null });
    });

    test('is written once, only by the holder of the lease, and changed only from the status that was expected', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      expect(await at.store.saveWorkOrders({ ...lease, epoch: lease.epoch - 1 }, [inserting(anOrder())])).toBe(0);
      expect(await at.store.saveWorkOrders(lease, [inserting(anOrder())])).toBe(1);
      expect(await at.store.saveWorkOrders(lease, [inserting(anOrder({ fault: 'stuck' }))])).toBe(0);
      expect(await at.store.saveWorkOrders({ ...lease, runId: 'other' }, [closing('open')])).toBe(0);
      expect(await at.store.saveWorkOrders(lease, [closing('in_progress')])).toBe(0);
      await at.outside.run(`UPDATE work_orders SET status = 'in_progress', assigned_to = 'bob'`);
      expect(await at.store.saveWorkOrders(lease, [closing('open')])).toBe(0);
      expect(await at.store.saveWorkOrders(lease, [closing('in_progress')])).toBe(1);
      expect(await at.store.saveWorkOrders(lease, [closing('in_progress')])).toBe(0);
      expect(await known(at)).toEqual([
        anOrder({ assignedTo: 'bob', status: 'closed', guardedStatus: 'closed', completedTimestamp: AT + 5 }),
      ]);
    });

    test('whose status is bytes is closed like one without any', async () => {
      if (!under.takesAnyValue) return;
      const at = store();
      const lease = await leaseOf(at.store);
      await at.store.saveWorkOrders(lease, [inserting(anOrder())]);
      await at.outside.run(`UPDATE work_orders SET status = x'00'`);
      expect(await known(at)).toEqual([anOrder({ status: '' })]);
      expect(await at.store.saveWorkOrders(lease, [closing('')])).toBe(1);
    });

    test('without a status is closed like any other', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      await at.store.saveWorkOrders(lease, [inserting(anOrder())]);
      await at.outside.run('UPDATE work_orders SET status = NULL');
      expect(await known(at)).toEqual([anOrder({ status: '' })]);
      expect(await at.store.saveWorkOrders(lease, [closing('')])).toBe(1);
    });

    test('is the only open one of its sensor, and one that is held back costs the others nothing', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      await at.store.saveWorkOrders(lease, [inserting(anOrder())]);
      const others = [
        anOrder({ workOrderId: 'second' }),
        anOrder({ workOrderId: 'row', signal: '*' }),
        anOrder({ workOrderId: 'r2', equipmentId: 'R2' }),
      ];
      expect(await at.store.saveWorkOrders(lease, others.map(inserting))).toBe(2);
      expect(await statuses(at)).toEqual(['order-1 open', 'r2 open', 'row open']);
      await at.store.saveWorkOrders(lease, [closing('open')]);
      expect(await at.store.saveWorkOrders(lease, [inserting(anOrder({ workOrderId: 'second', createdTimestamp: AT + 9 }))])).toBe(1);
      expect(await statuses(at)).toEqual(['r2 open', 'row open', 'second open']);
    });

    test.each(['closed', ' Closed ', 'DONE', 'done\t', '\r\nResolved\n', ...BLANKS.map((code) => `${String.fromCodePoint(code)}done`)])(
      'that a person ended as %j is over: its sensor may have another',
      async (status) => {
        const at = store();
        const lease = await leaseOf(at.store);
        await at.store.saveWorkOrders(lease, [inserting(anOrder())]);
        await at.outside.run('UPDATE work_orders SET status = :status', { status });
        expect(await at.store.saveWorkOrders(lease, [inserting(anOrder({ workOrderId: 'second', createdTimestamp: AT + 9 }))])).toBe(1);
        expect(await statuses(at)).toEqual(['second open']);
      },
    );

    test('of the past is known as the newest of its sensor, whatever became of it, and people’s own never', async () => {
      const at = store();
      const lease = await leaseOf(at.store);
      const ended = { status: 'completed', completedTimestamp: AT };
      const past = [anOrder({ ...ended, workOrderId: 'a' }), anOrder({ ...ended, workOrderId: 'b', createdTimestamp: AT + 1 })];
      await at.store.saveWorkOrders(lease, past.map(inserting));
      await at.outside.insert('work_orders', [
        { work_order_id: 'own', equipment_id: 'R1', description: 'oil', status: 'open', created_timestamp: at.time(AT + 9) },
      ]);
      expect(await statuses(at)).toEqual(['b completed']);
      await at.outside.run(`UPDATE work_orders SET status = 'open' WHERE work_order_id = 'a'`);
      expect(await statuses(at)).toEqual(['a open', 'b completed']);
    });

    test('is of the sensor that its newest opening names, whatever its own columns say', async () => {
      const at = store();
      const ids = ['order-1', 'old', 'odd'];
      await at.store.saveWorkOrders(
        await leaseOf(at.store),
        ids.map((workOrderId) => inserting(anOrder({ workOrderId, equipmentId: workOrderId }))),
      );
      await at.store.appendEvents([opening('1', 'order-1', about('first')), opening('2', 'old', null), opening('3', 'odd', ['R1'])], AT);
      await at.store.appendEvents([opening('4', 'order-1', about('R1')), opening('5', 'order-1', about('R2'), 'closed')], AT + 1);
      await at.store.appendEvents([opening('6', 'gone', about('R1'))], AT);
      const { openedFor } = await at.store.readOpenWork(AGENT);
      expect(openedFor).toEqual(new Map([['order-1', { equipmentId: 'R1', signal: 'temperature' }]]));
    });

    test('that is the newest of the agent’s says when it was made, whatever sensor it names and however it ended', async () => {
      const at = store();
      const newest = async () => (await at.store.readOpenWork(AGENT)).newestOrderAt;
      expect(await newest()).toBeNull();
      const rows = [made('a', AT, 'R1'), made('b', AT + 1, 'R2'), made('ahead', Date.UTC(2999, 0, 1), 'R3')];
      await at.store.saveWorkOrders(await leaseOf(at.store), rows.map(inserting));
      await at.outside.run(`UPDATE work_orders SET status = 'done', signal = NULL WHERE work_order_id = 'b'`);
      await at.outside.insert('work_orders', [{ work_order_id: 'own', status: 'open', created_timestamp: at.time(AT + 9) }]);
      expect(await newest()).toBe(AT + 1);
    });

    test('is listed by status in any case and by equipment, what has not ended first, then the newest', async () => {
      const at = store();
      const order = (workOrderId: string, status: string, signal: string, seconds: number) =>
        anOrder({ workOrderId, status, signal, createdTimestamp: AT + seconds });
      const rows = [
        order('a', 'closed', 'x', 5),
        order('b', 'open', 'y', 1),
        order('c', 'In_Progress', 'z', 2),
        order('d', '\tDone\u00a0', 'x', 9),
      ];
      await at.store.saveWorkOrders(
        await leaseOf(at.store),
        [...rows, anOrder({ workOrderId: 'e', equipmentId: 'R2', createdTimestamp: AT, status: 'ÜBERHOLT' })].map(inserting),
      );
      const ids = async (filter: Partial<Parameters<typeof at.store.listWorkOrders>[0]>) =>
        (await at.store.listWorkOrders({ statuses: [], equipmentId: null, limit: 9, ...filter }))
          .map(({ workOrderId }) => workOrderId)
          .join('');
      expect(await ids({})).toBe('cbeda');
      expect(await ids({ limit: 2 })).toBe('cb');
      expect(await ids({ equipmentId: 'R1', statuses: ['in_progress\n', ' DONE'] })).toBe('cd');
      expect(await ids({ statuses: ['ÜBERHOLT'] })).toBe('e');
      expect(await ids({ statuses: ["open' OR 1 = 1 --"] })).toBe('');
    });
  });
}
