import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import { newScene, QUICK, type Scene, timeText } from '../support/scenario.ts';

let scene: Scene | undefined;
afterEach(async () => {
  await scene?.close();
  scene = undefined;
});

const RULE = 'severity: high, issueType: hot, confidence: 0.9, recommendedAction: look';
const fileOf = (signal: string, rest = '', rule = 'r') =>
  `source: { columns: { signals: { temperature: temperature, pressure: pressure, level: flow_rate } } }
rules: { bands: [{ rule: ${rule}, family: f, signal: ${signal}, above: 80, ${RULE} }]${rest} }
`;

async function hot(): Promise<Scene> {
  scene = await newScene({}, { file: fileOf('temperature') });
  await reading(scene, 88, 50);
  await scene.cycle();
  expect(await scene.row('R1')).toMatchObject({ status: 'pending', peak_value: 88 });
  return scene;
}

const reading = (at: Scene, temperature: number, pressure: number) =>
  at.sql(`INSERT INTO sensor_data (equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
VALUES ('R1', ${temperature}, ${pressure}, 20, 'good', '${timeText(Date.now())}')`);

function edited(at: Scene, text: string): Settings {
  writeFileSync(path.join(at.folder, 'ops-agent.yaml'), text);
  return loadSettings({ env: {}, cwd: at.folder, flags: QUICK });
}

test.each([
  ['another one', fileOf('pressure')],
  ['one without a column', fileOf('level')],
  ['another one, by a rule of another name', fileOf('pressure', '', 'other')],
])('a recommendation ends when its family’s signal is %s, whatever that one reads', async (_name, text) => {
  const at = await hot();
  const settings = edited(at, text);
  await reading(at, 89, 95);
  await at.cycle({ settings });
  const [row] = await at.rows('R1');
  expect(row).toMatchObject({
    status: 'withdrawn',
    peak_value: 88,
    execution_result: expect.stringMatching(/^the family 'f' is about \w+ now/),
  });
  expect(await at.events(row?.['recommendation_id'])).toEqual(['created', 'withdrawn']);
  // From then on the family is what the rules say.
  await reading(at, 89, 96);
  await at.cycle({ settings });
  const found = (await at.rows('R1')).map((each) => [each['status'], each['peak_value']]);
  expect(found).toEqual(text.includes('signal: pressure') ? [['withdrawn', 88], ['pending', 96]] : [['withdrawn', 88]]); // prettier-ignore
});

test('an approved one is cancelled, and nothing is written', async () => {
  const at = await hot();
  await at.approve('R1');
  await reading(at, 89, 95);
  await at.cycle({ settings: edited(at, fileOf('pressure')) });
  const reason = "the family 'f' is about pressure now, and this is not";
  expect(await at.row('R1')).toMatchObject({ status: 'cancelled', execution_result: reason });
  expect(await at.commands('R1')).toEqual([]);
});

test('a recommendation stays when its rules change and its signal does not', async () => {
  const at = await hot();
  await reading(at, 87, 95);
  await at.cycle({ settings: edited(at, fileOf('temperature', ', deadband: 3')) });
  expect(await at.rows('R1')).toMatchObject([{ status: 'pending', peak_value: 88 }]);
});

test('a recommendation ends when what it is about is no violation by the rules of now, the other side of the limit for one', async () => {
  const at = await hot();
  const settings = edited(at, fileOf('temperature').replace('above: 80', 'below: 80'));
  await at.approve('R1');
  await reading(at, 71, 95);
  await at.cycle({ settings });
  expect((await at.rows('R1'))[0]).toMatchObject({
    status: 'cancelled',
    execution_result: 'by the rules as they are now 88 is no violation',
  });
  expect(await at.commands('R1')).toEqual([]);
  await reading(at, 70, 95);
  await at.cycle({ settings });
  expect((await at.rows('R1')).map((row) => [row['status'], row['peak_value']])).toEqual([
    ['cancelled', 88],
    ['pending', 70],
  ]);
});
