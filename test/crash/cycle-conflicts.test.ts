import { afterEach, describe, expect, test } from '@jest/globals';
import { type Flags, newScene, plantWith, type Scene, theOnly, timeText } from '../support/scenario.ts';

/** A hot equipment is to be throttled, one under pressure to be opened: of one tag. Only the hot one's worse band acts. */
const OPPOSITE = `rules:
  bands:
    - { rule: warm, above: 85, severity: medium, issueType: warm, confidence: 0.8, recommendedAction: look }
    - { rule: hot, above: 90, severity: high, issueType: hot, confidence: 0.9, recommendedAction: throttle, actions: [
        { tag: '[default]{equipment_id}/ThroughputSetpoint', set: 75, unit: '%', direction: decrease } ] }
    - { rule: tight, signal: pressure, above: 100, severity: critical, issueType: tight, confidence: 0.9, recommendedAction: open, actions: [
        { tag: '[default]{equipment_id}/ThroughputSetpoint', set: 96, unit: '%', direction: any } ] }
tags:
  allow:
    - { path: '[default]{id}/ThroughputSetpoint', min: 0, max: 100, unit: '%', direction: any }
`;

let scene: Scene;
const begin = async (flags: Flags = {}) => {
  scene = await newScene(flags, { file: OPPOSITE });
};
afterEach(() => scene.close());

const measured = (temperatureC: number, pressurePsi: number) =>
  scene.sql(`INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp, recorded_by)
    VALUES ('T', 'EQ', ${temperatureC}, ${pressurePsi}, 48, 'good', '${timeText(Date.now())}', 'test')`);
const of = async (family: string) =>
  theOnly(await scene.sql(`SELECT * FROM agent_recommendations WHERE issue_family = '${family}'`), family);
const idOf = async (family: string) => String((await of(family))['recommendation_id']);
const approve = (family: string, name = 'anna') =>
  scene.sql(`UPDATE agent_recommendations SET status = 'approved', approved_by_operator = '${name}', approved_timestamp = CURRENT_TIMESTAMP
    WHERE issue_family = '${family}'`);
const conflictEvents = () => scene.sql(`SELECT subject_id, reason FROM agent_events WHERE event = 'conflict'`);
const reasonsOf = async (id: string, event: string) =>
  (await scene.sql(`SELECT reason FROM agent_events WHERE subject_id = '${id}' AND event = '${event}'`)).map((row) =>
    String(row['reason']),
  );

describe('conflicts:', () => {
  test('are said once, of the second one, and hide neither', async () => {
    await begin();
    await measured(92, 95);
    await scene.cycle();
    expect(await conflictEvents()).toEqual([]);
    await measured(92, 105);
    for (let cycle = 0; cycle < 3; cycle += 1) await scene.cycle();
    const [hot, tight] = [await idOf('temperature'), await idOf('pressure')];
    const reason = `excludes ${hot}: [default]EQ/ThroughputSetpoint: set to 96 % against decrease to 75 %`;
    expect(await conflictEvents()).toEqual([{ subject_id: tight, reason }]);
    for (const family of ['temperature', 'pressure']) expect((await of(family))['status']).toBe('pending');
    expect(scene.log).toContain(`CONFLICT: ${tight} for EQ ${reason}`);
  });

  test('are said of the one that escalates into it', async () => {
    await begin();
    await measured(87, 105);
    await scene.cycle();
    expect(await conflictEvents()).toEqual([]);
    await measured(92, 105);
    await scene.cycle();
    expect(await conflictEvents()).toMatchObject([{ subject_id: await idOf('temperature') }]);
  });

  test('of two that are approved at once the more urgent is carried out, and the other one can be afterwards', async () => {
    await begin();
    await measured(92, 105);
    await scene.cycle();
    await approve('temperature');
    await approve('pressure');
    expect(await scene.cycle()).toMatchObject({ commands: { executed: 1, refused: 1 } });
    expect(await of('pressure')).toMatchObject({ status: 'executed' });
    expect(await of('temperature')).toMatchObject({ status: 'pending', approved_by_operator: null });
    expect(await reasonsOf(await idOf('temperature'), 'refused')).toEqual([
      `it excludes ${await idOf('pressure')}, which is approved: [default]EQ/ThroughputSetpoint: decrease to 75 % against set to 96 %`,
    ]);
    await approve('temperature');
    expect(await scene.cycle()).toMatchObject({ commands: { executed: 1, refused: 0 } });
    expect(scene.plant.writes().map((write) => write.value)).toEqual([96, 75]);
  });

  test.each([
    ['approved', {}],
    ['awaiting_second', { 'policy.fourEyes': true, 'policy.fourEyesSeverity': 'high' }],
    ['executing', {}],
  ])('the more urgent one must wait as well while the other one is %s', async (status, flags) => {
    await begin(flags);
    await measured(92, 105);
    await scene.cycle();
    await approve('temperature');
    if (status === 'approved')
      await scene.sql(`INSERT INTO agent_controls (control_id, kind, scope, "by", reason, since)
      VALUES ('advisory:all', 'advisory', 'all', 'anna', 'stop', CURRENT_TIMESTAMP)`);
    const plant = plantWith(scene.plant, { write: () => Promise.resolve({ kind: 'not_sent', reason: 'prepared so' }) });
    await scene.cycle({ ports: { plant } });
    expect(await of('temperature')).toMatchObject({ status });
    await approve('pressure');
    await scene.cycle({ ports: { plant } });
    expect(await of('pressure')).toMatchObject({ status: 'pending', approved_by_operator: null });
    expect(await reasonsOf(await idOf('pressure'), 'refused')).toEqual([expect.stringContaining(`which is ${status}: `)]);
  });

  test("an approval that does not count stands in no other one's way", async () => {
    await begin();
    await measured(92, 105);
    await scene.cycle();
    await approve('pressure', '');
    await approve('temperature');
    await scene.cycle();
    expect(await of('pressure')).toMatchObject({ status: 'pending' });
    expect(await of('temperature')).toMatchObject({ status: 'executed' });
  });
});
