import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

import { explainSettings, loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-sensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(yaml: string, env: Readonly<Record<string, string>> = {}): Settings {
  writeFileSync(path.join(folder, 'ops-agent.yaml'), yaml);
  return loadSettings({ env, cwd: folder });
}

test('stuck, stepping and drop-out are off until a site turns them on', () => {
  expect(load('').sensorFaults).toMatchObject({ stuck: null, stepping: {}, dropOutSeconds: null });
  const { sensorFaults } = load('sensorFaults: {stuck: {seconds: 600}, stepping: {temperature: 20, pressure: 5}, dropOutSeconds: 120}');
  expect(sensorFaults).toMatchObject({
    stuck: { seconds: 600, tolerance: 0, minReadings: 5 },
    stepping: { temperature: 20, pressure: 5 },
    dropOutSeconds: 120,
  });
  expect(load('', { OPS_AGENT_SENSOR_FAULTS_STUCK_SECONDS: '60' }).sensorFaults.stuck).toEqual({
    seconds: 60,
    tolerance: 0,
    minReadings: 5,
  });
});

test('the example in docs/sensor-faults.md is one', () => {
  const documentation = readFileSync(path.resolve('docs/sensor-faults.md'), 'utf8');
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(documentation) ?? [];
  expect(load(example).sensorFaults).toMatchObject({ offDelaySeconds: 60, stuck: { minReadings: 20 }, stepping: { pressure: 40 } });
});

test('they are part of what the rules’ hash stands for', () => {
  const hashes = [
    '',
    'sensorFaults: {badQuality: false}',
    'sensorFaults: {stepping: {pressure: 5}}',
    'sensorFaults: {dropOutSeconds: 9}',
  ].map((yaml) => load(yaml).rulesHash);
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(load('').rulesHash).toBe(hashes[0]);
});

test.each([
  [
    'a signal that is not mapped',
    'sensorFaults:\n  stepping: {temprature: 5}',
    /sensorFaults\.stepping\.temprature \(line 2, column \d+\): source\.columns\.signals does not map 'temprature', did you mean 'temperature'\?/,
  ],
  [
    'a step of nothing',
    'sensorFaults: {stepping: {pressure: 0}}',
    /sensorFaults\.stepping\.pressure \(line 1, column \d+\): must be more than 0, is 0/,
  ],
  ['stuck without a time', 'sensorFaults: {stuck: {tolerance: 1}}', /sensorFaults\.stuck\.seconds.*: is missing/],
  ['a negative tolerance', 'sensorFaults: {stuck: {seconds: 60, tolerance: -1}}', /sensorFaults\.stuck\.tolerance .* at least 0, is -1/],
  [
    'one reading that stands still',
    'sensorFaults: {stuck: {seconds: 60, minReadings: 1}}',
    /sensorFaults\.stuck\.minReadings .* at least 2, is 1/,
  ],
  ['longer than a day', 'sensorFaults: {dropOutSeconds: 86401}', /sensorFaults\.dropOutSeconds .* at most 86400, is 86401/],
  ['a key that there is not', 'sensorFaults: {frozen: true}', /sensorFaults\.frozen .*unknown key; known here: badQuality/],
])('%s is refused with its place', (_name, yaml, message) => {
  expect(() => load(yaml)).toThrow(message);
});

test('config show has every key, in force or not', () => {
  writeFileSync(path.join(folder, 'ops-agent.yaml'), 'sensorFaults: {stuck: {seconds: 60}}');
  const keys = new Map(explainSettings({ env: {}, cwd: folder }).map(({ path: key, value, origin }) => [key, [value, origin]]));
  expect(keys.get('sensorFaults.stuck.seconds')).toEqual([60, 'file']);
  expect(keys.get('sensorFaults.stuck.minReadings')).toEqual([5, 'default']);
  expect(keys.get('sensorFaults.dropOutSeconds')).toEqual([undefined, 'default']);
});
