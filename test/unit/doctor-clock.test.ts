import { expect, test } from '@jest/globals';
import { clockFinding } from '../../src/domain/doctor-clock.ts';

const HOST = Date.UTC(2026, 2, 1, 12);

test.each<[string, number, number, string, string]>([
  // what, round trip ms, store's clock minus the moment of asking ms, status, text
  ['the same, as far as a round trip tells', 200, 100, 'ok', "the store's clock is 0.00 s (± 0.10 s) ahead of this machine's"],
  ['behind by less than the tolerance', 200, -4700, 'ok', "the store's clock is 4.80 s (± 0.10 s) behind this machine's"],
  ['ahead by more than the tolerance, for certain', 200, 5300, 'warning', "(± 0.10 s) ahead of this machine's, more than 5 s"],
  ['ahead by the tolerance, or a little more or less', 200, 5150, 'ok', '5.05 s (± 0.10 s)'],
  ['an hour behind', 1000, -3_600_000, 'warning', "the store's clock is 3601 s (± 0.50 s) behind"],
  ['a round trip that says nothing', 20_000, 10_000, 'skipped', 'not known: the answer took 20 s'],
  ['an hour ahead, also by a slow answer', 20_000, 3_600_000, 'warning', 'more than 5 s'],
])('a clock is judged by what is certain: %s', (_what, roundTrip, ahead, status, text) => {
  const finding = clockFinding({ sentAt: HOST, answeredAt: HOST + roundTrip, storeNow: HOST + ahead });
  expect(finding).toMatchObject({ check: 'clock', status, found: expect.stringContaining(text) });
  expect(finding.facts).toEqual({ skew_s: (ahead - roundTrip / 2) / 1000, uncertainty_s: roundTrip / 2000 });
});
