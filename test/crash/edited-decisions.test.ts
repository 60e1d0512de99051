import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decideByCommandLine, newScene, type Scene } from '../support/scenario.ts';

const CRITICAL = 97;

let scene: Scene;
afterEach(() => scene.close());

async function edit(assignments: string): Promise<void> {
  await scene.sql(`UPDATE agent_recommendations SET ${assignments} WHERE equipment_id = 'R1'`);
}

async function told(columns = 'event, actor'): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return scene.sql(`SELECT ${columns} FROM agent_events ORDER BY at, ordinal, rowid`);
}

async function begin(flags = {}): Promise<void> {
  scene = await newScene(flags);
  await scene.reading('R1', CRITICAL);
  await scene.cycle();
}

describe('the name that something is written in', () => {
  beforeEach(() => begin());

  test('is the one that was approved by, whatever the row said since', async () => {
    await scene.sql(`INSERT INTO agent_controls (control_id, kind, scope, "by", reason, since)
      VALUES ('advisory:all', 'advisory', 'all', 'anna', 'stop', CURRENT_TIMESTAMP)`);
    await scene.approve('R1', { approved_by_operator: `'alice'` });
    await scene.cycle();
    await edit(`approved_by_operator = 'mallory'`);
    await scene.sql('DELETE FROM agent_controls');
    await scene.cycle();
    expect(scene.plant.writes()).not.toEqual([]);
    expect(await scene.row('R1')).toMatchObject({ status: 'executed', approved_by_operator: 'alice' });
    const events = await told('event, actor, after');
    expect(events.filter(({ event }) => event === 'dispatching').map(({ actor }) => actor)).toEqual(
      Array.from({ length: scene.plant.writes().length }, () => expect.stringMatching(/ for alice$/)),
    );
    expect(events.filter(({ event }) => event === 'restored')).toHaveLength(1);
    expect(events.filter(({ event, after }) => event !== 'restored' && String(after).includes('mallory'))).toEqual([]);
  });

  test('is whose approval overwrote one by the command line, by SQL', async () => {
    await decideByCommandLine(scene, 'R1', 'approve', 'alice');
    await edit(`approved_by_operator = 'bob', approved_timestamp = CURRENT_TIMESTAMP`);
    await scene.cycle();
    expect(await told()).toContainEqual({ event: 'approved', actor: 'bob via sql' });
    expect(await scene.row('R1')).toMatchObject({ approved_by_operator: 'bob', approved_via: null });
  });

  test('is the one by the command line, with its way', async () => {
    await decideByCommandLine(scene, 'R1', 'approve', 'alice');
    await scene.cycle();
    expect(await told()).toContainEqual({ event: 'approved', actor: 'alice via cli:login' });
    expect(await scene.row('R1')).toMatchObject({ status: 'executed', approved_via: 'cli:login' });
  });
});

describe('a rejection that an approval was written over', () => {
  beforeEach(() => begin());

  test('is not lost: nothing is written, the audit has both, and the operators are asked again', async () => {
    await decideByCommandLine(scene, 'R1', 'reject', 'jane');
    await scene.approve('R1', { approved_by_operator: `'bob'` });
    await scene.cycle();
    expect(scene.plant.writes()).toEqual([]);
    expect(await scene.row('R1')).toMatchObject({ status: 'pending', approved_by_operator: null, rejected_by_operator: null });
    const refused = (await told('event, reason, before')).filter(({ event }) => event === 'refused');
    expect(refused).toMatchObject([{ reason: 'jane had rejected it before (no); decide again' }]);
    expect(JSON.parse(String(refused[0]?.['before']))).toMatchObject({
      decision: { approved_by_operator: 'bob', rejected_by_operator: 'jane', rejection_reason: 'no' },
    });
    await scene.approve('R1', { approved_by_operator: `'bob'` });
    await scene.cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'executed', approved_by_operator: 'bob' });
  });
});

describe('a deferral', () => {
  beforeEach(() => begin());

  test('that somebody prolongs is another deferral in the audit, by SQL and by the command line', async () => {
    await edit(`status = 'deferred', defer_until = CURRENT_TIMESTAMP + INTERVAL 10 MINUTES`);
    await scene.cycle();
    await edit(`status = 'deferred', defer_until = '2099-01-01'`);
    await scene.cycle();
    await decideByCommandLine(scene, 'R1', 'defer', 'anna');
    await scene.cycle();
    await scene.cycle();
    const events = (await told('event, after')).filter(({ event }) => event === 'deferred');
    const ends = events.map(({ after }) => (JSON.parse(String(after)) as { decision: { defer_until: string } }).decision.defer_until); // as decisionRecord writes it
    expect(ends).toEqual([expect.any(String), '2099-01-01T00:00:00.000Z', expect.any(String)]);
    expect(await scene.row('R1')).toMatchObject({ status: 'deferred' });
  });
});

describe('a first approval that waits for the second', () => {
  beforeEach(() => begin({ 'policy.fourEyes': true }));

  test('is put back where somebody wrote over its name and its end', async () => {
    await scene.approve('R1', { approved_by_operator: `'alice'` });
    await scene.cycle();
    const waiting = await scene.row('R1');
    await edit(`approved_by_operator = 'carol', expires_timestamp = '2099-01-01'`);
    await scene.cycle();
    expect(await scene.row('R1')).toMatchObject({
      status: 'awaiting_second',
      approved_by_operator: 'alice',
      expires_timestamp: waiting['expires_timestamp'],
    });
    const id = waiting['recommendation_id'];
    expect(await scene.events(id)).toEqual(['created', 'first_approved', 'restored']);
    await scene.cycle();
    expect(await scene.events(id)).toEqual(['created', 'first_approved', 'restored']);
  });
});
