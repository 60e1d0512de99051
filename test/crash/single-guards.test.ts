import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Settings } from '../../src/config/settings.ts';
import { SIMULATOR_TAGS } from '../../src/domain/default-rules.ts';
import { AgentError } from '../../src/domain/errors.ts';
import { commandIdOf } from '../../src/domain/ids.ts';
import type { AllowedTag } from '../../src/domain/tags.ts';
import type { Store } from '../../src/ports/store.ts';
import { actingOn, actingOnTwoTags } from '../support/acting-on.ts';
import { approval, changed, type CycleChanges, newScene, plantWith, type Scene, timeText } from '../support/scenario.ts';

/**
 * The behaviours of safety-behaviours.test.ts where only one guard is left: what is wrong comes about after all the earlier ones have been
 * passed. Counted at the plant, as there.
 */
const CRITICAL = 97;
const THROUGHPUT = '[default]R1/ThroughputSetpoint';
const ADVISORY = `INSERT INTO agent_controls VALUES ('k', 'advisory', 'all', 'anna', 'restart', CURRENT_TIMESTAMP, NULL)`;

let scene: Scene;
beforeEach(async () => {
  scene = await newScene();
});
afterEach(() => scene.close());

const writes = () => scene.plant.writes().filter(({ commandId }) => commandId !== 'operator');
const command = async () => (await scene.commands('R1'))[0] ?? {};

async function cycle(changes: CycleChanges = {}): Promise<void> {
  await scene.reading('R1', CRITICAL);
  await scene.cycle(changes);
}

async function recommended(): Promise<string> {
  await cycle();
  return String((await scene.row('R1'))['recommendation_id']);
}

/** Nothing that is written leaves this process. */
const unreachable = () => plantWith(scene.plant, { write: () => Promise.resolve({ kind: 'not_sent', reason: 'prepared so' }) });

/** Approved and accepted, its command made, claimed and given back: what is asked before a command exists is behind it. */
async function waiting(): Promise<string> {
  const id = await recommended();
  await scene.approve('R1');
  await cycle({ ports: { plant: unreachable() } });
  expect(await command()).toMatchObject({ status: 'pending', attempt: 1 });
  return id;
}

/** Another way of one of the store's methods, for one cycle. */
const withStore = (methods: Partial<Store>): CycleChanges => ({ ports: { store: changed(scene.store, methods) } });

/** Something happens right after the claim: only what is asked at the last moment can still see it. */
const afterTheClaim = (happens: () => Promise<unknown>): CycleChanges =>
  withStore({
    claimCommands: async (...claim) => {
      await scene.store.claimCommands(...claim);
      await happens();
    },
  });

const withTags = (tags: Settings['tags']): CycleChanges => ({ settings: { ...scene.settings, tags } });
const limited = (limits: Partial<AllowedTag>) => withTags({ allow: SIMULATOR_TAGS.map((tag) => ({ ...tag, ...limits })), deny: [] });

describe('1. without a valid approval:', () => {
  test.each([
    ['pending under the very id that the agent would give it', 'pending', 'NULL'],
    ['executing, claimed by nobody', 'executing', 'NULL'],
    ['executing, claimed by a run that never was', 'executing', `'run-0'`],
  ])('a command that somebody put there is not sent, even when its recommendation is approved: %s', async (_what, status, claimedBy) => {
    const id = await recommended();
    await scene.sql(`INSERT INTO agent_commands (command_id, recommendation_id, equipment_id, sequence, tag_path, new_value, value_type, status, claimed_by)
VALUES ('${commandIdOf(id, 1)}', '${id}', 'R1', 1, '${THROUGHPUT}', '10', 'number', '${status}', ${claimedBy})`);
    await scene.approve('R1');
    for (let count = 0; count < 3; count += 1) await cycle();
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ status: 'failed' });
  });

  test('a command is refused while nobody approved its recommendation, and one of no recommendation at all', async () => {
    const id = await recommended();
    await scene.sql(`INSERT INTO agent_commands (command_id, recommendation_id, equipment_id, sequence, tag_path, new_value, status) VALUES
('of it', '${id}', 'R1', 1, '${THROUGHPUT}', '10', 'pending'), ('of none', NULL, 'R1', 1, '${THROUGHPUT}', '10', 'pending')`);
    await cycle();
    expect(writes()).toEqual([]);
    expect((await scene.commands('R1')).map((row) => row['failure_code'])).toEqual(['no_valid_approval', 'no_valid_approval']);
  });

  test.each(['approved', 'executing'])('a row that says that the agent itself made it %s is put back', async (status) => {
    const id = await recommended();
    await scene.sql(`UPDATE agent_recommendations SET status = '${status}', guarded_status = '${status}', approved_by_operator = 'anna',
approved_timestamp = CURRENT_TIMESTAMP, expires_timestamp = CURRENT_TIMESTAMP + INTERVAL 1 HOUR`);
    for (let count = 0; count < 2; count += 1) await cycle();
    expect(writes()).toEqual([]);
    expect(await scene.events(id)).toContain('restored');
  });

  test('a command that was sent is not sent again because somebody sets it back', async () => {
    await recommended();
    await scene.approve('R1');
    await cycle({
      ports: { plant: plantWith(scene.plant, { read: async (tags) => (writes().length > 0 ? [] : scene.plant.read(tags)) }) },
    });
    expect(writes()).toHaveLength(1);
    await scene.sql(`UPDATE agent_commands SET status = 'pending', claimed_by = NULL`);
    await scene.plant.write({ commandId: 'operator', tag: THROUGHPUT, value: 100, notAfter: Date.now() + 1000, signature: null });
    await cycle();
    expect(writes()).toHaveLength(1);
    expect(await command()).toMatchObject({ failure_code: 'replayed' });
  });
});

describe('2. an approval binds to what was approved:', () => {
  test.each([
    ['its value', `new_value = '5'`],
    ['its tag', `tag_path = '[default]R2/ThroughputSetpoint'`],
    ['its direction', `direction = 'any'`],
  ])('a waiting command is refused when somebody edits %s', async (_what, edit) => {
    await waiting();
    await scene.sql(`UPDATE agent_commands SET ${edit}`);
    await cycle();
    expect(writes()).toEqual([]);
    // It is not even claimed.
    expect(await command()).toMatchObject({ status: 'failed', failure_code: 'ticket_mismatch', attempt: 1 });
  });

  test('so is a claimed one', async () => {
    await waiting();
    await cycle(afterTheClaim(() => scene.sql(`UPDATE agent_commands SET new_value = '5'`)));
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ status: 'failed', failure_code: 'ticket_mismatch' });
  });
});

describe('3. an approval expires:', () => {
  const longAgo = timeText(Date.now() - 3600_000);

  test('one that is older than it may live when it is first seen is none', async () => {
    await scene.close();
    scene = await newScene({ 'policy.approvalTtlSeconds': 1 });
    await recommended();
    await scene.sql(`UPDATE agent_recommendations SET created_timestamp = '${longAgo}'`);
    await scene.approve('R1', { approved_timestamp: `'${timeText(Date.now() - 2000)}'` });
    await cycle();
    expect(writes()).toEqual([]);
    expect((await scene.rows('R1'))[0]).toMatchObject({ status: 'expired' });
  });

  test('a waiting command is cancelled when the approval has ended, whatever its row says', async () => {
    await waiting();
    await scene.sql(`UPDATE agent_recommendations SET expires_timestamp = CURRENT_TIMESTAMP + INTERVAL 1 DAY`);
    await cycle({ settings: { ...scene.settings, policy: { ...scene.settings.policy, approvalTtlSeconds: 0 } } });
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ status: 'cancelled', failure_code: 'approval_expired' });
  });

  test('one that ends between claim and request is given back', async () => {
    await waiting();
    const [{ approved_timestamp: at } = {}] = await scene.rows('R1');
    const lives = (Date.now() + 700 - Date.parse(String(at))) / 1000;
    const settings = { ...scene.settings, policy: { ...scene.settings.policy, approvalTtlSeconds: lives } };
    const ended = async () => {
      while (Date.now() <= Date.parse(String(at)) + lives * 1000) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await cycle({ ...afterTheClaim(ended), settings });
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ status: 'pending' });
  });
});

describe('4, 5 and 15. a waiting command is refused when its tag or its value is no longer allowed:', () => {
  test.each<readonly [string, () => CycleChanges, string]>([
    ['the list is empty', () => withTags({ allow: [], deny: [] }), 'tag_not_allowed'],
    ['it is denied', () => withTags({ allow: SIMULATOR_TAGS, deny: ['Throughput*'] }), 'tag_denied'],
    ['the minimum is higher', () => limited({ min: 60 }), 'out_of_limits'],
    ['the maximum is lower', () => limited({ max: 40 }), 'out_of_limits'],
    ['the largest step is smaller', () => limited({ maxStep: 20 }), 'step_too_large'],
    ['it may only be increased', () => limited({ direction: 'increase' }), 'wrong_direction'],
    ['it is on or off', () => limited({ type: 'boolean' }), 'wrong_type'],
  ])('%s', async (_what, changes, code) => {
    await waiting();
    await cycle(changes());
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ status: 'failed', failure_code: code });
  });
});

describe('4. a tag that is no plain absolute path is never written, although it is listed and the plant would take it:', () => {
  test.each([
    '[default]R1/../R2/Valve',
    '[.]R1/Valve',
    '[~]R1/Valve',
    '[]R1/Valve',
    '[default]_types_/Valve',
    'R1/Valve',
    '[default]R1//Valve',
    '[default]R1/Valve ',
  ])('%s', async (tag) => {
    await scene.close();
    const limits = { path: tag, min: 0, max: 100, type: 'number', unit: '%', direction: 'any' } as const;
    scene = await newScene({}, { rules: actingOn(tag), tags: { allow: [limits], deny: [] } });
    const sent: unknown[] = [];
    const plant = plantWith(scene.plant, {
      read: (tags) => Promise.resolve(tags.map((each) => ({ tag: each, value: 100, good: true, quality: 'Good', at: null }))),
      write: (request) => Promise.resolve({ kind: 'written', quality: String(sent.push(request)) }),
    });
    await cycle({ ports: { plant } });
    await scene.approve('R1');
    for (let count = 0; count < 2; count += 1) await cycle({ ports: { plant } });
    expect(sent).toEqual([]);
    expect(await scene.commands('R1')).toEqual([]);
  });
});

describe('6 and 14. a waiting command is not sent', () => {
  test('when its condition cleared', async () => {
    await waiting();
    await scene.reading('R1', 70);
    await scene.cycle();
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ failure_code: 'condition_cleared' });
  });

  test('while its readings are stale', async () => {
    await waiting();
    await scene.sql(`UPDATE sensor_data SET timestamp = '${timeText(Date.now() - 400_000)}'`);
    await scene.cycle();
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ status: 'pending', attempt: 1 });
  });

  test('while its sensor is frozen, although every reading says that it holds', async () => {
    await scene.close();
    scene = await newScene({}, { file: 'sensorFaults: { stuck: { seconds: 60, tolerance: 0.01, minReadings: 5 } }' });
    await waiting();
    for (let age = 60; age >= 0; age -= 5) await scene.reading('R1', CRITICAL, age);
    await scene.cycle();
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ status: 'pending', attempt: 1 });
    expect(await scene.sql(`SELECT fault FROM work_orders WHERE signal = 'temperature'`)).toEqual([{ fault: 'stuck' }]);
  });

  test('when the plant is beyond its value already: a decrease never raises', async () => {
    await waiting();
    await scene.plant.write({ commandId: 'operator', tag: THROUGHPUT, value: 40, notAfter: Date.now() + 1000, signature: null });
    await cycle();
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ status: 'executed', execution_result: 'no write needed' });
  });

  test('while its live value cannot be read', async () => {
    await waiting();
    const bad = plantWith(scene.plant, {
      read: async (tags) => (await scene.plant.read(tags)).map((reading) => ({ ...reading, good: false, quality: 'Bad_Stale' })),
    });
    await cycle({ ports: { plant: bad } });
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ status: 'pending' });
  });
});

describe('12. the kill switch stops a command', () => {
  test('that waits', async () => {
    await waiting();
    await scene.sql(ADVISORY);
    await cycle();
    expect(writes()).toEqual([]);
    const { command_id: id, ...row } = await command();
    expect(row).toMatchObject({ status: 'pending', attempt: 1 });
    // It is not even announced again.
    expect((await scene.events(id)).at(-1)).toBe('returned');
  });

  test('that is about to be claimed', async () => {
    await waiting();
    await cycle(
      withStore({
        claimCommands: async (...claim) => {
          await scene.sql(ADVISORY);
          await scene.store.claimCommands(...claim);
        },
      }),
    );
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ status: 'pending', attempt: 1 });
  });

  test('that is claimed', async () => {
    await waiting();
    await cycle(afterTheClaim(() => scene.sql(ADVISORY)));
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ status: 'pending', attempt: 2 });
  });
});

describe('7. a command that a dead run had claimed', () => {
  test('is never sent, although the plant does not show its value', async () => {
    await waiting();
    await scene.sql(`UPDATE agent_commands SET status = 'executing', claimed_by = 'dead', claimed_timestamp = CURRENT_TIMESTAMP - INTERVAL 1 HOUR,
not_after = CURRENT_TIMESTAMP - INTERVAL 1 HOUR`);
    for (let count = 0; count < 2; count += 1) await cycle();
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ status: 'failed', failure_code: 'not_confirmed' });
  });
});

describe('10. if the audit cannot be written', () => {
  test('a waiting command is not sent', async () => {
    await waiting();
    await cycle(withStore({ appendEvents: () => Promise.reject(new AgentError('store_unavailable', 'the audit is full')) }));
    expect(writes()).toEqual([]);
    expect(await command()).toMatchObject({ status: 'pending', attempt: 1 });
  });
});

describe('13. dispatches are limited', () => {
  test('also where many commands wait', async () => {
    const ids = ['R1', 'R2', 'R3'];
    const hot = async () => {
      for (const id of ids) await scene.reading(id, CRITICAL);
    };
    await hot();
    await scene.cycle();
    for (const id of ids) await scene.approve(id);
    await hot();
    await scene.cycle({ ports: { plant: unreachable() } });
    const { policy } = scene.settings;
    await hot();
    await scene.cycle({ settings: { ...scene.settings, policy: { ...policy, maxDispatchPerCycle: 1 } } });
    expect(await scene.sql('SELECT 1 FROM agent_commands')).toHaveLength(3);
    expect(writes()).toHaveLength(1);
  });
});

describe('13. an equipment has one command outstanding', () => {
  test('also when two recommendations of it are approved', async () => {
    await scene.close();
    scene = await newScene({}, actingOnTwoTags());
    await cycle();
    for (const { recommendation_id: id } of await scene.rows('R1')) await scene.sql(approval(String(id)));
    for (let count = 0; count < 2; count += 1) {
      await cycle({ ports: { plant: unreachable() } });
      expect(new Set((await scene.rows('R1')).map((row) => row['status']))).toEqual(new Set(['approved', 'executing']));
      expect(await scene.commands('R1')).toHaveLength(1);
    }
  });
});

describe('11. an approval by the agent is none:', () => {
  test.each([`'ops_agent_001'`, `' OPS_AGENT_001 '`, 'NULL', `''`])('%s', async (name) => {
    const id = await recommended();
    await scene.approve('R1', { approved_by_operator: name });
    await cycle();
    expect(writes()).toEqual([]);
    expect(await scene.events(id)).toContain('refused');
  });

  test('both names in one go are one approval at most', async () => {
    await scene.close();
    scene = await newScene({ 'policy.fourEyes': true });
    await recommended();
    await scene.approve('R1', { second_approver: `'jane'` });
    for (let count = 0; count < 2; count += 1) await cycle();
    expect(writes()).toEqual([]);
  });
});
