import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AgentError } from '../../src/domain/errors.ts';
import type { Store } from '../../src/ports/store.ts';
import { judgeHealth } from '../../src/domain/health.ts';
import { openSqlite } from '../../src/sqlite/sqlite-library.ts';
import { changed, insertReading, newScene, plantWith, type Scene } from '../support/scenario.ts';
import { storeFile } from '../support/store-file.ts';

const HIGH = 92;
const CRITICAL = 97;

let scene: Scene;
beforeEach(async () => {
  scene = await newScene();
});
afterEach(() => scene.close());

async function approved(equipmentId: string, temperatureC: number): Promise<string> {
  await scene.reading(equipmentId, temperatureC);
  await scene.cycle();
  await scene.approve(equipmentId);
  return String((await scene.row(equipmentId))['recommendation_id']);
}

describe('at the last moment before a write', () => {
  test('an order that came while the plant was slow to say its value is respected', async () => {
    const id = await approved('R1', CRITICAL);
    let reads = 0;
    let clock = 0;
    const slow = plantWith(scene.plant, {
      read: async (tags) => {
        reads += 1;
        // The first read serves the approval, the second the dispatch: there the operator pulls the switch.
        if (reads === 2) {
          await scene.sql(`INSERT INTO agent_controls (control_id, kind, scope, "by", reason, since)
            VALUES ('advisory:all', 'advisory', 'all', 'anna', 'stop', CURRENT_TIMESTAMP)`);
          clock += 5000;
        }
        return scene.plant.read(tags);
      },
    });
    const report = await scene.cycle({ ports: { plant: slow, monotonic: () => performance.now() + clock } });
    expect(reads).toBe(2);
    expect(scene.plant.writes()).toEqual([]);
    expect(report.commands.executed).toBe(0);
    expect(await scene.commands('R1')).toMatchObject([{ recommendation_id: id, status: 'pending' }]);
  });

  test('a lease that ran out while the plant was slow to say its value sends nothing', async () => {
    await approved('R1', CRITICAL);
    let clock = 0;
    const slow = plantWith(scene.plant, {
      read: (tags) => {
        clock += 60_000;
        return scene.plant.read(tags);
      },
    });
    await scene.cycle({ ports: { plant: slow, monotonic: () => performance.now() + clock } });
    expect(scene.plant.writes()).toEqual([]);
    expect(await scene.commands('R1')).toMatchObject([{ status: 'pending', claimed_by: null }]);
  });
});

describe('log and report', () => {
  test('say nothing of what could not be stored', async () => {
    await scene.reading('R1', CRITICAL);
    const broken = changed(scene.store, {
      saveRecommendations: () => Promise.reject(new AgentError('store_unavailable', 'the disk is full')),
    });
    const report = await scene.cycle({ ports: { store: broken } });
    expect(report).toMatchObject({ outcome: 'partial', recommendations: { created: 0 } });
    expect(scene.log.filter((line) => /CREATED|ANOMALY/.test(line))).toEqual([]);
    expect(scene.log).toContain('Processing approvals...');
    expect(await scene.rows('R1')).toEqual([]);
    // The readings are still there for the next cycle.
    expect((await scene.cycle()).recommendations.created).toBe(1);
  });
});

describe('the audit', () => {
  test('that somebody spoilt for one row costs the others nothing', async () => {
    await approved('R1', HIGH);
    const other = await approved('R2', CRITICAL);
    await scene.cycle();
    await expect(scene.sql('DELETE FROM agent_events')).rejects.toThrow(/append-only/);
    await expect(scene.sql(`UPDATE agent_events SET actor = 'x'`)).rejects.toThrow(/append-only/);
    const database = await openSqlite(storeFile(scene.settings));
    database.exec('DROP TRIGGER agent_events_unchangeable');
    database.close();
    await scene.sql(`UPDATE agent_events SET after = json_set(after, '$.decision.approved_timestamp', 'abc') WHERE event = 'approved'`);
    await scene.sql(`UPDATE agent_recommendations SET status = 'pending' WHERE equipment_id = 'R1'`);
    await scene.reading('R3', CRITICAL);
    const report = await scene.cycle();
    expect(report).toMatchObject({ outcome: 'completed', recommendations: { created: 1 } });
    expect(await scene.row('R2')).toMatchObject({ recommendation_id: other, status: 'executed' });
  });

  test('keeps both refusals of two cycles to which a scheduler gave one run id', async () => {
    const id = await approved('R1', CRITICAL);
    for (let time = 0; time < 2; time += 1) {
      await scene.approve('R1', { approved_by_operator: 'NULL' });
      await scene.cycle({ runId: 'job-1' });
    }
    expect((await scene.events(id)).filter((event) => event === 'refused')).toHaveLength(2);
  });

  test('has the tables\u2019 spelling, and times that a person can read', async () => {
    await approved('R1', CRITICAL);
    await scene.cycle();
    const [event] = await scene.sql(`SELECT after FROM agent_events WHERE event = 'approved'`);
    const { decision } = JSON.parse(String(event?.['after'])) as { decision: Record<string, unknown> }; // as auditCopy writes it
    expect(decision).toMatchObject({ approved_by_operator: 'anna', rejected_timestamp: null });
    expect(decision['approved_timestamp']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/);
  });

  test('has a time of its last change on every row that changed', async () => {
    await approved('R1', CRITICAL);
    await scene.cycle();
    const { created_timestamp: created, updated_timestamp: updated } = await scene.row('R1');
    expect(String(updated) > String(created)).toBe(true);
  });
});

describe('what somebody changed behind the back of a cycle', () => {
  test('an escalation that an operator forestalled leaves the ticket as it was, and its reading is looked at again', async () => {
    await scene.reading('R1', 87);
    await scene.cycle();
    const id = String((await scene.row('R1'))['recommendation_id']);
    await scene.reading('R1', CRITICAL);
    let deferred = false;
    const deferring = plantWith(scene.plant, {
      read: async (tags) => {
        if (!deferred) {
          deferred = true;
          await scene.sql(
            `UPDATE agent_recommendations SET status = 'deferred', defer_until = '2100-01-01' WHERE recommendation_id = '${id}'`,
          );
        }
        return scene.plant.read(tags);
      },
    });
    await scene.cycle({ ports: { plant: deferring } });
    expect(await scene.events(id)).toEqual(['created', 'escalated', 'not_applied']);
    expect(await scene.row('R1')).toMatchObject({ status: 'deferred', severity: 'medium' });
    // The watermark waited: the next cycle finds the reading again and breaks the deferral.
    await scene.cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'pending', severity: 'critical' });
  });

  test('a row that was made to name another equipment is what its ticket says again, and nothing is written for it', async () => {
    const id = await approved('R1', CRITICAL);
    await scene.sql(`UPDATE agent_recommendations SET equipment_id = 'R2' WHERE recommendation_id = '${id}'`);
    await scene.reading('R1', 70);
    await scene.reading('R2', CRITICAL);
    await scene.cycle();
    expect(scene.plant.writes()).toEqual([]);
    expect((await scene.rows('R1')).map((row) => row['recommendation_id'])).toEqual([id]);
  });

  test('a claim stamped in a far future does not keep its command open', async () => {
    await approved('R1', CRITICAL);
    await scene.cycle({
      ports: { plant: plantWith(scene.plant, { write: () => Promise.resolve({ kind: 'ambiguous', reason: 'no answer' }) }) },
    });
    await scene.sql(`UPDATE agent_commands SET not_after = '2099-01-01', claimed_timestamp = '2099-01-01'`);
    await scene.cycle();
    expect(await scene.commands('R1')).toMatchObject([{ status: 'failed', failure_code: 'not_confirmed' }]);
  });

  test('bytes in one cell cost that row and no other', async () => {
    await approved('R1', HIGH);
    await scene.sql(`UPDATE agent_recommendations SET operator_notes = x'00ff'`);
    await approved('R2', CRITICAL);
    expect(await scene.cycle()).toMatchObject({ outcome: 'completed' });
    expect(await scene.row('R2')).toMatchObject({ status: 'executed' });
  });

  test('a watermark from the future is replaced, and what came meanwhile is found', async () => {
    await scene.cycle();
    await scene.sql(`UPDATE agent_health SET watermark_timestamp = '2099-01-01', newest_reading_timestamp = '2099-01-01'`);
    await scene.reading('R1', CRITICAL, 5);
    expect((await scene.cycle()).recommendations.created).toBe(1);
    const [health] = await scene.sql('SELECT watermark_timestamp, newest_reading_timestamp FROM agent_health');
    expect(String(health?.['watermark_timestamp']) < '2090').toBe(true);
    expect(String(health?.['newest_reading_timestamp']) < '2090').toBe(true);
  });

  test('an ended recommendation is not approved again by writing that it is', async () => {
    const id = await approved('R1', CRITICAL);
    await scene.reading('R1', 70);
    await scene.cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'cancelled' });
    await scene.reading('R1', CRITICAL);
    await scene.sql(`UPDATE agent_recommendations SET status = 'approved', guarded_status = 'approved' WHERE recommendation_id = '${id}'`);
    await scene.cycle();
    expect(scene.plant.writes()).toEqual([]);
    // Its end is on record, so it has no approval: it ends again.
    expect(await scene.events(id)).toContain('expired');
    expect(await scene.sql(`SELECT status FROM agent_recommendations WHERE recommendation_id = '${id}'`)).toMatchObject([
      { status: 'expired' },
    ]);
  });

  test('an executed command that was set back to pending is refused, and not sent again', async () => {
    const id = await approved('R1', CRITICAL);
    await scene.cycle();
    expect(scene.plant.writes()).toHaveLength(1);
    await scene.plant.write({
      commandId: 'operator',
      tag: '[default]R1/ThroughputSetpoint',
      value: 100,
      notAfter: Date.now() + 1000,
      signature: null,
    });
    await scene.sql(
      `UPDATE agent_recommendations SET status = 'executing', guarded_status = 'executing' WHERE recommendation_id = '${id}'`,
    );
    await scene.sql(`UPDATE agent_commands SET status = 'pending', attempt = 0, claimed_by = NULL WHERE recommendation_id = '${id}'`);
    await scene.reading('R1', CRITICAL);
    await scene.cycle();
    await scene.cycle();
    expect(scene.plant.writes().filter(({ commandId }) => commandId !== 'operator')).toHaveLength(1);
    expect(await scene.commands('R1')).toMatchObject([{ status: 'failed', failure_code: 'replayed' }]);
  });

  test('a command that a run sent before it died is not sent again because its row says pending and unclaimed', async () => {
    await approved('R1', CRITICAL);
    const appendEvents: Store['appendEvents'] = (events, moment) =>
      scene.plant.writes().length > 0
        ? Promise.reject(new AgentError('store_unavailable', 'gone'))
        : scene.store.appendEvents(events, moment);
    await scene.cycle({ ports: { store: changed(scene.store, { appendEvents }) } });
    expect(await scene.commands('R1')).toMatchObject([{ status: 'executing' }]);
    await scene.plant.write({
      commandId: 'operator',
      tag: '[default]R1/ThroughputSetpoint',
      value: 100,
      notAfter: Date.now() + 1000,
      signature: null,
    });
    await scene.sql(`UPDATE agent_commands SET status = 'pending', claimed_by = NULL`);
    await scene.reading('R1', CRITICAL);
    await scene.cycle();
    expect(scene.plant.writes().filter(({ commandId }) => commandId !== 'operator')).toHaveLength(1);
    expect(await scene.commands('R1')).toMatchObject([{ status: 'failed', failure_code: 'replayed' }]);
  });

  test('a command whose status is no status ends with the others', async () => {
    await approved('R1', HIGH);
    const broken = changed(scene.store, { claimCommands: () => Promise.reject(new AgentError('store_unavailable', 'gone')) });
    await scene.cycle({ ports: { store: broken } });
    await scene.sql(`UPDATE agent_commands SET status = 'canceled' WHERE sequence = 2`);
    await scene.cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'failed' });
    expect(scene.plant.writes()).toEqual([]);
  });
});

describe('readings and orders as people write them', () => {
  test('a worse reading at the very second of one that is dealt with escalates', async () => {
    const at = Date.now() - 2000;
    await scene.sql(insertReading('R1', 86, at));
    await scene.cycle();
    await scene.sql(insertReading('R1', 99, at));
    expect((await scene.cycle()).recommendations.escalated).toBe(1);
    expect(await scene.row('R1')).toMatchObject({ severity: 'critical' });
    expect((await scene.cycle()).recommendations.escalated).toBe(0);
  });

  test.each([
    ['ADVISORY', 'ALL'],
    ['stop everything', 'all'],
    ['Advisory', 'r*'],
  ])('an order of kind %s for %s, written by hand, stops every dispatch that it names', async (kind, scope) => {
    await approved('R1', CRITICAL);
    await scene.sql(`INSERT INTO agent_controls (control_id, kind, scope, "by", reason, since)
      VALUES ('x', '${kind}', '${scope}', 'anna', 'stop', CURRENT_TIMESTAMP)`);
    await scene.cycle();
    expect(scene.plant.writes()).toEqual([]);
  });

  test('the smallest integer there is costs its own reading and no other', async () => {
    await scene.sql(insertReading('R1', 86, Date.now()).replace('86', '-9223372036854775808'));
    await scene.reading('R2', CRITICAL);
    const report = await scene.cycle();
    expect(report).toMatchObject({ outcome: 'completed', recommendations: { created: 1 }, readings: { rejected: 1 } });
  });
});

test('a plant that does not answer shows in health and, once, in the events, and is forgotten when it answers again', async () => {
  await approved('R1', CRITICAL);
  const silent = plantWith(scene.plant, { read: () => Promise.reject(new AgentError('plant_unavailable', 'no answer')) });
  const verdict = async () => {
    const { now, health } = await scene.store.readHealth();
    return judgeHealth(health[0], now, { maxAgeSeconds: 30, feedMaxAgeSeconds: 300 });
  };
  await scene.cycle({ ports: { plant: silent } });
  await scene.cycle({ ports: { plant: silent } });
  expect(await verdict()).toEqual({ healthy: false, reasons: ['the last cycle was not whole: approve: no answer'] });
  expect((await scene.events(scene.settings.agentId)).filter((event) => event === 'plant_silent')).toHaveLength(1);
  await scene.cycle();
  expect(await verdict()).toEqual({ healthy: true, reasons: [] });
  expect(scene.plant.writes()).toHaveLength(1);
});
