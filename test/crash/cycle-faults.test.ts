import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isGoodQuality } from '../../src/domain/quality.ts';
import { AgentError } from '../../src/domain/errors.ts';
import { judgeHealth } from '../../src/domain/health.ts';
import { commandIdOf } from '../../src/domain/ids.ts';
import type { Plant } from '../../src/ports/plant.ts';
import { changed, type Flags, newScene, plantWith, type Scene, theOnly } from '../support/scenario.ts';

const MEDIUM = 87;
const HIGH = 92;
const CRITICAL = 97;
const NORMAL = 70;

let scene: Scene;
const begin = async (flags: Flags = {}) => {
  await scene.close();
  scene = await newScene(flags);
};
beforeEach(async () => {
  scene = await newScene();
});
afterEach(() => scene.close());

/** A pending recommendation for a reading of now. */
async function recommended(equipmentId: string, temperatureC: number): Promise<string> {
  await scene.reading(equipmentId, temperatureC);
  await scene.cycle();
  return String((await scene.row(equipmentId))['recommendation_id']);
}

async function approved(equipmentId: string, temperatureC: number): Promise<string> {
  const id = await recommended(equipmentId, temperatureC);
  await scene.approve(equipmentId);
  return id;
}

const writesOf = (tag: string) => scene.plant.writes().filter((write) => write.tag.includes(tag) && write.commandId !== 'operator');
const throughput = (equipmentId: string) => `[default]${equipmentId}/ThroughputSetpoint`;
const setBy = (sql: string, equipmentId: string) =>
  scene.sql(`UPDATE agent_recommendations SET ${sql} WHERE equipment_id = '${equipmentId}'`);
const watermark = async () => theOnly(await scene.sql('SELECT watermark_timestamp FROM agent_health'), 'health')['watermark_timestamp'];
const broken = (what: string) => () => Promise.reject(new AgentError('store_unavailable', `${what} failed as the test asked`));

/** A plant with an operator's own hand on it. */
async function turnTo(tag: string, value: number): Promise<void> {
  const outcome = await scene.plant.write({ commandId: 'operator', tag, value, notAfter: Date.now() + 1000, signature: null });
  expect(outcome.kind).toBe('written');
}

/** The write arrives and then the line is dead, until the plant's failure is taken back. */
function losingTheAnswer(inner: Scene['plant']): Plant {
  return plantWith(inner, {
    write: async (request) => {
      await inner.write(request);
      inner.setFailure('no_answer');
      return { kind: 'ambiguous', reason: 'the line went dead' };
    },
  });
}

/** A command row by plain SQL, with `values` in SQL's spelling. */
const forge = (values: Readonly<Record<string, string>>) => {
  const columns = {
    command_id: `'forged'`,
    equipment_id: `'EQ'`,
    tag_path: `'${throughput('EQ')}'`,
    new_value: `'10'`,
    status: `'pending'`,
    sequence: '1',
    ...values,
  };
  return scene.sql(`INSERT INTO agent_commands (${Object.keys(columns).join(', ')}) VALUES (${Object.values(columns).join(', ')})`);
};

describe('a phase that fails', () => {
  test('to detect leaves the later ones their work, dispatches nothing, and health says so', async () => {
    await approved('LOST', MEDIUM);
    await scene.cycle({ ports: { plant: losingTheAnswer(scene.plant) } });
    scene.plant.setFailure(null);
    await scene.sql(`UPDATE agent_commands SET not_after = CURRENT_TIMESTAMP - INTERVAL 1 HOUR`);
    await recommended('BACK', MEDIUM);
    await setBy(`status = 'deferred', defer_until = CURRENT_TIMESTAMP - INTERVAL 1 MINUTE`, 'BACK');
    await approved('WAITS', MEDIUM);
    await scene.sql('ALTER TABLE sensor_data RENAME TO sensor_data_away');
    const report = await scene.cycle();
    expect(report).toMatchObject({ outcome: 'partial', errors: [{ phase: 'detect', code: 'usage' }] });
    expect(await scene.row('WAITS')).toMatchObject({ status: 'approved', guarded_status: 'approved' });
    expect(await scene.row('LOST')).toMatchObject({ status: 'executed' });
    expect(writesOf('WAITS')).toEqual([]);
    const { now, health } = await scene.store.readHealth();
    const verdict = judgeHealth(health[0], now, { maxAgeSeconds: 30, feedMaxAgeSeconds: 300 });
    expect(verdict.reasons.join()).toMatch(/the last cycle could not detect: detect: .*no such table/);
    await scene.sql('ALTER TABLE sensor_data_away RENAME TO sensor_data');
    expect(await scene.cycle()).toMatchObject({ outcome: 'completed', commands: { executed: 1 } });
  });

  test('to write its events dispatches nothing at all, and the watermark stays', async () => {
    await approved('EQ', MEDIUM);
    await scene.reading('NEXT', CRITICAL);
    const before = await watermark();
    const report = await scene.cycle({ ports: { store: changed(scene.store, { appendEvents: broken('the audit') }) } });
    expect(report.errors.map((error) => error.phase)).toContain('approve');
    expect(scene.plant.writes()).toEqual([]);
    expect(await watermark()).toBe(before);
    expect(await scene.commands('EQ')).toEqual([]);
    await scene.cycle();
    expect(writesOf('EQ')).toHaveLength(1);
    expect(await scene.rows('NEXT')).toHaveLength(1);
    expect(await watermark()).not.toBe(before);
  });

  test('to read the controls again returns what it had claimed', async () => {
    await approved('EQ', HIGH);
    const store = changed(scene.store, { readControls: broken('the controls') });
    expect(await scene.cycle({ ports: { store } })).toMatchObject({ errors: [{ phase: 'execute', code: 'store_unavailable' }] });
    expect(await scene.commands('EQ')).toMatchObject([{ status: 'pending' }, { status: 'pending' }]);
    expect(scene.plant.writes()).toEqual([]);
    await scene.cycle();
    expect(writesOf('EQ')).toHaveLength(2);
  });

  test('to record its results is repeated by read-back, under the same run id too, and nothing is sent again', async () => {
    await approved('EQ', MEDIUM);
    const results = changed(scene.store, {
      saveCommands: (lease, changes) =>
        changes.some((change) => change.expected === 'executing') ? broken('recording')() : scene.store.saveCommands(lease, changes),
    });
    await scene.cycle({ ports: { store: results }, runId: 'job-1' });
    expect(await scene.commands('EQ')).toMatchObject([{ status: 'executing', claimed_by: 'job-1' }]);
    await turnTo(throughput('EQ'), 100);
    await approved('OTHER', MEDIUM);
    await scene.cycle({ runId: 'job-1' });
    await scene.sql('UPDATE agent_commands SET claimed_timestamp = CURRENT_TIMESTAMP - INTERVAL 1 HOUR');
    await scene.cycle({ runId: 'job-1' });
    expect(writesOf('EQ')).toHaveLength(1);
    expect(writesOf('OTHER')).toHaveLength(1);
    expect(await scene.commands('EQ')).toMatchObject([{ status: 'failed', failure_code: 'not_confirmed' }]);
  });
});

describe('a plant', () => {
  test('that does not answer leaves an approval standing until it expires', async () => {
    const id = await approved('EQ', MEDIUM);
    scene.plant.setFailure('no_answer');
    expect(await scene.cycle()).toMatchObject({ outcome: 'partial', errors: [{ code: 'plant_unavailable' }] });
    expect(await scene.row('EQ')).toMatchObject({ status: 'approved', guarded_status: 'approved' });
    await setBy('expires_timestamp = CURRENT_TIMESTAMP - INTERVAL 1 SECOND', 'EQ');
    expect(await scene.cycle()).toMatchObject({ recommendations: { expired: 1 } });
    expect(await scene.row('EQ')).toMatchObject({ status: 'expired' });
    expect(await scene.events(id)).toEqual(['created', 'approved', 'expired']);
    expect(scene.plant.writes()).toEqual([]);
  });

  test('that stops answering is asked once and not once for every command', async () => {
    for (const id of ['A', 'B', 'C']) await scene.reading(id, MEDIUM);
    await scene.cycle();
    for (const id of ['A', 'B', 'C']) await scene.approve(id);
    let reads = 0;
    const plant = plantWith(scene.plant, {
      read: (tags) => {
        reads += 1;
        return tags.length > 1 ? scene.plant.read(tags) : Promise.reject(new AgentError('plant_unavailable', 'gone'));
      },
    });
    await scene.cycle({ ports: { plant } });
    expect(reads).toBe(2);
    expect(scene.plant.writes()).toEqual([]);
    await scene.cycle();
    expect(scene.plant.writes()).toHaveLength(3);
  });

  test('a write that the plant calls pending is unknown, and decided by what the tag says in the end', async () => {
    for (const id of ['EQ', 'LATE']) await recommended(id, MEDIUM);
    for (const id of ['EQ', 'LATE']) await scene.approve(id);
    scene.plant.setFailure('write_pending');
    await scene.cycle();
    for (const id of ['EQ', 'LATE'])
      expect(await scene.commands(id)).toMatchObject([{ status: 'unknown', execution_result: 'the plant answered Good_WritePending' }]);
    scene.plant.setFailure(null);
    await turnTo(throughput('LATE'), 90);
    await scene.sql(`UPDATE agent_commands SET not_after = CURRENT_TIMESTAMP - INTERVAL 1 HOUR`);
    await scene.cycle();
    expect(await scene.commands('EQ')).toMatchObject([{ status: 'failed', failure_code: 'not_confirmed' }]);
    expect(await scene.commands('LATE')).toMatchObject([{ status: 'executed', read_back_value: 90 }]);
    expect([writesOf('EQ'), writesOf('LATE')].map((writes) => writes.length)).toEqual([1, 1]);
  });

  test('a value that the plant calls pending confirms nothing', async () => {
    await approved('EQ', MEDIUM);
    const reads: Plant['read'] = async (tags) => {
      const readings = await scene.plant.read(tags);
      const quality = writesOf('EQ').length === 0 ? 'Good' : 'Good_WritePending';
      return readings.map((reading) => ({ ...reading, quality, good: isGoodQuality(quality) }));
    };
    await scene.cycle({ ports: { plant: plantWith(scene.plant, { read: reads }) } });
    expect(await scene.commands('EQ')).toMatchObject([{ status: 'unknown', execution_result: 'it could not be read back' }]);
  });

  test('that lies fails the command, cancels the next one, and a follow-up says so at once', async () => {
    const id = await approved('EQ', HIGH);
    scene.plant.setFailure('lying');
    expect(await scene.cycle()).toMatchObject({ commands: { executed: 0, failed: 1 } });
    expect(await scene.commands('EQ')).toMatchObject([
      { status: 'failed', failure_code: 'read_back_mismatch', read_back_value: 100 },
      { status: 'cancelled', failure_code: 'sequence_stopped' },
    ]);
    expect(writesOf('EQ')).toHaveLength(1);
    expect(await scene.row('EQ')).toMatchObject({ status: 'failed', may_have_written: 1 });
    await scene.reading('EQ', HIGH);
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'pending', follows_recommendation_id: id, predecessor_id: id });
  });

  test('that refuses a write changed nothing, so the family is quiet for the hold time', async () => {
    await approved('EQ', HIGH);
    const plant = plantWith(scene.plant, {
      write: () => Promise.resolve({ kind: 'refused', quality: 'Bad_ReadOnly', reason: 'locked' }),
    });
    await scene.cycle({ ports: { plant } });
    expect(await scene.commands('EQ')).toMatchObject([{ failure_code: 'plant_refused' }, { status: 'cancelled' }]);
    await scene.reading('EQ', HIGH);
    await scene.cycle();
    expect(await scene.rows('EQ')).toMatchObject([{ status: 'failed' }]);
  });

  test.each([
    { arrives: true, end: { status: 'executed', failure_code: null, read_back_value: 90 } },
    { arrives: false, end: { status: 'failed', failure_code: 'not_confirmed' } },
  ])(
    'whose answer is lost leaves the outcome unknown until a read-back decides (the write arrives: $arrives)',
    async ({ arrives, end }) => {
      await approved('EQ', MEDIUM);
      const plant = arrives
        ? losingTheAnswer(scene.plant)
        : plantWith(scene.plant, { write: () => Promise.resolve({ kind: 'ambiguous', reason: 'no answer' }) });
      expect(await scene.cycle({ ports: { plant } })).toMatchObject({ commands: { unknown: 1 } });
      scene.plant.setFailure(null);
      await scene.cycle();
      expect(await scene.commands('EQ')).toMatchObject([{ status: 'unknown' }]); // the write may still be on its way
      await scene.sql(`UPDATE agent_commands SET not_after = CURRENT_TIMESTAMP - INTERVAL 1 MINUTE`);
      await scene.cycle();
      expect(await scene.commands('EQ')).toMatchObject([end]);
      expect(await scene.row('EQ')).toMatchObject({ status: end.status, may_have_written: 1 });
      expect(writesOf('EQ')).toHaveLength(arrives ? 1 : 0);
    },
  );

  test('whose value has not shown yet when the agent is told to stop leaves the outcome unknown, not failed', async () => {
    await begin({ 'plant.readBackSeconds': 5 });
    await approved('EQ', MEDIUM);
    const stop = new AbortController();
    const plant = plantWith(scene.plant, {
      write: () => {
        stop.abort();
        return Promise.resolve({ kind: 'written', quality: 'Good' }); // it shows later, or never
      },
    });
    await scene.cycle({ ports: { plant }, signal: stop.signal });
    expect(await scene.commands('EQ')).toMatchObject([{ status: 'unknown', failure_code: null }]);
    expect(await scene.sql('SELECT status FROM agent_health')).toEqual([{ status: 'offline' }]);
  });

  test('that was not reached gets the command later, once', async () => {
    await approved('EQ', HIGH);
    const plant = plantWith(scene.plant, { write: () => Promise.resolve({ kind: 'not_sent', reason: 'no connection' }) });
    expect(await scene.cycle({ ports: { plant } })).toMatchObject({ errors: [{ phase: 'execute', code: 'plant_unavailable' }] });
    expect(await scene.commands('EQ')).toMatchObject([
      { status: 'pending', claimed_by: null, not_after: null },
      { status: 'pending', claimed_by: null, not_after: null },
    ]);
    await scene.cycle();
    expect(await scene.commands('EQ')).toMatchObject([
      { status: 'executed', attempt: 2 },
      { status: 'executed', attempt: 2 },
    ]);
    expect(writesOf('EQ')).toHaveLength(2);
  });

  test('that moved since the operator looked gets a new question with the values of now', async () => {
    const id = await recommended('EQ', HIGH);
    await turnTo(throughput('EQ'), 85);
    await scene.approve('EQ');
    const { action_hash: before } = await scene.row('EQ');
    await scene.cycle();
    const row = await scene.row('EQ');
    expect(row).toMatchObject({ recommendation_id: id, status: 'pending', approved_by_operator: null });
    expect(row['action_hash']).not.toBe(before);
    expect(JSON.parse(String(row['actions']))).toMatchObject([{ old: 85, value: 75 }, { old: 0 }]);
    expect(await scene.events(id)).toContain('renewed');
    await setBy('escalated_timestamp = CURRENT_TIMESTAMP - INTERVAL 10 SECONDS', 'EQ');
    await scene.approve('EQ');
    await scene.cycle();
    expect(writesOf('EQ')).toHaveLength(2);
  });

  test('that is where the action would bring it gets no write', async () => {
    await approved('EQ', MEDIUM);
    await turnTo(throughput('EQ'), 90);
    await scene.cycle();
    expect(await scene.commands('EQ')).toMatchObject([{ status: 'executed', execution_result: 'no write needed' }]);
    expect(writesOf('EQ')).toEqual([]);
  });
});

describe('what forbids a dispatch', () => {
  test('the kill switch stops a dispatch of many commands in its middle, and what was not sent goes on later', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `EQ_${index}`);
    for (const id of ids) await scene.reading(id, MEDIUM);
    await scene.cycle();
    for (const id of ids) await scene.approve(id);
    let skewMs = 0;
    const plant = plantWith(scene.plant, {
      write: async (request) => {
        const outcome = await scene.plant.write(request);
        skewMs += 1000; // as if every write took a second
        if (scene.plant.writes().length === 3)
          await scene.sql(
            `INSERT INTO agent_controls (control_id, kind, scope, "by", reason, since) VALUES ('advisory:EQ_*', 'advisory', 'EQ_*', 'anna', 'stop', CURRENT_TIMESTAMP)`,
          );
        return outcome;
      },
    });
    await scene.cycle({ ports: { plant, monotonic: () => performance.now() + skewMs } });
    const sent = scene.plant.writes().length;
    expect(sent).toBeGreaterThanOrEqual(3);
    expect(sent).toBeLessThanOrEqual(5); // the controls are at most two seconds old
    const statuses = (await scene.sql('SELECT status FROM agent_commands')).map((command) => command['status']);
    expect(statuses.filter((status) => status === 'pending')).toHaveLength(12 - sent);
    const before = scene.log.length;
    await scene.cycle();
    expect(scene.plant.writes()).toHaveLength(sent);
    const waiting = await scene.sql(`SELECT command_id FROM agent_commands WHERE status = 'pending'`);
    const log = scene.log.slice(before);
    const said = log.filter((line) => line.startsWith('Waiting: command '));
    expect(said).toHaveLength(waiting.length);
    for (const { command_id: id } of waiting)
      expect(said).toContainEqual(
        expect.stringMatching(`^Waiting: command ${String(id)} for EQ_\\d+ \\(advisory \\(EQ_\\*\\) by anna: stop\\)$`),
      );
    expect(log).toContain('No pending command is sent now');
    await scene.sql('DELETE FROM agent_controls');
    await scene.cycle();
    expect(new Set(scene.plant.writes().map((write) => write.commandId)).size).toBe(12);
    expect(scene.plant.writes()).toHaveLength(12);
  });

  test.each(['advisory', 'out_of_service'])('an order of %s that came while the cycle was detecting is respected', async (kind) => {
    await approved('EQ', MEDIUM);
    const source = changed(scene.source, {
      detect: async (request) => {
        const found = await scene.source.detect(request);
        await scene.sql(
          `INSERT INTO agent_controls (control_id, kind, scope, "by", reason, since) VALUES ('x', '${kind}', 'EQ', 'anna', 'stop', CURRENT_TIMESTAMP)`,
        );
        return found;
      },
    });
    await scene.cycle({ ports: { source } });
    expect(scene.plant.writes()).toEqual([]);
  });

  test('an approval that came to its end, before it was judged or afterwards', async () => {
    await recommended('LATE', MEDIUM);
    await setBy('created_timestamp = CURRENT_TIMESTAMP - INTERVAL 1 HOUR', 'LATE');
    await scene.approve('LATE', { approved_timestamp: 'CURRENT_TIMESTAMP - INTERVAL 16 MINUTES' });
    expect(await scene.cycle()).toMatchObject({ recommendations: { expired: 1 } });
    await approved('HALF', HIGH);
    const plant = plantWith(scene.plant, {
      write: (request) =>
        request.tag === throughput('HALF') ? scene.plant.write(request) : Promise.resolve({ kind: 'not_sent', reason: 'no connection' }),
    });
    await scene.cycle({ ports: { plant } });
    await setBy('expires_timestamp = CURRENT_TIMESTAMP - INTERVAL 1 SECOND', 'HALF');
    await scene.cycle();
    expect(await scene.commands('HALF')).toMatchObject([{ status: 'executed' }, { status: 'cancelled', failure_code: 'approval_expired' }]);
    expect(await scene.row('HALF')).toMatchObject({ status: 'failed', may_have_written: 1 });
    expect(writesOf('LATE')).toEqual([]);
    expect(writesOf('HALF')).toHaveLength(1);
  });

  test('a condition that cleared, before the start and between two steps', async () => {
    await approved('EARLY', MEDIUM);
    await scene.reading('EARLY', NORMAL);
    await approved('HALF', HIGH);
    const plant = plantWith(scene.plant, {
      write: (request) =>
        request.tag === throughput('HALF') ? scene.plant.write(request) : Promise.resolve({ kind: 'not_sent', reason: 'no connection' }),
    });
    await scene.cycle({ ports: { plant } });
    await scene.reading('HALF', NORMAL);
    await scene.cycle();
    expect(await scene.row('EARLY')).toMatchObject({ status: 'cancelled' });
    expect(writesOf('EARLY')).toEqual([]);
    expect(await scene.commands('HALF')).toMatchObject([
      { status: 'executed' },
      { status: 'cancelled', failure_code: 'condition_cleared' },
    ]);
  });

  test('readings that are too old to show that the condition holds', async () => {
    await scene.reading('EQ', MEDIUM, 290);
    await scene.cycle();
    await scene.approve('EQ');
    await scene.sql(`UPDATE sensor_data SET timestamp = CURRENT_TIMESTAMP - INTERVAL 310 SECONDS`);
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'approved', guarded_status: 'approved' });
    expect(scene.plant.writes()).toEqual([]);
  });

  test('an approval that its operator takes back while the cycle is at work', async () => {
    await approved('EQ', MEDIUM);
    const store = changed(scene.store, {
      appendEvents: async (...appended) => {
        const all = await scene.store.appendEvents(...appended);
        await setBy(`status = 'rejected', rejected_by_operator = 'anna'`, 'EQ');
        return all;
      },
    });
    await scene.cycle({ ports: { store } });
    expect(scene.plant.writes()).toEqual([]);
    expect(await scene.commands('EQ')).toEqual([]);
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'rejected', guarded_status: 'rejected' });
  });
});

describe('a row that somebody else wrote', () => {
  test('as a command without a recommendation is refused', async () => {
    await recommended('EQ', MEDIUM);
    await forge({});
    expect(await scene.cycle()).toMatchObject({ commands: { refused: 1, executed: 0 } });
    expect(await scene.commands('EQ')).toMatchObject([{ status: 'failed', failure_code: 'no_valid_approval' }]);
    expect(await scene.events('forged')).toEqual(['refused']);
    expect(scene.plant.writes()).toEqual([]);
  });

  test.each(['pending', 'executed'])('as a %s command with the id that an approval will make is refused', async (status) => {
    const id = await recommended('EQ', MEDIUM);
    await forge({ command_id: `'${commandIdOf(id, 1)}'`, recommendation_id: `'${id}'`, status: `'${status}'` });
    await scene.cycle();
    await scene.approve('EQ');
    await scene.cycle();
    await scene.cycle();
    expect(scene.plant.writes()).toEqual([]);
    expect(await scene.row('EQ')).toMatchObject({ status: 'failed' });
  });

  test.each([`new_value = '10'`, `tag_path = '[default]OTHER/ThroughputSetpoint'`, `severity = 'low'`, `direction = 'any'`])(
    'as an edit of a claimed command (%s) is refused',
    async (edit) => {
      const id = await approved('EQ', MEDIUM);
      const store = changed(scene.store, {
        claimCommands: async (lease, claim) => {
          await scene.store.claimCommands(lease, claim);
          await scene.sql(`UPDATE agent_commands SET ${edit}`);
        },
      });
      expect(await scene.cycle({ ports: { store } })).toMatchObject({ commands: { refused: 1, executed: 0 } });
      expect(await scene.sql('SELECT status, failure_code FROM agent_commands')).toMatchObject([
        { status: 'failed', failure_code: 'ticket_mismatch' },
      ]);
      expect(await scene.events(commandIdOf(id, 1))).toContain('refused');
      expect(scene.plant.writes()).toEqual([]);
    },
  );

  test('as a third step of an approved sequence, or an edit of one that waits, is refused', async () => {
    const id = await approved('EQ', HIGH);
    const plant = plantWith(scene.plant, { write: () => Promise.resolve({ kind: 'not_sent', reason: 'no connection' }) });
    await scene.cycle({ ports: { plant } });
    await forge({ recommendation_id: `'${id}'`, sequence: '3' });
    await scene.sql(`UPDATE agent_commands SET new_value = '10' WHERE sequence = 1`);
    expect(await scene.cycle()).toMatchObject({ commands: { refused: 2, executed: 0 } });
    expect(await scene.row('EQ')).toMatchObject({ status: 'failed' });
    expect(scene.plant.writes()).toEqual([]);
  });

  test('as a recommendation that calls itself approved is ended, and commands beside it are refused', async () => {
    await scene.reading('EQ', MEDIUM);
    await scene.sql(`INSERT INTO agent_recommendations (recommendation_id, equipment_id, issue_type, severity, recommended_action, confidence_score,
      status, guarded_status, created_timestamp, issue_family, approved_by_operator, approved_timestamp, expires_timestamp)
      VALUES ('own', 'EQ', 'x', 'medium', 'x', 1, 'approved', 'approved', CURRENT_TIMESTAMP, 'temperature', 'mallory', CURRENT_TIMESTAMP,
      CURRENT_TIMESTAMP + INTERVAL 1 HOUR)`);
    await forge({ recommendation_id: `'own'` });
    await scene.cycle();
    await scene.cycle();
    const own = theOnly(await scene.sql(`SELECT * FROM agent_recommendations WHERE recommendation_id = 'own'`), 'own');
    expect(own).toMatchObject({ status: 'cancelled' });
    expect(await scene.events('own')).toContain('refused_foreign');
    expect(scene.plant.writes()).toEqual([]);
  });

  test.each([
    { what: 'status and guard set to approved', sql: `status = 'approved', guarded_status = 'approved'` },
    { what: 'status set to executing', sql: `status = 'executing'` },
    { what: 'status set to executed', sql: `status = 'executed'` },
    { what: 'a status that is none', sql: `status = 'done'` },
  ])('as $what is restored to pending, and nothing is written', async ({ sql }) => {
    const id = await recommended('EQ', MEDIUM);
    await setBy(
      `${sql}, approved_by_operator = 'mallory', approved_timestamp = CURRENT_TIMESTAMP, expires_timestamp = '2999-01-01 00:00:00.000'`,
      'EQ',
    );
    await scene.cycle();
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'pending', guarded_status: 'pending', approved_by_operator: null });
    expect(await scene.events(id)).toContain('restored');
    expect(scene.plant.writes()).toEqual([]);
  });

  test('as status and guard set to executing fails, because nobody approved it', async () => {
    await recommended('EQ', MEDIUM);
    await setBy(`status = 'executing', guarded_status = 'executing', expires_timestamp = '2999-01-01 00:00:00.000'`, 'EQ');
    await scene.cycle();
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'failed' });
    expect(scene.plant.writes()).toEqual([]);
  });

  test('as edited actions is restored, and the operator is asked again', async () => {
    await recommended('EQ', MEDIUM);
    const { actions } = await scene.row('EQ');
    await scene.approve('EQ', { actions: `REPLACE(actions, '90', '10')` });
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'pending', actions });
    expect(scene.plant.writes()).toEqual([]);
  });
});

describe('an approval', () => {
  test.each([
    { why: 'no operator', columns: { approved_by_operator: 'NULL' } },
    { why: 'an empty operator', columns: { approved_by_operator: `'  '` } },
    { why: 'the agent as operator', columns: { approved_by_operator: `'ops_agent_001'` } },
    { why: 'no time', columns: { approved_timestamp: 'NULL' } },
    { why: 'a time that is none', columns: { approved_timestamp: `'soon'` } },
    { why: 'a time before the recommendation', columns: { approved_timestamp: 'CURRENT_TIMESTAMP - INTERVAL 1 HOUR' } },
    { why: 'a time in the future', columns: { approved_timestamp: 'CURRENT_TIMESTAMP + INTERVAL 1 MINUTE' } },
  ])('with $why goes back to pending with the reason', async ({ columns }) => {
    const id = await recommended('EQ', MEDIUM);
    await scene.approve('EQ', columns);
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ status: 'pending', approved_by_operator: null, approved_timestamp: null });
    const [refused] = await scene.sql(`SELECT reason FROM agent_events WHERE subject_id = '${id}' AND event = 'refused'`);
    expect(String(refused?.['reason'])).toMatch(/^the a/);
    expect(scene.plant.writes()).toEqual([]);
  });

  test('by plain SQL just after an escalation was of what the screen showed before', async () => {
    const id = await recommended('EQ', MEDIUM);
    await scene.reading('EQ', CRITICAL);
    await scene.cycle();
    await scene.approve('EQ');
    await scene.cycle();
    expect(await scene.row('EQ')).toMatchObject({ recommendation_id: id, status: 'pending', severity: 'critical' });
    expect(await scene.events(id)).toEqual(['created', 'escalated', 'refused']);
    expect(scene.plant.writes()).toEqual([]);
  });

  test('of something that got worse before it was carried out is cancelled, and a successor asks anew', async () => {
    await scene.sql(
      `INSERT INTO agent_controls (control_id, kind, scope, "by", reason, since) VALUES ('advisory:all', 'advisory', 'all', 'anna', 'x', CURRENT_TIMESTAMP)`,
    );
    const accepted = await approved('ACCEPTED', MEDIUM);
    await scene.cycle();
    const fresh = await approved('FRESH', MEDIUM);
    await scene.sql('DELETE FROM agent_controls');
    for (const equipmentId of ['ACCEPTED', 'FRESH']) await scene.reading(equipmentId, CRITICAL);
    await scene.cycle();
    for (const [equipmentId, id] of [
      ['ACCEPTED', accepted],
      ['FRESH', fresh],
    ] as const) {
      expect(await scene.rows(equipmentId)).toMatchObject([
        { recommendation_id: id, status: 'cancelled' },
        { status: 'pending', severity: 'critical', predecessor_id: id },
      ]);
      expect(writesOf(equipmentId)).toEqual([]);
    }
  });

  test('that is refused keeps the family quiet for the hold time, unless it gets worse', async () => {
    const id = await recommended('EQ', MEDIUM);
    await setBy(`status = 'rejected', rejected_by_operator = 'anna', rejection_reason = 'known'`, 'EQ');
    await scene.cycle();
    await scene.reading('EQ', MEDIUM + 1);
    await scene.cycle();
    expect(await scene.rows('EQ')).toMatchObject([{ status: 'rejected', guarded_status: 'rejected' }]);
    await scene.reading('EQ', HIGH);
    await scene.cycle();
    expect(await scene.rows('EQ')).toMatchObject([{ recommendation_id: id }, { status: 'pending', severity: 'high', predecessor_id: id }]);
  });
});

test('a backlog of days is read in slices: ended episodes are recorded in order, what is on now is pending at once', async () => {
  await begin();
  const HOUR = 3600;
  await scene.cycle();
  await scene.sql(`UPDATE agent_health SET watermark_timestamp = CURRENT_TIMESTAMP - INTERVAL 30 HOURS`);
  for (const [temperature, hoursAgo] of [
    [NORMAL, 29.9],
    [MEDIUM, 29],
    [NORMAL, 28.9],
    [CRITICAL, 20],
    [NORMAL, 19.9],
    [HIGH, 3],
    [HIGH, 2.5],
    [NORMAL, 0.5],
  ] as const)
    await scene.reading('PAST', temperature, hoursAgo * HOUR);
  await scene.reading('PAST', NORMAL);
  await scene.reading('LIVE', HIGH);
  await scene.cycle();
  expect(await scene.row('LIVE')).toMatchObject({ status: 'pending', severity: 'high' });
  const newest = theOnly(await scene.sql('SELECT MAX(timestamp) AS at FROM sensor_data'), 'newest')['at'];
  let cycles = 1;
  while ((await watermark()) !== newest && cycles < 20) {
    await scene.cycle();
    cycles += 1;
  }
  expect(await watermark()).toBe(newest);
  const past = await scene.rows('PAST');
  expect(past.map((row) => [row['status'], row['peak_value'], row['predecessor_id']])).toEqual([
    ['withdrawn', MEDIUM, null],
    ['withdrawn', CRITICAL, past[0]?.['recommendation_id']],
    ['withdrawn', HIGH, past[1]?.['recommendation_id']],
  ]);
  expect(await scene.rows('LIVE')).toHaveLength(1);
});

test.each(["x'00'", "x''", "x'70656E64696E67'"])(
  'a status that is the bytes %s is put back once, and a row by hand that has it is left alone',
  async (bytes) => {
    const id = await recommended('R1', HIGH);
    await scene.sql(`INSERT INTO agent_recommendations (recommendation_id, equipment_id, issue_type, issue_family, severity, recommended_action, confidence_score,
    status, created_timestamp) VALUES ('by-hand', 'R9', 'odd', 'temperature', 'high', 'look', 1, ${bytes}, CURRENT_TIMESTAMP)`);
    await setBy(`status = ${bytes}`, 'R1');
    for (let cycle = 0; cycle < 3; cycle += 1) await scene.cycle();
    expect(await scene.events(id)).toEqual(['created', 'restored']);
    expect(await scene.row('R1')).toMatchObject({ status: 'pending' });
    expect(await scene.events('by-hand')).toEqual([]);
  },
);
