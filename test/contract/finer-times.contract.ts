import { describe, expect, test } from '@jest/globals';
import type { SourceSettings } from '../../src/config/settings.ts';
import type { AccountedSpan } from '../../src/domain/detection.ts';
import type { Instant } from '../../src/domain/instant.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';
import type { DetectionWindow } from '../../src/domain/window.ts';
import type { Source } from '../../src/ports/source.ts';
import type { SqlValue } from '../../src/store/connection.ts';
import type { StoreUnderTest } from '../support/stores.ts';
import { aFamily } from './samples.ts';
import { withStore } from './with-store.ts';

const NOW = Date.UTC(2026, 1, 19, 10, 30);
const HOUR = 3_600_000;
const MOMENT = NOW - HOUR + 123;

/** A column of times, and a moment in it with 456 µs beyond its milliseconds. */
interface Finer {
  readonly settings: Partial<SourceSettings>;
  readonly type: string;
  readonly spell: (utc: Instant) => SqlValue;
}

const digitsAt = (utc: Instant, hours: number) => `${new Date(utc + hours * HOUR).toISOString().slice(0, -1)}456Z`;

const FINER: Readonly<Record<string, Finer>> = {
  'seconds since 1970': { settings: { timestampFormat: 'epochSeconds' }, type: 'FLOAT', spell: (utc) => utc / 1000 + 456e-6 },
  'ISO 8601': { settings: { timestampFormat: 'iso' }, type: 'TEXT', spell: (utc) => digitsAt(utc, 0) },
};
/** Where the engine has a type for times, which keeps microseconds by itself. */
const FINER_BY_TYPE: Readonly<Record<string, Finer>> = {
  'times of its own': { settings: {}, type: 'TIMESTAMP', spell: (utc) => digitsAt(utc, 0) },
  'times of its own in New York': { settings: { timeZone: 'America/New_York' }, type: 'TIMESTAMP', spell: (utc) => digitsAt(utc, -5) },
};

async function statesIn(source: Source, window: DetectionWindow, accounted: readonly AccountedSpan[] = []) {
  return (await source.detect({ window, rules: unscopedRules([aFamily()]), known: [], accounted })).states;
}

/** What a time is read back as has milliseconds alone: it stands for all that lies within its millisecond. */
export function finerTimesContract(under: StoreUnderTest): void {
  describe('times with more digits than milliseconds:', () => {
    const store = withStore(under);

    /** A source with one reading at the moment. */
    async function withReading({ settings, type, spell }: Finer, moment: Instant): Promise<Source> {
      const at = store();
      await at.outside.run(`CREATE TABLE machines (asset VARCHAR(20), temp FLOAT, quality VARCHAR(20), t ${type})`);
      await at.outside.insert('machines', [{ asset: 'R1', temp: 96, quality: 'good', t: spell(moment) }]);
      const columns = { equipment: 'asset', timestamp: 't', status: 'quality' };
      const shape = { kind: 'wide', signals: { temperature: 'temp' } } as const;
      return (await at.another({ source: { table: 'machines', columns, shape, ...settings } })).source;
    }

    describe.each(Object.entries({ ...FINER, ...(under.takesAnyValue ? {} : FINER_BY_TYPE) }))('%s:', (_name, finer) => {
      test('a violation counts in one cycle, and is accounted for by what its time is read back as', async () => {
        const violationAt = NOW - 200_000 + 123;
        const source = await withReading(finer, violationAt);
        const window = { watermark: NOW - 60_000, live: { after: NOW - 300_000, upTo: NOW + 5000 }, backlog: null };
        const found = { last: { at: violationAt }, raised: { firstAt: violationAt, lastAt: violationAt } };
        expect(await statesIn(source, window)).toMatchObject([found]);
        const again = { window: { ...window, watermark: violationAt }, rules: unscopedRules([aFamily()]), known: [], accounted: [] };
        expect((await source.detect(again)).totals).toMatchObject({ accepted: 0, newestGoodAt: violationAt });
        const span = { equipmentId: 'R1', familyId: 'temperature', from: violationAt, until: violationAt + 1, exceptBeyond: 96 };
        expect(await statesIn(source, window, [span])).toEqual([]);
      });

      test('a reading is in the slice that ends with its millisecond, and not in the next one', async () => {
        const source = await withReading(finer, MOMENT);
        const slice = (after: Instant, upTo: Instant) =>
          statesIn(source, { watermark: after, live: { after: NOW - 300_000, upTo: NOW + 5000 }, backlog: { after, upTo } });
        expect(await slice(MOMENT - HOUR, MOMENT)).toMatchObject([{ part: 'backlog', last: { at: MOMENT } }]);
        expect(await slice(MOMENT, MOMENT + 1000)).toEqual([]);
      });

      test('a reading is in the evidence up to its own moment', async () => {
        const source = await withReading(finer, MOMENT);
        const read = (after: Instant, upTo: Instant) => source.readSignal('R1', 'temperature', { after, upTo }, 9);
        expect(await read(MOMENT - 1, MOMENT)).toEqual([{ at: MOMENT, value: 96 }]);
        expect(await read(MOMENT, MOMENT + 1000)).toEqual([]);
      });
    });
  });
}
