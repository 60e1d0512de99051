import { describe, expect, test } from '@jest/globals';
import type { NewReading } from '../../src/ports/schema-store.ts';
import { SETTINGS, type StoreUnderTest } from '../support/stores.ts';
import { withStore } from './with-store.ts';
import { A_MINUTE_MS } from './samples.ts';

function aReading(given: Partial<NewReading> = {}): NewReading {
  return {
    sensorId: 'S1',
    equipmentId: 'PUMP_01',
    temperature: 70.1,
    pressure: 80.5,
    flowRate: 0,
    sensorStatus: 'good',
    ageSeconds: 0,
    recordedBy: 'feed',
    ...given,
  };
}

/** How readings get into sensor_data, and what detection makes of those that arrive badly. */
export function feedContract(under: StoreUnderTest): void {
  describe('feeding readings', () => {
    const store = withStore(under);

    test('each is stamped with its age before the same now, to the millisecond, ahead of it when the age is below 0', async () => {
      const at = store();
      const ages = [0, 0.001, 0.5, 119.999, 86_400, -3600.25];
      await at.store.appendReadings(ages.map((ageSeconds, index) => aReading({ sensorId: `S${index}`, ageSeconds })));
      const rows = await at.outside.rows('SELECT sensor_id, timestamp FROM sensor_data ORDER BY sensor_id');
      const stamps = rows.map((row) => under.dialect.decodeTime(row['timestamp']) ?? Number.NaN);
      const [first = Number.NaN] = stamps;
      expect(stamps.map((stamp) => first - stamp)).toEqual(ages.map((age) => Math.round(age * 1000)));
      const { now } = await at.store.readControls();
      expect(now - first).toBeGreaterThanOrEqual(0);
      expect(now - first).toBeLessThan(A_MINUTE_MS);
    });

    test('a value that is not a number is stored and rejected as that, and spoils nothing beside it', async () => {
      const at = store();
      await at.store.appendReadings([
        aReading({ temperature: Number.NaN }),
        aReading({ equipmentId: 'PUMP_02', pressure: Number.NaN }),
        aReading({ equipmentId: 'PUMP_03', flowRate: Number.NaN, ageSeconds: -600 }),
        aReading({ equipmentId: 'PUMP_04', sensorStatus: 'bad' }),
      ]);
      const { now } = await at.store.readControls();
      const live = { after: now - 60_000, upTo: now + 5000 };
      const request = { window: { watermark: live.after, live, backlog: null }, rules: SETTINGS.rules, known: [], accounted: [] };
      const { totals } = await at.source.detect(request);
      expect(totals.accepted).toBe(1);
      expect(totals.rejected).toMatchObject({ not_a_number: 1, future: 1, bad_quality: 1, missing: 0 });
    });

    test.each([Number.NaN, Number.POSITIVE_INFINITY])('an age of %d is refused before anything is stored', async (ageSeconds) => {
      const at = store();
      await expect(at.store.appendReadings([aReading(), aReading({ ageSeconds })])).rejects.toMatchObject({ code: 'bug' });
      expect(await at.outside.rows('SELECT * FROM sensor_data')).toEqual([]);
    });
  });
}
