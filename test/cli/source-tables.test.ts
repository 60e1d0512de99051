import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const PATIENCE_MS = 120_000;

let place: Workplace;
beforeAll(() => ensureBundle(), PATIENCE_MS);
beforeEach(() => {
  place = newWorkplace();
});
afterEach(() => place.remove());

/** How a table tells the time: the keys of the source, the type of its columns, and a moment as an SQL literal. */
interface Spelling {
  readonly keys: string;
  readonly type: string;
  readonly literal: (at: number) => string;
}

const SPELLINGS: Readonly<Record<string, Spelling>> = {
  'milliseconds since 1970': { keys: 'timestampFormat: epochMillis', type: 'BIGINT', literal: String },
  'ISO texts with an offset': {
    keys: 'timestampFormat: iso',
    type: 'VARCHAR(40)',
    literal: (at) => `'${new Date(at + 2 * HOUR_MS).toISOString().replace('Z', '+02:00')}'`,
  },
  // A zone whose clocks are never changed: the test runs on any day.
  'local times': {
    keys: 'timeZone: Asia/Kolkata',
    type: 'VARCHAR(40)',
    literal: (at) => `'${new Date(at + 5.5 * HOUR_MS).toISOString().replace(/[TZ]/g, (letter) => (letter === 'T' ? ' ' : ''))}'`,
  },
};

interface Shape {
  readonly columns: string;
  readonly keys: string;
  readonly values: (temperatureC: number) => string;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  wide: {
    columns: 'temp_c DOUBLE PRECISION',
    keys: 'status: state, signals: { temperature: temp_c }',
    values: (temperatureC) => `${temperatureC}`,
  },
  long: {
    columns: 'tag VARCHAR(50), val DOUBLE PRECISION',
    keys: 'quality: state, signal: tag, value: val, signals: { temperature: TEMP }',
    values: (temperatureC) => `'TEMP', ${temperatureC}`,
  },
};

const utc = (at: number) => new Date(at).toISOString();

async function makeTable(shape: string, { keys, type }: Spelling): Promise<void> {
  const { columns, keys: columnKeys } = SHAPES[shape] ?? { columns: '', keys: '' };
  const mapped = `{ equipment: machine, timestamp: measured_at, arrival: stored_at, ${columnKeys} }`;
  writeFileSync(
    path.join(place.cwd, 'ops-agent.yaml'),
    `source:\n  table: historian\n  shape: ${shape}\n  ${keys}\n  columns: ${mapped}\n`,
  );
  await done('setup');
  await done('sql', `CREATE TABLE historian (machine VARCHAR(100), ${columns}, state VARCHAR(20), measured_at ${type}, stored_at ${type})`);
}

async function done(...args: string[]): Promise<void> {
  expect(await place.run(...args)).toMatchObject({ code: 0, stderr: '' });
}

/** What an operator sees of every recommendation, the first detected first. */
async function recommended(): Promise<readonly string[]> {
  const rows = (await place.json('recommendations', '--json')) as Readonly<Record<string, unknown>>[]; // the shape is json.test.ts's subject
  return rows
    .map((row) =>
      [row['first_detected_timestamp'], row['equipment_id'], row['status'], row['severity'], row['temperature_reading']].join(' '),
    )
    .toSorted();
}

test.each(Object.keys(SPELLINGS).flatMap((spelling) => Object.keys(SHAPES).map((shape) => [shape, spelling] as const)))(
  'a %s table with %s is read run by run: what is new, what came late, and nothing twice',
  async (shape, spelling) => {
    const told = SPELLINGS[spelling];
    if (!told) throw new Error(`there is no spelling '${spelling}'`);
    await makeTable(shape, told);
    const insert = (machine: string, temperatureC: number, at: number, storedAt: number) =>
      done(
        'sql',
        `INSERT INTO historian VALUES ('${machine}', ${SHAPES[shape]?.values(temperatureC)}, 'good', ${told.literal(at)}, ${told.literal(storedAt)})`,
      );
    const began = Date.now() - MINUTE_MS;
    const earlier = began - 2 * HOUR_MS;
    await insert('REACTOR_02', 91.5, began, began);
    expect(await place.json('run-once', '--json')).toMatchObject({ outcome: 'completed', recommendations: { created: 1, escalated: 0 } });
    expect(await recommended()).toEqual([`${utc(began)} REACTOR_02 pending high 91.5`]);

    await insert('REACTOR_02', 96.5, began + MINUTE_MS / 2, began + MINUTE_MS / 2);
    await insert('PUMP_02', 87.5, earlier, Date.now());
    expect(await place.json('run-once', '--json')).toMatchObject({ outcome: 'completed', recommendations: { created: 1, escalated: 1 } });
    const expected = [`${utc(earlier)} PUMP_02 pending medium 87.5`, `${utc(began)} REACTOR_02 pending critical 96.5`];
    expect(await recommended()).toEqual(expected);

    expect(await place.json('run-once', '--json')).toMatchObject({ outcome: 'completed', recommendations: { created: 0, escalated: 0 } });
    expect(await recommended()).toEqual(expected);
  },
  PATIENCE_MS,
);
