import type { Control } from '../../domain/control.ts';
import { type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { toRow } from '../row-mapping.ts';
import { CONTROLS } from '../tables.ts';

/** The one row of an order over a scope. */
function idOf({ kind, scope }: Pick<Control, 'kind' | 'scope'>): string {
  return `${kind}:${scope}`;
}

function insertion(control: Control, d: Dialect): { readonly sql: string; readonly rows: string } {
  const names = CONTROLS.columns.map((column) => d.quote(column.name)).join(', ');
  const row = { ...toRow(CONTROLS, control, d), control_id: idOf(control) };
  return {
    sql: `INSERT INTO agent_controls (${names}) SELECT ${names} FROM ${d.jsonRows('rows', CONTROLS.columns)} r`,
    rows: JSON.stringify([row]),
  };
}

/** Puts the order in the place of the one that is there, whatever that says. */
export function replaceControlStatements(control: Control, d: Dialect): readonly Statement[] {
  const { sql, rows } = insertion(control, d);
  return [write('DELETE FROM agent_controls WHERE control_id = :id', { id: idOf(control) }), write(sql, { rows })];
}

/**
 * Puts the order there only where that shortens none: where none is in its place, or the same one that ends no later. One whose end cannot
 * be read has none. The last of the statements writes one row, or none.
 */
export function strengthenControlStatements(control: Control, d: Dialect): readonly Statement[] {
  const { kind, scope, until } = control;
  const same = { id: idOf(control), kind, scope };
  const { sql, rows } = insertion(control, d);
  const deletion = 'DELETE FROM agent_controls WHERE control_id = :id AND kind = :kind AND scope = :scope';
  return [
    until === null
      ? write(deletion, same)
      : write(`${deletion} AND ${d.timeAsRead(d.quote('until'))} <= :until`, { ...same, until: d.encodeTime(until) }),
    write(`${sql} WHERE NOT EXISTS (SELECT 1 FROM agent_controls k WHERE k.control_id = :id)`, { rows, id: same.id }),
  ];
}
