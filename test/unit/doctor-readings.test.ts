import { expect, test } from '@jest/globals';
import { newestFinding } from '../../src/domain/doctor-readings.ts';
import type { NewestRows } from '../../src/domain/newest-rows.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const NONE = { rows: 0, example: null };
const FRESH: NewestRows = { rows: 100, unreadable: NONE, ahead: NONE, newestAt: NOW - 10_000 };

test.each<[string, Partial<NewestRows>, string, string]>([
  ['fresh ones', {}, 'ok', 'the newest reading is of 2026-03-01T11:59:50.000Z, 10 s ago'],
  ['ones as old as they may be', { newestAt: NOW - 300_000 }, 'ok', '300 s ago'],
  ['ones older than that', { newestAt: NOW - 301_000 }, 'failed', '301 s ago: more than source.maxAgeSeconds (300)'],
  ['none', { rows: 0, newestAt: null }, 'warning', 'there is no reading yet'],
  [
    'a stray time that does not read',
    { unreadable: { rows: 1, example: '19/02/2026' } },
    'warning',
    "1 of the 100 newest rows have a time that cannot be read, such as '19/02/2026'",
  ],
  [
    'a stray clock',
    { ahead: { rows: 2, example: '2026-03-01 13:00:00' }, newestAt: NOW + 3_600_000 },
    'warning',
    '2 of the 100 newest rows lie ahead of now (2026-03-01T12:00:00.000Z)',
  ],
  ['times of which none reads', { unreadable: { rows: 100, example: 'x' }, newestAt: null }, 'failed', '100 of the 100 newest rows'],
  [
    'times of which each is unreadable or ahead',
    { unreadable: { rows: 40, example: 'x' }, ahead: { rows: 60, example: 'y' } },
    'failed',
    "such as 'x'; 60 of",
  ],
])('of the newest readings %s', (_what, changed, status, text) => {
  const finding = newestFinding({ ...FRESH, ...changed }, NOW, 300);
  expect(finding).toMatchObject({ check: 'readings', status, found: expect.stringContaining(text) });
  expect(finding.remedy === '').toBe(status === 'ok');
});
