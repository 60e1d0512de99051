import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { newRunId } from '../../src/cli/run-id.ts';
import { ticketFrom } from '../../src/domain/audit-copy.ts';
import { ticketHash, ticketRecord } from '../../src/domain/ticket.ts';
import { newScene, plantWith, type Scene, theOnly } from '../support/scenario.ts';

/** Reduces the throughput to 50, in one command. */
const CRITICAL = 97;

let scene: Scene;
beforeEach(async () => {
  scene = await newScene();
});
afterEach(() => scene.close());

async function cycle(changes: Parameters<Scene['cycle']>[0] = {}): Promise<void> {
  await scene.reading('R1', CRITICAL);
  await scene.cycle(changes);
}

/** Somebody writes an event that issues a ticket for 5 instead of 50, and lets the row say the same. */
async function forgedTicket(id: string, event: string): Promise<string> {
  const [{ after } = { after: null }] = await scene.sql(`SELECT after FROM agent_events WHERE subject_id = '${id}' AND event = 'created'`);
  const ticket = ticketFrom(JSON.parse(String(after)));
  if (!ticket) throw new Error('the recommendation was created with a ticket');
  const forged = { ...ticket, actions: ticket.actions.map((action) => ({ ...action, value: 5 })) } as typeof ticket;
  await scene.sql(`INSERT INTO agent_events (event_id, at, ordinal, agent_id, run_id, actor, subject_type, subject_id, event, after)
VALUES ('${newRunId()}', CURRENT_TIMESTAMP, 99, 'ops_agent_001', 'x', 'ops_agent_001', 'recommendation', '${id}', '${event}',
  '${JSON.stringify({ ticket: ticketRecord(forged), issue_family: 'temperature' })}')`);
  await scene.sql(`UPDATE agent_recommendations SET actions = '${JSON.stringify(forged.actions)}', action_hash = '${ticketHash(forged)}'
WHERE recommendation_id = '${id}'`);
  return ticketHash(forged);
}

async function accepted(): Promise<string> {
  await cycle();
  await scene.approve('R1');
  scene.plant.setFailure('no_answer');
  await cycle();
  scene.plant.setFailure(null);
  const row = await scene.row('R1');
  expect(row).toMatchObject({ status: 'approved', guarded_status: 'approved' });
  return String(row['recommendation_id']);
}

test.each([
  ['of another ticket', `'${'0'.repeat(64)}'`],
  ['as bytes', 'CAST(action_hash AS BLOB)'],
  ['that is empty', `''`],
  ['in upper case', 'UPPER(action_hash)'],
])('an approval that names a hash %s is of no ticket on record', async (_what, named) => {
  await cycle();
  await scene.approve('R1', { approved_hash: named });
  await cycle();
  expect(scene.plant.writes()).toEqual([]);
  expect(await scene.row('R1')).toMatchObject({ status: 'pending', approved_by_operator: null, approved_hash: null });
  const [refused] = await scene.sql(`SELECT reason FROM agent_events WHERE event = 'refused'`);
  expect(refused).toEqual({ reason: 'the approval names the hash of another ticket' });
});

test.each(['corrected', 'not_applied'])(
  "an approval is of the hash that was approved: a forged ticket of the event '%s' gets no write",
  async (event) => {
    const id = await accepted();
    await forgedTicket(id, event);
    await cycle();
    await cycle();
    expect(scene.plant.writes()).toEqual([]);
    expect(await scene.row('R1')).toMatchObject({ status: 'pending', approved_by_operator: null });
    const [refused] = await scene.sql(`SELECT reason FROM agent_events WHERE subject_id = '${id}' AND event = 'refused'`);
    expect(refused).toEqual({ reason: 'the approval on record is of another ticket' });
  },
);

test('a ticket that is forged while its commands are under way gets no write either', async () => {
  await cycle();
  await scene.approve('R1');
  const unsent = plantWith(scene.plant, { write: () => Promise.resolve({ kind: 'not_sent', reason: 'the line is down' }) });
  await cycle({ ports: { plant: unsent } });
  const id = String((await scene.row('R1'))['recommendation_id']);
  await forgedTicket(id, 'corrected');
  await scene.sql(`UPDATE agent_commands SET new_value = '5'`);
  await cycle();
  expect(scene.plant.writes()).toEqual([]);
  expect(theOnly(await scene.commands('R1'), 'R1')).toMatchObject({ status: 'failed', failure_code: 'other_ticket' });
});
