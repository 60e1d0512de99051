import type { Control } from '../../domain/control.ts';
import { type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { toRow } from '../row-mapping.ts';
import { CONTROLS } from '../tables.ts';

/** The one row of an order over a scope. */
function idOf({ kind, scope }: Pick<Control, 'kind' | 'scope'>): string {
  return `${kind}:${scope}`;
}

function put(control: Control, where: string, d: Dialect, params: Statement['params'] = {}): Statement {
  const row = { ...toRow(CONTROLS, control, d), control_id: idOf(control) };
  const sql = d.upsert({ table: CONTROLS, source: d.jsonRows('rows', CONTROLS.columns), where });
  return write(sql, { ...params, rows: JSON.stringify([row]) });
}

/** Puts the order in the place of the one that is there, whatever that says. */
export function replaceControlStatement(control: Control, d: Dialect): Statement {
  return put(control, 'true', d);
}

/**
 * Puts the order there only where that shortens none: where none is in its place, or the same one that ends no later. One whose end cannot
 * be read has none. One statement: no moment is without the order that was there. It writes one row, or none.
 */
export function strengthenControlStatement(control: Control, d: Dialect): Statement {
  const { kind, scope, until } = control;
  const isSame = 't.kind = :kind AND t.scope = :scope';
  if (until === null) return put(control, isSame, d, { kind, scope });
  return put(control, `${isSame} AND ${d.timeAsRead(`t.${d.quote('until')}`)} <= :until`, d, { kind, scope, until: d.encodeTime(until) });
}
