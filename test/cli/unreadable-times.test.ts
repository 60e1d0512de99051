import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { ensureBundle, newWorkplace, type Workplace } from '../support/bundle.ts';

const HOUR_MS = 3_600_000;

let place: Workplace;
beforeAll(() => ensureBundle(), 60_000);
beforeEach(async () => {
  place = newWorkplace();
  configure('table: historian');
  await place.run('setup');
  const columns = 'equipment_id TEXT, temperature REAL, pressure REAL, flow_rate REAL, sensor_status TEXT, timestamp';
  await place.run('sql', `CREATE TABLE historian (${columns})`);
});
afterEach(() => place.remove());

function configure(...keys: readonly string[]): void {
  writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), ['source:', ...keys.map((key) => `  ${key}`), ''].join('\n'));
}

function insert(timestamp: string): Promise<unknown> {
  return place.run('sql', `INSERT INTO historian VALUES ('R1', 96, 1, 1, 'good', ${timestamp})`);
}

function asStored(at: number): string {
  return `'${new Date(at).toISOString().replace('T', ' ').replace('Z', '')}'`;
}

async function rejectionWarnings(): Promise<readonly string[]> {
  const { stderr } = await place.run('run-once');
  return stderr.split('\n').filter((line) => line.includes('[WARNING]') && line.includes('rejected'));
}

test('a feed of which every reading is rejected is warned of in every cycle, and by health', async () => {
  configure('table: historian', 'timestampFormat: iso');
  await insert('CURRENT_TIMESTAMP');
  await insert('CURRENT_TIMESTAMP');
  const said = 'All recent readings were rejected: 2 bad_time; ops-agent config check --connect looks at the newest rows';
  for (const _cycle of [1, 2]) expect(await rejectionWarnings()).toEqual([expect.stringContaining(said)]);
  expect(await place.run('health')).toMatchObject({
    stdout: expect.stringContaining('no good reading has been seen yet; ops-agent config check --connect looks at the newest rows'),
    code: 8,
  });
});

test('a rejected reading beside good ones is no warning, also in a cycle without a new one', async () => {
  await insert('CURRENT_TIMESTAMP');
  await insert("'19/02/2026'");
  for (const _cycle of [1, 2]) expect(await rejectionWarnings()).toEqual([]);
});

test.each<[string, readonly string[], string, string]>([
  [
    'that the format does not read',
    ['timestampFormat: iso'],
    "'19/02/2026'",
    "source.timestampFormat (line 3, column 3): is iso, in which the time of 1 of the 1 newest rows cannot be read, such as '19/02/2026'",
  ],
  [
    'in another unit',
    ['timestampFormat: epochSeconds'],
    String(Date.now()),
    'source.timestampFormat (line 3, column 3): is epochSeconds, in which the time of 1 of the 1 newest rows cannot be read',
  ],
  [
    'that a zone puts ahead of now',
    ['timeZone: America/New_York'],
    asStored(Date.now()),
    'source.timeZone (line 3, column 3): is America/New_York, by which 1 of the 1 newest rows lie ahead of now (',
  ],
  [
    'that are ahead as numbers, which no zone has a part in',
    ['timestampFormat: epochMillis'],
    String(Date.now() + HOUR_MS),
    'source.timestampFormat (line 3, column 3): is epochMillis, by which 1 of the 1 newest rows lie ahead of now (',
  ],
  [
    'that a zone puts hours back',
    ['timeZone: Asia/Kolkata'],
    asStored(Date.now()),
    'source.timeZone (line 3, column 3): is Asia/Kolkata, by which the newest reading is of ',
  ],
])('times %s are a warning of config check --connect, with the line of the key', async (_what, keys, timestamp, warning) => {
  configure('table: historian', ...keys);
  await insert(timestamp);
  const { stdout, stderr, code } = await place.run('config', 'check', '--connect');
  expect({ isSourceFine: stdout.includes('✓ Source: historian'), code }).toEqual({ isSourceFine: true, code: 0 });
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(`ops-agent: warning: ${warning}`)]);
});

test('times of now are no warning of config check --connect', async () => {
  await insert('CURRENT_TIMESTAMP');
  expect(await place.run('config', 'check', '--connect')).toMatchObject({ stderr: '', code: 0 });
});
