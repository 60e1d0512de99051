import type { AgentEvent } from '../../domain/event.ts';
import { type Statement, write } from '../connection.ts';
import type { Dialect } from '../dialect.ts';
import { toRow } from '../row-mapping.ts';
import { EVENTS } from '../tables.ts';

/** One row of the audit, stamped by the store; an event whose id is there already is left alone. */
export function eventStatement(event: AgentEvent, d: Dialect): Statement {
  const values = toRow(EVENTS, { ...event, ordinal: 0 }, d);
  const names = Object.keys(values);
  return write(
    `INSERT INTO agent_events (${d.quote('at')}, ${names.map((name) => d.quote(name)).join(', ')})
SELECT ${d.now}, ${names.map((name) => `:${name}`).join(', ')} WHERE NOT EXISTS (SELECT 1 FROM agent_events WHERE event_id = :event_id)`,
    values,
  );
}
