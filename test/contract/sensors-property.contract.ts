import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type Arbitrary,
  array,
  assert as assertProperty,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  oneof,
  record,
  subarray,
} from 'fast-check';
import type { SourceSettings } from '../../src/config/settings.ts';
import type { SensorFault, SensorFaultRules, SensorState } from '../../src/domain/sensor-states.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';
import type { DetectionWindow } from '../../src/domain/window.ts';
import type { SqlValue } from '../../src/store/connection.ts';
import { type AtHand, atHand, SETTINGS, type StoreUnderTest } from '../support/stores.ts';
import { aFamily } from './samples.ts';
import { type SensorReading, summaryOf } from './sensor-model.ts';

const NOW = Date.UTC(2026, 1, 19, 10, 30);
const RUNS = 150;
const WINDOW: DetectionWindow = { watermark: NOW - 10_000, live: { after: NOW - 45_000, upTo: NOW + 5000 }, backlog: null };
const TYPES = { temperature: 'TEMP', pressure: 'PRES' } as const;
type Signal = keyof typeof TYPES;
const SIGNALS = ['temperature', 'pressure'] as const;

const SOURCES: Readonly<Record<'wide' | 'long', SourceSettings>> = {
  wide: { ...SETTINGS.source, shape: { kind: 'wide', signals: { temperature: 'temperature', pressure: 'pressure' } } },
  long: {
    ...SETTINGS.source,
    table: 'long_readings',
    columns: { equipment: 'equipment_id', timestamp: 'ts', status: 'quality' },
    shape: { kind: 'long', signalColumn: 'sensor_type', valueColumn: 'sensor_value', signals: TYPES },
  },
};

interface Raw {
  readonly equipmentId: string;
  readonly at: number;
  readonly status: string | null;
  readonly values: Readonly<Record<Signal, number | string | null>>;
  /** Which of its signals a long table has. */
  readonly present: readonly Signal[];
}

/** Few moments and few values on purpose: equal times and runs are the interesting cases. */
const moment = integer({ min: -10, max: 2 }).map((step) => NOW + step * 5000);

function readingOf(under: StoreUnderTest): Arbitrary<Raw> {
  const odd = under.takesAnyValue ? constantFrom(null, 1e9, 'off', Number.POSITIVE_INFINITY) : constantFrom(null, 1e9);
  const value = oneof({ weight: 5, arbitrary: constantFrom(70, 71, 76, 96) }, { weight: 1, arbitrary: odd });
  return record({
    equipmentId: constantFrom('A', 'B', '../A'),
    at: moment,
    status: oneof({ weight: 5, arbitrary: constantFrom('good', 'WARNING', null) }, constantFrom('bad', '')),
    values: record({ temperature: value, pressure: value }),
    present: subarray([...SIGNALS], { minLength: 1 }),
  });
}

const rules: Arbitrary<SensorFaultRules> = record({
  badQuality: boolean(),
  notANumber: boolean(),
  outOfRange: boolean(),
  stuck: constantFrom(null, { seconds: 30, tolerance: 1, minReadings: 3 }),
  stepping: constantFrom({}, { temperature: 4 }, { temperature: 4, pressure: 1 }),
}).map((given) => ({ ...SETTINGS.sensorFaults, ...given }));

function rowsOf(shape: 'wide' | 'long', readings: readonly Raw[], time: (at: number) => string): readonly Record<string, SqlValue>[] {
  return readings.flatMap(({ equipmentId, at, status, values, present }): Record<string, SqlValue>[] =>
    shape === 'wide'
      ? [{ equipment_id: equipmentId, timestamp: time(at), sensor_status: status, ...values }]
      : present.map((signal) => {
          return { equipment_id: equipmentId, ts: time(at), quality: status, sensor_type: TYPES[signal], sensor_value: values[signal] };
        }),
  );
}

function isUsable(status: string | null): boolean {
  return SETTINGS.source.usableStatus.includes((status ?? 'null').toLowerCase());
}

function faultOfValue(value: number | string, signal: Signal): SensorFault | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'not_a_number';
  const limits = SETTINGS.source.physicalLimits[signal];
  return limits && (value < limits.min || value > limits.max) ? 'out_of_range' : null;
}

/** The readings of one sensor, judged; what is turned off says nothing. */
function sensorReadings(
  shape: 'wide' | 'long',
  readings: readonly Raw[],
  id: string,
  signal: Signal | '*',
  faults: readonly SensorFault[],
): readonly SensorReading[] {
  const seen = readings.filter(({ equipmentId, at }) => equipmentId === id && at > WINDOW.live.after && at <= WINDOW.live.upTo);
  return seen
    .flatMap(({ at, status, values, present }): SensorReading[] => {
      const usable = isUsable(status);
      const quality = {
        at,
        value: null,
        fault: usable ? null : ('bad_quality' as const),
        said: status === null ? 'none' : status.toLowerCase(),
      };
      if (signal === '*') return [quality];
      if (shape === 'long' && !present.includes(signal)) return [];
      const value = values[signal];
      if (!usable) return shape === 'long' ? [quality] : [];
      if (value === null) return [];
      return [{ at, value: typeof value === 'number' ? value : null, fault: faultOfValue(value, signal), said: String(value) }];
    })
    .filter(({ fault }) => fault === null || faults.includes(fault));
}

function modelled(shape: 'wide' | 'long', readings: readonly Raw[], given: SensorFaultRules): ReadonlyMap<string, unknown> {
  const faults: SensorFault[] = [];
  if (given.badQuality) faults.push('bad_quality');
  if (given.notANumber) faults.push('not_a_number');
  if (given.outOfRange) faults.push('out_of_range');
  const states = new Map<string, unknown>();
  for (const equipmentId of ['A', 'B'])
    for (const signal of [...SIGNALS, ...(shape === 'wide' ? (['*'] as const) : [])]) {
      const summary = summaryOf(sensorReadings(shape, readings, equipmentId, signal, faults), given, given.stepping[signal], NOW);
      if (summary && (summary.bad || summary.motion?.isStuck)) states.set(`${equipmentId} ${signal}`, comparable(summary));
    }
  return states;
}

/** Of several bad readings of one moment and kind any may be the one that is told. */
function comparable({ bad, ...rest }: Omit<SensorState, 'equipmentId' | 'signal'>): unknown {
  return { ...rest, bad: bad && { since: bad.since, at: bad.at, fault: bad.fault } };
}

export function sensorsPropertyContract(under: StoreUnderTest): void {
  describe.each(['wide', 'long'] as const)('sensors over a %s source', (shape) => {
    let at: AtHand;
    beforeAll(async () => {
      at = await atHand(under, { source: SOURCES[shape] });
      if (shape === 'long')
        await at.outside.run(
          'CREATE TABLE long_readings (equipment_id VARCHAR(100), sensor_type VARCHAR(20), sensor_value FLOAT, quality VARCHAR(20), ts VARCHAR(40))',
        );
    });
    afterAll(() => at.close());

    test(
      'say in any readings what a plain model says of them',
      async () => {
        await assertProperty(
          asyncProperty(array(readingOf(under), { maxLength: 24 }), rules, async (readings, given) => {
            await at.outside.run(`DELETE FROM ${SOURCES[shape].table}`);
            await at.outside.insert(
              SOURCES[shape].table,
              rowsOf(shape, readings, (instant) => at.time(instant)),
            );
            const request = { window: WINDOW, rules: unscopedRules([aFamily()]), known: [], accounted: [] };
            const { sensors } = await at.source.detect({ ...request, sensors: { rules: given, known: [] } });
            const found = sensors.map(({ equipmentId, signal, ...state }): [string, unknown] => [
              `${equipmentId} ${signal}`,
              comparable(state),
            ]);
            expect(found).toHaveLength(new Map(found).size);
            const wanted = modelled(shape, readings, given);
            for (const [key, state] of wanted) expect([key, new Map(found).get(key)]).toEqual([key, state]);
            // Far apart is not yet a step: such a sensor is looked at, and nothing is wrong with it.
            const others = sensors.filter(({ equipmentId, signal }) => !wanted.has(`${equipmentId} ${signal}`));
            expect(others.filter(({ bad, motion }) => bad !== null || motion?.isStuck)).toEqual([]);
          }),
          { numRuns: under.runs(RUNS) },
        );
      },
      under.longMs,
    );
  });
}
