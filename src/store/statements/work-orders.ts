import { ENDED_STATUSES } from '../../domain/work-order.ts';
import type { Dialect } from '../dialect.ts';
import { WORK_ORDERS } from '../tables.ts';
import { wordList } from '../word-list.ts';
import { hasId, newestOfKind } from './has-id.ts';

const ENDED = wordList(ENDED_STATUSES);

/** Orders about sensors that have not ended; the unique index of the engines that have one says the same. */
export function openOrder(d: Pick<Dialect, 'wordAsRead'>): string {
  return `signal IS NOT NULL AND ${d.wordAsRead('status')} NOT IN ${ENDED}`;
}

/** `orders`: the ids of what a cycle has to know. Rows without a signal are people's own, and nobody else's business. */
export function chosenOrders(d: Dialect): string {
  return `orders AS (SELECT work_order_id FROM work_orders WHERE ${openOrder(d)} AND ${hasId(d, 'work_order_id')}
  UNION SELECT v.work_order_id FROM work_orders v JOIN (${newestOfKind(d, WORK_ORDERS, ['equipment_id', 'signal'], 'signal IS NOT NULL')}) n
  ON n.equipment_id = v.equipment_id AND n.signal = v.signal AND n.created_timestamp = v.created_timestamp
  WHERE v.signal IS NOT NULL AND ${hasId(d, 'v.work_order_id')})`;
}

/**
 * When the agent made its newest order. One in the future, which it cannot have made, would stay the newest while new ones are made.
 * `guarded_status` is what no person writes.
 */
export function newestOrderAt(d: Dialect): string {
  return `SELECT 'newest_order' AS kind, ${d.jsonObject([['created_timestamp', 'MAX(y.created_timestamp)']])} AS content
  FROM work_orders y WHERE y.guarded_status IS NOT NULL AND y.created_timestamp <= ${d.now}`;
}

/** What has not ended first, then the newest. `x` is the table. */
export function ordersFirst(d: Dialect): string {
  return `CASE WHEN ${d.wordAsRead('x.status')} NOT IN ${ENDED} THEN 0 ELSE 1 END, x.created_timestamp DESC, x.work_order_id`;
}
