import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Clocked, openClocked } from '../support/clocked.ts';
import { changed } from '../support/scenario.ts';
import { SETTINGS } from '../support/stores.ts';

const START = Date.UTC(2026, 1, 19, 10, 30);
const SECOND = 1000;
const HOUR = 3_600_000;
const HIGH = 92;
const CRITICAL = 97;

let at: Clocked;
beforeEach(async () => {
  at = await openClocked(START);
});
afterEach(() => at.close());

/** A cycle whose store, and whatever stamps readings by its clock, is an hour ahead; then the clock is right again. */
async function cycleAhead(temperatureC: number): Promise<void> {
  await at.setClock(START + HOUR);
  await at.reading('R1', temperatureC, START + HOUR);
  await at.cycle();
  await at.setClock(START + 10 * SECOND);
}

async function decide(text: string, now: number): Promise<void> {
  await at.setClock(now);
  await at.sql(`UPDATE agent_recommendations SET ${text}`, { now });
}
const approve = (now: number) => decide(`status = 'approved', approved_by_operator = 'anna', approved_timestamp = :now`, now);

async function told(): Promise<readonly unknown[]> {
  const events = await at.sql(`SELECT event FROM agent_events WHERE subject_type = 'recommendation' ORDER BY ordinal, rowid`);
  return events.map(({ event }) => event);
}

test('an approval counts although its recommendation says that it is still to be made', async () => {
  await cycleAhead(HIGH);
  await at.cycle();
  await approve(START + 20 * SECOND);
  await at.cycle();
  expect(await told()).toEqual(['created', 'approved']);
});

test('an approval after an escalation under a clock that was ahead counts once those have passed in which another screen may have been seen', async () => {
  await at.reading('R1', HIGH, START);
  await at.cycle();
  await cycleAhead(CRITICAL);
  await approve(START + 8 * SECOND);
  await at.setClock(START + 10 * SECOND);
  await at.cycle();
  expect(await told()).toEqual(['created', 'escalated', 'restored', 'refused']);
  await approve(START + 16 * SECOND);
  await at.cycle();
  expect((await told()).slice(4)).toEqual(['approved']);
});

test('an approval that was accepted under a clock that was an hour ahead does not live an hour longer', async () => {
  await at.reading('R1', HIGH, START);
  await at.cycle();
  await approve(START + HOUR);
  await at.cycle();
  expect(await told()).toEqual(['created', 'approved']);
  await at.setClock(START + 10 * SECOND);
  await at.cycle();
  expect((await told()).slice(2)).toEqual(['expired']);
});

test('the first of two approvals does not, either', async () => {
  await at.close();
  at = await openClocked(START, { policy: { ...SETTINGS.policy, fourEyes: true, fourEyesSeverity: 'low' } });
  await at.reading('R1', HIGH, START);
  await at.cycle();
  await approve(START + HOUR);
  await at.cycle();
  expect(await told()).toEqual(['created', 'first_approved']);
  await at.setClock(START + 10 * SECOND);
  await at.cycle();
  expect((await told()).slice(2)).toEqual(['lapsed']);
});

test('nor do both of them, where the run that accepted them died before it could store it', async () => {
  await at.close();
  at = await openClocked(START, { policy: { ...SETTINGS.policy, fourEyes: true, fourEyesSeverity: 'low' } });
  await at.reading('R1', HIGH, START);
  await at.cycle();
  await approve(START + HOUR);
  await at.cycle();
  await decide(`status = 'approved', second_approver = 'bernd', approved_timestamp = :now`, START + HOUR + SECOND);
  const store = changed(at.store, { saveRecommendations: () => Promise.reject(new Error('this run is dead')) });
  await expect(at.cycle({ store })).rejects.toThrow('partial');
  await at.setClock(START + 10 * SECOND);
  await at.cycle();
  expect((await told()).slice(2)).toEqual(['approved', 'expired']);
});

test('an approval stays in force although the audit has older events of a later time', async () => {
  await cycleAhead(HIGH);
  await approve(START + 10 * SECOND);
  for (let cycle = 0; cycle < 3; cycle += 1) await at.cycle();
  expect(await told()).toEqual(['created', 'approved']);
  expect(await at.sql('SELECT status FROM agent_recommendations')).toEqual([{ status: 'approved' }]);
});

test('an escalation is told once although the audit has an older ticket of a later time, and can be approved', async () => {
  await at.reading('R1', HIGH, START);
  await at.setClock(START + 240 * SECOND);
  await at.cycle();
  await at.setClock(START + 10 * SECOND);
  await at.reading('R1', CRITICAL, START + 10 * SECOND);
  for (let cycle = 0; cycle < 3; cycle += 1) await at.cycle();
  expect(await told()).toEqual(['created', 'escalated']);
  await approve(START + 20 * SECOND);
  await at.cycle();
  expect((await told()).slice(2)).toEqual(['approved']);
});

test('an event that somebody dated years ahead gives the next ones no time of its own', async () => {
  await at.sql(
    `INSERT INTO agent_events (event_id, at, ordinal, agent_id, run_id, actor, subject_type, subject_id, event)
VALUES ('forged', :at, 0, 'x', 'x', 'x', 'agent', 'x', 'x')`,
    { at: START + 100 * 24 * HOUR },
  );
  await at.reading('R1', HIGH, START);
  await at.cycle();
  const [created] = await at.sql(`SELECT at FROM agent_events WHERE event = 'created'`);
  expect(created).toEqual({ at: '2026-02-19 10:30:00.000' });
});
