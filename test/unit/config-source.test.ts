import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

import type { ConfigInput } from '../../src/config/layers.ts';
import { loadSettings } from '../../src/config/load.ts';
import { findingTexts, sourcePatterns, unmatchedPatterns } from '../../src/config/source-findings.ts';
import { converted } from '../support/converted.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-config-source-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The lines of a `source` section as a file: the first of them is line 2. */
function inputFor(lines: readonly string[]): ConfigInput {
  writeFileSync(path.join(folder, 'ops-agent.yaml'), ['source:', ...lines.map((line) => `  ${line}`), ''].join('\n'));
  return { env: {}, cwd: folder };
}

function load(...lines: readonly string[]) {
  return loadSettings(inputFor(lines)).source;
}

test("a unit alone is converted to the agent's own of its dimension, and none is converted into itself", () => {
  const { units } = load('units: { temperature: °F, pressure: { stored: kPa, used: psi }, flow_rate: GPM }');
  expect(Object.keys(units)).toEqual(['temperature', 'pressure']);
  expect(converted(203, units['temperature'] ?? null)).toBe(95);
  expect(converted(1000, units['pressure'] ?? null)).toBeCloseTo(145.03774, 4);
});

test("a signal of the user's own may be used in any unit of its dimension", () => {
  const { units } = load(
    'columns: { signals: { temperature: t, oil_pressure: p } }',
    'units:',
    '  oil_pressure: { stored: psi, used: bar }',
  );
  expect(converted(14.503773773, units['oil_pressure'] ?? null)).toBeCloseTo(1, 9);
});

const KNOWN_FLOWS = 'gpm, igpm, m3/h, m3/min, m3/s, L/min, L/s, L/h, cfm';

test.each<[string, readonly string[], string]>([
  ['is misspelt', ['units:', '  temperature: degFF'], "source.units.temperature (line 3, column 5): 'degFF' is no unit that is known"],
  [
    'is near another',
    ['units:', '  pressure: { stored: kPaa, used: psi }'],
    "source.units.pressure.stored (line 3, column 17): 'kPaa' is no unit that is known, did you mean 'kPa'?",
  ],
  [
    'is nowhere near',
    ['units: { flow_rate: furlongs_per_fortnight }'],
    `source.units.flow_rate (line 2, column 12): 'furlongs_per_fortnight' is no unit that is known; known: °C, °F, K, °R, psi, bar, mbar, Pa, kPa, MPa, atm, kgf/cm2, ${KNOWN_FLOWS}`,
  ],
  [
    'measures something else than it is used as',
    ['columns: { signals: { temperature: t, level: l } }', 'units:', '  level: { stored: m3/h, used: bar }'],
    `source.units.level.used (line 4, column 28): bar measures pressure, m3/h flow; known: ${KNOWN_FLOWS}`,
  ],
  [
    'measures something else than the signal does',
    ['units: { flow_rate: bar }'],
    `source.units.flow_rate (line 2, column 12): bar measures pressure, not flow; known: ${KNOWN_FLOWS}`,
  ],
  [
    'is not the one of a column that is stored with recommendations',
    ['units: { temperature: { stored: K, used: °F } }'],
    'source.units.temperature.used (line 2, column 38): temperature is always used in °C; leave it out, or map the column to a signal of another name',
  ],
  [
    'is of a signal that is not mapped',
    ['units: { presure: bar }'],
    "source.units.presure (line 2, column 12): source.columns.signals does not map 'presure', did you mean 'pressure'?",
  ],
  ['is no text', ['units: { pressure: 14 }'], 'source.units.pressure (line 2, column 12): must be a unit, or {stored, used}, is 14'],
  [
    'lacks a half',
    ['units: { pressure: { stored: bar } }'],
    'source.units.pressure (line 2, column 12): must be a unit, or {stored, used}, is a section',
  ],
])('a unit that %s is a problem with its line', (_what, lines, problem) => {
  expect(() => load(...lines)).toThrow(problem);
});

test.each<[string, readonly string[], string]>([
  [
    'that does not exist',
    ['timeZone: Europe/Berlni'],
    "source.timeZone (line 2, column 3): 'Europe/Berlni' is no zone of the IANA time zone database, did you mean 'Europe/Berlin'?",
  ],
  [
    'that is an offset',
    ["timeZone: '+01:00'"],
    "source.timeZone (line 2, column 3): '+01:00' is no zone of the IANA time zone database, such as Europe/Berlin",
  ],
  [
    'beside numbers, which are UTC',
    ['timestampFormat: epochMillis', 'timeZone: Europe/Berlin'],
    'source.timeZone (line 3, column 3): does not go with source.timestampFormat: epochMillis, which counts in UTC; leave one of them out',
  ],
])('a time zone %s is a problem with its line', (_what, lines, problem) => {
  expect(() => load(...lines)).toThrow(problem);
});

test('every name of UTC is the same, and goes with numbers', () => {
  expect(
    ['UTC', 'Etc/UTC', 'GMT', 'Zulu', 'utc'].map((zone) => load(`timeZone: ${zone}`, 'timestampFormat: epochSeconds').timeZone),
  ).toEqual(Array.from({ length: 5 }, () => 'UTC'));
  expect(load('timeZone: Europe/London').timeZone).toBe('Europe/London');
});

test('the format of times is one of four, and the ingest time is a column', () => {
  expect(() => load('timestampFormat: epochMilli')).toThrow("did you mean 'epochMillis'?");
  expect(load('columns: { arrival: stored_at }').arrivalColumn).toBe('stored_at');
  expect(load('columns: { arrival: null }').arrivalColumn).toBeNull();
  for (const same of ['timestamp: t, arrival: T', 'arrival: timestamp'])
    expect(() => load(`columns: { ${same} }`)).toThrow(
      /source\.columns\.arrival \(line 2, column \d+\): is '(T|timestamp)' like source\.columns\.timestamp/,
    );
  expect(() => load('columns: { arrival: a b }')).toThrow("source.columns.arrival (line 2, column 14): must be a column's name");
});

test('patterns that match no equipment are named with their place; without equipment nothing is said', () => {
  const input = inputFor(['equipment:', "  include: ['REACTOR_*', 'PUMPS_01']", "  exclude: ['*_99']"]);
  const patterns = sourcePatterns(loadSettings(input).source);
  expect(findingTexts(input, unmatchedPatterns(patterns, ['reactor_01', 'PUMP_01']))).toEqual([
    "source.equipment.include[1] (line 3, column 28): 'PUMPS_01' matches no equipment of the newest readings, did you mean 'PUMP_01'?",
    "source.equipment.exclude[0] (line 4, column 15): '*_99' matches no equipment of the newest readings",
  ]);
  expect(unmatchedPatterns(patterns, [])).toEqual([]);
  expect(unmatchedPatterns(sourcePatterns(load('shape: wide')), ['PUMP_01'])).toEqual([]);
});
