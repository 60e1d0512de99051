import type { Dialect } from '../dialect.ts';
import { type Column, EVENTS, type Table } from '../tables.ts';
import { wordList } from '../word-list.ts';

/** A row as one JSON text, so that rows of different tables can travel in one result. */
export function rowJson(d: Dialect, alias: string, columns: Table['columns']): string {
  return d.jsonObject(
    columns.map(({ name, kind, isNullTelling }) => {
      const column = `${alias}.${d.quote(name)}`;
      if (isNullTelling) return [name, d.bytesNamed(column)];
      return [name, kind === 'real' ? d.jsonReal(column) : column];
    }),
  );
}

/** The last place in its agent's chain of what is chosen about the subject: the newest row's own, unless somebody moved one in time. */
const LAST_SEQ: Column = { name: 'last_seq', kind: 'integer' };

/**
 * The newest event of some kinds about each of the chosen subjects, whole: who judges by it may ask who wrote it. A run that was overtaken
 * says `not_applied` without a copy, because it no longer knows which ticket is in force: that judges nothing.
 */
export function newestEvent(d: Dialect, alias: string, kinds: readonly string[], subjects: string, subjectType = 'recommendation'): string {
  return `${alias} AS (SELECT subject_id, ${rowJson(d, 'newest_events', [...EVENTS.columns, LAST_SEQ])} AS record FROM (
  SELECT agent_events.*, MAX(chain_seq) OVER (PARTITION BY subject_id, agent_id) AS last_seq, ROW_NUMBER() OVER (PARTITION BY subject_id ORDER BY ${d.quote('at')} DESC, ordinal DESC) AS place
  FROM agent_events WHERE subject_type = '${subjectType}' AND event IN ${wordList(kinds)} AND (event <> 'not_applied' OR ${d.quote('after')} IS NOT NULL) AND subject_id IN (${subjects})) newest_events
  WHERE place = 1)`;
}
