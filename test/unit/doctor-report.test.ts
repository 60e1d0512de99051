import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { paletteFor } from '../../src/cli/colour.ts';
import { OLDEST_NODE } from '../../src/cli/doctor/checkup.ts';
import { exitCodeOfFindings, findingsTable } from '../../src/cli/doctor/report.ts';
import {
  about,
  type CheckName,
  type DoctorFinding,
  failed,
  type FailureCode,
  ok,
  skipped,
  warning,
  worstOf,
} from '../../src/domain/doctor-finding.ts';

const failing = (code: FailureCode, check: CheckName = 'store') => failed(check, { code, message: 'no', remedy: 'mend it' });

describe('the exit code of findings', () => {
  test.each<[string, readonly DoctorFinding[], number]>([
    ['0 where nothing failed', [ok('store', 'yes'), warning('lease', 'odd', 'look'), skipped('plant', 'none')], 0],
    ['2 of a configuration that does not load', [failing('usage', 'configuration')], 2],
    ['6 of a login that is refused', [failing('unauthorised')], 6],
    ['6 of a store that is away', [failing('store_unavailable')], 6],
    ['6 of a plant that is away', [failing('plant_unavailable')], 6],
    ['8 of what is not set up', [failing('not_set_up')], 8],
    ['8 of columns that are not there', [failing('usage', 'source')], 8],
    ['8 of a privilege that is missing', [failing('unauthorised', 'access')], 8],
    ['8 of a key that is missing', [failing('unauthorised', 'signing')], 8],
    ['8 of what is unhealthy', [failing('unhealthy')], 8],
    ['the least of several', [failing('unhealthy'), failing('usage', 'source'), failing('store_unavailable')], 6],
    ['1 of a bug, whatever else failed', [failing('usage', 'configuration'), failing('bug')], 1],
  ])('is %s', (_what, findings, expected) => {
    expect(exitCodeOfFindings(findings)).toBe(expected);
  });
});

test('the worst of findings is a failure, then a warning; what was skipped is none', () => {
  expect(worstOf([skipped('plant', 'none')])).toBe('ok');
  expect(worstOf([skipped('plant', 'none'), warning('lease', 'odd', 'look')])).toBe('warning');
  expect(worstOf([warning('lease', 'odd', 'look'), failing('bug')])).toBe('failed');
});

test('the table has the first tags that are as they should be, all others, and the sums', () => {
  const tags = Array.from({ length: 30 }, (_each, index) => about(`tag ${index}`, ok('plant', '1, Good')));
  const bad = about('tag 30', warning('plant', '9, Good: 9 is outside 0 to 1', 'set it right'));
  const lines = findingsTable([ok('store', 'here'), ...tags, bad], paletteFor({ color: false }, {})).split('\n');
  expect(lines.filter((line) => line.startsWith('plant'))).toHaveLength(11);
  expect(lines.find((line) => line.includes('tag 30'))).toMatch(/^plant +warning +tag 30: 9, Good: 9 is outside 0 to 1 +set it right$/);
  expect(lines.slice(-2)).toEqual(['20 more tags of the plant ok: --json has them all', '31 ok, 1 warning, 0 failed, 0 skipped']);
});

test('the oldest Node is the one that the package asks for', () => {
  const manifest = JSON.parse(readFileSync(path.join(__dirname, '..', '..', 'package.json'), 'utf8')) as { engines: { node: string } }; // our own
  expect(manifest.engines.node).toBe(`>=${OLDEST_NODE}`);
});
