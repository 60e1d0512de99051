import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { PlantSettings } from '../../src/config/settings.ts';
import { createPlant } from '../../src/plant/create-plant.ts';
import type { SimulatedPlant, SimulatorOptions } from '../../src/plant/simulated-plant.ts';
import { createSimulator } from '../../src/plant/simulator.ts';
import type { Plant, WriteRequest } from '../../src/ports/plant.ts';
import { isFit, openSqlite } from '../../src/sqlite/sqlite-library.ts';

const START = Date.UTC(2026, 1, 19, 10, 30);
const THROUGHPUT = '[default]REACTOR_02/ThroughputSetpoint';
const TEMPERATURE = '[default]REACTOR_02/Temperature';

let folder = '';
let now = START;
const opened: Plant[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-plant-'));
  now = START;
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((plant) => plant.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function simulator(options: Partial<SimulatorOptions> = {}): Promise<Plant & SimulatedPlant> {
  const file = path.join(folder, 'plant.db');
  const plant = await createSimulator({ path: file, latencySeconds: 0, timeoutSeconds: 10, now: () => now, ...options });
  opened.push(plant);
  return plant;
}

function request(value: number, changes: Partial<WriteRequest> = {}): WriteRequest {
  return { commandId: 'c-1', tag: THROUGHPUT, value, notAfter: START + 60_000, signature: null, ...changes };
}

async function valueOf(plant: Plant, tag: string): Promise<number | null | undefined> {
  return (await plant.read([tag]))[0]?.value;
}

test('equipment never seen runs at full throughput with the standby cooling off', async () => {
  const plant = await simulator();
  const at = START;
  expect(await plant.read(['[default]X-1/CoolingSystemStatus', '[default]X-1/ThroughputSetpoint'])).toEqual([
    { tag: '[default]X-1/CoolingSystemStatus', value: 0, good: true, quality: 'Good', at },
    { tag: '[default]X-1/ThroughputSetpoint', value: 100, good: true, quality: 'Good', at },
  ]);
  expect(await valueOf(plant, '[default]X-1/Temperature')).toBeCloseTo(70, 0);
  expect(plant.measure(START)).toEqual([]);
});

test.each([
  '[default]REACTOR_02/Nothing',
  '[other]REACTOR_02/Temperature',
  '[default]../Temperature',
  '[default]a/b/Temperature',
  'Temperature',
  '[default]R/EmergencyStop',
])('reading %s, which is not there, is bad and does not throw', async (tag) => {
  expect(await (await simulator()).read([tag])).toEqual([{ tag, value: null, good: false, quality: 'Bad_NotFound', at: null }]);
});

test('two simulators on one file are one plant', async () => {
  const [one, other] = await Promise.all([simulator(), simulator()]);
  expect(await one.write(request(50))).toEqual({ kind: 'written', quality: 'Good' });
  expect(await valueOf(other, THROUGHPUT)).toBe(50);
  expect(other.writes()).toEqual([{ at: START, commandId: 'c-1', tag: THROUGHPUT, value: 50, accepted: true }]);
});

test('many simulators can make one new file at the same moment', async () => {
  const plants = await Promise.all(Array.from({ length: 12 }, () => simulator()));
  await Promise.all(plants.map((plant, index) => plant.write(request(index, { commandId: `c-${index}` }))));
  expect(plants[0]?.writes()).toHaveLength(12);
});

test('a file that another process holds during the first open is waited for', async () => {
  const holder = await openSqlite(path.join(folder, 'plant.db'));
  holder.exec('BEGIN EXCLUSIVE');
  const opening = simulator({ timeoutSeconds: 0.02 });
  setTimeout(() => holder.close(), 100);
  expect(await valueOf(await opening, THROUGHPUT)).toBe(100);
});

test('a second write of one command is obeyed and logged: once is for the agent to keep', async () => {
  const plant = await simulator();
  await plant.write(request(50));
  await plant.write(request(40));
  expect(plant.writes().map((write) => [write.commandId, write.value])).toEqual([
    ['c-1', 50],
    ['c-1', 40],
  ]);
  expect(await valueOf(plant, THROUGHPUT)).toBe(40);
});

test.each<[string, Partial<WriteRequest>, number, string, RegExp]>([
  ['an unknown tag', { tag: '[default]REACTOR_02/Nothing' }, 1, 'Bad_NotFound', /no tag/],
  ['a measured tag', { tag: TEMPERATURE }, 20, 'Bad_ReadOnly', /read-only/],
  ['a value above the limit', {}, 101, 'Bad_OutOfRange', /outside 0 to 100/],
  ['a value that is no number', {}, Number.NaN, 'Bad_OutOfRange', /NaN/],
  ['a half for an integer', { tag: '[default]REACTOR_02/CoolingSystemStatus' }, 0.5, 'Bad_OutOfRange', /integer/],
  ['a request after its time', { notAfter: START - 1 }, 50, 'Error_TimeoutExpired', /^expired/],
  ['a request without a time', { notAfter: Number.NaN }, 50, 'Error_TimeoutExpired', /^expired/],
])('%s is refused, changes nothing and is logged as refused', async (_what, changes, value, quality, reason) => {
  const plant = await simulator();
  expect(await plant.write(request(value, changes))).toEqual({ kind: 'refused', quality, reason: expect.stringMatching(reason) });
  expect(plant.writes()).toEqual([expect.objectContaining({ value, accepted: false })]);
  expect(await valueOf(plant, THROUGHPUT)).toBe(100);
});

test('a request exactly at its not-after time is still obeyed', async () => {
  expect(await (await simulator()).write(request(50, { notAfter: START }))).toMatchObject({ kind: 'written' });
});

test('the temperature rises by a fault and falls by a write, also without anybody watching', async () => {
  const plant = await simulator();
  plant.inject('cooling-loss', 'REACTOR_02', START);
  now = START + 900_000;
  expect(await valueOf(plant, TEMPERATURE)).toBeGreaterThan(98);
  await plant.write(request(50, { notAfter: now }));
  expect(await valueOf(plant, TEMPERATURE)).toBeGreaterThan(98);
  now += 900_000;
  expect(await valueOf(plant, TEMPERATURE)).toBeLessThan(80);
});

test('advancing twice to one moment is advancing once, and in steps the same as at once', async () => {
  const [stepped, once] = [await simulator(), await simulator({ path: path.join(folder, 'other.db') })];
  for (const plant of [stepped, once]) plant.inject('cooling-loss', 'REACTOR_02', START + 5000);
  for (const seconds of [10, 10, 3, 60, 60]) stepped.advance(START + seconds * 1000);
  once.advance(START + 60_000);
  expect(stepped.measure(START + 60_000)).toEqual(once.measure(START + 60_000));
  expect(stepped.measure(START + 60_000)[0]?.temperature).toBeGreaterThan(78);
});

test('measuring lists all equipment, warns when hot, and leaves out what is silent', async () => {
  const plant = await simulator();
  plant.addEquipment('REACTOR_02', { temperatureC: 96 });
  plant.addEquipment('REACTOR_02', { temperatureC: 20 });
  plant.addEquipment('PUMP_01');
  plant.addEquipment('PUMP_02');
  plant.inject('drop-out', 'PUMP_02', START);
  const readings = plant.measure(START);
  expect(readings.map(({ equipmentId, status }) => [equipmentId, status])).toEqual([
    ['PUMP_01', 'good'],
    ['REACTOR_02', 'warning'],
  ]);
  expect(readings[1]?.temperature).toBeCloseTo(96, 0);
  expect(await plant.read(['[default]PUMP_02/Temperature'])).toMatchObject([{ value: null, good: false, quality: 'Bad_NotConnected' }]);
});

test('a repair ends every fault', async () => {
  const plant = await simulator();
  plant.inject('cooling-loss', 'REACTOR_02', START);
  plant.inject('drop-out', 'REACTOR_02', START + 1000);
  plant.repair('REACTOR_02', START + 600_000);
  expect(plant.measure(START + 600_000)[0]?.temperature).toBeGreaterThan(98);
  expect(plant.measure(START + 3_600_000)[0]?.temperature).toBeCloseTo(70, 0);
});

test('a new speed counts from now on', async () => {
  const plant = await simulator();
  plant.addEquipment('REACTOR_02', { temperatureC: 100 });
  now = START + 1000;
  plant.configure({ speed: 600 });
  expect(plant.measure(now)[0]?.temperature).toBeGreaterThan(99);
  expect(plant.measure(now + 1000)[0]?.temperature).toBeLessThan(71);
  expect(() => plant.configure({ speed: 0 })).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('a plant that does not answer gets nothing', async () => {
  const [one, other] = [await simulator(), await simulator()];
  one.setFailure('no_answer');
  await expect(other.read([THROUGHPUT])).rejects.toMatchObject({ code: 'plant_unavailable' });
  expect(await other.write(request(50))).toMatchObject({ kind: 'not_sent' });
  one.setFailure(null);
  expect(other.writes()).toEqual([]);
  expect(await valueOf(other, THROUGHPUT)).toBe(100);
});

test('a lying plant says written and changes nothing', async () => {
  const plant = await simulator();
  plant.setFailure('lying');
  expect(await plant.write(request(50))).toEqual({ kind: 'written', quality: 'Good' });
  expect(plant.writes()).toHaveLength(1);
  expect(await valueOf(plant, THROUGHPUT)).toBe(100);
});

test('a lost answer is ambiguous and the write has happened', async () => {
  const plant = await simulator();
  plant.setFailure('write_lost_answer');
  expect(await plant.write(request(50))).toMatchObject({ kind: 'ambiguous' });
  expect(await valueOf(plant, THROUGHPUT)).toBe(50);
});

test('a plant slower than the patience of its caller: a read fails, a write is ambiguous and has happened', async () => {
  const slow = await simulator({ latencySeconds: 5, timeoutSeconds: 0.02 });
  expect(await slow.write(request(50))).toMatchObject({ kind: 'ambiguous', reason: 'no answer within 0.02 s' });
  await expect(slow.read([THROUGHPUT])).rejects.toMatchObject({ code: 'plant_unavailable' });
  expect(await valueOf(await simulator(), THROUGHPUT)).toBe(50);
});

test('while another process holds the file, a write is not sent', async () => {
  const plant = await simulator({ timeoutSeconds: 0.1 });
  const holder = await openSqlite(path.join(folder, 'plant.db'));
  holder.exec('BEGIN IMMEDIATE');
  try {
    expect(await plant.write(request(50))).toMatchObject({ kind: 'not_sent' });
  } finally {
    holder.exec('ROLLBACK');
    holder.close();
  }
  expect(plant.writes()).toEqual([]);
});

test('the log of writes cannot be edited', async () => {
  const plant = await simulator();
  await plant.write(request(50));
  const database = await openSqlite(path.join(folder, 'plant.db'));
  expect(() => database.exec('DELETE FROM writes')).toThrow(/append-only/);
  expect(() => database.exec('UPDATE writes SET value = 1')).toThrow(/append-only/);
  database.close();
});

test('a tag that the configuration adds keeps what is written to it', async () => {
  const tag = '[default]PUMP_01/RecycleValve';
  const plant = await simulator({
    tags: [{ path: '[default]{id}/RecycleValve', min: 0, max: 80, type: 'number', unit: '%', direction: 'decrease' }],
  });
  expect(await valueOf(plant, tag)).toBe(80);
  await plant.write(request(30, { tag }));
  expect(await valueOf(plant, tag)).toBe(30);
  expect(await plant.write(request(50))).toMatchObject({ kind: 'refused', quality: 'Bad_ReadOnly' });
});

test('an id that could climb out of a tag path is refused', async () => {
  const plant = await simulator();
  expect(() => plant.addEquipment('../X')).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('closing a connection frees its lock though a statement is still in use', async () => {
  const file = path.join(folder, 'lock.db');
  const holder = await openSqlite(file);
  const statement = holder.prepare('PRAGMA user_version');
  statement.get();
  holder.exec('BEGIN EXCLUSIVE');
  holder.close();
  const next = await openSqlite(file, { busyTimeoutMs: 20 });
  expect(() => next.exec('BEGIN EXCLUSIVE')).not.toThrow();
  next.close();
});

test('a path that cannot hold a plant says which and what to do', async () => {
  const missing = path.join(folder, 'none', 'plant.db');
  await expect(simulator({ path: missing })).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringContaining(missing),
    remedy: expect.stringContaining('create'),
  });
  const text = path.join(folder, 'notes.txt');
  writeFileSync(text, 'these are notes, not a database, and long enough to be told apart from an empty file\n'.repeat(20));
  await expect(simulator({ path: text })).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringContaining('not a SQLite'),
  });
  await expect(simulator({ path: folder })).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringContaining('folder'),
  });
});

test('a file of a newer version is left alone', async () => {
  const file = path.join(folder, 'plant.db');
  const database = await openSqlite(file);
  database.exec('PRAGMA user_version = 99');
  database.close();
  await expect(simulator({ path: file })).rejects.toMatchObject({ code: 'plant_unavailable', message: expect.stringContaining('newer') });
});

test('the settings choose the plant', async () => {
  const settings: PlantSettings = {
    kind: 'advisory',
    timeoutSeconds: 1,
    readBackSeconds: 1,
    tolerancePercent: 0.5,
    simulatorPath: path.join(folder, 'plant.db'),
    simulatorLatencySeconds: 0,
  };
  const advisory = await createPlant(settings, { now: () => now });
  expect(advisory.acts).toBe(false);
  expect(await advisory.read([THROUGHPUT])).toEqual([{ tag: THROUGHPUT, value: null, good: false, quality: 'Bad_NotConnected', at: null }]);
  expect(await advisory.write(request(50))).toMatchObject({ kind: 'not_sent' });
  const acting = await createPlant({ ...settings, kind: 'simulator' }, { now: () => now });
  opened.push(acting);
  expect([acting.kind, acting.acts, await valueOf(acting, THROUGHPUT)]).toEqual(['simulator', true, 100]);
});

test.each([
  ['3.51.2', false],
  ['3.51.3', true],
  ['3.53.0', true],
  ['3.53.99', true],
  ['3.54.0', false],
  ['4.0.0', false],
  ['3.9.99', false],
])('SQLite %s shares a WAL file safely and takes every statement: %s', (version, expected) => {
  expect(isFit(version)).toBe(expected);
});

test('what is read stands behind a write that is under way in another process, or there is no answer', async () => {
  const plant = await simulator({ timeoutSeconds: 0.05 });
  plant.addEquipment('REACTOR_02');
  const other = await openSqlite(path.join(folder, 'plant.db'));
  other.exec('BEGIN IMMEDIATE');
  await expect(plant.read([THROUGHPUT])).rejects.toMatchObject({ code: 'plant_unavailable' });
  other.exec('ROLLBACK');
  other.close();
  expect(await plant.read([THROUGHPUT])).toMatchObject([{ value: 100 }]);
});
