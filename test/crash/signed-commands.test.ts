import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Settings } from '../../src/config/settings.ts';
import { writeText } from '../../src/domain/command.ts';
import { judgeSignature, type KeyRing, NO_KEYS, signingKey } from '../../src/domain/key-ring.ts';
import type { WriteRequest } from '../../src/ports/plant.ts';
import { newScene, plantWith, type Scene, theOnly } from '../support/scenario.ts';

/** Reduces the throughput to 50, in one command. */
const CRITICAL = 97;
const OLD = signingKey('a', '1'.repeat(32));
const NEW = signingKey('b', '2'.repeat(32));

let scene: Scene;
const sent: WriteRequest[] = [];

beforeEach(() => void sent.splice(0));
afterEach(() => scene.close());

const withKeys = (signingKeys: KeyRing): Settings => ({ ...scene.settings, signingKeys });

/** One cycle with these keys; what it sends is noted, and the plant is asked as it is. */
async function cycle(keys: KeyRing) {
  await scene.reading('R1', CRITICAL);
  const plant = plantWith(scene.plant, {
    write: (request) => {
      sent.push(request);
      return scene.plant.write(request);
    },
  });
  return scene.cycle({ settings: withKeys(keys), ports: { plant } });
}

const command = async () => theOnly(await scene.commands('R1'), 'R1');
const writes = () => scene.plant.writes().filter(({ accepted }) => accepted);

/** The command is made and signed with these keys, claimed, and given back: the plant does not answer when it is to be read. */
async function pendingCommand(keys: KeyRing) {
  scene = await newScene({ 'policy.driftPercent': 100 });
  await cycle(keys);
  await scene.approve('R1');
  const silent = plantWith(scene.plant, { write: () => Promise.resolve({ kind: 'not_sent', reason: 'the line is down' }) });
  await scene.reading('R1', CRITICAL);
  await scene.cycle({ settings: withKeys(keys), ports: { plant: silent } });
  expect(await command()).toMatchObject({ status: 'pending' });
}

describe('with signing keys', () => {
  test('a command bears a signature, and so does the request that the plant gets', async () => {
    await pendingCommand([OLD]);
    expect((await command())['signature']).toMatch(/^a:[0-9a-f]{64}$/);
    await cycle([OLD]);
    expect(await command()).toMatchObject({ status: 'executed' });
    const request = theOnly(sent, 'the plant');
    expect(judgeSignature([OLD], writeText(request), request.signature)).toBe('valid');
    expect(judgeSignature([OLD], writeText({ ...request, value: 0 }), request.signature)).toBe('invalid');
    expect(judgeSignature([OLD], writeText({ ...request, notAfter: request.notAfter + 1 }), request.signature)).toBe('invalid');
  });

  test('a command of the key before is carried out while the ring still holds that key', async () => {
    await pendingCommand([OLD]);
    await cycle([NEW, OLD]);
    expect(await command()).toMatchObject({ status: 'executed' });
    expect(theOnly(sent, 'the plant').signature).toMatch(/^b:/);
  });

  test.each<[string, KeyRing, string, string]>([
    ['whose key was taken away', [NEW], `SELECT 1`, 'unknown key'],
    ['that was signed by nobody', [OLD], `UPDATE agent_commands SET signature = NULL`, 'missing'],
    ['that bears the signature of something else', [OLD], `UPDATE agent_commands SET signature = 'a:' || '${'0'.repeat(64)}'`, 'invalid'],
    [
      // The row says what the ticket says, so that nothing but the signature can tell who made it.
      'that somebody made who could read the ticket',
      [OLD],
      `UPDATE agent_commands SET created_by_agent = 'mallory', signature = 'mallory:' || signature`,
      'unknown key',
    ],
  ])('a command %s is refused, and nothing is written', async (_what, keys, edit, why) => {
    await pendingCommand([OLD]);
    await scene.sql(edit);
    await cycle(keys);
    const { command_id: id, ...row } = await command();
    expect(row).toMatchObject({ status: 'failed', failure_code: 'signature_invalid' });
    expect(row['execution_result']).toBe(`the command bears no valid signature (${why})`);
    expect(await scene.events(id)).toContain('refused');
    expect(writes()).toEqual([]);
  });

  test('commands from before there was a key are refused', async () => {
    await pendingCommand(NO_KEYS);
    await cycle([OLD]);
    expect(await command()).toMatchObject({ status: 'failed', failure_code: 'signature_invalid' });
    expect(writes()).toEqual([]);
  });
});

test('a plant that asks for signatures refuses an agent that has another key, and changes nothing', async () => {
  const key = `a:${'1'.repeat(32)}`;
  scene = await newScene({}, { env: { OPS_AGENT_SIGNING_KEY: key } });
  await scene.reading('R1', CRITICAL);
  await scene.cycle({ settings: withKeys([NEW]) });
  await scene.approve('R1');
  await scene.reading('R1', CRITICAL);
  await scene.cycle({ settings: withKeys([NEW]) });
  expect(await command()).toMatchObject({ status: 'failed', failure_code: 'plant_refused' });
  expect((await command())['execution_result']).toContain('its signature is not valid (unknown key)');
  expect(scene.plant.writes()).toMatchObject([{ accepted: false }]);
});
