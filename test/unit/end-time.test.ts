import { expect, test } from '@jest/globals';
import { endTimeOf, type EndOptions, momentBefore } from '../../src/cli/end-time.ts';

const NOW = Date.UTC(2026, 1, 19, 10, 30);
const HOUR = 3_600_000;

test.each<[EndOptions, number | null]>([
  [{}, null],
  [{ for: '8h' }, NOW + 8 * HOUR],
  [{ for: '90' }, NOW + 90_000],
  [{ for: '1d' }, NOW + 24 * HOUR],
  [{ until: '2026-02-19T11:30:00Z' }, NOW + HOUR],
  [{ until: ' 2026-02-19T12:30:00.500+01:00 ' }, NOW + HOUR + 500],
])('%j ends at %j', async (options, expected) => {
  expect(await endTimeOf(options, NOW)).toBe(expected);
});

test.each<[EndOptions, string]>([
  [{ until: '2026-02-19T10:30:00Z' }, 'is past'],
  [{ until: '2026-02-19T11:30:00' }, 'is not an ISO 8601 time with its zone'],
  [{ for: '0' }, '--for must be more than 0'],
  [{ for: '1h', until: '2026-02-19T11:30:00Z' }, 'exclude each other'],
])('%j is refused: %s', async (options, message) => {
  await expect(endTimeOf(options, NOW)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(message) });
});

test('what is so long ago is counted back from now', async () => {
  expect(await momentBefore('--since', '1h', NOW)).toBe(NOW - HOUR);
  expect(await momentBefore('--since', '2026-02-19T10:30:00Z', NOW)).toBe(NOW);
});
