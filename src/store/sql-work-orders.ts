import type { ListedWorkOrder, WorkOrder, WorkOrderChange } from '../domain/work-order.ts';
import type { SensorKey } from '../domain/sensor-states.ts';
import type { Lease } from '../ports/lease.ts';
import type { WorkOrderFilter } from '../ports/operator-store.ts';
import { read, type SqlValue, write } from './connection.ts';
import type { Dialect } from './dialect.ts';
import { fromRow, jsonParts, toRow } from './row-mapping.ts';
import type { Session } from './session.ts';
import { LEASE_GUARD, leaseParams } from './statements/lease.ts';
import { ordersFirst } from './statements/work-orders.ts';
import { WORK_ORDERS } from './tables.ts';

/** An order about a sensor. A missing status or time is what somebody made of the row: still open, and older than any. */
export function workOrderIn(row: Readonly<Record<string, unknown>>, d: Dialect): WorkOrder {
  const order = fromRow<ListedWorkOrder>(WORK_ORDERS, row, d);
  const { equipmentId, status, signal, fault, createdTimestamp } = order;
  return {
    ...order,
    equipmentId: equipmentId ?? '',
    status: status ?? '',
    signal: signal ?? '',
    fault: fault ?? '',
    createdTimestamp: createdTimestamp ?? 0,
  };
}

/** Which sensor the event of an opening names; none in one of before it did. */
export function openedForIn(workOrderId: unknown, copy: Readonly<Record<string, unknown>> | null): [string, SensorKey][] {
  const [equipmentId, signal] = [copy?.['equipment_id'], copy?.['signal']];
  return typeof equipmentId === 'string' && typeof signal === 'string' ? [[String(workOrderId), { equipmentId, signal }]] : [];
}

/** One bulk statement. @returns how many rows were written; after a retry it can be fewer than really were. */
export function saveWorkOrders(session: Session, lease: Lease, changes: readonly WorkOrderChange[]): Promise<number> {
  const d = session.dialect;
  const rows = changes.map((change) => ({
    ...toRow(WORK_ORDERS, change.columns, d),
    work_order_id: change.workOrderId,
    guard_status: change.expected,
  }));
  const sql = d.guardedWrite(
    { table: WORK_ORDERS, key: 'work_order_id', transitions: null, restorable: null, onlyOneOpen: null },
    LEASE_GUARD,
  );
  return session.runParts(jsonParts(rows, d.maxParameterBytes).map((part) => write(sql, { ...leaseParams(lease), rows: part })));
}

export async function listWorkOrders(session: Session, filter: WorkOrderFilter): Promise<readonly ListedWorkOrder[]> {
  const d = session.dialect;
  const params: Record<string, SqlValue> = { limit: filter.limit };
  const conditions = ['true'];
  if (filter.statuses.length > 0) {
    conditions.push(`${d.wordAsRead('x.status')} IN (SELECT ${d.wordAsRead('l.value')} FROM ${d.jsonList('statuses')} l)`);
    params['statuses'] = JSON.stringify(filter.statuses);
  }
  if (filter.equipmentId !== null) {
    conditions.push('x.equipment_id = :equipment');
    params['equipment'] = filter.equipmentId;
  }
  const columns = WORK_ORDERS.columns.map((column) => `x.${d.quote(column.name)}`).join(', ');
  const { rows } = await session.run(
    read(`SELECT ${columns} FROM work_orders x WHERE ${conditions.join(' AND ')} ORDER BY ${ordersFirst(d)} LIMIT :limit`, params),
  );
  return rows.map((row) => fromRow<ListedWorkOrder>(WORK_ORDERS, row, d));
}
