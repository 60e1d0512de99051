import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';

const LONG = /\d\.\d{3,}(?![\dZ])/;

let place: Workplace;
beforeAll(() => ensureBundle(), 60_000);
beforeEach(async () => {
  place = newWorkplace();
  writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), 'source: { units: { temperature: °F } }\n');
  await place.run('setup');
  await place.run(
    'sql',
    `INSERT INTO sensor_data (equipment_id, temperature, sensor_status, timestamp) VALUES ('R1', 200, 'good', CURRENT_TIMESTAMP)`,
  );
  await place.run('run-once');
});
afterEach(() => place.remove());

test('what people read of a converted value has two decimals, and JSON all of them', async () => {
  const [row] = (await place.json('recommendations', '--json')) as readonly { recommendation_id: string; peak_value: number }[]; // the shape is json.test.ts's subject
  expect(row?.peak_value).toBeCloseTo(93.333333333, 8);
  const pages = [
    ['recommendations'],
    ['recommendations', '--group'],
    ['show', row?.recommendation_id ?? ''],
    ['events'],
    ['rules', 'test', '--since', '1h', '--episodes'],
  ];
  for (const args of pages) {
    const { stdout, code } = await place.run(...args);
    expect({ args, code, hasValue: stdout.includes('93.33'), long: LONG.exec(stdout)?.[0] }).toEqual({ args, code: 0, hasValue: true });
  }
});
