import { describe, expect, test } from '@jest/globals';
import { pollingFinding, warehouseFinding } from '../../src/domain/doctor-warehouse.ts';
import { pollingCost, type WarehouseFacts } from '../../src/domain/warehouse-polling.ts';

const RUNNING: WarehouseFacts = { state: 'RUNNING', size: '2X-Small', autoStopMinutes: 10, isServerless: true };

describe('polling costs', () => {
  // The rows of the table in docs/databricks.md.
  test.each<[number, number, number, number]>([
    [10, 10, 24, 96],
    [900, 10, 16.5, 66],
    [900, 5, 8.5, 34],
    [900, 1, 2.1, 9],
    [3600, 5, 2.1, 9],
  ])('every %d s with an auto-stop of %d min: awake %d h, %d DBU a day', (interval, autoStopMinutes, hours, dbu) => {
    const cost = pollingCost(interval, 20, { autoStopMinutes, size: '2X-Small' });
    expect(Number(cost.awakeHoursADay.toFixed(1))).toBe(hours);
    expect(Math.round(cost.dbuADay ?? 0)).toBe(dbu);
    expect(cost.neverStops).toBe(hours === 24);
  });

  test('all day where polling comes no later than the auto-stop, or where there is none', () => {
    expect(pollingCost(620, 20, { autoStopMinutes: 10, size: 'Small' })).toEqual({ neverStops: true, awakeHoursADay: 24, dbuADay: 288 });
    expect(pollingCost(621, 20, { autoStopMinutes: 10, size: 'Small' }).neverStops).toBe(false);
    expect(pollingCost(86_400, 20, { autoStopMinutes: 0, size: 'Small' }).neverStops).toBe(true);
  });

  test('DBU that nobody knows for a size that is not documented', () => {
    expect(pollingCost(10, 1, { autoStopMinutes: 10, size: 'toString' }).dbuADay).toBeNull();
    expect(pollingCost(10, 1, { autoStopMinutes: 10, size: null }).dbuADay).toBeNull();
  });
});

test.each<[string, number, WarehouseFacts | null, string, string]>([
  ['quick polling is meant to keep it awake', 10, RUNNING, 'ok', 'every 10 s: the warehouse never stops, 96 DBU a day (2X-Small)'],
  ['slow polling that does is a warning', 300, RUNNING, 'warning', 'the warehouse never stops'],
  ['slow polling that lets it stop', 900, RUNNING, 'ok', 'awake 16.5 h a day, 66.1 DBU a day (2X-Small)'],
  ['a size without a figure', 10, { ...RUNNING, size: '5X-Large' }, 'ok', 'DBU not known for 5X-Large'],
  ['an auto-stop that was not told', 10, { ...RUNNING, autoStopMinutes: null }, 'skipped', 'not known'],
  ['a warehouse that was not told of', 10, null, 'skipped', 'not known'],
])('%s', (_what, interval, facts, status, found) => {
  expect(pollingFinding(interval, 20, facts)).toMatchObject({ check: 'polling', status, found: expect.stringContaining(found) });
});

test.each<[string, Partial<WarehouseFacts>, string, string]>([
  ['that runs', {}, 'ok', 'RUNNING, 2X-Small, serverless, stops after 10 min'],
  ['that is stopped', { state: 'STOPPED' }, 'ok', 'the next statement starts it'],
  ['that never stops', { autoStopMinutes: 0, isServerless: false }, 'ok', 'not serverless, never stops by itself'],
  ['that is being deleted', { state: 'DELETING' }, 'failed', 'DELETING'],
  [
    'of which nothing is told',
    { state: null, size: null, autoStopMinutes: null, isServerless: null },
    'skipped',
    'state not known, size not known, auto-stop not known',
  ],
])('a warehouse %s', (_what, changed, status, found) => {
  expect(warehouseFinding({ ...RUNNING, ...changed })).toMatchObject({ check: 'warehouse', status, found: expect.stringContaining(found) });
});
