import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { queueReport } from '../../src/cli/status-report.ts';
import { judgeHealth } from '../../src/domain/health.ts';
import { type Clocked, openClocked } from '../support/clocked.ts';

const START = Date.UTC(2026, 1, 19, 10, 30);
const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const HIGH = 92;
const COOL = 70;

let at: Clocked;
beforeEach(async () => {
  at = await openClocked(START);
});
afterEach(() => at.close());

async function verdict() {
  const { now, health } = await at.store.readHealth();
  return judgeHealth(health[0], now, { maxAgeSeconds: 30, feedMaxAgeSeconds: 300 });
}

async function feedEvents(): Promise<number> {
  return (await at.sql(`SELECT event FROM agent_events WHERE event = 'feed_silent'`)).length;
}

/** A cycle whose store, and whatever stamps readings by its clock, is an hour ahead; then the clock is right again. */
async function cycleAhead(temperatureC: number | null = COOL, processId?: string): Promise<void> {
  await at.setClock(START + HOUR);
  if (temperatureC !== null) await at.reading('R1', temperatureC, START + HOUR);
  await at.cycle({ ...(processId !== undefined && { processId }) });
  await at.setClock(START + 10 * SECOND);
}

describe('after a cycle under a clock that was an hour ahead', () => {
  test('the next cycle works, and its times are its own', async () => {
    await cycleAhead();
    await at.reading('R1', COOL, START + 9 * SECOND);
    await at.cycle();
    expect(await verdict()).toEqual({ healthy: true, reasons: [] });
    const { health } = await at.store.readHealth();
    expect(health[0]).toMatchObject({ newestReadingTimestamp: START + 9 * SECOND, watermarkTimestamp: START + 9 * SECOND });
  });

  test('a run that died under it does not keep the lease', async () => {
    await at.setClock(START + HOUR);
    await at.store.takeLease({ agentId: 'agent-under-test', runId: 'dead', leaseSeconds: 120 });
    await at.setClock(START);
    await expect(at.cycle()).resolves.toMatchObject({ outcome: 'completed' });
  });

  test('an agent that runs no more is not healthy', async () => {
    await cycleAhead();
    const { healthy, reasons } = await verdict();
    expect({ healthy, said: reasons.join() }).toEqual({ healthy: false, said: expect.stringContaining('the last heartbeat') });
  });

  test('its status gives the times instead of calling them fresh', async () => {
    await cycleAhead();
    const { health } = await at.store.readHealth();
    const report = queueReport(await at.store.readFigures(), health[0], [], 300).join('\n');
    const time = '2026-02-19T11:30:00.000Z, which is still to come';
    expect(report).toContain(`Agent: online, heartbeat at ${time}, 1 poll`);
    expect(report).toContain(`Feed: newest good reading at ${time}`);
  });

  test('nor is one healthy that another process leaves behind with its promise of then', async () => {
    await cycleAhead(COOL, 'dies');
    await at.reading('R1', COOL, START + 10 * SECOND);
    await at.cycle({ processId: 'stops' });
    await at.store.markOffline('agent-under-test', 'stops');
    await at.setClock(START + 2 * MINUTE);
    expect((await verdict()).reasons.join()).toContain('the agent is offline');
  });

  test('a feed that has been silent since is not alive, and is told of once', async () => {
    await cycleAhead();
    await at.sql('DELETE FROM sensor_data');
    for (let minute = 1; minute <= 3; minute += 1) {
      await at.setClock(START + minute * MINUTE);
      await at.cycle();
      expect((await verdict()).healthy).toBe(false);
    }
    expect(await feedEvents()).toBe(1);
  });

  test('a feed that is silent is told of although the first cycles after it cannot detect', async () => {
    await cycleAhead();
    await at.sql('ALTER TABLE sensor_data RENAME TO sensor_data_away');
    await expect(at.cycle()).rejects.toThrow('partial');
    await at.sql('ALTER TABLE sensor_data_away RENAME TO sensor_data');
    await at.setClock(START + 6 * MINUTE);
    await at.cycle();
    expect(await feedEvents()).toBe(1);
  });

  test('a feed whose readings of then are still there is not alive by them', async () => {
    await cycleAhead();
    await at.setClock(START + 6 * MINUTE);
    expect((await at.cycle()).readings.newestAgeS).toBeNull();
    expect((await verdict()).healthy).toBe(false);
    expect(await feedEvents()).toBe(1);
  });

  test('a feed that falls silent is told of although the cycle before it says that it detected an hour later', async () => {
    await at.reading('R1', COOL, START);
    await at.cycle();
    await at.sql('UPDATE agent_health SET detected_timestamp = :ahead', { ahead: START + HOUR });
    await at.setClock(START + 6 * MINUTE);
    await at.cycle();
    expect(await feedEvents()).toBe(1);
  });

  test('what came while no cycle ran is looked at, as far back as a first run looks', async () => {
    await cycleAhead();
    await at.reading('R2', HIGH, START + MINUTE);
    await at.reading('R2', COOL, START + 2 * MINUTE);
    await at.reading('R2', COOL, START + 3 * MINUTE);
    await at.setClock(START + 10 * MINUTE);
    await at.cycle();
    expect(await at.sql(`SELECT peak_value FROM agent_recommendations WHERE equipment_id = 'R2'`)).toEqual([{ peak_value: HIGH }]);
  });
});
