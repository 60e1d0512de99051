import { describe, expect, test } from '@jest/globals';
import type { SourceSettings } from '../../src/config/settings.ts';
import { type RuleBook, unscopedRules } from '../../src/domain/rule-book.ts';
import type { IssueFamily } from '../../src/domain/rules.ts';
import type { DetectionWindow } from '../../src/domain/window.ts';
import { type AtHand, SETTINGS, type StoreUnderTest } from '../support/stores.ts';
import { aFamily } from './samples.ts';
import { withStore } from './with-store.ts';

const NOW = Date.UTC(2026, 1, 19, 10, 30);
const LIVE: DetectionWindow = { watermark: NOW - 60_000, live: { after: NOW - 400_000, upTo: NOW + 5000 }, backlog: null };
const LONG: Partial<SourceSettings> = {
  table: 'historian',
  columns: { equipment: 'asset', timestamp: 'ts', status: 'quality' },
  shape: {
    kind: 'long',
    signalColumn: 'sensor_type',
    valueColumn: 'sensor_value',
    signals: { temperature: 'TEMP', pressure: 'PRES', flow_rate: 'FLOW' },
  },
};

/** The default temperature bands but for what a scope says; a null family is off there. */
function scoped(scope: RuleBook['families'][number]['scope'], family: IssueFamily | null): RuleBook {
  const plain = unscopedRules([aFamily()]);
  return {
    ...plain,
    equipment: [
      { pattern: 'PUMP_*', equipmentClass: 'pump' },
      { pattern: '*', equipmentClass: 'vessel' },
    ],
    families: [{ scope, familyId: 'temperature', family }, ...plain.families],
  };
}

async function hotIds(at: AtHand, rules: RuleBook): Promise<readonly string[]> {
  const { states } = await at.source.detect({ window: LIVE, rules, known: [], accounted: [] });
  return states.map(({ equipmentId }) => equipmentId).toSorted();
}

const IDS = ['PUMP_1', 'PUMP_2', 'pump_3', 'PUMPX', 'TANK_1'];
const milder = { limit: 60, ruleId: 'own', severity: 'low' as const };
const own = aFamily({ bands: [{ ...aFamily().bands[0], ...milder }] });

function scopes(under: StoreUnderTest): void {
  const store = withStore(under);

  async function insert(celsius: number): Promise<AtHand> {
    const at = store();
    const rows = IDS.map((id) => ({ equipment_id: id, temperature: celsius, sensor_status: 'good', timestamp: at.time(NOW - 10_000) }));
    await at.outside.insert('sensor_data', rows);
    return at;
  }

  test.each<[string, RuleBook, readonly string[]]>([
    ['a class', scoped({ kind: 'class', equipmentClass: 'pump' }, own), ['PUMP_1', 'PUMP_2', 'pump_3']],
    ['a pattern, in any case', scoped({ kind: 'equipment', pattern: 'pump_?*' }, own), []],
    ['an id', scoped({ kind: 'equipment', pattern: 'PUMP_2' }, own), ['PUMP_2']],
    ['a pattern in the middle', scoped({ kind: 'equipment', pattern: '*_1' }, own), ['PUMP_1', 'TANK_1']],
    ['a pattern with a sign of LIKE', scoped({ kind: 'equipment', pattern: 'PUMP_' }, own), []],
  ])('a rule of its own for %s is in force there and nowhere else', async (_what, rules, expected) => {
    expect(await hotIds(await insert(70), rules)).toEqual(expected);
  });

  test('a family that is off for a class raises nothing there, and its readings are still read', async () => {
    const at = await insert(96);
    const rules = scoped({ kind: 'class', equipmentClass: 'pump' }, null);
    expect(await hotIds(at, rules)).toEqual(['PUMPX', 'TANK_1']);
    const { totals } = await at.source.detect({ window: LIVE, rules, known: [], accounted: [] });
    expect(totals).toMatchObject({ accepted: IDS.length, newestGoodAt: NOW - 10_000 });
  });

  test('a reading is counted once, whatever rules are about it, and one without an id is rejected', async () => {
    const at = await insert(70);
    await at.outside.insert('sensor_data', [
      { equipment_id: null, temperature: 96, sensor_status: 'good', timestamp: at.time(NOW - 10_000) },
      { equipment_id: '../PUMP_1', temperature: 96, sensor_status: 'good', timestamp: at.time(NOW - 10_000) },
    ]);
    const low = aFamily({ id: 'cold', side: 'below', bands: [{ ...aFamily().bands[0], limit: 5 }] });
    const book = scoped({ kind: 'class', equipmentClass: 'pump' }, own);
    const rules = { ...book, families: [...book.families, ...unscopedRules([low]).families] };
    const { totals } = await at.source.detect({ window: LIVE, rules, known: [], accounted: [] });
    expect(totals).toMatchObject({ accepted: IDS.length, rejected: { bad_id: 2 } }); // by the one signal that rules are about
  });
}

/** Seconds before NOW, value. */
type Point = readonly [seconds: number, value: number];

const TEMPERATURE: readonly Point[] = [
  [299, 70],
  [201, 72],
  [150, 76],
  [50, 84],
  [10, 96],
];
const FLOW: readonly Point[] = [
  [301, 500],
  [299, 60],
  [201, 58],
  [150, 40],
  [50, 12],
  [10, 8],
];

async function trendsIn(at: AtHand, book: RuleBook): Promise<Record<string, unknown>> {
  const { states } = await at.source.detect({ window: LIVE, rules: book, known: [], accounted: [] });
  return Object.fromEntries(states.find(({ equipmentId }) => equipmentId === 'P1')?.raised?.peak.trends ?? []);
}

function trends(under: StoreUnderTest): void {
  const rules: RuleBook = {
    ...unscopedRules([aFamily()]),
    equipment: [{ pattern: '*', equipmentClass: 'pump' }],
    classCauses: [{ id: 'c', equipmentClass: 'pump', reads: [], text: 'a cause', recommendedAction: null, actions: null, fourEyes: false }],
  };
  const expected = {
    temperature: { means: [71, 76, 90], lowest: 84, highest: 96 },
    flow_rate: { means: [59, 40, 10], lowest: 8, highest: 12 },
  };

  describe('trends', () => {
    const wide = withStore(under);
    test('say what each signal of a wide table did over the last minutes', async () => {
      const at = wide();
      const row = (signal: string) => (point: Point) => ({
        equipment_id: 'P1',
        sensor_status: 'good',
        timestamp: at.time(NOW - point[0] * 1000),
        [signal]: point[1],
      });
      // In a wide table what has no temperature is no reading of the family: both stand in one row.
      const rows = FLOW.map(([s, flow]) => ({
        ...row('flow_rate')([s, flow]),
        temperature: TEMPERATURE.find(([at_]) => at_ === s)?.[1] ?? 70,
      }));
      await at.outside.insert('sensor_data', [...rows, { ...row('temperature')([20, 1]), sensor_status: 'bad', flow_rate: 900 }]);
      expect(await trendsIn(at, rules)).toEqual(expected);
      expect(await trendsIn(at, { ...rules, classCauses: [] })).toEqual({});
    });
  });

  describe('trends', () => {
    const long = withStore(under, { source: { ...SETTINGS.source, ...LONG } });
    test('say the same over a long table', async () => {
      const at = long();
      await at.outside.run(
        'CREATE TABLE historian (asset VARCHAR(100), sensor_type VARCHAR(20), sensor_value FLOAT, quality VARCHAR(20), ts VARCHAR(40))',
      );
      const rows = (type: string, points: readonly Point[]) =>
        points.map(([s, value]) => ({ asset: 'P1', sensor_type: type, sensor_value: value, quality: 'good', ts: at.time(NOW - s * 1000) }));
      await at.outside.insert('historian', [
        ...rows('TEMP', TEMPERATURE),
        ...rows('FLOW', FLOW),
        ...rows('FLOW', [[20, 900]]).map((each) => ({ ...each, quality: 'bad' })),
        ...rows('FLOW', [[20, 900]]).map((each) => ({ ...each, asset: 'P2' })),
      ]);
      expect(await trendsIn(at, rules)).toEqual(expected);
    });
  });
}

function late(under: StoreUnderTest): void {
  const store = withStore(under);
  const known = { equipmentId: 'R1', familyId: 'temperature' };

  test('what is worse than the open row counts, however late it arrives; what is older than it is told apart', async () => {
    const at = store();
    const rows = [
      [-40, 99],
      [-30, 97],
      [-20, 91],
      [-10, 92],
    ].map(([s = 0, temperature = 0]) => ({ equipment_id: 'R1', sensor_status: 'good', timestamp: at.time(NOW + s * 1000), temperature }));
    await at.outside.insert('sensor_data', rows);
    const request = {
      window: LIVE,
      rules: unscopedRules([aFamily()]),
      known: [{ ...known, began: NOW - 30_000, report: true }],
      accounted: [{ ...known, from: NOW - 30_000, until: NOW - 9_999, exceptBeyond: 95 }],
    };
    const { states } = await at.source.detect(request);
    const [earlier, present] = states.toSorted((a, b) => Number(b.isEarlier) - Number(a.isEarlier));
    expect(states).toHaveLength(2);
    expect(present).toMatchObject({ isEarlier: false, last: { value: 92 } });
    expect(present?.raised).toMatchObject({ firstAt: NOW - 30_000, lastAt: NOW - 30_000, peak: { value: 97 } });
    expect(earlier).toMatchObject({ isEarlier: true, last: { at: NOW - 40_000, value: 99 }, clear: null });
    expect(earlier?.raised).toMatchObject({ firstAt: NOW - 40_000, peak: { value: 99 } });
  });

  test('runs of violations that began in the last minute are counted', async () => {
    const at = store();
    const values = [96, 70, 96, 96, 70, 96, 70, 70, 96];
    const rows = values.map((temperature, index) => ({
      equipment_id: 'R1',
      sensor_status: 'good',
      timestamp: at.time(NOW - (80 - index * 10) * 1000),
      temperature,
    }));
    await at.outside.insert('sensor_data', rows);
    const { states } = await at.source.detect({ window: LIVE, rules: unscopedRules([aFamily()]), known: [], accounted: [] });
    // At -80 (too long ago), -60 (not later than a minute ago), -30 and 0.
    expect(states[0]?.recentRuns).toBe(2);
  });
}

export function rulesInForceContract(under: StoreUnderTest): void {
  describe('rules in force:', () => {
    scopes(under);
    trends(under);
    late(under);
  });
}
