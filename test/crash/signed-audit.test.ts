import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newRunId } from '../../src/cli/run-id.ts';
import { writeText } from '../../src/domain/command.ts';
import { signatureOf } from '../../src/domain/key-ring.ts';
import { openStore } from '../../src/store/open-store.ts';
import { ringOf } from '../support/keys.ts';
import { newScene, type Scene, theOnly } from '../support/scenario.ts';

/** Reduces the throughput to 50, in one command. */
const CRITICAL = 97;
const KEY = `a:${'1'.repeat(32)}`;
const THROUGHPUT = '[default]R1/ThroughputSetpoint';

let scene: Scene;
beforeEach(async () => {
  scene = await newScene({}, { env: { OPS_AGENT_SIGNING_KEY: KEY } });
});
afterEach(() => scene.close());

const writes = () => scene.plant.writes().filter(({ accepted }) => accepted);
const command = async () => theOnly(await scene.commands('R1'), 'R1');

async function cycle(): Promise<void> {
  await scene.reading('R1', CRITICAL);
  await scene.cycle();
}

/** An operator at the plant, who has the key there. */
async function turnTo(value: number): Promise<void> {
  const asked = { commandId: 'operator', tag: THROUGHPUT, value, notAfter: Date.now() + 1000 };
  const signature = signatureOf(scene.settings.signingKeys, writeText(asked));
  expect(await scene.plant.write({ ...asked, signature })).toMatchObject({ kind: 'written' });
}

async function recommended(): Promise<string> {
  await cycle();
  return String((await scene.row('R1'))['recommendation_id']);
}

/** A row of the audit by plain SQL, newer than every other, made from the newest one of `event` with other columns. */
const forge = (subjectId: string, event: string, columns: Readonly<Record<string, string>> = {}) => {
  const all = [
    'event_id',
    'at',
    'ordinal',
    'agent_id',
    'run_id',
    'actor',
    'subject_type',
    'subject_id',
    'event',
    'from_status',
    'to_status',
  ];
  const rest = ['reason', 'before', 'after', 'session_id', 'chain_seq', 'previous_hash', 'hash', 'signature'];
  const given: Readonly<Record<string, string>> = {
    event_id: `'${newRunId()}'`,
    at: 'CURRENT_TIMESTAMP',
    chain_seq: 'NULL',
    ordinal: '99',
    ...columns,
  };
  const names = [...all, ...rest];
  return scene.sql(`INSERT INTO agent_events (${names.map((name) => `"${name}"`).join(', ')})
SELECT ${names.map((name) => given[name] ?? `"${name}"`).join(', ')} FROM agent_events
WHERE subject_id = '${subjectId}' AND event = '${event}' ORDER BY at DESC, ordinal DESC LIMIT 1`);
};

describe('with signing keys a row of the audit that nobody with a key wrote', () => {
  test('is no approval, whatever the row of the recommendation says', async () => {
    const id = await recommended();
    const decision = `'{"decision":{"approved_timestamp":"' || strftime('%Y-%m-%dT%H:%M:%fZ') || '","approved_by_operator":"anna","approved_via":"cli:x"}}'`;
    await forge(id, 'created', { event: `'approved'`, after: decision });
    await scene.sql(`UPDATE agent_recommendations SET status = 'approved', guarded_status = 'approved', approved_by_operator = 'anna',
approved_via = 'cli:x', approved_timestamp = CURRENT_TIMESTAMP, expires_timestamp = CURRENT_TIMESTAMP + INTERVAL 10 MINUTES WHERE recommendation_id = '${id}'`);
    await cycle();
    await cycle();
    expect(writes()).toEqual([]);
    expect(await scene.row('R1')).toMatchObject({ recommendation_id: id, status: 'pending', approved_by_operator: null });
    expect(await scene.events(id)).toContain('restored');
  });

  test('is no ticket: the recommendation ends with the reason, and a new one is asked about', async () => {
    const id = await recommended();
    await forge(id, 'created', { event: `'renewed'`, after: `replace("after", '"value":50', '"value":5')` });
    await scene.sql(
      `UPDATE agent_recommendations SET actions = replace(actions, '"value":50', '"value":5') WHERE recommendation_id = '${id}'`,
    );
    await scene.approve('R1');
    await cycle();
    expect(await scene.rows('R1')).toMatchObject([
      { recommendation_id: id, status: 'cancelled' },
      { status: 'pending', predecessor_id: id },
    ]);
    const [refused] = await scene.sql(`SELECT reason FROM agent_events WHERE event = 'refused_foreign'`);
    expect(refused).toEqual({ reason: 'its ticket bears no valid signature: it was issued before there was a key, or forged' });
    await scene.approve('R1');
    await cycle();
    expect(writes()).toMatchObject([{ value: 50 }]);
  });

  test('does not set a command back that was sent', async () => {
    const id = await recommended();
    await scene.approve('R1');
    scene.plant.setFailure('write_lost_answer');
    await cycle();
    scene.plant.setFailure(null);
    const { command_id: commandId } = await command();
    await forge(String(commandId), 'dispatching', { event: `'returned'`, to_status: `'pending'` });
    await scene.sql(
      `UPDATE agent_commands SET status = 'pending', claimed_by = NULL, claimed_timestamp = NULL, not_after = NULL, started_timestamp = NULL`,
    );
    await scene.sql(
      `UPDATE agent_recommendations SET status = 'executing', guarded_status = 'executing' WHERE recommendation_id = '${id}'`,
    );
    await turnTo(80);
    await cycle();
    expect(writes().filter(({ commandId: by }) => by === commandId)).toHaveLength(1);
    expect(await command()).toMatchObject({
      status: 'failed',
      failure_code: 'replayed',
      execution_result: 'the newest audit row about this command bears no valid signature',
    });
  });

  test('is none either as a true copy of an older one, with its hash and its signature', async () => {
    const id = await recommended();
    await scene.approve('R1');
    scene.plant.setFailure('no_answer');
    await cycle();
    scene.plant.setFailure(null);
    // The plant moved: the approval that was accepted does not count any more, and the operator is asked again.
    await turnTo(80);
    await cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'pending' });
    await forge(id, 'approved', { chain_seq: '(SELECT MAX(chain_seq) + 1 FROM agent_events)' });
    await scene.sql(`UPDATE agent_recommendations SET status = 'approved', guarded_status = 'approved', approved_by_operator = 'anna',
approved_timestamp = CURRENT_TIMESTAMP, expires_timestamp = CURRENT_TIMESTAMP + INTERVAL 10 MINUTES WHERE recommendation_id = '${id}'`);
    await cycle();
    await cycle();
    expect(writes().filter(({ commandId }) => commandId !== 'operator')).toEqual([]);
    expect(await scene.row('R1')).toMatchObject({ status: 'pending' });
  });
});

test('recommendations from before there was a key end, and are asked about again', async () => {
  const settings = { ...scene.settings, signingKeys: [] };
  const { store, source } = await openStore(settings);
  await scene.reading('R1', CRITICAL);
  await scene.cycle({ settings, ports: { store, source } });
  await store.close();
  await cycle();
  expect(await scene.rows('R1')).toMatchObject([{ status: 'withdrawn' }, { status: 'pending' }]);
  const said = 'begin: 1 recommendation ends because its ticket is not signed with a key of this agent';
  expect(await scene.sql('SELECT last_error FROM agent_health')).toEqual([{ last_error: said }]);
  const [ended] = await scene.rows('R1');
  expect(scene.log).toContain(`${said.replace('begin: ', '')}: ${String(ended?.['recommendation_id'])}`);
  await scene.approve('R1');
  await cycle();
  expect(writes()).toHaveLength(1);
});

test('what an older key signed stands while that key is in the ring, and a plant has to know the new one before', async () => {
  await recommended();
  await scene.approve('R1');
  const next = { ...scene.settings, signingKeys: [...ringOf(`b:${'2'.repeat(32)}`), ...scene.settings.signingKeys] };
  const { store, source } = await openStore(next);
  await scene.reading('R1', CRITICAL);
  await scene.cycle({ settings: next, ports: { store, source } });
  await store.close();
  expect(await command()).toMatchObject({ status: 'failed', failure_code: 'plant_refused' });
  expect((await command())['signature']).toMatch(/^b:/);
});
