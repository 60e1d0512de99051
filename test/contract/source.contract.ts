import { describe, expect, test } from '@jest/globals';
import type { SourceSettings } from '../../src/config/settings.ts';
import type { AccountedSpan, KnownFamily } from '../../src/domain/detection.ts';
import type { IssueFamily } from '../../src/domain/rules.ts';
import { type DetectionWindow, detectionWindow } from '../../src/domain/window.ts';
import type { Source } from '../../src/ports/source.ts';
import type { SqlValue, Statement } from '../../src/store/connection.ts';
import { type AtHand, atHand, SETTINGS, type StoreUnderTest } from '../support/stores.ts';
import { aFamily } from './samples.ts';
import { withStore } from './with-store.ts';
import { activeFamilies, unscopedRules } from '../../src/domain/rule-book.ts';

const NOW = Date.UTC(2026, 1, 19, 10, 30);
const LIVE: DetectionWindow = { watermark: NOW - 60_000, live: { after: NOW - 300_000, upTo: NOW + 5000 }, backlog: null };
const BACKLOG: DetectionWindow = { ...LIVE, watermark: NOW - 7_200_000, backlog: { after: NOW - 7_500_000, upTo: NOW - 3_600_000 } };
const LONG: Partial<SourceSettings> = {
  table: 'historian',
  columns: { equipment: 'asset', timestamp: 'ts', status: 'quality' },
  shape: { kind: 'long', signalColumn: 'sensor_type', valueColumn: 'sensor_value', signals: { temperature: 'TEMP', pressure: 'PRES' } },
};

type Reading = { readonly s?: number; readonly at?: SqlValue } & Readonly<Record<string, SqlValue>>;

/** Readings of REACTOR_02 in sensor_data, `s` seconds from NOW. */
function insert(at: AtHand, readings: readonly Reading[]): Promise<void> {
  const rows = readings.map(({ s = -10, at: stamp = at.time(NOW + s * 1000), ...columns }) => {
    return { equipment_id: 'REACTOR_02', sensor_status: 'good', timestamp: stamp, ...columns };
  });
  return at.outside.insert('sensor_data', rows);
}

function t(readings: readonly (readonly [seconds: number, celsius: SqlValue])[]): readonly Reading[] {
  return readings.map(([s, temperature]) => ({ s, temperature }));
}

interface Asked {
  readonly window?: DetectionWindow;
  readonly families?: readonly IssueFamily[];
  readonly known?: readonly Partial<KnownFamily>[];
  readonly accounted?: readonly Partial<AccountedSpan>[];
}

function detect(source: Source, { window = LIVE, families = [aFamily()], known = [], accounted = [] }: Asked = {}) {
  const hot = { equipmentId: 'REACTOR_02', familyId: 'temperature' };
  return source.detect({
    window,
    rules: unscopedRules(families),
    known: known.map((entry) => ({ ...hot, began: null, report: false, ...entry })),
    accounted: accounted.map((span) => ({ ...hot, from: 0, until: NOW + 1, exceptBeyond: null, ...span })),
  });
}

const ago = (instant: number | null | undefined) => (instant === null || instant === undefined ? null : (instant - NOW) / 1000);

/** The only state, with its times in seconds from NOW. */
async function stateOf(at: AtHand, asked: Asked = {}) {
  const { states } = await detect(at.source, asked);
  expect(states.length).toBeLessThanOrEqual(1);
  const [state] = states;
  if (!state) return null;
  return {
    last: [ago(state.last?.at), state.last?.value],
    raised: state.raised && [ago(state.raised.firstAt), ago(state.raised.lastAt)],
    peak: state.raised && [ago(state.raised.peak.at), state.raised.peak.value],
    clear: state.clear && [ago(state.clear.since), state.clear.readings],
  };
}

function limits(store: () => AtHand): void {
  test.each([
    [84.99, false],
    [85, false],
    [85.00000000000001, true],
    [90, true],
    [1999, true],
  ])('%d °C beyond 85: %s', async (celsius, violates) => {
    await insert(store(), t([[-10, celsius]]));
    expect((await stateOf(store())) !== null).toBe(violates);
  });

  test("on the side 'below' everything is mirrored", async () => {
    const at = store();
    const family = aFamily({ id: 'low', signal: 'flow_rate', side: 'below', deadband: 2, bands: [{ ...aFamily().bands[0], limit: 10 }] });
    await insert(
      at,
      [
        [-50, 10],
        [-40, 9],
        [-30, 4],
        [-20, 12],
        [-10, 12.5],
        [-5, 13],
      ].map(([s = 0, flow = 0]) => ({ s, flow_rate: flow })),
    );
    expect(await stateOf(at, { families: [family] })).toEqual({
      last: [-5, 13],

      raised: [-40, -30],
      peak: [-30, 4],
      clear: [-10, 2],
    });
  });

  test('zero is a reading', async () => {
    const at = store();
    const family = aFamily({ id: 'low', signal: 'flow_rate', side: 'below', bands: [{ ...aFamily().bands[0], limit: 10 }] });
    await insert(at, [{ flow_rate: 0 }]);
    expect(await stateOf(at, { families: [family] })).toMatchObject({ peak: [-10, 0] });
  });

  test('the peak comes with the other signals of its moment, not with later ones', async () => {
    const at = store();
    await insert(at, [
      { s: -30, temperature: 90, pressure: 70, flow_rate: 50 },
      { s: -20, temperature: 96, pressure: 100, flow_rate: null },
      { s: -15, temperature: 96, pressure: 1, flow_rate: 1 },
      { s: -10, temperature: 91, pressure: 80, flow_rate: 60 },
    ]);
    const { states } = await detect(at.source);
    expect([...(states[0]?.raised?.peak.signals ?? [])]).toEqual([
      ['temperature', 96],
      ['pressure', 100],
    ]);
  });
}

function times(store: () => AtHand): void {
  test('normal readings behind a violation do not hide it', async () => {
    await insert(
      store(),
      t([
        [-50, 70],
        [-40, 96],
        [-30, 70],
        [-20, 71],
      ]),
    );
    expect(await stateOf(store())).toEqual({ last: [-20, 71], raised: [-40, -40], peak: [-40, 96], clear: [-30, 2] });
  });

  test('at equal times the violation counts, whatever was stored first', async () => {
    await insert(
      store(),
      t([
        [-20, 70],
        [-20, 96],
        [-20, 71],
      ]),
    );
    expect(await stateOf(store())).toEqual({ last: [-20, 96], raised: [-20, -20], peak: [-20, 96], clear: null });
  });

  test('only violations that nothing accounts for count, and they alone say first, last and peak', async () => {
    const at = store();
    await insert(
      at,
      t([
        [-50, 99],
        [-40, 96],
        [-30, 97],
        [-20, 91],
      ]),
    );
    const upTo = (until: number) => [{ until: NOW + until + 1 }];
    expect(await stateOf(at, { accounted: upTo(-40_000) })).toMatchObject({ raised: [-30, -20], peak: [-30, 97] });
    expect(await stateOf(at, { accounted: upTo(-20_000) })).toBeNull();
    expect(await stateOf(at, { accounted: upTo(-20_000), known: [{ report: true }] })).toMatchObject({ last: [-20, 91], raised: null });
    expect(await stateOf(at, { accounted: [{ equipmentId: 'REACTOR_01' }] })).toMatchObject({ peak: [-50, 99] });
    expect(await stateOf(at, { accounted: [{ familyId: 'pressure' }] })).toMatchObject({ peak: [-50, 99] });
    // What comes late counts where no row has its moment: before one, and between two.
    expect(await stateOf(at, { accounted: [{ from: NOW - 40_000 }] })).toMatchObject({ raised: [-50, -50] });
    const both = [{ until: NOW - 40_000 }, { from: NOW - 30_000 }];
    expect(await stateOf(at, { accounted: both })).toMatchObject({ raised: [-40, -40], peak: [-40, 96] });
  });

  test('where only what is worse is not accounted for, that counts, and after it everything', async () => {
    const at = store();
    await insert(
      at,
      t([
        [-50, 95],
        [-40, 95.1],
        [-30, 91],
        [-20, 91],
      ]),
    );
    expect(await stateOf(at, { accounted: [{ until: NOW - 29_999, exceptBeyond: 95 }] })).toMatchObject({
      raised: [-40, -20],
      peak: [-40, 95.1],
    });
    expect(await stateOf(at, { accounted: [{ exceptBeyond: 95 }] })).toMatchObject({ raised: [-40, -40] });
    expect(await stateOf(at, { accounted: [{ exceptBeyond: null }] })).toBeNull();
  });

  test('with an on-delay a violation counts when its run has lasted that long, to the millisecond', async () => {
    const at = store();
    const families = [aFamily({ onDelaySeconds: 10 })];
    await insert(
      at,
      t([
        [-50, 96],
        [-41, 96],
        [-40.001, 70],
        [-35, 91],
        [-30, 92],
        [-25.001, 93],
      ]),
    );
    expect(await stateOf(at, { families })).toMatchObject({ last: [-25.001, 93], raised: null });
    await insert(
      at,
      t([
        [-25, 92.5],
        [-24, 91],
      ]),
    );
    expect(await stateOf(at, { families })).toMatchObject({ raised: [-25, -24], peak: [-25, 92.5] });
  });

  test('a normal reading at the moment of a violation does not end its run', async () => {
    const at = store();
    await insert(
      at,
      t([
        [-40, 91],
        [-35, 70],
        [-35, 91],
        [-30, 91],
      ]),
    );
    expect(await stateOf(at, { families: [aFamily({ onDelaySeconds: 10 })] })).toMatchObject({ raised: [-30, -30] });
  });

  test('clear is what lies below the limit by more than the deadband, counted by distinct times', async () => {
    const at = store();
    await insert(
      at,
      t([
        [-60, 96],
        [-50, 83],
        [-40, 84],
        [-30, 83.9],
        [-30, 80],
        [-20, 70],
      ]),
    );
    expect(await stateOf(at)).toMatchObject({ last: [-20, 70], clear: [-30, 2] });
    await insert(at, t([[-20, 84.5]]));
    expect(await stateOf(at)).toMatchObject({ last: [-20, 84.5], clear: null });
  });

  test('the window is later than its start, up to its end', async () => {
    const at = store();
    await insert(
      at,
      t([
        [-300, 96],
        [5.001, 96],
      ]),
    );
    const { states, totals } = await detect(at.source);
    expect({ states, future: totals.rejected.future, accepted: totals.accepted }).toEqual({ states: [], future: 1, accepted: 0 });
    await insert(
      at,
      t([
        [-299.999, 91],
        [5, 92],
      ]),
    );
    expect(await stateOf(at)).toMatchObject({ raised: [-299.999, 5] });
  });
}

function counts(under: StoreUnderTest, store: () => AtHand): void {
  const rejections: readonly (readonly [string, Reading])[] = [
    ['bad_id', { equipment_id: null, temperature: 96 }],
    ['bad_id', { equipment_id: '../Safety', temperature: 96 }],
    ['bad_id', { equipment_id: '', temperature: null, sensor_status: 'bad' }],
    ['bad_id', { equipment_id: 'x'.repeat(101), temperature: 96 }],
    ['bad_id', { equipment_id: 'RÉACTOR', temperature: 96 }],
    ['future', { s: 6, temperature: 96, sensor_status: 'bad' }],
    ['bad_quality', { sensor_status: 'BAD', temperature: null }],
    ['bad_quality', { sensor_status: '', temperature: 96 }],
    ['missing', { temperature: null }],
    ['out_of_range', { temperature: 2000.1 }],
    ['out_of_range', { temperature: -273.16 }],
  ];
  const untyped: typeof rejections = [
    ['bad_time', { at: 'tomorrow', temperature: 96 }],
    ['bad_time', { at: null, temperature: null }],
    ['not_a_number', { temperature: 'hot' }],
    ['not_a_number', { temperature: Number.POSITIVE_INFINITY }],
    ['not_a_number', { temperature: Number.NEGATIVE_INFINITY }],
  ];

  test.each([...rejections, ...(under.takesAnyValue ? untyped : [])])('counts one reading as %s: %j', async (reason, reading) => {
    const at = store();
    await insert(at, [reading, { s: -20, temperature: 70 }]);
    const { states, totals: found } = await detect(at.source);
    expect(states).toEqual([]);
    expect(Object.entries(found.rejected).filter(([, count]) => count > 0)).toEqual([[reason, 1]]);
    expect(found).toMatchObject({ accepted: 1, newestGoodAt: NOW - 20_000 });
  });

  test('a bad reading does not keep the good ones of the same moment from counting', async () => {
    const at = store();
    await insert(at, [...rejections.map(([, reading]) => reading), { temperature: 96 }, { equipment_id: 'PUMP_01', temperature: 91 }]);
    const { states, totals: found } = await detect(at.source);
    expect(states.map(({ equipmentId }) => equipmentId).toSorted()).toEqual(['PUMP_01', 'REACTOR_02']);
    expect(Object.values(found.rejected).reduce((sum, count) => sum + count, 0)).toBe(rejections.length);
  });

  test('of the past a bad reading is counted by the piece that it is new in, and no more by the next one that reads it again', async () => {
    const at = store();
    await insert(
      at,
      [-90, -30].map((s) => ({ s, temperature: 70, sensor_status: 'bad' })),
    );
    const rejected = await Promise.all(
      [-120, -60].map(async (from) => {
        const live = { after: NOW - 120_000, upTo: NOW + (from + 60) * 1000 };
        const window: DetectionWindow = { watermark: NOW + from * 1000, live, backlog: null };
        const { totals: found } = await at.source.detect({
          window,
          rules: unscopedRules([aFamily()]),
          known: [],
          accounted: [],
          isPast: true,
        });
        return found.rejected.bad_quality;
      }),
    );
    expect(rejected).toEqual([1, 1]);
  });

  test.each(['good', 'WARNING', 'Ok', null])('a reading whose status is %s may be used', async (status) => {
    await insert(store(), [{ sensor_status: status, temperature: 96 }]);
    expect(await stateOf(store())).not.toBeNull();
  });

  test('two families of one signal count its readings once', async () => {
    const at = store();
    await insert(at, [{ temperature: 96 }, { temperature: null }, { s: -100, temperature: 70 }]);
    const { states, totals: found } = await detect(at.source, { families: [aFamily(), aFamily({ id: 'other' })] });
    expect(states.map((state) => state.familyId).toSorted()).toEqual(['other', 'temperature']);
    expect(found).toMatchObject({ accepted: 1, rejected: { missing: 1 } });
  });

  test('an empty source has no states and counts nothing', async () => {
    const { states, totals: found } = await detect(store().source, { known: [{ report: true }] });
    expect(states).toEqual([
      {
        part: 'live',
        isEarlier: false,
        equipmentId: 'REACTOR_02',
        familyId: 'temperature',
        last: null,
        raised: null,
        clear: null,
        recentRuns: 0,
      },
    ]);
    expect(found).toEqual({
      accepted: 0,
      rejected: { bad_id: 0, bad_time: 0, future: 0, too_late: 0, bad_quality: 0, missing: 0, not_a_number: 0, out_of_range: 0 },
      newestGoodAt: null,
      backlogHasReadings: false,
      nextReadingAt: null,
    });
  });
}

function byPart([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1;
}

function backlog(under: StoreUnderTest, store: () => AtHand): void {
  test('a slice of the past and the present are looked at apart', async () => {
    const at = store();
    await insert(
      at,
      t([
        [-7000, 96],
        [-6900, 70],
        [-3600, 71],
        [-3599, 99],
        [-100, 91],
        [-50, 92],
      ]),
    );
    const { states, totals: found } = await detect(at.source, { window: BACKLOG });
    const seconds = (instant: number | undefined) => ((instant ?? 0) - NOW) / 1000;
    expect(states.map(({ part, last, raised }) => [part, seconds(last?.at), seconds(raised?.peak.at)]).toSorted(byPart)).toEqual([
      ['backlog', -3600, -7000],
      ['live', -50, -50],
    ]);
    expect(found).toMatchObject({ accepted: 5, backlogHasReadings: true, newestGoodAt: NOW - 50_000, nextReadingAt: NOW - 3_599_000 });
  });

  test('what is open is reported for both', async () => {
    const at = store();
    const { states } = await detect(at.source, { window: BACKLOG, known: [{ report: true }, { equipmentId: 'PUMP_01' }] });
    expect(states.map(({ part, equipmentId, last }) => [part, equipmentId, last]).toSorted(byPart)).toEqual([
      ['backlog', 'REACTOR_02', null],
      ['live', 'REACTOR_02', null],
    ]);
  });

  test('an empty slice says where the next reading is, and overlap alone is none', async () => {
    const at = store();
    await insert(
      at,
      t([
        [-7300, 70],
        [-7200, 70],
      ]),
    );
    expect((await detect(at.source, { window: BACKLOG })).totals).toMatchObject({ backlogHasReadings: false, nextReadingAt: null });
    await insert(
      at,
      t([
        [-1000, 70],
        [-1500, null],
        [6, 70],
      ]),
    );
    expect((await detect(at.source, { window: BACKLOG })).totals).toMatchObject({
      backlogHasReadings: false,
      nextReadingAt: NOW - 1_500_000,
    });
    expect((await detect(at.source)).totals.nextReadingAt).toBeNull();
  });

  if (under.takesAnyValue)
    test('a text that is no time is not taken for the next reading', async () => {
      const at = store();
      await at.outside.run('DROP TRIGGER sensor_data_times_inserted');
      await insert(at, [
        { at: '2026-02-19T09:40:00Z', temperature: 70 },
        { at: '2026-02-19 09:45', temperature: 70 },
        { s: -1000, temperature: 70 },
      ]);
      expect((await detect(at.source, { window: BACKLOG })).totals.nextReadingAt).toBe(NOW - 1_000_000);
    });
}

function whose(under: StoreUnderTest): void {
  const ids = ['PUMP_01', 'pump_02', 'PUMPX01', 'REACTOR_01', 'A-1', 'AB1'];
  test.each<readonly [readonly string[], readonly string[], readonly string[]]>([
    [['*'], [], ids],
    [['PUMP_*'], [], ['PUMP_01', 'pump_02']],
    [['pump*'], ['*_02'], ['PUMP_01', 'PUMPX01']],
    [['*'], ['REACTOR_01', 'A?1', 'A_1', 'A%'], ['PUMP_01', 'pump_02', 'PUMPX01', 'A-1', 'AB1']],
    [['A-1', '!PUMP_01'], [], ['A-1']],
    [['*1'], ['*'], []],
    [["x' OR '1'='1"], [], []],
  ])('include %j without %j', async (include, exclude, watched) => {
    const at = await atHand(under, { source: { equipment: { include, exclude } } });
    try {
      await insert(
        at,
        ids.map((id) => ({ equipment_id: id, temperature: 96 })),
      );
      await insert(at, [{ equipment_id: null, temperature: 96 }]);
      const { states, totals: found } = await detect(at.source);
      expect(states.map((state) => state.equipmentId).toSorted()).toEqual(watched.toSorted());
      expect(found).toMatchObject({ accepted: watched.length, rejected: { bad_id: 1 } });
    } finally {
      await at.close();
    }
  });
}

const make = async (at: AtHand) => {
  await at.outside.run(
    'CREATE TABLE historian (reading_id VARCHAR(36), asset VARCHAR(100), sensor_type VARCHAR(20), sensor_value FLOAT, units VARCHAR(20), quality VARCHAR(20), ts VARCHAR(40))',
  );
};
const add = (at: AtHand, rows: readonly (readonly [s: number, type: SqlValue, value: SqlValue, quality?: SqlValue])[]) =>
  at.outside.insert(
    'historian',
    rows.map(([s, type, value, quality = 'good']) => ({
      asset: 'REACTOR_02',
      ts: at.time(NOW + s * 1000),
      sensor_type: type,
      sensor_value: value,
      quality,
    })),
  );

function anyTable(under: StoreUnderTest): void {
  const store = withStore(under, { source: LONG });
  test('a long table is read by its own names, and the peak with the newest of the other signals until then', async () => {
    const at = store();
    await make(at);
    await add(at, [
      [-60, 'PRES', 60],
      [-50, 'TEMP', 91],
      [-45, 'PRES', 99],
      [-44, 'PRES', 7, 'bad'],
      [-40, 'TEMP', 96],
      [-30, 'PRES', 1],
      [-20, 'TEMP', 80],
      [-10, 'VIBR', 99],
    ]);
    expect(await stateOf(at)).toEqual({ last: [-20, 80], raised: [-50, -40], peak: [-40, 96], clear: [-20, 1] });
    const { states, totals: found } = await detect(at.source);
    expect(Object.fromEntries(states[0]?.raised?.peak.signals ?? [])).toEqual({ temperature: 96, pressure: 99 });
    expect(found).toMatchObject({ accepted: 3, rejected: { bad_quality: 0, missing: 0 } });
    await add(at, [
      [-5, 'TEMP', null],
      [-5, 'TEMP', 5000],
      [-5, 'TEMP', 70, 'bad'],
    ]);
    expect((await detect(at.source)).totals.rejected).toMatchObject({ missing: 1, out_of_range: 1, bad_quality: 1 });
  });

  test('all columns that are missing are named by their keys, and a table that is missing alone', async () => {
    const at = store();
    expect(await at.source.missingColumns()).toEqual([{ path: ['source', 'table'], text: "there is no table or view 'historian'" }]);
    await at.outside.run('CREATE TABLE historian (ASSET VARCHAR(100), ts VARCHAR(40), sensor_type VARCHAR(20), value FLOAT)');
    expect(await at.source.missingColumns()).toEqual([
      { path: ['source', 'columns', 'quality'], text: "historian has no column 'quality'" },
      { path: ['source', 'columns', 'value'], text: "historian has no column 'sensor_value'" },
    ]);
    await expect(detect(at.source)).rejects.toMatchObject({ code: 'usage' });
  });

  test('a table that is not there is a usage error', async () => {
    await expect(detect(store().source)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('historian') });
  });

  test.each<readonly [string, Partial<SourceSettings>]>([
    ['table', { table: 'sensor_data; DROP TABLE agent_events' }],
    ['table', { table: 'sensor_data"' }],
    ['column', { columns: { equipment: 'a b', timestamp: 'timestamp', status: null } }],
    ['column', { columns: { equipment: 'equipment_id', timestamp: '1=1', status: null } }],
    ['signal column', { shape: { kind: 'wide', signals: { temperature: 'temperature)' } } }],
  ])('a %s whose name is no name is refused before it reaches a statement', async (_what, source) => {
    await expect(store().another({ source })).rejects.toMatchObject({ code: 'usage' });
  });

  test('names that are words of SQL are quoted', async () => {
    const at = store();
    const d = under.dialect;
    const [table, equipment, ts, status, value] = ['order', 'group', 'select', 'from', 'table'].map((name) => d.quote(name));
    await at.outside.run(`CREATE TABLE ${table} (${equipment} VARCHAR(100), ${ts} VARCHAR(40), ${status} VARCHAR(20), ${value} FLOAT)`);
    const odd = await at.another({
      source: {
        table: 'order',
        columns: { equipment: 'group', timestamp: 'select', status: 'from' },
        shape: { kind: 'wide', signals: { temperature: 'table' } },
      },
    });
    await at.outside.insert('order', [{ group: 'REACTOR_02', select: at.time(NOW - 1000), from: 'ok', table: 96 }]);
    expect((await detect(odd.source)).states).toHaveLength(1);
    expect(await odd.source.readSignal('REACTOR_02', 'temperature', { after: 0, upTo: NOW }, 9)).toEqual([{ at: NOW - 1000, value: 96 }]);
    expect(await odd.source.missingColumns()).toEqual([]);
  });
}

function oneSignal(store: () => AtHand): void {
  test('its newest good readings come oldest first; bad ones are left out', async () => {
    const at = store();
    const { now } = await at.store.readControls();
    const stamp = (s: number) => at.time(now + s * 1000);
    await at.outside.insert('sensor_data', [
      ...[-50, -40, -30, -20].map((s) => ({
        equipment_id: 'REACTOR_02',
        temperature: 100 + s,
        sensor_status: 'Good',
        timestamp: stamp(s),
      })),
      { equipment_id: 'REACTOR_02', temperature: 1, sensor_status: 'bad', timestamp: stamp(-10) },
      { equipment_id: 'REACTOR_02', temperature: null, sensor_status: 'good', timestamp: stamp(-9) },
      { equipment_id: 'REACTOR_02', temperature: 9999, sensor_status: 'good', timestamp: stamp(-8) },
      { equipment_id: 'REACTOR_02', temperature: 2, sensor_status: 'good', timestamp: stamp(3600) },
      { equipment_id: 'PUMP_01', temperature: 3, sensor_status: 'good', timestamp: stamp(-7) },
    ]);
    const read = async (after: number, limit: number) =>
      (await at.source.readSignal('REACTOR_02', 'temperature', { after, upTo: now }, limit)).map(({ at: time, value }) => [
        (time - now) / 1000,
        value,
      ]);
    expect(await read(now - 40_000, 9)).toEqual([
      [-30, 70],
      [-20, 80],
    ]);
    expect(await read(0, 3)).toEqual([
      [-40, 60],
      [-30, 70],
      [-20, 80],
    ]);
    expect(await at.source.readSignal('REACTOR_02', 'flow_rate', { after: 0, upTo: now }, 9)).toEqual([]);
    await expect(at.source.readSignal('REACTOR_02', 'vibration', { after: 0, upTo: now }, 9)).rejects.toMatchObject({ code: 'usage' });
  });
}

function extremes(store: () => AtHand): void {
  const HOUR_S = 3600;
  const read = async (parts: number) => {
    const { source } = store();
    const range = { after: NOW - HOUR_S * 1000, upTo: NOW };
    const { points, readings } = await source.readExtremes('REACTOR_02', 'temperature', range, parts);
    return { points: points.map(({ at, value }) => [(at - NOW) / 1000, value]), readings };
  };

  test('of few readings are all of them, oldest first; what is bad, of others or of another time is left out', async () => {
    await insert(store(), [
      ...t([
        [-30, 80],
        [-20, 96],
        [-10, 91],
        [-5000, 1],
      ]),
      { s: -15, temperature: 2, sensor_status: 'bad' },
      { s: -14, temperature: null },
      { s: -13, temperature: 9999 },
      { s: -12, temperature: 3, equipment_id: 'PUMP_01' },
      { s: 60, temperature: 4 },
    ]);
    const points = [
      [-30, 80],
      [-20, 96],
      [-10, 91],
    ];
    expect(await read(50)).toEqual({ points, readings: 3 });
  });

  test('of many readings are the least and the greatest of each part: no peak is lost, and no reading moved', async () => {
    const readings = Array.from({ length: 600 }, (_, index) => [index - 600, 70 + (index % 7)] as const);
    const peaks = new Map([
      [-333, 99],
      [-222, 12],
    ]);
    await insert(store(), t(readings.map(([s, value]) => [s, peaks.get(s) ?? value])));
    const { points, readings: count } = await read(20);
    expect(count).toBe(600);
    expect(points.length).toBeGreaterThan(20);
    expect(points.length).toBeLessThanOrEqual(2 * 21);
    expect(points).toContainEqual([-333, 99]);
    expect(points).toContainEqual([-222, 12]);
    for (const [s, value] of points) expect([peaks.get(s ?? 0) ?? 70 + (((s ?? 0) + 600) % 7), s]).toEqual([value, s]);
    expect(points.map(([s]) => s).toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual(points.map(([s]) => s));
  });

  test('of readings that all have one time, of one reading and of none are no failure', async () => {
    expect(await read(10)).toEqual({ points: [], readings: 0 });
    await insert(store(), t([[-30, 80]]));
    expect(await read(10)).toEqual({ points: [[-30, 80]], readings: 1 });
    await insert(store(), t([[-30, 81]]));
    expect((await read(10)).points).toHaveLength(2);
  });

  test('of a signal that the source does not have are refused', async () => {
    const range = { after: 0, upTo: NOW };
    await expect(store().source.readExtremes('REACTOR_02', 'vibration', range, 9)).rejects.toMatchObject({ code: 'usage' });
  });
}

function cost(under: StoreUnderTest, store: () => AtHand): void {
  test('is one statement, whatever there is to see', async () => {
    const at = store();
    expect(await at.source.missingColumns()).toEqual([]);
    const before = at.source.statements;
    await detect(at.source);
    await insert(
      at,
      Array.from({ length: 300 }, (_, index) => ({ equipment_id: `E${index}`, temperature: 96, s: -index / 2 })),
    );
    expect((await detect(at.source, { window: BACKLOG })).states).toHaveLength(300);
    expect(at.source.statements - before).toBe(2);
  });

  if (under.dialect.name === 'embedded')
    test.each([
      ['live', LIVE],
      ['with a backlog', BACKLOG],
    ])('reads the readings by an index on their time, never all of them (%s)', async (_what, window) => {
      const seen: Statement[] = [];
      const at = store();
      const { source } = await at.another({ watch: (statement) => seen.push(statement) });
      await detect(source, { window, known: [{ report: true }] });
      const [statement] = seen;
      const plan = await at.outside.rows(`EXPLAIN QUERY PLAN ${statement?.sql ?? ''}`, statement?.params);
      const touching = plan.map((step) => String(step['detail'])).filter((detail) => /\bsensor_data\b/.test(detail));
      expect(touching.length).toBeGreaterThan(2);
      expect(touching.filter((detail) => !/USING (?:COVERING )?INDEX sensor_data_by_\w+ \(.*timestamp[<>=]/.test(detail))).toEqual([]);
    });

  if (under.dialect.name === 'embedded')
    test('reads open work by indexes: no table whole but those of a row or two', async () => {
      const seen: Statement[] = [];
      const at = store();
      const { store: watched } = await at.another({ watch: (statement) => seen.push(statement) });
      await watched.readOpenWork('x');
      const [statement] = seen;
      const plan = (await at.outside.rows(`EXPLAIN QUERY PLAN ${statement?.sql ?? ''}`)).map((step) => String(step['detail']));
      expect(plan.filter((detail) => /^SCAN (?:agent_\w+|[rfmx])$/.test(detail))).toEqual([]);
      expect(plan.filter((detail) => detail.includes('USING')).length).toBeGreaterThan(5);
    });
}

export function sourceContract(under: StoreUnderTest): void {
  describe('detection:', () => {
    const store = withStore(under);
    describe('limits are strict:', () => {
      limits(store);
    });
    describe('time:', () => {
      times(store);
    });
    describe('totals:', () => {
      counts(under, store);
    });
    describe('a backlog:', () => {
      backlog(under, store);
    });
    describe('its cost:', () => {
      cost(under, store);
    });
    describe("whose readings, '*' standing for anything and everything else for itself:", () => {
      whose(under);
    });
    describe("a table of the user's:", () => {
      anyTable(under);
    });
    describe('one signal:', () => {
      oneSignal(store);
    });
    describe('the extremes of one signal:', () => {
      extremes(store);
    });

    test("the domain's own window finds what came in since the last cycle", async () => {
      const at = store();
      const { now } = await at.store.readControls();
      await at.store.runSql(
        "INSERT INTO sensor_data (equipment_id, temperature, sensor_status, timestamp) VALUES ('REACTOR_02', 96, 'warning', CURRENT_TIMESTAMP)",
      );
      const window = detectionWindow(now + 1000, now - 10_000, SETTINGS.source, activeFamilies(SETTINGS.rules));
      const { states } = await at.source.detect({ window, rules: SETTINGS.rules, known: [], accounted: [] });
      expect(states).toEqual([
        expect.objectContaining({ equipmentId: 'REACTOR_02', familyId: SETTINGS.rules.families[0]?.familyId, part: 'live' }),
      ]);
    });
  });
}
