import { afterEach, expect, test } from '@jest/globals';
import type { CycleReport } from '../../src/cycle/report.ts';
import { signingOf } from '../../src/domain/row-signatures.ts';
import { openStore } from '../../src/store/open-store.ts';
import { MAX_RECOMMENDATIONS_PER_CYCLE, MAX_WORK_ORDERS_PER_CYCLE } from '../../src/domain/policy.ts';
import { OPEN_TEMPERATURE_C, openRecommendations } from '../support/open-recommendations.ts';
import { changed, newScene, type Scene, timeText } from '../support/scenario.ts';

const IDLE = 4;
/** Where a cycle has all of it to do at once. */
const MOST_BUSY = 14;
const TIMEOUT_MS = 120_000;

let scene: Scene | undefined;
afterEach(() => scene?.close());

/** Hot readings of now, of equipment EQ_1 to EQ_n. */
async function hotReadings(at: Scene, count: number, temperatureC: number): Promise<void> {
  await at.sql(`INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp, recorded_by)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    SELECT 'T', 'EQ_' || i, ${temperatureC}, 95, 48, 'good', '${timeText(Date.now())}', 'test' FROM n`);
}

/** Readings of bad quality of other equipment. */
async function brokenSensors(at: Scene, count: number): Promise<void> {
  await at.sql(`INSERT INTO sensor_data (equipment_id, temperature, sensor_status, timestamp)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    SELECT 'BROKEN_' || i, 70, 'bad', '${timeText(Date.now())}' FROM n`);
}

/** A store in which `count` recommendations are open. */
async function withOpen(count: number): Promise<Scene> {
  const made = await newScene({ 'source.maxAgeSeconds': 3600, 'policy.approvalTtlSeconds': 3600, 'policy.maxWritesPerMinute': 10_000 });
  await openRecommendations(made.store, made.settings, count);
  await hotReadings(made, count, OPEN_TEMPERATURE_C);
  return made;
}

async function approveAll(at: Scene, condition = 'true'): Promise<void> {
  await at.sql(`UPDATE agent_recommendations SET status = 'approved', approved_by_operator = 'anna', approved_timestamp = CURRENT_TIMESTAMP
    WHERE status = 'pending' AND ${condition}`);
}

const counted = async (at: Scene, condition: string) =>
  Number((await at.sql(`SELECT COUNT(*) AS n FROM agent_recommendations WHERE ${condition}`))[0]?.['n']);

/** A cycle, with how many recommendations it changed. */
async function cycleCounting(at: Scene): Promise<{ readonly report: CycleReport; readonly changes: number }> {
  const ids = new Set<string>();
  const store = changed(at.store, {
    saveRecommendations: (lease, changes) => {
      for (const change of changes) ids.add(change.recommendationId);
      return at.store.saveRecommendations(lease, changes);
    },
  });
  return { report: await at.cycle({ ports: { store } }), changes: ids.size };
}

test('an idle cycle has four statements, whether nothing is there or 500 recommendations are open', async () => {
  scene = await newScene();
  expect((await scene.cycle()).statements).toBe(IDLE);
  await scene.close();
  scene = await withOpen(500);
  await scene.cycle();
  expect((await scene.cycle()).statements).toBe(IDLE);
});

/** The scene's store as it is opened by whoever has no key. */
async function withoutKey<T>(at: Scene, use: (store: Scene['store']) => Promise<T>): Promise<T> {
  const { store, source } = await openStore({ ...at.settings, signingKeys: [] }, { create: false });
  try {
    return await use(store);
  } finally {
    await source.close();
    await store.close();
  }
}

test('an idle cycle without a key has four as well, and warns where the audit is signed', async () => {
  const lacks = 'OPS_AGENT_SIGNING_KEY holds no key, and this store';
  const made = await newScene({}, { env: { OPS_AGENT_SIGNING_KEY: `a:${'1'.repeat(32)}` } });
  scene = made;
  await made.reading('R1', 87);
  await made.cycle();
  expect(made.log.join('\n')).not.toContain('SIGNING_KEY');
  await withoutKey(made, async (store) => {
    const before = store.statements;
    expect(signingOf(await store.readSigning(made.settings.agentId))).toBe('signed');
    expect(store.statements - before).toBe(1);
    expect((await made.cycle({ ports: { store } })).statements).toBe(IDLE);
    expect(made.log.filter((line) => line.startsWith(lacks))).toHaveLength(1);
    await made.reading('R2', 87);
    await made.cycle({ ports: { store } });
    expect(signingOf(await store.readSigning(made.settings.agentId))).toBe('stopped');
  });
});

test.each([
  ['no signature', 'NULL'],
  ['an empty signature', "''"],
])('rows with %s are no signed audit, and nobody hears of keys', async (_what, signature) => {
  scene = await newScene();
  await scene.reading('R1', 87);
  await scene.cycle();
  await scene.sql(`INSERT INTO agent_events (event_id, at, ordinal, agent_id, run_id, actor, subject_type, subject_id, event, chain_seq, signature)
    SELECT 'empty', at, 0, agent_id, 'r', agent_id, 'agent', agent_id, 'noted', chain_seq + 1, ${signature} FROM agent_events ORDER BY chain_seq DESC LIMIT 1`);
  await scene.cycle();
  expect(scene.log.join('\n')).not.toContain('SIGNING_KEY');
  expect(signingOf(await scene.store.readSigning(scene.settings.agentId))).toBe('none');
});

test(
  'a busy cycle has as many statements at 1 as at 500 and 5,000 recommendations, open and approved',
  async () => {
    const found: number[] = [];
    for (const count of [1, 500, 5000]) {
      const busy = await withOpen(count);
      scene = busy;
      expect(await counted(busy, `status = 'pending'`)).toBe(count);
      await busy.sql(`INSERT INTO operator_sessions (session_id, operator_id, login_timestamp) VALUES ('s1', 'Anna', CURRENT_TIMESTAMP)`);
      await approveAll(busy, count === 1 ? 'true' : 'rowid % 2 = 0');
      await busy.reading('NEW', 97);
      await brokenSensors(busy, count);
      const { report, changes } = await cycleCounting(busy);
      expect(report).toMatchObject({
        outcome: 'completed',
        recommendations: { created: 1 },
        commands: { failed: 0, unknown: 0 },
        workOrders: { opened: Math.min(count, MAX_WORK_ORDERS_PER_CYCLE) },
      });
      expect(report.commands.executed).toBe(Math.min(Math.ceil(count / 2), 100));
      expect(changes).toBeLessThanOrEqual(MAX_RECOMMENDATIONS_PER_CYCLE);
      found.push(report.statements);
      await busy.cycle({ ports: { plant: changed(busy.plant, { acts: false }) } });
      const [session] = await busy.sql('SELECT approved_recommendations AS n FROM operator_sessions');
      expect(session?.['n']).toBe(await counted(busy, `guarded_status IN ('approved', 'executing', 'executed')`));
      await busy.close();
    }
    scene = undefined;
    expect(new Set(found).size).toBe(1);
    expect(found[0]).toBeLessThanOrEqual(MOST_BUSY);
  },
  TIMEOUT_MS,
);

test('as many sensors as break at once have one order each, within a few cycles', async () => {
  const count = MAX_WORK_ORDERS_PER_CYCLE + 20;
  scene = await newScene();
  await brokenSensors(scene, count);
  const opened = [(await scene.cycle()).workOrders.opened, (await scene.cycle()).workOrders.opened];
  expect(opened).toEqual([MAX_WORK_ORDERS_PER_CYCLE, 20]);
  expect(await scene.sql('SELECT COUNT(*) AS n, COUNT(DISTINCT equipment_id) AS m FROM work_orders')).toEqual([{ n: count, m: count }]);
  expect(await scene.cycle()).toMatchObject({ statements: IDLE, workOrders: { opened: 0, closed: 0 } });
});

test(
  'what is beyond the caps waits its turn, the worst first, and later cycles do it',
  async () => {
    const count = 620;
    scene = await withOpen(count);
    await scene.reading('WORST', 97);
    await scene.cycle();
    await approveAll(scene);
    const executed: number[] = [];
    while ((await counted(scene, `status IN ('approved', 'executing')`)) > 0 && executed.length < 12) {
      const { report, changes } = await cycleCounting(scene);
      expect(report.errors).toEqual([]);
      expect(changes).toBeLessThanOrEqual(MAX_RECOMMENDATIONS_PER_CYCLE);
      executed.push(report.commands.executed);
    }
    expect(executed).toEqual([100, 100, 100, 100, 100, 100, 21]);
    const [{ tag: firstTag } = { tag: '' }] = scene.plant.writes();
    expect(firstTag).toContain('WORST');
    const sent = scene.plant.writes().map((write) => write.commandId);
    expect(sent).toHaveLength(count + 1);
    expect(new Set(sent).size).toBe(count + 1);
    expect(await counted(scene, `status = 'executed'`)).toBe(count + 1);
  },
  TIMEOUT_MS,
);
