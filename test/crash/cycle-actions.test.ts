import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { actionLines } from '../../src/cli/wording.ts';
import { AgentError } from '../../src/domain/errors.ts';
import type { Plant } from '../../src/ports/plant.ts';
import { ensureBundle, runBundle } from '../support/bundle.ts';
import { MODE, modeOf, relativeSettings, throughputOf } from '../support/relative-rules.ts';
import { decideByCommandLine, newScene, plantWith, type Scene } from '../support/scenario.ts';

const MEDIUM = 87; // the band that lowers the throughput by 10
const HIGH = 92; // the band that halves it, only while Mode = 1
const CRITICAL = 97; // the band that asks for more than its tag allows

let scene: Scene;
beforeEach(async () => {
  scene = await newScene({}, relativeSettings());
  // The agent is to act on what an operator has left, not on the simulator's own beginning.
  await turnTo(throughputOf('R1'), 40);
  await turnTo(modeOf('R1'), MODE.remote);
});
afterEach(() => scene.close());

async function turnTo(tag: string, value: number): Promise<void> {
  const outcome = await scene.plant.write({ commandId: 'operator', tag, value, notAfter: Date.now() + 1000, signature: null });
  expect(outcome.kind).toBe('written');
}

const sent = () => scene.plant.writes().flatMap(({ commandId, tag, value }) => (commandId === 'operator' ? [] : [`${tag} = ${value}`]));
const id = async () => String((await scene.row('R1'))['recommendation_id']);
const actions = async () => actionLines(JSON.parse(String((await scene.row('R1'))['actions'])));
const stdoutOf = async (...args: string[]) => (await runBundle(args, { cwd: scene.folder })).stdout;
/** The log's last line of that kind. */
const said = (word: string) => scene.log.findLast((line) => line.includes(word));

async function recommended(temperatureC: number, plant: Plant = scene.plant, rules = relativeSettings()): Promise<void> {
  await scene.reading('R1', temperatureC);
  await scene.cycle({ ports: { plant }, settings: { ...scene.settings, ...rules } });
}

async function approved(temperatureC: number): Promise<void> {
  await recommended(temperatureC);
  await scene.approve('R1');
}

/** As the command line does it, bound to the ticket: by plain SQL a ticket counts only some seconds after it was renewed. */
const approveAgain = () => decideByCommandLine(scene, 'R1', 'approve', 'anna');

function unreadable(inner: Plant): Plant {
  return plantWith(inner, { read: () => Promise.reject(new AgentError('plant_unavailable', 'no answer')) });
}

/** A plant that counts what it is asked to read, and on which something happens before one of the reads. */
function reading(inner: Plant, happens: Readonly<Record<number, () => Promise<void>>> = {}) {
  const asked: string[][] = [];
  const plant = plantWith(inner, {
    read: async (tags) => {
      asked.push([...tags]);
      await happens[asked.length]?.();
      return inner.read(tags);
    },
  });
  return { plant, asked };
}

describe('a step relative to the live value', () => {
  test('halves a throughput of 40, which an absolute 50 would have raised', async () => {
    await approved(HIGH);
    expect(await actions()).toEqual(['[default]R1/ThroughputSetpoint: 40 → 20 % (50 % of the live value), only while Mode = 1']);
    await scene.cycle();
    expect(sent()).toEqual(['[default]R1/ThroughputSetpoint = 20']);
    expect(await scene.row('R1')).toMatchObject({ status: 'executed' });
    expect(await scene.commands('R1')).toMatchObject([{ old_value: 40, new_value: '20', read_back_value: 20, status: 'executed' }]);
  });

  test('is asked about again from today’s live value where the plant moved', async () => {
    await approved(HIGH);
    await turnTo(throughputOf('R1'), 30);
    await scene.cycle();
    expect(await scene.events(await id())).toEqual(['created', 'approved', 'renewed']);
    expect(await actions()).toEqual(['[default]R1/ThroughputSetpoint: 30 → 15 % (50 % of the live value), only while Mode = 1']);
    expect(sent()).toEqual([]);
    await approveAgain();
    await scene.cycle();
    expect(sent()).toEqual(['[default]R1/ThroughputSetpoint = 15']);
  });

  test('has no value while the plant cannot be read; an approval of it writes nothing, then is asked for again', async () => {
    await recommended(HIGH, unreadable(scene.plant));
    expect(await actions()).toEqual([
      '[default]R1/ThroughputSetpoint: unknown → 50 % of the live value, which could not be read, only while Mode = 1',
    ]);
    await scene.approve('R1');
    await scene.cycle({ ports: { plant: unreadable(scene.plant) } });
    expect(await scene.row('R1')).toMatchObject({ status: 'approved', guarded_status: 'approved' });
    await scene.cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'pending', approved_by_operator: null, expires_timestamp: null });
    expect(await actions()).toEqual(['[default]R1/ThroughputSetpoint: 40 → 20 % (50 % of the live value), only while Mode = 1']);
    expect(await scene.commands('R1')).toEqual([]);
    await approveAgain();
    await scene.cycle();
    expect(sent()).toEqual(['[default]R1/ThroughputSetpoint = 20']);
  });

  test('outside its limits stays in the ticket as advice: its approval goes back to the operator until the plant has moved', async () => {
    await approved(CRITICAL);
    const outside = `which cannot be written: -10 is outside 0 to 100 of '[default]R1/ThroughputSetpoint'`;
    expect(await actions()).toEqual([
      '[default]R1/CoolingSystemStatus: 0 → 1',
      `[default]R1/ThroughputSetpoint: 40 → -50 from the live value, ${outside}`,
    ]);
    await scene.cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'pending', approved_by_operator: null, expires_timestamp: null });
    expect(await scene.events(await id())).toEqual(['created', 'approved', 'refused']);
    expect(said('APPROVAL REFUSED')).toContain('-10 is outside 0 to 100');
    expect(sent()).toEqual([]);
    await turnTo(throughputOf('R1'), 60);
    await scene.approve('R1');
    await scene.cycle();
    expect(await scene.events(await id())).toEqual(['created', 'approved', 'refused', 'approved', 'renewed']);
    await approveAgain();
    await scene.cycle();
    expect(sent()).toEqual(['[default]R1/CoolingSystemStatus = 1', '[default]R1/ThroughputSetpoint = 10']);
  });

  test('that the plant has gone beyond needs no write', async () => {
    await approved(MEDIUM);
    await turnTo(throughputOf('R1'), 25);
    await scene.cycle();
    expect(sent()).toEqual([]);
    expect(await scene.row('R1')).toMatchObject({ status: 'executed' });
    expect(await scene.commands('R1')).toMatchObject([{ new_value: '30', execution_result: 'no write needed' }]);
  });

  test('that was given back fails where the plant moved meanwhile, and is asked about anew', async () => {
    await approved(HIGH);
    const { plant } = reading(scene.plant, { 2: () => turnTo(modeOf('R1'), MODE.local) });
    await scene.cycle({ ports: { plant } });
    await turnTo(modeOf('R1'), MODE.remote);
    await turnTo(throughputOf('R1'), 90);
    await scene.cycle();
    expect(await scene.commands('R1')).toMatchObject([{ status: 'failed', failure_code: 'drifted' }]);
    expect(sent()).toEqual([]);
    await recommended(HIGH);
    expect(await actions()).toEqual(['[default]R1/ThroughputSetpoint: 90 → 45 % (50 % of the live value), only while Mode = 1']);
  });

  test('smaller than the tolerance is not confirmed by a plant that never took it', async () => {
    await recommended(MEDIUM, scene.plant, relativeSettings({ lowerBy: 0.4 }));
    await scene.approve('R1');
    const lost = plantWith(scene.plant, { write: () => Promise.resolve({ kind: 'ambiguous', reason: 'no answer' }) });
    await scene.cycle({ ports: { plant: lost } });
    expect(await scene.commands('R1')).toMatchObject([{ status: 'unknown', old_value: 40, new_value: '39.6' }]);
    await scene.sql('UPDATE agent_commands SET not_after = CURRENT_TIMESTAMP - INTERVAL 1 HOUR');
    await scene.cycle();
    expect(await scene.commands('R1')).toMatchObject([{ status: 'failed', failure_code: 'not_confirmed' }]);
    expect(sent()).toEqual([]);
  });

  test('whose value somebody edited in the row is put back, and nothing is written', async () => {
    await approved(HIGH);
    await scene.sql(`UPDATE agent_recommendations SET actions = json_remove(actions, '$[0].permissives')`);
    await scene.cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'pending' });
    expect(await actions()).toEqual(['[default]R1/ThroughputSetpoint: 40 → 20 % (50 % of the live value), only while Mode = 1']);
    expect(sent()).toEqual([]);
  });
});

test('show and --json tell the operator what a step is made from and what has to permit it', async () => {
  ensureBundle();
  await recommended(HIGH);
  expect(await stdoutOf('show', await id())).toContain(
    '\n  [default]R1/ThroughputSetpoint: 40 → 20 % (50 % of the live value), only while Mode = 1\n',
  );
  const asked = {
    old: 40,
    value: 20,
    target: { kind: 'percentOfCurrent', percent: 50 },
    permissives: [{ tag: modeOf('R1'), comparison: 'equals', value: MODE.remote }],
  };
  expect(JSON.parse(await stdoutOf('show', await id(), '--json'))).toMatchObject({ actions: [asked] });
  expect(JSON.parse(await stdoutOf('recommendations', '--json'))).toMatchObject([{ actions: [asked] }]);
});

describe('a permissive', () => {
  test('that is not met keeps an approval waiting, says why, and lets it go when it is met', async () => {
    await approved(HIGH);
    await turnTo(modeOf('R1'), MODE.local);
    await scene.cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'approved', guarded_status: 'approved' });
    expect(await scene.commands('R1')).toEqual([]);
    expect(said('Waiting')).toContain(`'[default]R1/Mode' must be 1 and is 2`);
    await turnTo(modeOf('R1'), MODE.remote);
    await scene.cycle();
    expect(sent()).toEqual(['[default]R1/ThroughputSetpoint = 20']);
  });

  test('that cannot be read keeps an approval waiting', async () => {
    await approved(HIGH);
    const blind = plantWith(scene.plant, {
      read: async (tags) =>
        (await scene.plant.read(tags)).map((each) => (each.tag === modeOf('R1') ? { ...each, good: false, quality: 'Bad_Stale' } : each)),
    });
    await scene.cycle({ ports: { plant: blind } });
    expect(said('Waiting')).toContain(`'[default]R1/Mode' must be 1 and cannot be read`);
    expect(await scene.commands('R1')).toEqual([]);
  });

  test('that is lost between the approval and the write gives the command back; it is sent when it holds again', async () => {
    await approved(HIGH);
    const { plant, asked } = reading(scene.plant, { 2: () => turnTo(modeOf('R1'), MODE.local) });
    await scene.cycle({ ports: { plant } });
    const both = [throughputOf('R1'), modeOf('R1')];
    // One read serves all approvals, one the dispatch: the permissive and the live value are of the same moment.
    expect(asked).toEqual([both, both]);
    expect(sent()).toEqual([]);
    const [command] = await scene.commands('R1');
    expect(command).toMatchObject({ status: 'pending', claimed_by: null });
    expect(await scene.events(command?.['command_id'])).toEqual(['derived', 'dispatching', 'returned']);
    const [returned] = await scene.sql(`SELECT reason FROM agent_events WHERE event = 'returned'`);
    expect(returned).toEqual({ reason: `'[default]R1/Mode' must be 1 and is 2` });
    await scene.cycle();
    expect(sent()).toEqual([]);
    await turnTo(modeOf('R1'), MODE.remote);
    await scene.cycle();
    expect(sent()).toEqual(['[default]R1/ThroughputSetpoint = 20']);
    expect(await scene.row('R1')).toMatchObject({ status: 'executed' });
  });

  test('is not asked where there is nothing to write', async () => {
    await approved(HIGH);
    await turnTo(throughputOf('R1'), 10);
    await turnTo(modeOf('R1'), MODE.local);
    await scene.cycle();
    expect(await scene.row('R1')).toMatchObject({ status: 'executed' });
    expect(sent()).toEqual([]);
  });

  test('of the rules today changes nothing about what was approved', async () => {
    await approved(HIGH);
    await turnTo(modeOf('R1'), MODE.local);
    const stricter = { ...scene.settings, ...relativeSettings({ permissives: [] }) };
    await scene.cycle({ settings: stricter });
    expect(await scene.commands('R1')).toEqual([]);
    expect(await scene.row('R1')).toMatchObject({ status: 'approved' });
  });
});
