import type { AgentEvent } from '../../domain/event.ts';
import { read, type Statement, write } from '../connection.ts';
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

/** Behind every character of an id. */
const BEHIND = '~';

/** A range, which the index on the subject answers however long the audit is. */
export function subjectsStatement(prefix: string): Statement {
  return read(
    `SELECT DISTINCT x.subject_id FROM agent_events x WHERE x.subject_id >= :prefix AND x.subject_id < :behind ORDER BY x.subject_id LIMIT 2`,
    { prefix, behind: `${prefix}${BEHIND}` },
  );
}
