import { COMMANDS, RECOMMENDATIONS, type Table, WORK_ORDERS } from '../tables.ts';
import type { Dialect } from '../dialect.ts';
import { OPEN, OPEN_COMMANDS } from './open-statuses.ts';
import { openOrder } from './work-orders.ts';

/** How many rows a cycle would have to know, and leaves out because they have no id. */
export function leftOutSelect(d: Dialect): string {
  const count = (table: Table, isOpen: string) =>
    `(SELECT COUNT(*) FROM ${table.name} WHERE ${d.holdsBytes(d.quote(table.key ?? ''))} AND ${isOpen})`;
  return `SELECT 'left_out', ${d.jsonObject([
    [RECOMMENDATIONS.name, count(RECOMMENDATIONS, `status IN ${OPEN}`)],
    [COMMANDS.name, count(COMMANDS, `status IN ${OPEN_COMMANDS}`)],
    [WORK_ORDERS.name, count(WORK_ORDERS, openOrder(d))],
  ])}, NULL, NULL, NULL`;
}
