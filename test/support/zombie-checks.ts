import { expect } from '@jest/globals';
import { type FencedScene, instantOf } from './fenced-scene.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * What a run had announced, and how it was stored by then: the newest word about each subject whose status was to change. A claim is announced
 * after it was made.
 */
export function announcedBy(scene: FencedScene, runId: string): Promise<readonly Row[]> {
  return scene.rows(`SELECT e.subject_id AS subject, e.to_status AS announced, COALESCE(r.status, c.status, w.status) AS stored, MAX(e.rowid)
    FROM agent_events e LEFT JOIN agent_recommendations r ON r.recommendation_id = e.subject_id
    LEFT JOIN agent_commands c ON c.command_id = e.subject_id LEFT JOIN work_orders w ON w.work_order_id = e.subject_id
    WHERE e.run_id = '${runId}' AND e.to_status IS NOT NULL GROUP BY e.subject_id
    HAVING NOT (e.event = 'derived' AND c.status = 'executing')`);
}

/** The audit's end as of now, for `expectNoLies`. */
export async function endOfAudit(scene: FencedScene): Promise<number> {
  const [row] = await scene.rows('SELECT MAX(rowid) AS newest FROM agent_events');
  return Number(row?.['newest'] ?? 0);
}

/** A run that was overtaken tells only that what it announced before, and could not store, did not happen; and all of that. */
export async function expectNoLies(scene: FencedScene, runId: string, announced: readonly Row[], before: number): Promise<void> {
  const told = await scene.rows(`SELECT subject_id, event FROM agent_events WHERE run_id = '${runId}' AND rowid > ${before}`);
  expect(told.filter(({ event }) => event !== 'not_applied')).toEqual([]);
  const takenBack = new Set<unknown>(told.map((event) => event['subject_id']));
  const lies = announced.filter(({ subject, announced: meant, stored }) => meant !== stored && !takenBack.has(subject));
  expect(await Promise.all(lies.map(async (lie) => ({ ...lie, ...(await whatBecameOf(scene, lie['subject'])) })))).toEqual([]);
}

/** What a failure is understood by. */
async function whatBecameOf(scene: FencedScene, subject: unknown): Promise<object> {
  const events = await scene.rows(
    `SELECT run_id, event, to_status, at FROM agent_events WHERE subject_id = '${String(subject)}' ORDER BY rowid`,
  );
  const [row] = await scene.rows(
    `SELECT status, updated_timestamp FROM agent_recommendations WHERE recommendation_id = '${String(subject)}'`,
  );
  const health = await scene.rows('SELECT lease_owner, lease_epoch, lease_expires FROM agent_health');
  return { row, events: events.map((event) => Object.values(event).join(' ')), health };
}

/** Counted at the plant: no command twice, and none after the time that its claim was given. */
export async function expectEachSentOnceAndInTime(scene: FencedScene): Promise<void> {
  const writes = scene.accepted();
  const ids = writes.map(({ commandId }) => commandId);
  expect(ids).toEqual([...new Set(ids)]);
  const rows = await scene.rows('SELECT command_id, not_after, created_timestamp FROM agent_commands');
  const notAfter = new Map<unknown, number>(rows.map((row) => [row['command_id'], instantOf(row['not_after'])]));
  expect(writes.filter(({ commandId, at }) => !(at <= (notAfter.get(commandId) ?? Number.NaN)))).toEqual([]);
}

/** Of what the plant was told each command says that it was executed, and the other way round. */
export async function expectRowsSayWhatThePlantSays(scene: FencedScene): Promise<void> {
  const told = new Set(scene.accepted().map(({ commandId }) => commandId));
  const rows = await scene.rows(`SELECT command_id AS id, status FROM agent_commands`);
  const wrong = rows.filter(({ id, status }) => told.has(String(id)) !== (status === 'executed'));
  expect(wrong).toEqual([]);
}
