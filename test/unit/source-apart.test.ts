import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import { openSqlite } from '../../src/sqlite/sqlite-library.ts';
import { openStore } from '../../src/store/open-store.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-apart-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A store of the agent's own, with the readings of a plant in a file beside it. */
function apart(): Settings {
  const flags = { 'source.connection.kind': 'embedded', 'source.connection.path': 'plant.db' };
  return loadSettings({ env: {}, cwd: folder, flags });
}

/** The file of somebody else, with one hot reading. */
async function plantFile(): Promise<string> {
  const file = path.join(folder, 'plant.db');
  const plant = await openSqlite(file);
  plant.exec(`CREATE TABLE sensor_data (equipment_id TEXT, timestamp TEXT, temperature REAL, pressure REAL, flow_rate REAL, sensor_status TEXT);
    INSERT INTO sensor_data VALUES ('REACTOR_01', strftime('%Y-%m-%d %H:%M:%f', 'now'), 97, 80, 50, 'good')`);
  plant.close();
  return file;
}

test('readings in a file of their own are read there, and nothing of that file is changed', async () => {
  const file = await plantFile();
  const before = readFileSync(file);
  const { store, source } = await openStore(apart(), { create: true });
  await store.migrate('agent-1');
  expect((await store.countRows()).map(({ table }) => table)).not.toContain('sensor_data');
  expect(await source.missingColumns()).toEqual([]);
  const { now } = await store.readControls();
  expect(await source.newestRows(10, now)).toMatchObject({ rows: 1 });
  expect(source.statements).toBeGreaterThan(0);
  await source.close();
  await store.close();
  expect(readFileSync(file).equals(before)).toBe(true);
  await expect(source.newestRows(10, now)).rejects.toMatchObject({ code: 'store_unavailable' });
});

test('nothing is fed into them, and a file that is not there is named with its key', async () => {
  await expect(openStore(apart(), { create: true })).rejects.toMatchObject({ code: 'usage', remedy: 'correct source.connection.path' });
  await plantFile();
  const { store, source } = await openStore(apart(), { create: true });
  await store.migrate('agent-1');
  await expect(store.insertSampleReadings()).rejects.toMatchObject({ code: 'usage' });
  await source.close();
  await store.close();
});
