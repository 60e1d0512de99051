import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type Arbitrary,
  array,
  assert as assertProperty,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
  uniqueArray,
} from 'fast-check';
import type { SourceSettings } from '../../src/config/settings.ts';
import type { AccountedSpan, KnownFamily } from '../../src/domain/detection.ts';
import type { IssueFamily } from '../../src/domain/rules.ts';
import type { DetectionWindow } from '../../src/domain/window.ts';
import type { SqlValue } from '../../src/store/connection.ts';
import { type AtHand, atHand, SETTINGS, type StoreUnderTest } from '../support/stores.ts';
import { DetectModel, keyOf, type RawReading } from './detect-model.ts';
import { aFamily } from './samples.ts';
import { familyFor, type RuleBook, unscopedRules } from '../../src/domain/rule-book.ts';

const NOW = Date.UTC(2026, 1, 19, 10, 30);
const RUNS = 200;
/** As many for what differs in the spelling alone. */
const SPELLED_RUNS = 60;

const PHYSICAL = { physicalLimits: { temperature: { min: -273, max: 2000 } } };
const OWN: Readonly<Record<'wide' | 'long', SourceSettings>> = {
  wide: {
    ...SETTINGS.source,
    ...PHYSICAL,
    table: 'wide_readings',
    columns: { equipment: 'equipment_id', timestamp: 'ts', status: 'quality' },
  },
  long: {
    ...SETTINGS.source,
    ...PHYSICAL,
    table: 'long_readings',
    columns: { equipment: 'equipment_id', timestamp: 'ts', status: 'quality' },
    shape: {
      kind: 'long',
      signalColumn: 'sensor_type',
      valueColumn: 'sensor_value',
      signals: { temperature: 'TEMP', pressure: 'PRES', flow_rate: 'FLOW' },
    },
  },
};

/** How a table spells what the model knows as UTC and °C. A temperature is stored doubled: what is exact needs no tolerance. */
interface Spelling {
  readonly settings: Partial<SourceSettings>;
  readonly doubled: boolean;
  readonly time: (at: number, index: number, engineTime: (at: number) => string) => SqlValue;
}

const DOUBLED = { units: { temperature: { shift: 0, factor: 1, divisor: 2, offset: 0 } } };
const IST_MS = 19_800_000;
const SPELLINGS: Readonly<Record<string, Spelling>> = {
  native: { settings: {}, doubled: false, time: (at, _index, engineTime) => engineTime(at) },
  'native in a zone, doubled': {
    settings: { ...DOUBLED, timeZone: 'Asia/Kolkata' },
    doubled: true,
    time: (at, _index, engineTime) => engineTime(at + IST_MS),
  },
  'ISO in a zone, some with an offset': {
    settings: { timestampFormat: 'iso', timeZone: 'Asia/Kolkata' },
    doubled: false,
    time: (at, index) =>
      index % 3 === 0 ? new Date(at).toISOString() : `${new Date(at + IST_MS).toISOString().slice(0, -1)}${index % 3 === 1 ? '+0530' : ''}`,
  },
  'seconds, doubled': { settings: { ...DOUBLED, timestampFormat: 'epochSeconds' }, doubled: true, time: (at) => at / 1000 },
  milliseconds: { settings: { timestampFormat: 'epochMillis' }, doubled: false, time: (at) => at },
};
const CASES = (['wide', 'long'] as const).flatMap((shape) =>
  Object.entries(SPELLINGS).map(([name, spelling]) => [shape, name, spelling] as const),
);

/** Few moments and few values on purpose: equal times, readings on a limit and runs are the interesting cases. */
const seconds = (from: number, to: number) => integer({ min: from / 5, max: to / 5 }).map((step) => NOW + step * 5000);
const moment = oneof(
  { weight: 8, arbitrary: seconds(-60, 0) },
  { weight: 3, arbitrary: seconds(-7230, -7170) },
  { weight: 1, arbitrary: seconds(-3605, -3595) },
  { weight: 1, arbitrary: seconds(0, 15) },
);

function valueOf(under: StoreUnderTest): Arbitrary<number | string | null> {
  const temperatures = constantFrom(80, 83.9, 84, 84.5, 85, 85.00000000000001, 86, 90, 90.5, 95, 96, 96);
  const odd = under.takesAnyValue ? constantFrom(null, 1e9, -274, 'hot', Number.POSITIVE_INFINITY) : constantFrom(null, 1e9, -274);
  return oneof({ weight: 9, arbitrary: temperatures }, { weight: 1, arbitrary: odd });
}

function readingOf(under: StoreUnderTest, shape: 'wide' | 'long'): Arbitrary<RawReading> {
  const value = valueOf(under);
  const flow = constantFrom(8, 9.5, 10, 10.5, 11, 11.5, 12);
  const times: Arbitrary<RawReading['at']> = under.takesAnyValue
    ? oneof({ weight: 30, arbitrary: moment }, constantFrom('noon', '19/02/2026'))
    : moment;
  return record({
    equipmentId: oneof({ weight: 12, arbitrary: constantFrom('A', 'B') }, constantFrom('../A', null)),
    at: times,
    status: oneof({ weight: 8, arbitrary: constantFrom('good', 'WARNING', null) }, constantFrom('bad', '')),
    values:
      shape === 'wide'
        ? record({ temperature: value, pressure: constantFrom(null, 95, 100.5), flow_rate: flow })
        : oneof(
            { weight: 3, arbitrary: record({ temperature: value }) },
            { weight: 1, arbitrary: record({ flow_rate: flow }) },
            { weight: 1, arbitrary: record({ pressure: constantFrom(95, 100.5) }) },
          ),
  });
}

const families: Arbitrary<readonly IssueFamily[]> = record({
  deadband: constantFrom(0, 1, 5),
  onDelaySeconds: constantFrom(0, 0, 5, 12.5),
  offDelaySeconds: constantFrom(0, 5, 30),
  clearReadings: constantFrom(1, 2, 3),
}).map((delays) => [
  aFamily(delays),
  aFamily({ ...delays, id: 'hotter', bands: [{ ...aFamily().bands[0], limit: 90 }] }),
  aFamily({ ...delays, id: 'low_flow', signal: 'flow_rate', side: 'below', bands: [{ ...aFamily().bands[0], limit: 10 }] }),
]);

/** The same rules everywhere, or others for a class or a pattern, or none there: every equipment has its own in force. */
const books: Arbitrary<RuleBook> = record({
  rules: families,
  others: families,
  scoped: boolean(),
  kind: constantFrom('class', 'equipment', 'off'),
}).map(({ rules, others, scoped, kind }) => {
  if (!scoped) return unscopedRules(rules);
  const plain = unscopedRules(rules);
  const scope = kind === 'class' ? { kind: 'class' as const, equipmentClass: 'pump' } : { kind: 'equipment' as const, pattern: 'a*' };
  const special = others
    .slice(0, 2)
    .map((family) => ({ scope, familyId: family.id, family: kind === 'off' ? null : { ...family, onDelaySeconds: 5 } }));
  return {
    ...plain,
    equipment: [
      { pattern: 'B', equipmentClass: 'pump' },
      { pattern: '*', equipmentClass: 'motor' },
    ],
    families: [...special, ...plain.families],
  };
});

const place = {
  equipmentId: constantFrom('A', 'B', 'SILENT'),
  familyId: constantFrom('temperature', 'hotter', 'low_flow'),
};

const known: Arbitrary<readonly KnownFamily[]> = uniqueArray(
  record({ ...place, began: oneof(constant(null), seconds(-60, 0), constant(NOW - 7_200_000)), report: boolean() }),
  { maxLength: 4, selector: (entry) => `${entry.equipmentId} ${entry.familyId}` },
);

/** Spans of one family follow each other, as whoever asks makes them. */
const accounted: Arbitrary<readonly AccountedSpan[]> = uniqueArray(
  record({
    ...place,
    ends: uniqueArray(oneof(seconds(-60, 5), constant(NOW - 100_000_000), constant(NOW - 7_200_000)), { minLength: 2, maxLength: 4 }),
    exceptBeyond: constantFrom(null, 90, 95, 9),
  }),
  { maxLength: 4, selector: (entry) => `${entry.equipmentId} ${entry.familyId}` },
).map((entries) =>
  entries.flatMap(({ ends, ...entry }) => {
    const [a = 0, b = 0, c, e] = ends.toSorted((x, y) => x - y);
    const second = c !== undefined && e !== undefined ? [{ ...entry, from: c, until: e }] : [];
    return [{ ...entry, from: a, until: b }, ...second];
  }),
);

const window: Arbitrary<DetectionWindow> = record({ hasBacklog: boolean(), ageSeconds: constantFrom(0, 10, 60) }).map(
  ({ hasBacklog, ageSeconds }) => ({
    watermark: hasBacklog ? NOW - 7_210_000 : NOW - ageSeconds * 1000,
    live: { after: NOW - 45_000, upTo: NOW + 5000 },
    backlog: hasBacklog ? { after: NOW - 7_225_000, upTo: NOW - 7_180_000 } : null,
  }),
);

function rowsOf(
  shape: 'wide' | 'long',
  { doubled, time }: Spelling,
  readings: readonly RawReading[],
  engineTime: (at: number) => string,
): readonly Record<string, SqlValue>[] {
  const stored = (signal: string, value: SqlValue) =>
    doubled && signal === 'temperature' && typeof value === 'number' ? value * 2 : value;
  return readings.map(({ equipmentId, at, status, values }, index) => {
    const head = { equipment_id: equipmentId, ts: typeof at === 'number' ? time(at, index, engineTime) : at, quality: status };
    const entries = Object.entries(values).map(([signal, value]) => [signal, stored(signal, value)] as const);
    if (shape === 'wide') return { ...head, ...Object.fromEntries(entries) };
    const [signal, value] = entries[0] ?? ['', null];
    return { ...head, sensor_type: OWN.long.shape.signals[signal] ?? '', sensor_value: value };
  });
}

const DDL = {
  wide: 'CREATE TABLE wide_readings (equipment_id VARCHAR(100), temperature FLOAT, pressure FLOAT, flow_rate FLOAT, quality VARCHAR(20), ts ',
  long: 'CREATE TABLE long_readings (reading_id VARCHAR(36), equipment_id VARCHAR(100), sensor_type VARCHAR(20), sensor_value FLOAT, units VARCHAR(20), quality VARCHAR(20), ts ',
};

export function detectPropertyContract(under: StoreUnderTest): void {
  describe.each(CASES)('detection over a %s source whose times are %s', (shape, _name, spelling) => {
    const settings = { ...OWN[shape], ...spelling.settings };
    let at: AtHand;
    beforeAll(async () => {
      at = await atHand(under, { source: settings });
      const type = { native: 'VARCHAR(40)', iso: 'TEXT', epochSeconds: 'FLOAT', epochMillis: 'FLOAT' }[settings.timestampFormat];
      await at.outside.run(`${DDL[shape]}${type})`);
    });
    afterAll(() => at.close());

    /** Texts with offsets of their own have no order: then going on from the slice's end is right as well, and later never is. */
    const mayGoOnFrom = (found: number | null, expected: number | null, range: DetectionWindow) =>
      found === expected || (settings.timestampFormat === 'iso' && expected !== null && found === range.backlog?.upTo);

    test(
      'sees in any readings what a plain model sees in them',
      async () => {
        await assertProperty(
          asyncProperty(
            array(readingOf(under, shape), { maxLength: 24 }),
            books,
            known,
            accounted,
            window,
            async (readings, rules, entries, spans, range) => {
              await at.outside.run(`DELETE FROM ${settings.table}`);
              await at.outside.insert(
                settings.table,
                rowsOf(shape, spelling, readings, (instant) => at.time(instant)),
              );
              const isInForce = ({ equipmentId, familyId }: KnownFamily | AccountedSpan) =>
                familyFor(rules, equipmentId, familyId) !== undefined;
              const request = { window: range, rules, known: entries.filter(isInForce), accounted: spans.filter(isInForce) };
              const { states, totals } = await at.source.detect(request);
              const model = new DetectModel(readings, settings, request);
              const { nextReadingAt } = model.totals;
              expect(mayGoOnFrom(totals.nextReadingAt, nextReadingAt, range)).toBe(true);
              expect({ ...totals, nextReadingAt }).toEqual(model.totals);
              const withoutOthers = states.map(
                ({ raised, ...state }) =>
                  [
                    keyOf(state),
                    { ...state, raised: raised && { ...raised, peak: { value: raised.peak.value, at: raised.peak.at } } },
                  ] as const,
              );
              expect(withoutOthers).toHaveLength(model.states.size);
              expect(new Map(withoutOthers)).toEqual(model.states);
              expect(states.filter((state) => state.raised !== null && !model.mayBeOthers(state))).toEqual([]);
            },
          ),
          { numRuns: under.runs(spelling === SPELLINGS['native'] ? RUNS : SPELLED_RUNS) },
        );
      },
      under.longMs,
    );
  });
}
