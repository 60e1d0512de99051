import { beforeEach, describe, expect, test } from '@jest/globals';
import type { SourceSettings } from '../../src/config/settings.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';
import type { SensorFaultRules, SensorKey, SensorState } from '../../src/domain/sensor-states.ts';
import type { DetectionWindow } from '../../src/domain/window.ts';
import type { SqlValue } from '../../src/store/connection.ts';
import { type AtHand, SETTINGS, type StoreUnderTest } from '../support/stores.ts';
import { aFamily } from './samples.ts';
import { withStore } from './with-store.ts';

const NOW = Date.UTC(2026, 1, 19, 10, 30);
const LIVE: DetectionWindow = { watermark: NOW - 60_000, live: { after: NOW - 400_000, upTo: NOW + 5000 }, backlog: null };
const DEFAULTS: SensorFaultRules = SETTINGS.sensorFaults;
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
const SIGNALS = ['temperature', 'pressure', 'flow_rate'] as const;
type Signal = (typeof SIGNALS)[number];

/** A reading of R1, `s` seconds from NOW. In a long table it is one row for each signal that it names. */
type Reading = { readonly s?: number; readonly at?: string; readonly id?: string | null; readonly status?: string | null } & {
  readonly [name in Signal]?: SqlValue;
};

const SHAPES = [['wide'], ['long']] as const;
const TYPES: Readonly<Record<Signal, string>> = { temperature: 'TEMP', pressure: 'PRES', flow_rate: 'FLOW' };

async function insert(at: AtHand, shape: 'wide' | 'long', readings: readonly Reading[]): Promise<void> {
  const rows = readings.flatMap((reading): Record<string, SqlValue>[] => {
    const { s = -10, at: stamp = at.time(NOW + s * 1000), id = 'R1', status = 'good' } = reading;
    if (shape === 'wide') {
      const values = Object.fromEntries(SIGNALS.map((signal) => [signal, reading[signal] ?? null]));
      return [{ equipment_id: id, timestamp: stamp, sensor_status: status, ...values }];
    }
    return SIGNALS.filter((signal) => Object.hasOwn(reading, signal)).map((signal) => {
      return { asset: id, ts: stamp, quality: status, sensor_type: TYPES[signal], sensor_value: reading[signal] ?? null };
    });
  });
  await at.outside.insert(shape === 'wide' ? 'sensor_data' : 'historian', rows);
}

interface Asked {
  readonly rules?: Partial<SensorFaultRules>;
  readonly known?: readonly SensorKey[];
  readonly window?: DetectionWindow;
}

async function sensorsOf(at: AtHand, { rules = {}, known = [], window = LIVE }: Asked = {}): Promise<readonly SensorState[]> {
  const sensors = { rules: { ...DEFAULTS, ...rules }, known };
  return (await at.source.detect({ window, rules: unscopedRules([aFamily()]), known: [], accounted: [], sensors })).sensors;
}

const ago = (instant: number | null | undefined) => (instant === null || instant === undefined ? null : (instant - NOW) / 1000);

/** `signal fault value [since, at] good [since, readings]` of each, in seconds from NOW. */
async function told(at: AtHand, asked: Asked = {}): Promise<readonly string[]> {
  return (await sensorsOf(at, asked))
    .map(({ equipmentId, signal, bad, good }) => {
      const wrong = bad ? `${bad.fault} ${bad.value} ${ago(bad.since)}..${ago(bad.at)}` : 'nothing';
      return `${equipmentId} ${signal}: ${wrong}${good ? `, good ${good.readings} since ${ago(good.since)}` : ''}`;
    })
    .toSorted();
}

/** A series of one signal: [seconds from NOW, value]. */
function series(signal: Signal, points: readonly (readonly [number, SqlValue])[]): readonly Reading[] {
  return points.map(([s, value]) => ({ s, [signal]: value }));
}

function eitherShape(shape: 'wide' | 'long', store: () => AtHand, under: StoreUnderTest): void {
  const put = (readings: readonly Reading[]) => insert(store(), shape, readings);
  const quality = (signals: string) => (shape === 'wide' ? 'R1 *' : signals);

  test('good readings say nothing, and so do missing ones, odd ids and impossible times', async () => {
    await put([
      { temperature: 70, pressure: 80 },
      { s: -5, temperature: null, pressure: 80 },
      { id: '../R1', temperature: 9999, pressure: 80 },
      { id: null, temperature: 9999 },
      { s: 60, temperature: 9999 },
      ...(under.takesAnyValue ? [{ at: 'noon', temperature: 9999 }] : []),
    ]);
    expect(await told(store())).toEqual([]);
  });

  test('a hot reading is no fault', async () => {
    await put(series('temperature', [[-20, 70], [-10, 99]])); // prettier-ignore
    expect(await told(store())).toEqual([]);
  });

  test('a value that no plant has is out of range, of a signal with a rule and of one without', async () => {
    await put([
      { s: -20, temperature: 9999, pressure: 80 },
      { s: -10, temperature: 70, pressure: -16 },
    ]);
    expect(await told(store())).toEqual([
      'R1 pressure: out_of_range -16 -10..-10',
      'R1 temperature: out_of_range 9999 -20..-20, good 1 since -10',
    ]);
  });

  (under.takesAnyValue ? test : test.skip)('a text and an infinity are no numbers', async () => {
    await put([
      { s: -20, temperature: 'hot', flow_rate: 5 },
      { s: -10, temperature: 70, flow_rate: Number.POSITIVE_INFINITY },
    ]);
    expect(await told(store())).toEqual([
      'R1 flow_rate: not_a_number Infinity -10..-10',
      'R1 temperature: not_a_number hot -20..-20, good 1 since -10',
    ]);
  });

  test('a bad quality counts whatever the value is; a missing value of good quality does not', async () => {
    await put([
      { s: -30, status: 'BAD', temperature: 70 },
      { s: -20, status: 'Uncertain', temperature: null },
      { s: -10, status: null, temperature: null },
    ]);
    const good = shape === 'wide' ? ', good 1 since -10' : '';
    expect(await told(store())).toEqual([`${quality('R1 temperature')}: bad_quality uncertain -30..-20${good}`]);
  });

  test('at equal times the bad reading counts, and a good one in between begins a new run', async () => {
    await put(series('temperature', [[-60, 9999], [-50, 70], [-40, 9999], [-30, 9998], [-30, 70], [-20, 70], [-20, 71], [-10, 72]])); // prettier-ignore
    expect(await told(store())).toEqual(['R1 temperature: out_of_range 9998 -40..-30, good 2 since -20']);
  });

  test('a reading that arrives late takes its place in time', async () => {
    await put(series('temperature', [[-60, 9999], [-20, 70]])); // prettier-ignore
    expect(await told(store())).toEqual(['R1 temperature: out_of_range 9999 -60..-60, good 1 since -20']);
    await put(series('temperature', [[-40, 9998]]));
    expect(await told(store())).toEqual(['R1 temperature: out_of_range 9998 -60..-40, good 1 since -20']);
    await put(series('temperature', [[-50, 70]]));
    expect(await told(store())).toEqual(['R1 temperature: out_of_range 9998 -40..-40, good 1 since -20']);
  });

  test('only the live range is looked at, and each equipment for itself', async () => {
    await put([
      { s: -500, temperature: 9999 },
      { s: -7000, temperature: 9999 },
      { s: -10, id: 'R2', temperature: 9999 },
      { s: -5, temperature: 70 },
    ]);
    const window = { ...LIVE, backlog: { after: NOW - 7_200_000, upTo: NOW - 3_600_000 } };
    expect(await told(store(), { window })).toEqual(['R2 temperature: out_of_range 9999 -10..-10']);
  });

  test('what is turned off is neither good nor bad', async () => {
    await put([
      { s: -30, temperature: 70 },
      { s: -20, status: 'bad', temperature: 70 },
      { s: -10, temperature: 9999 },
    ]);
    const known = [{ equipmentId: 'R1', signal: 'temperature' }];
    expect(await told(store(), { rules: { badQuality: false, outOfRange: false }, known })).toEqual([
      'R1 temperature: nothing, good 1 since -30',
    ]);
    expect(await told(store(), { rules: { badQuality: false, outOfRange: false } })).toEqual([]);
    expect(await told(store(), { rules: { outOfRange: false } })).toEqual([
      `${quality('R1 temperature')}: bad_quality bad -20..-20${shape === 'wide' ? ', good 1 since -10' : ''}`,
    ]);
  });

  test('a sensor that is asked for is told although nothing is wrong, and not where it has no readings', async () => {
    await put(series('pressure', [[-20, 80], [-20, 81], [-10, 80]])); // prettier-ignore
    const known = ['pressure', 'flow_rate'].map((signal) => ({ equipmentId: 'R1', signal }));
    expect(await told(store(), { known: [...known, { equipmentId: 'GONE', signal: 'pressure' }] })).toEqual([
      'R1 pressure: nothing, good 2 since -20',
    ]);
  });

  test('nobody asked, nothing told, and the totals stay what they are', async () => {
    await put(series('temperature', [[-20, 70], [-10, 9999]])); // prettier-ignore
    const request = { window: LIVE, rules: unscopedRules([aFamily()]), known: [], accounted: [] };
    const plain = await store().source.detect(request);
    const asked = await store().source.detect({ ...request, sensors: { rules: DEFAULTS, known: [] } });
    expect(plain.sensors).toEqual([]);
    expect(asked).toEqual({ ...plain, sensors: asked.sensors });
    expect(asked.sensors).toHaveLength(1);
  });

  test('a hot equipment with a broken sensor has a state and a sensor', async () => {
    await put([
      { s: -20, temperature: 96, pressure: 80 },
      { s: -10, temperature: 96, pressure: 1e9 },
    ]);
    const { states, sensors } = await store().source.detect({
      window: LIVE,
      rules: unscopedRules([aFamily()]),
      known: [],
      accounted: [],
      sensors: { rules: DEFAULTS, known: [] },
    });
    expect(states.map(({ familyId, raised }) => [familyId, raised?.peak.value])).toEqual([['temperature', 96]]);
    expect(sensors.map(({ signal }) => signal)).toEqual(['pressure']);
  });
}

const STUCK = { stuck: { seconds: 100, tolerance: 0.5, minReadings: 4 } };
const every = (from: number, to: number, step: number, valueOf: (s: number) => number) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => [from + index * step, valueOf(from + index * step)] as const);

function turnedOn(shape: 'wide' | 'long', store: () => AtHand): void {
  const put = (readings: readonly Reading[]) => insert(store(), shape, readings);

  async function motions(): Promise<unknown> {
    const known = [{ equipmentId: 'R1', signal: 'temperature' }];
    const [found] = await sensorsOf(store(), { rules: STUCK, known });
    const isTold = (await sensorsOf(store(), { rules: STUCK })).some(({ signal }) => signal === 'temperature');
    return { told: isTold, stuck: found?.motion?.isStuck ?? null, since: ago(found?.motion?.since), value: found?.motion?.value ?? null };
  }

  test.each<[string, readonly (readonly [number, SqlValue])[], unknown]>([
    ['stands still', every(-95, 0, 5, () => 71), { told: true, stuck: true, since: -95, value: 71 }],
    [
      'moves within the tolerance',
      every(-95, 0, 5, (s) => 71 + (s % 2 === 0 ? 0.5 : 0)),
      { told: true, stuck: true, since: -95, value: 71 },
    ],
    ['moves', every(-95, 0, 5, (s) => 71 + (s === -50 ? 0.6 : 0)), { told: false, stuck: false, since: -95, value: 71 }],
    ['moved before', [[-101, 60], ...every(-95, 0, 5, () => 71)], { told: true, stuck: true, since: -95, value: 71 }],
    ['has too few readings', [[-95, 71], [-50, 71], [0, 71]], { told: false, stuck: null, since: null, value: null }], // prettier-ignore
    ['spans too little', every(-85, 0, 5, () => 71), { told: false, stuck: null, since: null, value: null }],
    ['spans just enough', every(-90, 0, 5, () => 71), { told: true, stuck: true, since: -90, value: 71 }],
    ['is broken by a bad reading only', [...every(-95, 0, 5, () => 71), [-42, 9999]], { told: true, stuck: true, since: -95, value: 71 }],
  ])('a signal that %s', async (_name, points, wanted) => {
    await put(series('temperature', points));
    expect(await motions()).toEqual(wanted);
  });

  test.each<[string, readonly (readonly [number, SqlValue])[], readonly string[]]>([
    ['a jump', [[-30, 70], [-20, 75], [-10, 80.1]], ['R1 temperature: stepping 80.1 -10..-10']], // prettier-ignore
    ['a jump down and up', [[-40, 70], [-30, 60], [-20, 70], [-10, 71]], ['R1 temperature: stepping 70 -30..-20, good 1 since -10']], // prettier-ignore
    ['a difference of just the limit', [[-30, 70], [-20, 75]], []], // prettier-ignore
    ['a jump over a reading that is bad', [[-30, 70], [-20, 9999], [-10, 74]], ['R1 temperature: out_of_range 9999 -20..-20, good 1 since -10']], // prettier-ignore
    ['two values at one time', [[-30, 70], [-20, 70], [-20, 76], [-10, 76]], ['R1 temperature: stepping 76 -20..-20, good 1 since -10']], // prettier-ignore
  ])('%s', async (_name, points, wanted) => {
    await put([...series('temperature', points), { s: -30, id: 'R2', temperature: 10 }, ...series('pressure', [[-30, 10], [-20, 500]])]); // prettier-ignore
    expect(await told(store(), { rules: { stepping: { temperature: 5 } } })).toEqual(wanted);
  });

  test('a signal drops out while the feed lives', async () => {
    const rules = { dropOutSeconds: 60 };
    await put([
      ...series(
        'temperature',
        every(-300, -100, 20, () => 71),
      ),
      ...series(
        'pressure',
        every(-300, 0, 20, (s) => 80 + (s % 3)),
      ),
    ]);
    await put([{ s: -200, id: 'R2', temperature: 70, pressure: 80 }]);
    const dropped = (await sensorsOf(store(), { rules })).filter(({ isDroppedOut }) => isDroppedOut);
    // A feed whose temperatures are all old is silent; nothing else has rules here.
    expect(dropped).toEqual([]);
    await put([{ s: -5, id: 'R3', temperature: 70, pressure: 80 }]);
    const found = (await sensorsOf(store(), { rules })).filter(({ isDroppedOut }) => isDroppedOut);
    const of = found.map(({ equipmentId, signal, newestGoodAt }) => `${equipmentId} ${signal} ${ago(newestGoodAt)}`).toSorted();
    expect(of).toEqual(
      shape === 'wide' ? ['R1 temperature -100', 'R2 * -200'] : ['R1 temperature -100', 'R2 pressure -200', 'R2 temperature -200'],
    );
    await put([{ s: -1, temperature: 71, pressure: 80 }]);
    expect((await sensorsOf(store(), { rules })).map(({ equipmentId }) => equipmentId)).not.toContain('R1');
  });

  test('of what dropped out before everything did it is still known', async () => {
    await put([{ s: -100, temperature: 71, pressure: 80 }]);
    const known = [{ equipmentId: 'R1', signal: 'temperature' }];
    expect((await sensorsOf(store(), { rules: { dropOutSeconds: 60 }, known })).map(({ isDroppedOut }) => isDroppedOut)).toEqual([
      shape === 'long',
    ]);
  });
}

/** A local time without its zone, ISO 8601, `s` seconds from NOW. */
function iso(s: number, hours: number): string {
  return new Date(NOW + s * 1000 + hours * 3_600_000).toISOString().slice(0, -1);
}

/** What a sensor says, whatever the engine. */
export function sensorsContract(under: StoreUnderTest): void {
  describe.each(SHAPES)('sensors of a %s source', (shape) => {
    const store = withStore(under, shape === 'wide' ? {} : { source: LONG });
    if (shape === 'long')
      beforeEach(async () => {
        await store().outside.run(
          'CREATE TABLE historian (asset VARCHAR(100), sensor_type VARCHAR(20), sensor_value FLOAT, quality VARCHAR(20), ts VARCHAR(40))',
        );
      });
    eitherShape(shape, store, under);
    turnedOn(shape, store);
  });

  describe('sensors of a wide source', () => {
    const store = withStore(under);

    test('a row of bad quality is one fault, whatever its values are', async () => {
      await insert(store(), 'wide', [
        { s: -30, temperature: 70, pressure: 80, flow_rate: 50 },
        { s: -20, status: 'bad', temperature: 9999, pressure: 1e9, flow_rate: null },
        { s: -10, status: 'bad', temperature: null, pressure: 80, flow_rate: 50 },
      ]);
      expect(await told(store())).toEqual(['R1 *: bad_quality bad -20..-10']);
    });

    test('limits count as they are configured, by signal', async () => {
      const physicalLimits = { ...SETTINGS.source.physicalLimits, pressure: { min: 0, max: 90 } };
      const narrow = await store().another({ source: { physicalLimits } });
      await insert(store(), 'wide', [{ temperature: 91, pressure: 91, flow_rate: 91 }]);
      const { sensors } = await narrow.source.detect({
        window: LIVE,
        rules: unscopedRules([aFamily()]),
        known: [],
        accounted: [],
        sensors: { rules: DEFAULTS, known: [] },
      });
      expect(sensors.map(({ signal, bad }) => [signal, bad?.value])).toEqual([['pressure', '91']]);
    });
  });

  describe.each(SHAPES)('sensors of a %s table of the user’s', (shape) => {
    const store = withStore(under);

    /** Readings of R1 in a table with this type of time, spelled by it. */
    async function own(given: Partial<SourceSettings>, type: string, rows: readonly (readonly [SqlValue, string, SqlValue])[]) {
      const at = store();
      const columns = shape === 'wide' ? 'temp FLOAT' : 'sensor_type VARCHAR(20), sensor_value FLOAT';
      await at.outside.run(`CREATE TABLE own (asset VARCHAR(100), ts ${type}, quality VARCHAR(20), ${columns})`);
      await at.outside.insert(
        'own',
        rows.map(([ts, quality, value]) => {
          return { asset: 'R1', ts, quality, ...(shape === 'wide' ? { temp: value } : { sensor_type: 'TEMP', sensor_value: value }) };
        }),
      );
      const shapes = {
        wide: { kind: 'wide', signals: { temperature: 'temp' } },
        long: { kind: 'long', signalColumn: 'sensor_type', valueColumn: 'sensor_value', signals: { temperature: 'TEMP' } },
      } as const;
      const columnNames = { equipment: 'asset', timestamp: 'ts', status: 'quality' };
      const { source } = await at.another({ source: { table: 'own', columns: columnNames, shape: shapes[shape], ...given } });
      const sensors = { rules: DEFAULTS, known: [], accounted: [] };
      const found = (await source.detect({ window: LIVE, rules: unscopedRules([aFamily()]), known: [], accounted: [], sensors })).sensors;
      return found.map(({ signal, bad, good }) => [signal, bad?.fault, ago(bad?.since), ago(bad?.at), good && ago(good.since)]);
    }

    test.each<[string, Partial<SourceSettings>, string, (s: number) => SqlValue]>([
      ['ISO with an offset', { timestampFormat: 'iso' }, 'TEXT', (s) => `${iso(s, 3)}+03:00`],
      ['ISO in a zone', { timestampFormat: 'iso', timeZone: 'Asia/Kolkata' }, 'TEXT', (s) => iso(s, 5.5)],
      ['seconds since 1970', { timestampFormat: 'epochSeconds' }, 'FLOAT', (s) => NOW / 1000 + s],
      ['milliseconds since 1970', { timestampFormat: 'epochMillis' }, 'BIGINT', (s) => NOW + s * 1000],
    ])('with times as %s', async (_name, given, type, spell) => {
      const rows = [[-900, 'good', 9999], [-40, 'good', 9999], [-30, 'good', 9999], [-20, 'good', 70]] as const; // prettier-ignore
      const found = await own(
        given,
        type,
        rows.map(([s, quality, value]) => [spell(s), quality, value]),
      );
      expect(found).toEqual([['temperature', 'out_of_range', -40, -30, -20]]);
    });

    test('with values in another unit: limits are in the unit that is used', async () => {
      const units = { temperature: { shift: 459.67, factor: 5, divisor: 9, offset: -273.15 } };
      const physicalLimits = { temperature: { min: 0, max: 100 } };
      const rows: readonly [SqlValue, string, SqlValue][] = [
        [store().time(NOW - 30_000), 'good', 50],
        [store().time(NOW - 20_000), 'good', 0],
      ];
      expect(await own({ units, physicalLimits }, 'VARCHAR(40)', rows)).toEqual([['temperature', 'out_of_range', -20, -20, null]]);
    });
  });
}
