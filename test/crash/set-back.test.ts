import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openSqlite } from '../../src/sqlite/sqlite-library.ts';
import { newScene, type Scene, theOnly, timeText } from '../support/scenario.ts';
import { storeFile } from '../support/store-file.ts';

/** Reduces the throughput to 50, in one command. */
const CRITICAL = 97;
const THROUGHPUT = '[default]R1/ThroughputSetpoint';
const SET_BACK = `UPDATE agent_commands SET status = 'pending', claimed_by = NULL, claimed_timestamp = NULL, not_after = NULL,
started_timestamp = NULL, completed_timestamp = NULL, executed_timestamp = NULL, read_back_value = NULL, execution_result = NULL, attempt = 0`;

let scene: Scene;
beforeEach(async () => {
  scene = await newScene({ 'policy.driftPercent': 100 });
});
afterEach(() => scene.close());

const sent = () => scene.plant.writes().filter(({ commandId }) => commandId !== 'operator');
const command = async () => theOnly(await scene.commands('R1'), 'R1');

async function cycle(changes: Parameters<Scene['cycle']>[0] = {}): Promise<void> {
  await scene.reading('R1', CRITICAL);
  await scene.cycle(changes);
}

async function turnedBack(): Promise<void> {
  await scene.plant.write({ commandId: 'operator', tag: THROUGHPUT, value: 100, notAfter: Date.now() + 1000, signature: null });
}

/** Approved, written, and the run died before it could say so. */
async function diedAfterTheWrite(): Promise<void> {
  await cycle();
  await scene.approve('R1');
  const dies = new Proxy(scene.store, {
    get: (store, name) =>
      name === 'saveCommands' || name === 'saveRecommendations' || name === 'appendEvents'
        ? (...given: never[]) => {
            if (sent().length > 0) throw new Error('died');
            return (Reflect.get(store, name) as (...all: never[]) => unknown).apply(store, given);
          }
        : typeof Reflect.get(store, name) === 'function'
          ? (Reflect.get(store, name) as () => unknown).bind(store)
          : (Reflect.get(store, name) as unknown),
  });
  await cycle({ ports: { store: dies } });
  expect(sent()).toHaveLength(1);
}

describe('a command that was sent is not sent again', () => {
  test('where somebody sets the row of a dead run back, as if it had never been claimed', async () => {
    await diedAfterTheWrite();
    await scene.sql(SET_BACK);
    await turnedBack();
    await cycle();
    await cycle();
    expect(sent()).toHaveLength(1);
    expect(await command()).toMatchObject({ status: 'failed', failure_code: 'replayed' });
  });

  test('where its times in the audit were moved, which the audit refuses and the chain would show', async () => {
    await cycle();
    await scene.approve('R1');
    await cycle();
    expect(await command()).toMatchObject({ status: 'executed' });
    const older = `UPDATE agent_events SET at = '${timeText(Date.now() - 86_400_000)}' WHERE event IN ('executed', 'dispatching')`;
    await expect(scene.sql(older)).rejects.toThrow('append-only');
    const database = await openSqlite(storeFile(scene.settings), { busyTimeoutMs: 5000 });
    database.exec('DROP TRIGGER agent_events_unmoved_in_time');
    database.exec(older);
    database.close();
    await scene.sql(
      `UPDATE agent_recommendations SET status = 'executing', guarded_status = 'executing', executed_timestamp = NULL, quiet_until = NULL`,
    );
    await scene.sql(SET_BACK);
    await turnedBack();
    await cycle();
    expect(await command()).toMatchObject({
      failure_code: 'replayed',
      execution_result: 'the newest audit row about this command is not the last of its chain: a time was moved, or a clock was far ahead',
    });
    await cycle();
    expect(sent()).toHaveLength(1);
  });

  test('and not called unwritten where its recommendation was ended by hand: it is read back', async () => {
    await diedAfterTheWrite();
    await scene.sql(`UPDATE agent_recommendations SET status = 'rejected', guarded_status = 'rejected'`);
    await scene.sql(
      `UPDATE agent_commands SET claimed_timestamp = '${timeText(Date.now() - 60_000)}', not_after = '${timeText(Date.now() - 50_000)}'`,
    );
    await cycle();
    expect(await command()).toMatchObject({ status: 'executed', execution_result: 'confirmed by read-back: 50' });
    expect(sent()).toHaveLength(1);
  });
});

test('a row of the audit is at the next place of its chain or at none, so that nobody takes away the place of the next one', async () => {
  await cycle();
  const insert = (seq: string, agent = `'ops_agent_001'`) =>
    scene.sql(`INSERT INTO agent_events (event_id, at, agent_id, run_id, actor, subject_type, subject_id, event, chain_seq, hash)
SELECT 'forged', CURRENT_TIMESTAMP, ${agent}, 'r', 'a', 'agent', 'x', 'x', ${seq}, 'h' FROM agent_events`);
  for (const seq of ['MAX(chain_seq) + 0.5', 'MAX(chain_seq) + 2', '4503599627370496', `'9'`, '0', '-1'])
    await expect(insert(seq)).rejects.toThrow('next place');
  await expect(insert('NULL', `X'ff'`)).rejects.toThrow('next place');
  await cycle();
  expect((await scene.cycle()).errors).toEqual([]);
});
