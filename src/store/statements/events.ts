import { CONTROL_KINDS } from '../../domain/control.ts';
import { read, type Statement } from '../connection.ts';
import type { Dialect } from '../dialect.ts';

/** Behind every character of an id. */
const BEHIND = '~';

/** A range, which the index on the subject answers however long the audit is. */
export function subjectsStatement(prefix: string): Statement {
  return read(
    `SELECT DISTINCT x.subject_id FROM agent_events x WHERE x.subject_id >= :prefix AND x.subject_id < :behind ORDER BY x.subject_id LIMIT 2`,
    { prefix, behind: `${prefix}${BEHIND}` },
  );
}

/** Behind every subject that begins with a kind and a colon, whatever letters the scope has. */
const BEHIND_COLON = ';';

/** Events about orders, whose subjects are `kind:scope`: a range for each kind, which the index on the subject answers. */
export function controlEventsStatement(columns: string, limit: number, d: Dialect): Statement {
  const ranges = CONTROL_KINDS.map((_kind, index) => `(x.subject_id >= :from_${index} AND x.subject_id < :behind_${index})`);
  const bounds = CONTROL_KINDS.flatMap((kind, index) => [
    [`from_${index}`, `${kind}:`] as const,
    [`behind_${index}`, `${kind}${BEHIND_COLON}`] as const,
  ]);
  return read(
    `SELECT ${columns} FROM agent_events x WHERE (${ranges.join(' OR ')}) AND x.subject_type = 'control'
ORDER BY x.${d.quote('at')} DESC, x.ordinal DESC LIMIT :limit`,
    { ...Object.fromEntries(bounds), limit },
  );
}
