import { read, type Statement } from '../connection.ts';

/** Behind every character of an id. */
const BEHIND = '~';

/** A range, which the index on the subject answers however long the audit is. */
export function subjectsStatement(prefix: string): Statement {
  return read(
    `SELECT DISTINCT x.subject_id FROM agent_events x WHERE x.subject_id >= :prefix AND x.subject_id < :behind ORDER BY x.subject_id LIMIT 2`,
    { prefix, behind: `${prefix}${BEHIND}` },
  );
}
