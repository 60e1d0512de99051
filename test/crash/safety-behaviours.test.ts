import { afterEach, describe, expect, test } from '@jest/globals';
import type { Settings } from '../../src/config/settings.ts';
import { SIMULATOR_TAGS } from '../../src/domain/default-rules.ts';
import { AgentError } from '../../src/domain/errors.ts';
import { actingOn } from '../support/acting-on.ts';
import { changed, type Flags, newScene, plantWith, type Scene, timeText } from '../support/scenario.ts';

/** Reduces the throughput to 50, in one command. */
const CRITICAL = 97;

let scene: Scene;
afterEach(() => scene.close());

const begin = async (flags: Flags = {}, replaced: Partial<Pick<Settings, 'rules' | 'tags'>> = {}) => {
  scene = await newScene(flags, replaced);
};

/** What the plant received for the agent, whether it acted on it or not. */
const writes = () => scene.plant.writes().filter(({ commandId }) => commandId !== 'operator');
const status = async (equipmentId = 'R1') => (await scene.row(equipmentId))['status'];
const throughput = (equipmentId = 'R1') => `[default]${equipmentId}/ThroughputSetpoint`;

async function recommended(equipmentId = 'R1'): Promise<string> {
  await scene.reading(equipmentId, CRITICAL);
  await scene.cycle();
  return String((await scene.row(equipmentId))['recommendation_id']);
}

async function approved(equipmentId = 'R1'): Promise<string> {
  const id = await recommended(equipmentId);
  await scene.approve(equipmentId);
  return id;
}

const full = () => Promise.reject(new AgentError('store_unavailable', 'the audit is full'));

async function turnedTo(value: number): Promise<void> {
  await scene.plant.write({ commandId: 'operator', tag: throughput(), value, notAfter: Date.now() + 1000, signature: null });
}

async function cycles(count: number): Promise<void> {
  for (let cycle = 0; cycle < count; cycle += 1) {
    await scene.reading('R1', CRITICAL);
    await scene.cycle();
  }
}

describe('what a supervised control agent must do to be trusted', () => {
  test('1. without a valid approval there is not one write, on any path', async () => {
    await begin();
    const id = await recommended();
    await scene.sql(`INSERT INTO agent_commands (command_id, recommendation_id, equipment_id, tag_path, new_value, status, sequence)
VALUES ('forged', '${id}', 'R1', '${throughput()}', '10', 'pending', 1)`);
    await scene.sql(`UPDATE agent_recommendations SET status = 'executing', guarded_status = 'executing'`);
    await cycles(3);
    expect(writes()).toHaveLength(0);
    expect((await scene.commands('R1')).map((command) => command['status'])).toContain('failed');
  });

  test('2. an approval binds to what was approved, and an edit voids it', async () => {
    await begin();
    const id = await approved();
    await scene.sql(`UPDATE agent_recommendations SET actions = replace(actions, '50', '5') WHERE recommendation_id = '${id}'`);
    await cycles(2);
    expect(writes()).toHaveLength(0);
    expect(await status()).toBe('pending');
    expect(await scene.events(id)).toContain('refused');
  });

  test('3. an approval expires: a timeout is a no', async () => {
    await begin({ 'policy.approvalTtlSeconds': 1 });
    await approved();
    scene.plant.setFailure('no_answer');
    await scene.reading('R1', CRITICAL);
    await scene.cycle();
    const { expires_timestamp: ends } = await scene.row('R1');
    while (Date.now() <= Date.parse(String(ends))) await new Promise((resolve) => setTimeout(resolve, 50));
    scene.plant.setFailure(null);
    await scene.cycle();
    expect(writes()).toHaveLength(0);
    expect((await scene.rows('R1'))[0]).toMatchObject({ status: 'expired' });
  });

  test('4. tags are denied unless they are listed, and only absolute paths of plain ids are built', async () => {
    await begin({}, { tags: { allow: [], deny: [] } });
    await approved();
    await scene.reading('../Safety', CRITICAL);
    await cycles(2);
    expect(writes()).toHaveLength(0);
    expect(await scene.rows('../Safety')).toEqual([]);
    expect(await scene.commands('R1')).toEqual([]);
  });

  test('5. a value outside minimum, maximum or largest step is refused, and never clamped', async () => {
    const [setpoint, ...others] = SIMULATOR_TAGS;
    if (!setpoint) throw new Error('the simulator has a setpoint');
    for (const limits of [{ min: 60 }, { max: 40 }, { maxStep: 20 }]) {
      await begin({}, { tags: { allow: [{ ...setpoint, ...limits }, ...others], deny: [] } });
      await approved();
      await cycles(2);
      expect(writes()).toHaveLength(0);
      expect(await scene.commands('R1')).toEqual([]);
      if (limits.maxStep === undefined) await scene.close();
    }
  });

  test('6. before a write the condition still holds, and a decrease never raises', async () => {
    await begin();
    await approved();
    await scene.reading('R1', 70);
    await scene.cycle();
    expect(writes()).toHaveLength(0);
    expect(await status()).toBe('cancelled');
    await turnedTo(40);
    await approved();
    await cycles(2);
    expect(writes()).toHaveLength(0);
    expect((await scene.plant.read([throughput()]))[0]?.value).toBe(40);
  });

  test('7. a command whose outcome is unknown is resolved by reading back, never by writing again', async () => {
    await begin();
    await approved();
    const lossy = plantWith(scene.plant, {
      write: async (request) => {
        await scene.plant.write(request);
        scene.plant.setFailure('no_answer');
        return { kind: 'ambiguous', reason: 'the line went dead' };
      },
    });
    await scene.reading('R1', CRITICAL);
    await scene.cycle({ ports: { plant: lossy } });
    expect((await scene.commands('R1'))[0]).toMatchObject({ status: 'unknown' });
    scene.plant.setFailure(null);
    await scene.sql(`UPDATE agent_commands SET not_after = CURRENT_TIMESTAMP - INTERVAL 1 HOUR`);
    await cycles(2);
    expect(writes()).toHaveLength(1);
    expect((await scene.commands('R1'))[0]).toMatchObject({ status: 'executed' });
  });

  test('8. what is read back must be what was written', async () => {
    await begin();
    await approved();
    scene.plant.setFailure('lying');
    await cycles(2);
    expect(writes()).toHaveLength(1);
    expect((await scene.commands('R1'))[0]).toMatchObject({ status: 'failed', failure_code: 'read_back_mismatch' });
  });

  test('9. the outcome is recorded, and the next step proposed and not forced', async () => {
    await begin({ 'policy.settlingSeconds': 0 });
    const id = await approved();
    await scene.cycle();
    expect(writes()).toHaveLength(1);
    await cycles(3);
    expect((await scene.rows('R1'))[0]).toMatchObject({ recommendation_id: id, status: 'executed', outcome: 'ineffective' });
    expect(await scene.row('R1')).toMatchObject({ status: 'pending', follows_recommendation_id: id });
    expect(writes()).toHaveLength(1);
  });

  test('10. if the audit cannot be written, nothing is', async () => {
    await begin();
    await approved();
    await scene.reading('R1', CRITICAL);
    await scene.cycle({ ports: { store: changed(scene.store, { appendEvents: full }) } });
    expect(writes()).toHaveLength(0);
    await scene.cycle();
    const [sent] = await scene.sql(`SELECT MIN(at) AS at FROM agent_events WHERE event = 'dispatching'`);
    expect(writes().map(({ at }) => at >= Date.parse(String(sent?.['at'])))).toEqual([true]);
  });

  test('11. critical actions can require two people, of whom the agent is none', async () => {
    await begin({ 'policy.fourEyes': true });
    const id = await approved();
    await scene.cycle();
    for (const name of [`'Anna '`, `'ops_agent_001'`]) {
      await scene.approve('R1', { approved_by_operator: name });
      await scene.cycle();
    }
    expect(writes()).toHaveLength(0);
    expect(await status()).toBe('awaiting_second');
    await scene.approve('R1', { approved_by_operator: `'jane'` });
    await scene.reading('R1', CRITICAL);
    await scene.cycle();
    expect(writes()).toHaveLength(1);
    expect(await scene.events(id)).toContain('first_approved');
  });

  test('12. the kill switch stops every dispatch; recommendations and the heartbeat go on', async () => {
    await begin();
    await approved();
    await scene.sql(`INSERT INTO agent_controls VALUES ('k', 'advisory', 'all', 'anna', 'restart', '${timeText(Date.now())}', NULL)`);
    await cycles(2);
    expect([await status(), await scene.commands('R1')]).toEqual(['approved', []]);
    expect(await recommended('R2')).not.toBe('undefined');
    expect(writes()).toHaveLength(0);
    const [health] = await scene.sql('SELECT status, polls_completed FROM agent_health');
    expect(health).toMatchObject({ status: 'online', polls_completed: 4 });
    await scene.sql('DELETE FROM agent_controls');
    await cycles(1);
    expect(writes()).toHaveLength(1);
  });

  test('13. dispatches are limited, and an equipment has one command outstanding', async () => {
    await begin({ 'policy.maxDispatchPerCycle': 1 });
    for (const equipmentId of ['R1', 'R2', 'R3']) await recommended(equipmentId);
    for (const equipmentId of ['R1', 'R2', 'R3']) await scene.approve(equipmentId);
    const counts = [writes().length];
    for (let cycle = 0; cycle < 4; cycle += 1) {
      for (const equipmentId of ['R1', 'R2', 'R3']) await scene.reading(equipmentId, CRITICAL);
      await scene.cycle();
      counts.push(writes().length);
      expect(await scene.sql('SELECT 1 FROM agent_commands')).toHaveLength(Math.min(cycle + 1, 3));
    }
    expect(counts.slice(1).every((count, index) => count - (counts[index] ?? 0) <= 1)).toBe(true);
    expect(new Set(writes().map(({ commandId }) => commandId)).size).toBe(3);
    expect(writes()).toHaveLength(3);
  });

  test('14. bad, stale or frozen data gives no control action, and a bad sensor a work order', async () => {
    await begin({ 'sensorFaults.stuck.seconds': 20, 'sensorFaults.stuck.minReadings': 3 });
    await scene.sql(`INSERT INTO sensor_data (equipment_id, temperature, sensor_status, timestamp)
VALUES ('BAD', 97, 'bad', '${timeText(Date.now())}'), ('BAD', 97, 'bad', '${timeText(Date.now() - 1000)}')`);
    await approved();
    await scene.sql(`UPDATE sensor_data SET timestamp = '${timeText(Date.now() - 400_000)}' WHERE equipment_id = 'R1'`);
    await approved('FROZEN');
    for (const ageSeconds of [19, 15, 10, 5, 0]) await scene.reading('FROZEN', CRITICAL, ageSeconds);
    await scene.cycle();
    await scene.cycle();
    expect(writes()).toHaveLength(0);
    expect([await status(), await scene.commands('R1')]).toEqual(['approved', []]);
    expect(await scene.rows('BAD')).toEqual([]);
    expect([await status('FROZEN'), await scene.commands('FROZEN')]).toEqual(['cancelled', []]);
    const orders = `SELECT DISTINCT equipment_id, fault, status FROM work_orders ORDER BY equipment_id`;
    expect(await scene.sql(orders)).toMatchObject([
      { equipment_id: 'BAD', status: 'open' },
      { equipment_id: 'FROZEN', fault: 'stuck', status: 'open' },
    ]);
  });

  test('15. tags of safety systems cannot be addressed, although a rule names them and a list allows them', async () => {
    for (const tag of ['EmergencyStop', 'SafetyValve', 'SIS/Trip', 'InterlockBypass']) {
      const path = `[default]{id}/${tag}`;
      const allow = [{ path, min: 0, max: 100, type: 'number', unit: '%', direction: 'any' } as const];
      await begin({}, { rules: actingOn(`[default]{equipment_id}/${tag}`), tags: { allow, deny: [] } });
      await approved();
      await cycles(2);
      expect(writes()).toHaveLength(0);
      expect(await scene.commands('R1')).toEqual([]);
      if (tag !== 'InterlockBypass') await scene.close();
    }
  });
});
