import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { changed, type Flags, newScene, type Scene, timeText } from '../support/scenario.ts';

const HIGH = 92;
const CRITICAL = 97;
const TWO: Flags = { 'policy.fourEyes': true, 'policy.fourEyesSeverity': 'high' };

const died = () => Promise.reject(new Error('died here'));

let scene: Scene;
const begin = async (flags: Flags = {}) => {
  await scene.close();
  scene = await newScene(flags);
};
beforeEach(async () => {
  scene = await newScene(TWO);
});
afterEach(() => scene.close());

async function recommended(equipmentId: string, temperatureC = HIGH): Promise<string> {
  await scene.reading(equipmentId, temperatureC);
  await scene.cycle();
  return String((await scene.row(equipmentId))['recommendation_id']);
}

/** Recommended, approved by anna, and taken over as the first of two. */
async function waiting(equipmentId: string): Promise<string> {
  const id = await recommended(equipmentId);
  await scene.approve(equipmentId);
  await scene.cycle();
  expect(await scene.row(equipmentId)).toMatchObject({ status: 'awaiting_second', guarded_status: 'awaiting_second' });
  return id;
}

const setBy = (assignments: string, equipmentId: string) =>
  scene.sql(`UPDATE agent_recommendations SET ${assignments} WHERE equipment_id = '${equipmentId}'`);
/** As the HMI does it, with a guard of its own. */
const second = (assignments: string) =>
  scene.sql(`UPDATE agent_recommendations SET status = 'approved', approved_timestamp = CURRENT_TIMESTAMP, ${assignments}
    WHERE status = 'awaiting_second'`);
const reasonsOf = async (id: string, event: string) =>
  (await scene.sql(`SELECT reason FROM agent_events WHERE subject_id = '${id}' AND event = '${event}'`)).map((row) =>
    String(row['reason']),
  );
const writes = () => scene.plant.writes();

describe('two people:', () => {
  test('the first approval waits, the second lets the commands go, and the audit has both', async () => {
    const id = await waiting('EQ');
    const first = await scene.row('EQ');
    expect(first).toMatchObject({ approved_by_operator: 'anna', second_approver: null });
    expect(await scene.commands('EQ')).toEqual([]);
    expect(scene.log.join('\n')).toMatch(/FIRST APPROVAL: .* by anna; a second person must approve until /);
    await second(`approved_by_operator = 'bernd'`);
    expect((await scene.cycle()).commands.executed).toBe(2);
    expect(await scene.row('EQ')).toMatchObject({ status: 'executed', approved_by_operator: 'anna', second_approver: 'bernd' });
    expect(await scene.events(id)).toEqual(['created', 'first_approved', 'approved', 'executing', 'executed']);
    const actors = await scene.sql(`SELECT actor FROM agent_events WHERE subject_id = '${id}' AND event LIKE '%approved' ORDER BY at`);
    expect(actors.map((row) => row['actor'])).toEqual(['anna via sql', 'bernd via sql']);
    const sent = await scene.sql(`SELECT DISTINCT actor FROM agent_events WHERE event = 'dispatching'`);
    expect(sent).toEqual([{ actor: 'ops_agent_001 for anna and bernd' }]);
  });

  test.each([
    ['the same person', `approved_by_operator = ' ANNA '`, /anna\b.* gave the first approval/i],
    ['the same person as the second, the first edited away', `approved_by_operator = 'x', second_approver = 'anna'`, /anna gave the first/],
    ['nobody', `approved_by_operator = NULL`, /names no operator/],
    ['the agent', `second_approver = 'OPS_AGENT_001'`, /the agent cannot approve/],
  ])('an approval by %s is no second one: the first stands, and a second may still come', async (_who, assignments, reason) => {
    const id = await waiting('EQ');
    const first = await scene.row('EQ');
    await second(assignments);
    expect(await scene.cycle()).toMatchObject({ commands: { created: 0, refused: 1 } });
    const { updated_timestamp: _updated, ...now } = await scene.row('EQ');
    const { updated_timestamp: _before, ...before } = first;
    expect(now).toEqual(before);
    expect(await reasonsOf(id, 'second_refused')).toEqual([expect.stringMatching(reason)]);
    await second(`second_approver = 'bernd'`);
    expect((await scene.cycle()).commands.executed).toBe(2);
  });

  test('who approved first is known from the audit, whatever the row says', async () => {
    await waiting('EQ');
    await setBy(`approved_by_operator = 'mallory'`, 'EQ');
    await second(`approved_by_operator = 'anna'`);
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'awaiting_second', approved_by_operator: 'anna' });
    expect(writes()).toEqual([]);
  });

  test.each([
    ['the waiting', `status = 'awaiting_second', guarded_status = 'awaiting_second', approved_by_operator = 'anna'`],
    [
      'both names at once',
      `status = 'approved', approved_by_operator = 'anna', second_approver = 'bernd', approved_timestamp = CURRENT_TIMESTAMP`,
    ],
    [
      'the waiting and the second',
      `status = 'approved', guarded_status = 'awaiting_second', approved_by_operator = 'anna', second_approver = 'bernd', approved_timestamp = CURRENT_TIMESTAMP`,
    ],
    [
      'an accepted approval by two',
      `status = 'approved', guarded_status = 'approved', approved_by_operator = 'anna', second_approver = 'bernd', approved_timestamp = CURRENT_TIMESTAMP, expires_timestamp = CURRENT_TIMESTAMP + INTERVAL 1 HOUR`,
    ],
  ])('a row that forges %s, without a first approval on record, is put back', async (_what, assignments) => {
    const id = await recommended('EQ');
    await setBy(assignments, 'EQ');
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({
      status: 'pending',
      guarded_status: 'pending',
      approved_by_operator: null,
      second_approver: null,
    });
    expect(await scene.events(id)).toEqual(['created', 'restored']);
    await scene.cycle();
    expect(writes()).toEqual([]);
  });

  test('a first approval that nobody seconds in time lapses, by the time in the audit', async () => {
    await begin({ ...TWO, 'policy.approvalTtlSeconds': 60 });
    const id = await recommended('EQ');
    await setBy(`created_timestamp = CURRENT_TIMESTAMP - INTERVAL 5 MINUTES`, 'EQ');
    await scene.approve('EQ', { approved_timestamp: `CURRENT_TIMESTAMP - INTERVAL 58 SECONDS` });
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'awaiting_second' });
    // Written by hand into the row, a longer life is none.
    await setBy(`approved_timestamp = CURRENT_TIMESTAMP, expires_timestamp = CURRENT_TIMESTAMP + INTERVAL 1 HOUR`, 'EQ');
    const { log } = scene;
    const read = await scene.store.readControls();
    const later = changed(scene.store, {
      readOpenWork: async (agentId, seconds) => {
        const work = await scene.store.readOpenWork(agentId, seconds);
        return { ...work, now: read.now + 3000 };
      },
    });
    await scene.cycle({ ports: { store: later } });
    expect(await scene.row('EQ')).toMatchObject({
      status: 'pending',
      approved_by_operator: null,
      approved_timestamp: null,
      expires_timestamp: null,
    });
    expect(await reasonsOf(id, 'lapsed')).toEqual([expect.stringMatching(/^no second approval came until /)]);
    expect(log.join('\n')).toContain(`APPROVAL LAPSED: ${id}`);
  });

  test('a worse reading asks both again', async () => {
    const id = await waiting('EQ');
    await scene.reading('EQ', CRITICAL);
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({
      status: 'pending',
      severity: 'critical',
      approved_by_operator: null,
      expires_timestamp: null,
    });
    expect(await scene.events(id)).toEqual(['created', 'first_approved', 'escalated']);
    await second(`approved_by_operator = 'bernd'`);
    await scene.cycle();
    expect((await scene.row('EQ'))['status']).toBe('pending');
  });

  test('what waits for a second can be rejected, and a deferral of it is put back', async () => {
    const id = await waiting('EQ');
    await setBy(`status = 'deferred', defer_until = CURRENT_TIMESTAMP + INTERVAL 1 HOUR`, 'EQ');
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'awaiting_second', defer_until: null, approved_by_operator: 'anna' });
    await setBy(
      `status = 'rejected', rejected_by_operator = 'carl', rejection_reason = 'no', rejected_timestamp = CURRENT_TIMESTAMP`,
      'EQ',
    );
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'rejected', guarded_status: 'rejected' });
    expect(await scene.events(id)).toEqual(['created', 'first_approved', 'restored', 'rejected']);
  });

  test('an approval by both that a dying run announced is the one that is stored, not what the row says afterwards', async () => {
    const id = await waiting('EQ');
    await second(`approved_by_operator = 'bernd'`);
    const dying = changed(scene.store, { saveRecommendations: died });
    await scene.cycle({ ports: { store: dying } });
    await setBy(`second_approver = 'mallory', approved_by_operator = 'mallory'`, 'EQ');
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'executed', approved_by_operator: 'anna', second_approver: 'bernd' });
    expect(new Set(writes().map((write) => write.commandId)).size).toBe(2);
    expect((await scene.events(id)).filter((event) => event === 'approved').length).toBeGreaterThan(0);
  });

  test('what is milder than the policy says needs one', async () => {
    await begin({ 'policy.fourEyes': true });
    await recommended('EQ');
    await scene.approve('EQ');
    expect((await scene.cycle()).commands.executed).toBe(2);
  });
});

const login = (operator: string, columns: Readonly<Record<string, string>> = {}) => {
  const all = {
    session_id: `'s-${operator}'`,
    operator_id: `'${operator}'`,
    login_timestamp: `'${timeText(Date.now() - 60_000)}'`,
    ...columns,
  };
  return scene.sql(`INSERT INTO operator_sessions (${Object.keys(all).join(', ')}) VALUES (${Object.values(all).join(', ')})`);
};
const counts = async () =>
  (
    await scene.sql('SELECT session_id, approved_recommendations AS a, rejected_recommendations AS r FROM operator_sessions ORDER BY 1')
  ).map((row) => [row['session_id'], row['a'], row['r']]);

describe('sessions:', () => {
  test('where they are required, an approval without one goes back, and with one it counts', async () => {
    await begin({ 'policy.requireSession': true });
    const id = await recommended('EQ');
    await scene.approve('EQ');
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'pending', approved_by_operator: null });
    expect(await reasonsOf(id, 'refused')).toEqual(['anna was not logged in when the approval was given']);
    await login('ANNA', { status: 'NULL' });
    await scene.approve('EQ');
    expect((await scene.cycle()).commands.executed).toBe(2);
    expect(await counts()).toEqual([['s-ANNA', 1, 0]]);
  });

  test.each([
    ['the end of the shift, which is still to come', () => `'${timeText(Date.now() + 3600_000)}'`, 'closed', 2],
    ['an empty text', () => `''`, 'active', 2],
    ['no time', () => `'not yet'`, 'active', 2],
    ['an empty text, and which is closed', () => `''`, 'closed', 0],
    ['a time before the approval', () => `'${timeText(Date.now() - 30_000)}'`, 'active', 0],
  ])('whose logout says %s: what an approval in it lets go', async (_what, logout, status, executed) => {
    await begin({ 'policy.requireSession': true });
    await recommended('EQ');
    await login('anna', { logout_timestamp: logout(), status: `'${status}'` });
    await scene.approve('EQ');
    expect((await scene.cycle()).commands.executed).toBe(executed);
    expect(await counts()).toEqual([['s-anna', executed === 0 ? 0 : 1, 0]]);
  });

  test('each of two needs one: without it the second is none', async () => {
    await begin({ ...TWO, 'policy.requireSession': true });
    await recommended('EQ');
    await login('anna');
    await scene.approve('EQ');
    await scene.cycle();
    await second(`second_approver = 'bernd'`);
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'awaiting_second', approved_by_operator: 'anna', second_approver: null });
    await login('bernd');
    await second(`second_approver = 'bernd'`);
    expect((await scene.cycle()).commands.executed).toBe(2);
    expect(await counts()).toEqual([
      ['s-anna', 1, 0],
      ['s-bernd', 1, 0],
    ]);
  });

  test('count what was decided in them, whether they are required or not, and a count that somebody edited is made anew', async () => {
    await begin();
    await login('anna', { status: `'active'` });
    for (const id of ['A', 'B', 'C']) await recommended(id);
    await scene.approve('A');
    await setBy(`status = 'rejected', rejected_by_operator = 'Anna', rejection_reason = 'no', rejected_timestamp = CURRENT_TIMESTAMP`, 'B');
    const { statements } = await scene.cycle();
    expect(await counts()).toEqual([['s-anna', 1, 1]]);
    await scene.sql('UPDATE operator_sessions SET approved_recommendations = 99, rejected_recommendations = NULL');
    expect((await scene.cycle()).statements).toBe(4);
    await scene.approve('C');
    expect((await scene.cycle()).statements).toBe(statements);
    expect(await counts()).toEqual([['s-anna', 2, 1]]);
  });

  test('count once what a dying run had announced as well', async () => {
    await begin();
    await login('anna');
    await recommended('A');
    await scene.approve('A');
    const dying = changed(scene.store, { saveRecommendations: died });
    await scene.cycle({ ports: { store: dying } });
    expect(await counts()).toEqual([['s-anna', 1, 0]]);
    await scene.cycle();
    expect(await counts()).toEqual([['s-anna', 1, 0]]);
  });

  test('are counted by the next cycle where one could not, which does everything else', async () => {
    await begin();
    await login('anna');
    await recommended('A');
    await scene.approve('A');
    const refusing = changed(scene.store, { countDecisions: () => Promise.reject(new Error('no privilege')) });
    expect(await scene.cycle({ ports: { store: refusing } })).toMatchObject({
      outcome: 'partial',
      errors: [{ phase: 'end', message: 'no privilege' }],
      commands: { executed: 2 },
    });
    expect(await counts()).toEqual([['s-anna', 0, 0]]);
    expect(await scene.cycle()).toMatchObject({ outcome: 'completed', statements: 5 });
    expect(await counts()).toEqual([['s-anna', 1, 0]]);
    expect((await scene.cycle()).statements).toBe(4);
  });

  test('are counted by the next cycle, however late it comes, where a run died before it counted', async () => {
    await begin();
    await login('anna');
    await recommended('A');
    await scene.approve('A');
    const dying = changed(scene.store, { countDecisions: died, endCycle: died });
    await scene.cycle({ ports: { store: dying } });
    await scene.sql(`UPDATE operator_sessions SET logout_timestamp = '${timeText(Date.now() - 86_400_000)}', status = 'closed'`);
    expect(await counts()).toEqual([['s-anna', 0, 0]]);
    await scene.cycle();
    expect(await counts()).toEqual([['s-anna', 1, 0]]);
  });

  test('do not count what another writer forestalled', async () => {
    await begin();
    await login('anna');
    for (const id of ['A', 'B']) await recommended(id);
    await scene.approve('A');
    await scene.approve('B');
    const taking = changed(scene.store, {
      saveRecommendations: async (lease, changes) => {
        await setBy(`status = 'rejected', rejected_by_operator = 'carl'`, 'B');
        return scene.store.saveRecommendations(lease, changes);
      },
    });
    await scene.cycle({ ports: { store: taking } });
    expect(await counts()).toEqual([['s-anna', 1, 0]]);
  });
});
