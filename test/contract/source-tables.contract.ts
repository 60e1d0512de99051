import { describe, expect, test } from '@jest/globals';
import type { SourceSettings } from '../../src/config/settings.ts';
import type { AccountedSpan, KnownFamily } from '../../src/domain/detection.ts';
import type { Instant } from '../../src/domain/instant.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';
import type { IssueFamily } from '../../src/domain/rules.ts';
import { conversionBetween, unitOf } from '../../src/domain/units.ts';
import { type DetectionWindow, detectionWindow } from '../../src/domain/window.ts';
import type { SqlValue, Statement } from '../../src/store/connection.ts';
import { type AtHand, SETTINGS, type StoreUnderTest } from '../support/stores.ts';
import { aFamily } from './samples.ts';
import { withStore } from './with-store.ts';

const NOW = Date.UTC(2026, 1, 19, 10, 30);
const HOUR = 3_600_000;

const LONG: Partial<SourceSettings> = {
  table: 'historian',
  columns: { equipment: 'asset', timestamp: 't', status: 'quality' },
  shape: { kind: 'long', signalColumn: 'tag', valueColumn: 'val', signals: { temperature: 'TEMP', pressure: 'PRES', flow_rate: 'FLOW' } },
};
const WIDE: Partial<SourceSettings> = {
  table: 'machines',
  columns: { equipment: 'asset', timestamp: 't', status: 'quality' },
  shape: { kind: 'wide', signals: { temperature: 'temp', pressure: 'pres', flow_rate: 'flow' } },
};
const SHAPES = { long: LONG, wide: WIDE } as const;
type Shape = keyof typeof SHAPES;
const shapes = Object.keys(SHAPES) as Shape[]; // the keys of a constant of our own

/** Both tables, their times of the given type; neither has an index unless a test makes one. */
async function make(at: AtHand, timeType = 'VARCHAR(40)'): Promise<void> {
  await at.outside.run(
    `CREATE TABLE historian (asset VARCHAR(100), tag VARCHAR(20), val FLOAT, quality FLOAT, t ${timeType}, stored ${timeType})`,
  );
  await at.outside.run(
    `CREATE TABLE machines (asset VARCHAR(100), temp FLOAT, pres FLOAT, flow FLOAT, quality FLOAT, t ${timeType}, stored ${timeType})`,
  );
}

interface Row {
  readonly t: SqlValue;
  readonly temperature?: SqlValue;
  readonly pressure?: SqlValue;
  readonly asset?: string | null;
  readonly quality?: SqlValue;
  readonly stored?: SqlValue;
}

/** The same readings in either table: a row a reading in the long one. */
function put(at: AtHand, shape: Shape, rows: readonly Row[]): Promise<void> {
  return at.outside.insert(
    shape === 'long' ? 'historian' : 'machines',
    rows.flatMap(({ asset = 'R1', quality = null, stored = null, t, temperature, pressure }): Record<string, SqlValue>[] => {
      const head = { asset, quality, stored, t };
      if (shape === 'wide') return [{ ...head, temp: temperature ?? null, pres: pressure ?? null }];
      return [
        ...(temperature === undefined ? [] : [{ ...head, tag: 'TEMP', val: temperature }]),
        ...(pressure === undefined ? [] : [{ ...head, tag: 'PRES', val: pressure }]),
      ];
    }),
  );
}

interface Asked {
  readonly now?: Instant;
  readonly window?: DetectionWindow;
  readonly families?: readonly IssueFamily[];
  readonly known?: readonly KnownFamily[];
  readonly accounted?: readonly AccountedSpan[];
}

function liveAt(now: Instant, seconds = 300): DetectionWindow {
  return { watermark: now - 60_000, live: { after: now - seconds * 1000, upTo: now + 5000 }, backlog: null };
}

const opened = new WeakMap<AtHand, Map<string, Awaited<ReturnType<AtHand['another']>>>>();

/** A source over the same database; one for each setting, since each is a connection. */
async function sourceOf(at: AtHand, shape: Shape, given: Partial<SourceSettings>) {
  const settings = { ...SHAPES[shape], ...given };
  const known = opened.get(at) ?? new Map<string, Awaited<ReturnType<AtHand['another']>>>();
  opened.set(at, known);
  const key = JSON.stringify(settings);
  const found = known.get(key) ?? (await at.another({ source: settings }));
  known.set(key, found);
  return found.source;
}

async function detect(at: AtHand, shape: Shape, given: Partial<SourceSettings>, asked: Asked = {}) {
  const source = await sourceOf(at, shape, given);
  const { window = liveAt(asked.now ?? NOW), families = [aFamily()], known = [], accounted = [] } = asked;
  return source.detect({ window, rules: unscopedRules(families), known, accounted });
}

function conversion(stored: string, used: string) {
  const [from, to] = [unitOf(stored), unitOf(used)];
  const found = from && to && conversionBetween(from, to);
  if (!found) throw new Error(`${stored} is not converted to ${used}`);
  return found;
}

const FAHRENHEIT = { units: { temperature: conversion('°F', '°C'), pressure: conversion('bar', 'psi') } };

function units(under: StoreUnderTest, store: () => AtHand): void {
  test.each(shapes)('rules, peaks, other signals and the newest value are in the unit that is used (%s)', async (shape) => {
    const at = store();
    await make(at);
    const stamp = (s: number) => at.time(NOW + s * 1000);
    await put(at, shape, [
      { t: stamp(-50), temperature: 185 },
      { t: stamp(-40), temperature: 204.8, pressure: 7 },
      { t: stamp(-30), temperature: 176 },
    ]);
    const { states } = await detect(at, shape, FAHRENHEIT);
    expect(states).toHaveLength(1);
    expect(states[0]).toMatchObject({ last: { at: NOW - 30_000, value: 80 }, raised: { firstAt: NOW - 40_000 } });
    expect(states[0]?.raised?.peak.value).toBeCloseTo(96, 9);
    expect(states[0]?.raised?.peak.signals.get('pressure')).toBeCloseTo(101.526416, 5);
    const points = await (await sourceOf(at, shape, FAHRENHEIT)).readSignal('R1', 'temperature', { after: NOW - 60_000, upTo: NOW }, 9);
    expect(points.map(({ at: time, value }) => [time - NOW, value])).toEqual([
      [-50_000, 85],
      [-40_000, expect.closeTo(96, 9)],
      [-30_000, 80],
    ]);
  });

  test.each(shapes)('a limit is strict in the unit that is used: 185 °F is 85 °C and no violation (%s)', async (shape) => {
    const at = store();
    await make(at);
    await put(at, shape, [{ t: at.time(NOW), temperature: 185 }]);
    expect((await detect(at, shape, FAHRENHEIT)).states).toEqual([]);
    await put(at, shape, [{ t: at.time(NOW), temperature: 185.00001 }]);
    expect((await detect(at, shape, FAHRENHEIT)).states).toHaveLength(1);
  });

  test.each(shapes)('limits of what can be are in the unit that is used (%s)', async (shape) => {
    const at = store();
    await make(at);
    await put(at, shape, [
      { t: at.time(NOW), temperature: 392.0001 },
      { t: at.time(NOW), temperature: 391.9 },
    ]);
    const settings = { ...FAHRENHEIT, physicalLimits: { temperature: { min: 0, max: 200 } } };
    expect((await detect(at, shape, settings)).totals).toMatchObject({ accepted: 1, rejected: { out_of_range: 1 } });
    const source = await sourceOf(at, shape, settings);
    expect(await source.readSignal('R1', 'temperature', { after: NOW - 1000, upTo: NOW }, 9)).toHaveLength(1);
  });

  test.each(shapes)(
    'what no sensor can measure stands beside no peak and is part of no trend; the limits themselves can be (%s)',
    async (shape) => {
      const at = store();
      await make(at);
      const row = (seconds: number, temperature: number, pressure: number) => ({ t: at.time(NOW + seconds * 1000), temperature, pressure });
      await put(at, shape, [row(-20, 96, 200), row(-15, 70, -1), row(-10, 97, 200.1)]);
      const source = await sourceOf(at, shape, { physicalLimits: { pressure: { min: 0, max: 200 } } });
      const cause = {
        id: 'c',
        equipmentClass: 'pump',
        reads: [],
        text: 'a cause',
        recommendedAction: null,
        actions: null,
        fourEyes: false,
      };
      const rules = { ...unscopedRules([aFamily()]), equipment: [{ pattern: '*', equipmentClass: 'pump' }], classCauses: [cause] };
      const peak = async () => (await source.detect({ window: liveAt(NOW), rules, known: [], accounted: [] })).states[0]?.raised?.peak;
      const atPeak = await peak();
      expect([...(atPeak?.signals ?? [])]).toEqual([['temperature', 97]]);
      expect(atPeak?.trends.get('pressure')).toEqual({ means: [null, null, 200], lowest: 200, highest: 200 });
      await put(at, shape, [row(-5, 98, 0)]);
      expect((await peak())?.signals.get('pressure')).toBe(0);
      expect((await peak())?.trends.get('pressure')).toEqual({ means: [null, null, 100], lowest: 0, highest: 200 });
    },
  );

  if (under.takesAnyValue)
    test.each(shapes)('what is no finite number is not made one (%s)', async (shape) => {
      const at = store();
      await make(at);
      await put(
        at,
        shape,
        ['hot', Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '', null].map((temperature) => ({ t: at.time(NOW), temperature })),
      );
      const { states, totals } = await detect(at, shape, FAHRENHEIT);
      expect(states).toEqual([]);
      expect(totals).toMatchObject({ accepted: 0, rejected: { not_a_number: 4, missing: 1 } });
    });
}

/** How a moment stands in the column. */
interface Spelling {
  readonly settings: Partial<SourceSettings>;
  readonly type: string;
  readonly spell: (utc: Instant) => SqlValue;
}

const SPELLINGS: Readonly<Record<string, Spelling>> = {
  'native in New York': {
    settings: { timeZone: 'America/New_York' },
    type: 'VARCHAR(40)',
    spell: (utc) => localText(utc, -5).replace('T', ' '),
  },
  'ISO with Z': { settings: { timestampFormat: 'iso' }, type: 'TEXT', spell: (utc) => new Date(utc).toISOString() },
  'ISO with an offset': { settings: { timestampFormat: 'iso' }, type: 'TEXT', spell: (utc) => `${localText(utc, 5.5)}+05:30` },
  'ISO with a short offset': {
    settings: { timestampFormat: 'iso' },
    type: 'TEXT',
    spell: (utc) => `${localText(utc, -3).slice(0, 19)}-0300`,
  },
  'ISO with an offset of hours': { settings: { timestampFormat: 'iso' }, type: 'TEXT', spell: (utc) => `${localText(utc, 14)}+14` },
  'ISO with an offset in a zone': {
    settings: { timestampFormat: 'iso', timeZone: 'Europe/Berlin' },
    type: 'TEXT',
    spell: (utc) => `${localText(utc, -12)}-12:00`,
  },
  'ISO without an offset': {
    settings: { timestampFormat: 'iso', timeZone: 'Asia/Kolkata' },
    type: 'TEXT',
    spell: (utc) => localText(utc, 5.5),
  },
  'ISO to the second': { settings: { timestampFormat: 'iso' }, type: 'TEXT', spell: (utc) => `${localText(utc, 0).slice(0, 19)}Z` },
  'seconds since 1970': { settings: { timestampFormat: 'epochSeconds' }, type: 'FLOAT', spell: (utc) => utc / 1000 },
  'milliseconds since 1970': { settings: { timestampFormat: 'epochMillis' }, type: 'BIGINT', spell: (utc) => utc },
};
const spellings = Object.entries(SPELLINGS);

function localText(utc: Instant, hours: number): string {
  return new Date(utc + hours * HOUR).toISOString().slice(0, -1);
}

const hotAt = (t: SqlValue) => ({ t, temperature: 96 });

const cases = shapes.flatMap((shape) => spellings.map(([name, spelling]) => [name, shape, spelling] as const));

function formats(under: StoreUnderTest, store: () => AtHand): void {
  test.each(cases)('%s, %s: is read as UTC, to its window', async (_name, shape, { settings, type, spell }) => {
    const at = store();
    await make(at, type);
    await put(
      at,
      shape,
      [
        [-300, 99],
        [-299, 91],
        [-200, 96],
        [-10, 70],
        [5, 71],
        [6, 99],
      ].map(([s = 0, temperature = 0]) => ({ t: spell(NOW + s * 1000), temperature })),
    );
    const { states, totals } = await detect(at, shape, settings);
    expect(states).toHaveLength(1);
    expect(states[0]).toMatchObject({
      last: { at: NOW + 5000, value: 71 },
      raised: { firstAt: NOW - 299_000, lastAt: NOW - 200_000, peak: { at: NOW - 200_000, value: 96 } },
      clear: { since: NOW - 10_000, readings: 2 },
    });
    expect(totals).toMatchObject({ accepted: 2, newestGoodAt: NOW + 5000, rejected: { bad_time: 0, future: 1 } });
  });

  test.each(cases)('%s, %s: a slice, and what comes after an empty one', async (name, shape, { settings, type, spell }) => {
    const at = store();
    await make(at, type);
    const window: DetectionWindow = {
      ...liveAt(NOW),
      watermark: NOW - 2 * HOUR,
      backlog: { after: NOW - 2.1 * HOUR, upTo: NOW - HOUR },
    };
    await put(at, shape, [
      { t: spell(NOW - 2.1 * HOUR), temperature: 99 },
      { t: spell(NOW - HOUR + 1000), temperature: 99 },
    ]);
    const empty = await detect(at, shape, settings, { window });
    expect(empty.states).toEqual([]);
    // Texts of any offset have no order: then the next cycle goes on from the slice's end.
    const mayBeEarlier = name.startsWith('ISO') ? [NOW - HOUR, NOW - HOUR + 1000] : [NOW - HOUR + 1000];
    expect(mayBeEarlier).toContain(empty.totals.nextReadingAt);
    await put(at, shape, [{ t: spell(NOW - HOUR), temperature: 91 }]);
    const { states, totals } = await detect(at, shape, settings, { window });
    expect(states.map(({ part, last }) => [part, last])).toEqual([['backlog', { at: NOW - HOUR, value: 91 }]]);
    expect(totals).toMatchObject({ accepted: 1, backlogHasReadings: true });
  });

  test.each(cases)('%s, %s: one signal, and the ids', async (name, shape, { settings, type, spell }) => {
    const at = store();
    await make(at, type);
    const { now } = await at.store.readControls();
    const whole = Math.floor(now / 1000) * 1000;
    // The zone is another one half a year later; New York's is spelled for the winter.
    const winter = whole - (name === 'native in New York' ? whole - Date.UTC(2026, 0, 20) : 0);
    await put(at, shape, [
      { t: spell(winter - 30_000), temperature: 80 },
      { t: spell(winter - 20_000), temperature: 81, asset: 'R2' },
      { t: spell(winter - 10_000), temperature: 82 },
      { t: spell(whole + 2 * 24 * HOUR), temperature: 83 },
    ]);
    const source = await sourceOf(at, shape, settings);
    expect(await source.readSignal('R1', 'temperature', { after: winter - 30_000, upTo: now }, 9)).toEqual([
      { at: winter - 10_000, value: 82 },
    ]);
    expect(await source.readSignal('R1', 'temperature', { after: winter - 31_000, upTo: now }, 1)).toEqual([
      { at: winter - 10_000, value: 82 },
    ]);
    expect(await source.equipmentIds(100)).toEqual(['R1', 'R2']);
    expect(await source.equipmentIds(2)).toEqual(['R1']);
  });

  test.each(cases)('%s, %s: the newest rows tell whether their times can be', async (name, shape, { settings, type, spell }) => {
    const at = store();
    await make(at, type);
    const source = await sourceOf(at, shape, settings);
    const none = { rows: 0, example: null };
    expect(await source.newestRows(9, NOW)).toEqual({ rows: 0, unreadable: none, ahead: none, newestAt: null });
    await put(at, shape, [hotAt(spell(NOW - HOUR)), hotAt(spell(NOW + 5000))]);
    expect(await source.newestRows(9, NOW)).toEqual({ rows: 2, unreadable: none, ahead: none, newestAt: NOW + 5000 });
    await put(at, shape, [hotAt(spell(NOW + 6000))]);
    // A column of times holds nothing else.
    const garbage = name.startsWith('native') && under.dialect.keepsTypes ? [] : [name.includes('since 1970') ? 12 : '19/02/2026'];
    await put(at, shape, garbage.map(hotAt));
    const found = await source.newestRows(4, NOW);
    const unreadable = { rows: garbage.length };
    expect(found).toMatchObject({ rows: 3 + garbage.length, unreadable, ahead: { rows: 1 }, newestAt: NOW + 6000 });
    expect(found.ahead.example).toBe(String(spell(NOW + 6000)));
  });

  if (under.takesAnyValue)
    test.each(shapes)(
      'an ISO text that is no time is counted once, although the slice and the present read a day around (%s)',
      async (shape) => {
        const at = store();
        await make(at, 'TEXT');
        await put(at, shape, [{ t: '2026-02-19T09:10:61Z', temperature: 99 }]);
        const window = { ...liveAt(NOW), watermark: NOW - 2 * HOUR, backlog: { after: NOW - 2 * HOUR, upTo: NOW - HOUR } };
        const { totals } = await detect(at, shape, { timestampFormat: 'iso' }, { window });
        expect(totals.rejected.bad_time).toBe(1);
      },
    );

  if (under.takesAnyValue)
    test.each(cases)('%s, %s: what is no time is counted and stops nothing', async (_name, shape, { settings, type, spell }) => {
      const at = store();
      await make(at, type);
      const isNumber = settings.timestampFormat?.startsWith('epoch') ?? false;
      const garbage = [
        'noon',
        '19/02/2026',
        null,
        '',
        ...(isNumber ? [Number.POSITIVE_INFINITY, 1_771_497] : ['2026-02-19T25:99', 1_771_497_000]),
      ];
      await put(
        at,
        shape,
        garbage.map((t) => ({ t, temperature: 99 })),
      );
      await put(at, shape, [{ t: spell(NOW), temperature: 96 }]);
      const { states, totals } = await detect(at, shape, settings);
      expect(states.map(({ raised }) => raised?.peak.value)).toEqual([96]);
      expect(totals).toMatchObject({ accepted: 1, rejected: { bad_time: garbage.length } });
      expect(await (await sourceOf(at, shape, settings)).equipmentIds(100)).toEqual(['R1']);
    });
}

/** The moments of a DST day as a clock on the wall shows them. */
function wall(zone: string, utc: Instant): string {
  return new Date(utc).toLocaleString('sv-SE', { timeZone: zone }).concat('.000');
}

const CHANGES: readonly (readonly [day: string, zone: string, change: Instant])[] = [
  ['2026-10-25', 'Europe/Berlin', Date.UTC(2026, 9, 25, 1)],
  ['2026-03-29', 'Europe/Berlin', Date.UTC(2026, 2, 29, 1)],
  ['2026-11-01', 'America/New_York', Date.UTC(2026, 10, 1, 6)],
  ['2026-03-08', 'America/New_York', Date.UTC(2026, 2, 8, 7)],
];
const changes = CHANGES.flatMap(([day, zone, change]) => shapes.map((shape) => [day, zone, shape, change] as const));

/** Moments around a change of the clocks, 5 minutes apart or as many of them as the engine has time for. */
function momentsAround(under: StoreUnderTest, change: Instant): readonly Instant[] {
  const all = Array.from({ length: 37 }, (_value, index) => change + (index * 5 - 90) * 60_000);
  const stride = Math.ceil(all.length / under.runs(all.length));
  return all.filter((_moment, index) => index % stride === 0);
}

function clockChanges(under: StoreUnderTest, store: () => AtHand): void {
  test.each(changes)('on %s in %s, cycle by cycle, every reading is seen when it comes (%s)', async (_day, timeZone, shape, change) => {
    const at = store();
    await make(at);
    const minutes = momentsAround(under, change);
    const seen: unknown[] = [];
    for (const now of minutes) {
      await put(at, shape, [{ t: wall(timeZone, now), temperature: 96 }]);
      const { states, totals } = await detect(at, shape, { timeZone }, { now });
      seen.push([states[0]?.last?.at, states[0]?.raised?.lastAt, totals.newestGoodAt, totals.rejected.future]);
    }
    expect(seen).toEqual(minutes.map((now) => [now, now, now, 0]));
  });

  test.each(changes)('on %s in %s, after a downtime, no slice leaves a reading out (%s)', async (_day, timeZone, shape, change) => {
    const at = store();
    await make(at);
    const now = change + 8 * HOUR;
    const minutes = Array.from({ length: 60 }, (_value, index) => change + (index * 5 - 150) * 60_000);
    await put(
      at,
      shape,
      minutes.map((utc) => ({ t: wall(timeZone, utc), temperature: 80 })),
    );
    let accepted = 0;
    const backwards: number[] = [];
    for (let from = change - 3 * HOUR; from < change + 3 * HOUR; from += HOUR) {
      const window = { watermark: from, live: { after: now - 300_000, upTo: now }, backlog: { after: from, upTo: from + HOUR } };
      const { totals } = await detect(at, shape, { timeZone }, { window });
      accepted += totals.accepted;
      if (totals.nextReadingAt !== null && totals.nextReadingAt < from + HOUR) backwards.push(from);
    }
    expect([accepted, backwards]).toEqual([minutes.length, []]);
  });

  test.each(changes)('on %s in %s a delay is measured on no clock of the wall (%s)', async (_day, timeZone, shape, change) => {
    const at = store();
    await make(at);
    const families = [aFamily({ onDelaySeconds: 60 })];
    await put(
      at,
      shape,
      [-40, -20, 5, 20].map((s) => ({ t: wall(timeZone, change + s * 1000), temperature: 96 })),
    );
    const window = liveAt(change + 60_000, 110);
    const { states } = await detect(at, shape, { timeZone }, { window, families });
    expect(states.map(({ raised }) => raised?.firstAt)).toEqual([change + 20_000]);
  });

  test('in the repeated hour the first meaning counts while it is now, and the later one from then on', async () => {
    const at = store();
    await make(at);
    const change = Date.UTC(2026, 9, 25, 1);
    await put(at, 'wide', [{ t: '2026-10-25 02:30:00.000', temperature: 96 }]);
    const raisedAt = async (now: Instant) =>
      (await detect(at, 'wide', { timeZone: 'Europe/Berlin' }, { now })).states.map(({ raised }) => raised?.lastAt);
    expect(await raisedAt(change - 28 * 60_000)).toEqual([change - 30 * 60_000]);
    expect(await raisedAt(change)).toEqual([]);
    expect(await raisedAt(change + 32 * 60_000)).toEqual([change + 30 * 60_000]);
    expect(await raisedAt(change + 60 * 60_000)).toEqual([]);
    const source = await sourceOf(at, 'wide', { timeZone: 'Europe/Berlin' });
    const readUpTo = async (upTo: Instant) =>
      (await source.readSignal('R1', 'temperature', { after: change - HOUR, upTo }, 9)).map((point) => point.at);
    expect(await readUpTo(change - 31 * 60_000)).toEqual([]);
    expect(await readUpTo(change + 29 * 60_000)).toEqual([change - 30 * 60_000]);
    expect(await readUpTo(change + 30 * 60_000)).toEqual([change + 30 * 60_000]);
  });

  test.each(changes)('on %s in %s one signal is read up to any moment (%s)', async (_day, timeZone, shape, change) => {
    const at = store();
    await make(at);
    const source = await sourceOf(at, shape, { timeZone });
    for (const utc of momentsAround(under, change)) {
      await put(at, shape, [{ t: wall(timeZone, utc), temperature: 96 }]);
      const points = await source.readSignal('R1', 'temperature', { after: utc - 60_000, upTo: utc }, 1);
      expect(points.map((point) => point.at)).toEqual([utc]);
    }
  });
}

function byPart([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1;
}

const ARRIVAL = { arrivalColumn: 'stored' };

/** What a source with an ingest time is asked in a cycle that follows another. */
function lateWindow(stored: Instant, given: Partial<SourceSettings> = {}): DetectionWindow {
  return detectionWindow(NOW, stored, { ...SETTINGS.source, ...ARRIVAL, ...given }, [aFamily()]);
}

const ACCOUNTED: AccountedSpan = { equipmentId: 'R1', familyId: 'temperature', from: 0, until: 0, exceptBeyond: null };

function arrivals(under: StoreUnderTest, store: () => AtHand): void {
  const native: Spelling = { settings: {}, type: 'VARCHAR(40)', spell: (utc) => store().time(utc) };
  const arrivalCases = shapes.flatMap((shape) =>
    [['native', native] as const, ...spellings].map(([name, spelling]) => [name, shape, spelling] as const),
  );

  test.each(arrivalCases)(
    '%s, %s: a row that came late is read apart, once its time has passed the window',
    async (_name, shape, { settings, type, spell }) => {
      const at = store();
      await make(at, type);
      const window = lateWindow(NOW - 10_000);
      const early = window.late?.arrivedAfter ?? 0;
      await put(at, shape, [
        { t: spell(NOW - 5 * HOUR), stored: spell(NOW - 1000), temperature: 97 },
        { t: spell(NOW - 4 * HOUR), stored: spell(NOW - 1000), temperature: 70 },
        { t: spell(NOW - 24 * HOUR), stored: spell(early - 60_000), temperature: 99 },
        { t: spell(NOW - 6 * HOUR), stored: null, temperature: 99 },
        { t: spell(NOW - 20_000), stored: spell(NOW - 1000), temperature: 91 },
      ]);
      const { states, totals } = await detect(at, shape, { ...settings, ...ARRIVAL }, { window });
      expect(states.map(({ part, raised, last }) => [part, raised?.peak.value, last?.value]).toSorted(byPart)).toEqual([
        ['late', 97, 70],
        ['live', 91, 91],
      ]);
      expect(states.find(({ part }) => part === 'late')?.raised?.lastAt).toBe(NOW - 5 * HOUR);
      // Neither counted as new nor able to move the watermark.
      expect(totals).toMatchObject({ accepted: 0, newestGoodAt: NOW - 20_000, rejected: { bad_time: 0 } });
    },
  );

  test.each(shapes)('late rows alone move nothing, and what is accounted for does not count again (%s)', async (shape) => {
    const at = store();
    await make(at);
    await put(at, shape, [{ t: at.time(NOW - 5 * HOUR), stored: at.time(NOW), temperature: 97 }]);
    const window = lateWindow(NOW - 10_000);
    const { totals } = await detect(at, shape, ARRIVAL, { window });
    expect(totals).toMatchObject({ accepted: 0, backlogHasReadings: false, nextReadingAt: null });
    expect(totals.newestGoodAt).toBeLessThan(window.watermark);
    const accounted = [{ ...ACCOUNTED, from: NOW - 5 * HOUR, until: NOW - 5 * HOUR + 1 }];
    expect((await detect(at, shape, ARRIVAL, { window, accounted })).states).toEqual([]);
    expect((await detect(at, shape, {}, { window })).states).toEqual([]);
  });

  test.each(shapes)('late rows are told an hour at a time, and what came more than a day late is rejected (%s)', async (shape) => {
    const at = store();
    await make(at);
    const hot = (hours: number) => ({ t: at.time(NOW - hours * HOUR), stored: at.time(NOW), temperature: 97 });
    await put(at, shape, [hot(30), hot(20), hot(19.5), hot(5)]);
    const window = lateWindow(NOW - 10_000);
    const first = await detect(at, shape, ARRIVAL, { window });
    expect(first.totals.rejected).toMatchObject({ too_late: 1 });
    expect(first.states.filter(({ part }) => part !== 'live')).toMatchObject([
      { part: 'late', raised: { firstAt: NOW - 20 * HOUR, lastAt: NOW - 19.5 * HOUR, isCut: true } },
    ]);
    // Of a row that is open all are: they may make it worse.
    const known = [{ equipmentId: 'R1', familyId: 'temperature', began: null, report: true }];
    const { states: ofOpen } = await detect(at, shape, ARRIVAL, { window, known });
    expect(ofOpen.filter(({ part }) => part === 'late')).toMatchObject([{ raised: { lastAt: NOW - 5 * HOUR, isCut: false } }]);
    const accounted = [{ ...ACCOUNTED, from: NOW - 20 * HOUR, until: NOW - 19.5 * HOUR + 1 }];
    const { states } = await detect(at, shape, ARRIVAL, { window, accounted });
    expect(states.filter(({ part }) => part !== 'live')).toMatchObject([{ raised: { firstAt: NOW - 5 * HOUR, isCut: false } }]);
  });

  test.each(shapes)(
    'beside a slice only what is older than the slice is late: the rest is reached by the next ones (%s)',
    async (shape) => {
      const at = store();
      await make(at);
      const window = lateWindow(NOW - 12 * HOUR);
      await put(
        at,
        shape,
        [13, 11.5, 5].map((hours) => ({ t: at.time(NOW - hours * HOUR), stored: at.time(NOW), temperature: 97 })),
      );
      const { states, totals } = await detect(at, shape, ARRIVAL, { window });
      // What the live range says of it is told as well: whether it is on now, late rows cannot know.
      expect(states.map(({ part, last }) => [part, last?.at]).toSorted(byPart)).toEqual([
        ['backlog', NOW - 11.5 * HOUR],
        ['late', NOW - 13 * HOUR],
        ['live', undefined],
      ]);
      expect(totals).toMatchObject({ backlogHasReadings: true, accepted: 1 });
    },
  );

  if (under.takesAnyValue)
    test.each(shapes)('an ingest time that is none brings nothing back (%s)', async (shape) => {
      const at = store();
      await make(at);
      await put(
        at,
        shape,
        ['tomorrow', '', 12].map((stored) => ({ t: at.time(NOW - 5 * HOUR), stored, temperature: 97 })),
      );
      await put(at, shape, [{ t: '2026-02-19 05h', stored: at.time(NOW), temperature: 97 }]);
      expect((await detect(at, shape, ARRIVAL, { window: lateWindow(NOW - 10_000) })).states).toEqual([]);
    });
}

function qualities(under: StoreUnderTest, store: () => AtHand): void {
  const codes: readonly (readonly [SqlValue, boolean])[] = [
    [192, true],
    [192.5, false],
    [200, true],
    [0, false],
    [null, true],
    ...(under.takesAnyValue
      ? ([
          ['GOOD', true],
          ['192', true],
          ['bad', false],
        ] as const)
      : []),
  ];
  test.each(shapes.flatMap((shape) => codes.map(([code, usable]) => [code, shape, usable] as const)))(
    'a quality of %s (%s): usable %s',
    async (quality, shape, usable) => {
      const at = store();
      await make(at);
      await put(at, shape, [{ t: at.time(NOW), temperature: 96, quality }]);
      const { totals } = await detect(at, shape, { usableStatus: ['192', '200', 'good', 'null'] });
      expect([totals.accepted, totals.rejected.bad_quality]).toEqual(usable ? [1, 0] : [0, 1]);
    },
  );

  test('a column of whole numbers is compared with them too', async () => {
    const at = store();
    await at.outside.run('CREATE TABLE machines (asset VARCHAR(100), temp FLOAT, pres FLOAT, flow FLOAT, quality INTEGER, t VARCHAR(40))');
    await at.outside.insert('machines', [
      { asset: 'R1', temp: 96, quality: 192, t: at.time(NOW) },
      { asset: 'R2', temp: 96, quality: 24, t: at.time(NOW) },
    ]);
    const { states } = await detect(at, 'wide', { usableStatus: ['192'] });
    expect(states.map(({ equipmentId }) => equipmentId)).toEqual(['R1']);
  });
}

function views(store: () => AtHand): void {
  test.each(shapes)("a view of the user's own is read like a table (%s)", async (shape) => {
    const at = store();
    await make(at);
    const table = shape === 'long' ? 'historian' : 'machines';
    await at.outside.run(`CREATE VIEW readings_of_unit_2 AS SELECT * FROM ${table} WHERE asset <> 'R9'`);
    await put(at, shape, [
      { t: at.time(NOW - 1000), temperature: 96 },
      { t: at.time(NOW - 1000), temperature: 99, asset: 'R9' },
    ]);
    const view = { table: 'readings_of_unit_2', equipment: { include: ['R*'], exclude: ['*3'] } };
    const source = await sourceOf(at, shape, view);
    expect((await detect(at, shape, view)).states.map(({ equipmentId }) => equipmentId)).toEqual(['R1']);
    expect(await source.readSignal('R1', 'temperature', { after: NOW - 2000, upTo: NOW }, 9)).toEqual([{ at: NOW - 1000, value: 96 }]);
    expect(await source.missingColumns()).toEqual([]);
    expect(await source.mistypedColumns()).toEqual([]);
    expect(await source.equipmentIds(9)).toEqual(['R1']);
  });

  test.each(shapes)('patterns say whose readings are watched (%s)', async (shape) => {
    const at = store();
    await make(at);
    await put(
      at,
      shape,
      ['R1', 'R2', 'r3', 'P1', null].map((asset) => ({ t: at.time(NOW), temperature: 96, asset })),
    );
    const { states, totals } = await detect(at, shape, { equipment: { include: ['R*'], exclude: ['*2'] } });
    expect(states.map(({ equipmentId }) => equipmentId).toSorted()).toEqual(['R1', 'r3']);
    expect(totals).toMatchObject({ accepted: 2, rejected: { bad_id: 1 } });
    expect(await (await sourceOf(at, shape, { equipment: { include: ['R*'], exclude: [] } })).equipmentIds(9)).toEqual([
      'P1',
      'R1',
      'R2',
      'r3',
    ]);
  });
}

async function mistyped(at: AtHand, shape: Shape, given: Partial<SourceSettings>): Promise<readonly string[]> {
  return (await (await sourceOf(at, shape, given)).mistypedColumns()).map(({ path }) => path.join('.'));
}

function types(under: StoreUnderTest, store: () => AtHand): void {
  test('a time that is a number, and a value that is a text, are named by the key that names the column', async () => {
    const at = store();
    await at.outside.run(
      'CREATE TABLE historian (asset VARCHAR(9), tag VARCHAR(9), val VARCHAR(20), quality INTEGER, t BIGINT, stored BIGINT)',
    );
    await at.outside.run(
      'CREATE TABLE machines (asset VARCHAR(9), temp FLOAT, pres VARCHAR(9), flow DECIMAL(9, 2), quality INTEGER, t TEXT)',
    );
    expect(await mistyped(at, 'long', ARRIVAL)).toEqual(['source.columns.timestamp', 'source.columns.arrival', 'source.columns.value']);
    expect(await mistyped(at, 'long', { timestampFormat: 'epochMillis' })).toEqual(['source.columns.value']);
    expect(await mistyped(at, 'wide', { timestampFormat: 'iso' })).toEqual(['source.columns.signals.pressure']);
    expect(await mistyped(at, 'wide', { timestampFormat: 'epochSeconds' })).toEqual([
      'source.columns.timestamp',
      'source.columns.signals.pressure',
    ]);
    const [problem] = await (await sourceOf(at, 'long', {})).mistypedColumns();
    expect(problem?.text).toMatch(/^historian\.t is declared (?:BIGINT|bigint), .*epochMillis$/);
  });

  if (under.dialect.keepsTypes)
    test('texts where the engine has its own times are what no cycle can read', async () => {
      const at = store();
      await at.outside.run('CREATE TABLE machines (asset TEXT, temp FLOAT, pres FLOAT, flow FLOAT, quality FLOAT, t TEXT)');
      const [problem, ...more] = await (await sourceOf(at, 'wide', {})).unusableColumns();
      expect(more).toEqual([]);
      expect(problem?.path).toEqual(['source', 'columns', 'timestamp']);
      expect(problem?.text).toMatch(/^machines\.t is declared string, but source.timestampFormat is native, .* say iso /);
      expect(await (await sourceOf(at, 'wide', { timestampFormat: 'iso' })).unusableColumns()).toEqual([]);
    });

  if (under.dialect.keepsTypes)
    test.each(['iso', 'epochSeconds', 'epochMillis'] as const)(
      'the engine’s own times where they are to be %s are what no cycle can read',
      async (format) => {
        const at = store();
        await at.outside.run('CREATE TABLE machines (asset TEXT, temp FLOAT, pres TIMESTAMP, flow FLOAT, quality FLOAT, t TIMESTAMP)');
        const problems = await (await sourceOf(at, 'wide', { timestampFormat: format })).unusableColumns();
        expect(problems.map(({ path, text }) => [path.at(-1), text])).toEqual([
          ['timestamp', expect.stringMatching(/^machines\.t is declared timestamp, but source.timestampFormat is \w+, a \w+; say native$/)],
          ['pressure', expect.stringMatching(/^machines\.pres is declared timestamp, and a time is no reading; /)],
        ]);
      },
    );

  test.each(shapes.flatMap((shape) => (['INTEGER', 'BIGINT'] as const).map((type) => [type, shape] as const)))(
    'seconds since 1970 in a column of type %s are read as what they are (%s)',
    async (type, shape) => {
      const at = store();
      await make(at, type);
      await put(at, shape, [{ t: NOW / 1000 - 10, temperature: 96 }]);
      const { states } = await detect(at, shape, { timestampFormat: 'epochSeconds' });
      expect(states.map(({ raised }) => raised?.firstAt)).toEqual([NOW - 10_000]);
    },
  );

  test('a column that is missing is no type problem', async () => {
    const at = store();
    await at.outside.run('CREATE TABLE machines (asset TEXT)');
    expect(await mistyped(at, 'wide', {})).toEqual([]);
  });

  if (under.takesAnyValue)
    test('a type that says nothing is no type problem', async () => {
      const at = store();
      await at.outside.run('CREATE TABLE historian (asset, tag, val, quality, t TIMESTAMP)');
      expect([await mistyped(at, 'long', {}), await mistyped(at, 'long', { timestampFormat: 'epochSeconds' })]).toEqual([[], []]);
    });
}

function cost(store: () => AtHand): void {
  const indexed: readonly (readonly [string, Partial<SourceSettings>])[] = [
    ['native in a zone', { timeZone: 'Europe/Berlin' }],
    ['seconds', { timestampFormat: 'epochSeconds' }],
    ['milliseconds', { timestampFormat: 'epochMillis' }],
    ['ISO', { timestampFormat: 'iso', timeZone: 'Europe/Berlin' }],
    ['with an ingest time', ARRIVAL],
    ['with an ingest time in a zone', { ...ARRIVAL, timeZone: 'Europe/Berlin' }],
  ];
  test.each(shapes.flatMap((shape) => indexed.map(([name, settings]) => [name, shape, settings] as const)))(
    'times that are %s (%s) are read by an index on the column as it is stored, in one statement',
    async (_name, shape, settings) => {
      const at = store();
      const table = shape === 'long' ? 'historian' : 'machines';
      await make(at);
      await at.outside.run(`CREATE INDEX by_t ON ${table} (t)`);
      await at.outside.run(`CREATE INDEX by_stored ON ${table} (stored)`);
      const seen: Statement[] = [];
      const { source } = await at.another({ source: { ...SHAPES[shape], ...settings }, watch: (statement) => seen.push(statement) });
      await source.detect({ window: lateWindow(NOW - 12 * HOUR), rules: unscopedRules([aFamily()]), known: [], accounted: [] });
      expect(seen).toHaveLength(1);
      const plan = await at.outside.rows(`EXPLAIN QUERY PLAN ${seen[0]?.sql ?? ''}`, seen[0]?.params);
      const touching = plan.map((step) => String(step['detail'])).filter((detail) => new RegExp(`\\b${table}\\b`).test(detail));
      const branches = settings.arrivalColumn === undefined ? 2 : 3;
      expect(touching.length).toBeGreaterThan(branches);
      expect(touching.filter((detail) => !/USING (?:COVERING )?INDEX by_(?:t \(t|stored \(stored)[<>=]/.test(detail))).toEqual([]);
      expect(touching.some((detail) => detail.includes('by_stored'))).toBe(branches === 3);
    },
  );
}

export function sourceTablesContract(under: StoreUnderTest): void {
  describe("tables of the user's own:", () => {
    const store = withStore(under);
    describe('units:', () => {
      units(under, store);
    });
    describe('times:', () => {
      formats(under, store);
    });
    describe('changes of the clocks:', () => {
      clockChanges(under, store);
    });
    describe('late rows:', () => {
      arrivals(under, store);
    });
    describe('quality:', () => {
      qualities(under, store);
    });
    describe('views and patterns:', () => {
      views(store);
    });
    describe('declared types:', () => {
      types(under, store);
    });
    if (under.dialect.name === 'embedded')
      describe('their cost:', () => {
        cost(store);
      });
  });
}
