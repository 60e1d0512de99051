import { afterEach, describe, expect, test } from '@jest/globals';
import { newRunId } from '../../src/cli/run-id.ts';
import { SIMULATOR_TAGS } from '../../src/domain/default-rules.ts';
import { eventOf } from '../../src/domain/event.ts';
import { decideByCommandLine, newScene, plantWith, type Scene } from '../support/scenario.ts';

/** Reduces the throughput to 75, then turns the cooling on. */
const HIGH = 92;
const CRITICAL = 97;
const THROUGHPUT = '[default]R1/ThroughputSetpoint';
const COOLING = '[default]R1/CoolingSystemStatus';
const BOTH_WAYS = { tags: { allow: SIMULATOR_TAGS.map((tag) => ({ ...tag, direction: 'any' as const })), deny: [] } };

let scene: Scene;
afterEach(() => scene.close());

const writes = () => scene.plant.writes().map(({ tag, value }) => [tag, value]);

async function cycle(temperatureC = HIGH, changes: Parameters<Scene['cycle']>[0] = {}) {
  await scene.reading('R1', temperatureC);
  return scene.cycle(changes);
}

/** The first step of two is written and the second is refused: a follow-up is open. @returns its row */
async function afterPartialFailure(replaced: Parameters<typeof newScene>[1] = BOTH_WAYS, flags: Parameters<typeof newScene>[0] = {}) {
  scene = await newScene({ 'policy.driftPercent': 100, ...flags }, replaced);
  await cycle();
  await scene.approve('R1');
  await cycle(HIGH, { ports: { plant: withoutCooling() } });
  await cycle();
  return scene.row('R1');
}

const withoutCooling = () =>
  plantWith(scene.plant, {
    write: (request) =>
      request.tag === COOLING
        ? Promise.resolve({ kind: 'refused', quality: 'Bad_ReadOnly', reason: 'locked by hand' })
        : scene.plant.write(request),
  });

/** As the command line does it. */
async function ask(by: string): Promise<boolean> {
  const { recommendation_id: id } = await scene.row('R1');
  const about = { subjectType: 'recommendation', subjectId: String(id), event: 'revert_asked' } as const;
  return scene.store.requestRevert(String(id), by, eventOf({ agentId: 'test', runId: newRunId() }, about));
}

/** What an HMI adds that knows which ticket it shows. */
const SEEN = { approved_hash: 'action_hash' };
const BERND = { approved_by_operator: 'approved_by_operator', second_approver: `'bernd'` };

async function approvedByTwo(): Promise<void> {
  await scene.approve('R1');
  await cycle();
  await scene.approve('R1', BERND);
}

const changedLongAgo = (id: unknown) =>
  scene.sql(`UPDATE agent_recommendations SET escalated_timestamp = '2026-01-01 00:00:00.000' WHERE recommendation_id = '${String(id)}'`);

const lastEvent = async (event: string) => (await scene.sql(`SELECT reason, actor FROM agent_events WHERE event = '${event}'`)).at(-1);

describe('a follow-up', () => {
  test('says what was written before and what came of it, also when it gets worse', async () => {
    const { status, recommendation_id: id, follows_recommendation_id: followed, ...row } = await afterPartialFailure();
    expect(status).toBe('pending');
    const tried = `${String(followed).slice(0, 8)} failed: ${THROUGHPUT} = 75 (from 100): read back 75; ${COOLING} = 1 (from 0): the plant refused it: locked by hand (Bad_ReadOnly)`;
    expect(row['tried_before']).toBe(tried);
    const history = `. Tried before: ${tried}`;
    expect(row['root_cause_analysis']).toMatch(/^[^.]+\. Tried before: /);
    expect(String(row['root_cause_analysis']).endsWith(history)).toBe(true);
    await cycle(CRITICAL);
    expect(await scene.row('R1')).toMatchObject({ recommendation_id: id, severity: 'critical', tried_before: tried });
    expect(String((await scene.row('R1'))['root_cause_analysis']).endsWith(history)).toBe(true);
  });

  test('of a follow-up has the history of both', async () => {
    const { follows_recommendation_id: first } = await afterPartialFailure();
    await scene.approve('R1');
    scene.plant.setFailure('lying');
    await cycle();
    scene.plant.setFailure(null);
    await cycle();
    const { tried_before: tried, follows_recommendation_id: second } = await scene.row('R1');
    const [then, after] = String(tried).split('; then ');
    expect(then).toContain(`${String(first).slice(0, 8)} failed`);
    expect(after).toContain(`${String(second).slice(0, 8)} failed`);
  });

  test('after something that nothing was written for has no history', async () => {
    scene = await newScene({ 'policy.holdSeconds': 0 });
    await cycle();
    await scene.sql(`UPDATE agent_recommendations SET status = 'rejected', rejected_by_operator = 'anna', rejection_reason = 'no'`);
    await cycle();
    await cycle();
    const row = await scene.row('R1');
    expect(row).toMatchObject({ status: 'pending', tried_before: null, follows_recommendation_id: null });
    expect(row['root_cause_analysis']).not.toContain('Tried before');
    expect(await ask('anna')).toBe(false);
  });
});

describe('what was written', () => {
  test('is put back when somebody asks for it and somebody approves it, and not before', async () => {
    const { recommendation_id: id, follows_recommendation_id: followed } = await afterPartialFailure();
    expect(await ask('anna')).toBe(true);
    await cycle();
    const row = await scene.row('R1');
    expect(row).toMatchObject({ recommendation_id: id, status: 'pending', revert_requested_by: null });
    expect(row['recommended_action']).toBe(`Put back what ${String(followed).slice(0, 8)} wrote: ${THROUGHPUT} = 100 %`);
    const back = { sequence: 1, tag: THROUGHPUT, value: 100, direction: 'increase', old: 75 };
    expect(JSON.parse(String(row['actions']))).toMatchObject([back]);
    expect(await lastEvent('renewed')).toMatchObject({ reason: 'anna asked for the values from before' });
    const said = `TICKET RENEWED: ${String(id)} for R1 needs a decision (anna asked for the values from before)`;
    expect(scene.log.join('\n')).toContain(said);
    await cycle();
    expect(writes()).toEqual([[THROUGHPUT, 75]]);
    await scene.approve('R1', SEEN);
    await cycle();
    expect(writes()).toEqual([
      [THROUGHPUT, 75],
      [THROUGHPUT, 100],
    ]);
    expect(await scene.row('R1')).toMatchObject({ status: 'executed' });
  });

  test('is put back also after a follow-up that had nothing to write', async () => {
    const { follows_recommendation_id: first } = await afterPartialFailure(BOTH_WAYS, { 'policy.settlingSeconds': 0 });
    await scene.plant.write({
      commandId: 'by hand',
      tag: COOLING,
      value: 1,
      notAfter: Number.MAX_SAFE_INTEGER,
      signature: null,
    });
    await scene.approve('R1');
    await cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'executed', may_have_written: 0 });
    await cycle();
    const row = await scene.row('R1');
    expect(row).toMatchObject({ status: 'pending', follows_recommendation_id: first });
    expect(await ask('anna')).toBe(true);
    await cycle();
    expect((await scene.row('R1'))['recommended_action']).toBe(`Put back what ${String(first).slice(0, 8)} wrote: ${THROUGHPUT} = 100 %`);
  });

  test('is not put back past something that was written since, whatever the row says that it follows', async () => {
    const { follows_recommendation_id: first } = await afterPartialFailure(BOTH_WAYS, { 'policy.settlingSeconds': 0 });
    await cycle(CRITICAL);
    await scene.approve('R1', SEEN);
    await cycle(CRITICAL, { ports: { plant: withoutCooling() } });
    await cycle(CRITICAL);
    await cycle(CRITICAL);
    const { recommendation_id: id, follows_recommendation_id: second } = await scene.row('R1');
    expect(second).not.toBe(first);
    expect(writes().length).toBeGreaterThan(1);
    await scene.sql(
      `UPDATE agent_recommendations SET follows_recommendation_id = '${String(first)}', revert_requested_by = 'mallory' WHERE recommendation_id = '${String(id)}'`,
    );
    await cycle(CRITICAL);
    expect(await lastEvent('revert_refused')).toMatchObject({ reason: 'something else was written after what it names' });
  });

  test('is told as put back, and not as a cure without effect, to whoever decides next', async () => {
    await afterPartialFailure(BOTH_WAYS, { 'policy.settlingSeconds': 0 });
    await ask('anna');
    await cycle();
    await scene.approve('R1', SEEN);
    for (let count = 0; count < 3; count += 1) await cycle();
    expect(await scene.row('R1')).toMatchObject({
      status: 'pending',
      tried_before: expect.stringMatching(/; then [0-9a-f]{8} put back: /),
    });
    expect(scene.log.filter((line) => line.startsWith('OUTCOME'))).toEqual([
      expect.stringMatching(/^OUTCOME OF A WAY BACK INEFFECTIVE: .* \(temperature 92; it is judged by what was read back\)$/),
    ]);
  });

  test('is not put back by plain SQL over an approval by the command line: whoever wrote it named no hash', async () => {
    const { recommendation_id: id } = await afterPartialFailure();
    await ask('anna');
    await cycle();
    await changedLongAgo(id);
    await decideByCommandLine(scene, 'R1', 'approve', 'anna');
    await scene.approve('R1', { approved_by_operator: `'bernd'`, approved_timestamp: `strftime('%Y-%m-%d %H:%M:%f', 'now')` });
    await cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'pending' });
    expect(await lastEvent('refused')).toMatchObject({ reason: expect.stringContaining('must name the action_hash that was seen') });
    expect(writes()).toEqual([[THROUGHPUT, 75]]);
  });

  test('is asked for by plain SQL as well, and the approval of what was there before does not count for it', async () => {
    await afterPartialFailure();
    await scene.sql(`UPDATE agent_recommendations SET revert_requested_by = ' Bernd ' WHERE status = 'pending'`);
    await cycle();
    await scene.approve('R1');
    await cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'pending', approved_hash: null });
    expect(await lastEvent('refused')).toMatchObject({ reason: 'the recommendation had changed less than 5 s before' });
    expect(writes()).toEqual([[THROUGHPUT, 75]]);
  });

  test('is not put back by an approval that names no hash, however late, nor by one of the ticket before', async () => {
    const { recommendation_id: id, action_hash: before } = await afterPartialFailure();
    await ask('anna');
    await cycle();
    await changedLongAgo(id);
    await scene.approve('R1');
    await cycle();
    expect(await lastEvent('refused')).toMatchObject({ reason: expect.stringContaining('must name the action_hash that was seen') });
    await scene.approve('R1', { approved_hash: `'${String(before)}'` });
    await cycle();
    expect(await lastEvent('refused')).toMatchObject({ reason: 'the approval names the hash of another ticket' });
    expect(writes()).toEqual([[THROUGHPUT, 75]]);
    await scene.approve('R1', SEEN);
    await cycle();
    expect(writes().at(-1)).toEqual([THROUGHPUT, 100]);
  });

  test('is not put back again, and what acts again after it needs an approval that names its hash as well', async () => {
    const { recommendation_id: id } = await afterPartialFailure();
    await ask('anna');
    await cycle();
    expect(await ask('bernd')).toBe(true);
    await cycle();
    expect(await lastEvent('revert_refused')).toMatchObject({ reason: 'it puts back what was written already' });
    await cycle(CRITICAL);
    expect(await scene.row('R1')).toMatchObject({ recommendation_id: id, severity: 'critical', status: 'pending' });
    await changedLongAgo(id);
    await scene.approve('R1');
    await cycle(CRITICAL);
    expect(await lastEvent('refused')).toMatchObject({ reason: expect.stringContaining('must name the action_hash that was seen') });
    expect(writes()).toEqual([[THROUGHPUT, 75]]);
    expect(await ask('anna')).toBe(true);
    await cycle(CRITICAL);
    expect(await scene.row('R1')).toMatchObject({ recommended_action: expect.stringContaining('Put back what') });
  });

  test('with four eyes is put back when each of two people named the hash', async () => {
    const two = { 'policy.fourEyes': true, 'policy.fourEyesSeverity': 'high', 'policy.driftPercent': 100 };
    scene = await newScene(two, BOTH_WAYS);
    await cycle();
    await approvedByTwo();
    scene.plant.setFailure('lying');
    await cycle();
    scene.plant.setFailure(null);
    await cycle();
    await ask('anna');
    await cycle();
    const { action_hash: hash, recommendation_id: id } = await scene.row('R1');
    await changedLongAgo(id);
    await scene.approve('R1', SEEN);
    await cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'awaiting_second', action_hash: hash, approved_hash: null });
    await scene.approve('R1', BERND);
    await cycle();
    expect(await lastEvent('second_refused')).toMatchObject({ reason: expect.stringContaining('must name the action_hash that was seen') });
    await scene.approve('R1', { ...BERND, ...SEEN });
    await cycle();
    // The plant never took it, so that there is nothing to write.
    expect(await scene.row('R1')).toMatchObject({ status: 'executed', second_approver: 'bernd', approved_hash: hash });
    const named = await scene.sql(
      `SELECT json_extract(after, '$.named_hash') AS hash FROM agent_events WHERE event IN ('first_approved', 'approved')`,
    );
    expect(named.slice(-2)).toEqual([{ hash }, { hash }]);
  });

  test('is asked for before an approval of the other way, which does not count then', async () => {
    await afterPartialFailure();
    await ask('anna');
    await scene.approve('R1');
    await cycle();
    expect(await lastEvent('refused')).toMatchObject({
      reason: expect.stringContaining('anna had asked that the earlier values be put back'),
    });
    await cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'pending', revert_requested_by: null });
    expect(await lastEvent('renewed')).toMatchObject({ reason: 'anna asked for the values from before' });
    expect(writes()).toEqual([[THROUGHPUT, 75]]);
  });

  test('is not put back by who asks by plain SQL once another way is approved', async () => {
    await afterPartialFailure();
    await scene.approve('R1');
    await cycle(HIGH, { ports: { plant: plantWith(scene.plant, { read: () => Promise.reject(new Error('no route')) }) } });
    await scene.sql(`UPDATE agent_recommendations SET revert_requested_by = 'anna' WHERE status = 'approved'`);
    await cycle();
    expect(await lastEvent('revert_refused')).toMatchObject({ reason: 'it is approved already', actor: 'ops_agent_001' });
  });

  test.each<[string, Parameters<typeof newScene>[1], string, string]>([
    ['where its tag may only be moved the other way', {}, `${THROUGHPUT} = 100: '${THROUGHPUT}' may only decrease`, 'anna'],
    ['when the agent itself asks', BOTH_WAYS, 'the agent cannot ask for it', 'OPS_AGENT_001'],
  ])('is not put back %s, and the ticket stays', async (_what, replaced, reason, who) => {
    const { action_hash: hash } = await afterPartialFailure(replaced);
    expect(await ask(who)).toBe(true);
    await cycle();
    expect(await lastEvent('revert_refused')).toMatchObject({ reason });
    expect(await scene.row('R1')).toMatchObject({ status: 'pending', action_hash: hash, revert_requested_by: null });
    expect(scene.log.join('\n')).toContain(`REVERT REFUSED: `);
  });

  test('is not put back to a value that somebody wrote into the commands', async () => {
    await afterPartialFailure();
    await scene.sql(`UPDATE agent_commands SET old_value = 40`);
    await ask('anna');
    await cycle();
    expect(await lastEvent('revert_refused')).toMatchObject({ reason: 'a command of it differs from the approved ticket in oldValue' });
  });

  test('is not put back in the name of another equipment, whatever its row says that it follows', async () => {
    const { recommendation_id: followed } = await afterPartialFailure();
    await scene.reading('R2', HIGH);
    await cycle();
    await scene.sql(`UPDATE agent_recommendations SET revert_requested_by = 'anna',
follows_recommendation_id = (SELECT MIN(recommendation_id) FROM agent_recommendations WHERE equipment_id = 'R1' AND status = 'failed') WHERE equipment_id = 'R2'`);
    expect(followed).not.toBe('');
    await cycle();
    expect(await lastEvent('revert_refused')).toMatchObject({ reason: 'it follows another recommendation than the one that it names' });
    expect(String((await scene.row('R2'))['actions'])).not.toContain('/R1/');
  });

  test('waits to be answered while the plant does not answer', async () => {
    await afterPartialFailure();
    await ask('anna');
    scene.plant.setFailure('no_answer');
    await cycle();
    expect(await scene.row('R1')).toMatchObject({ revert_requested_by: 'anna' });
    scene.plant.setFailure(null);
    await cycle();
    expect(await lastEvent('renewed')).toBeDefined();
  });
});
