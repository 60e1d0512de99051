import { expect, test } from '@jest/globals';
import { array, assert, constant, constantFrom, double, integer, option, property, record } from 'fast-check';
import type { ArrivalOption } from '../../src/plant/arrival-options.ts';
import { type Arrival, Arrivals } from '../../src/plant/arrivals.ts';

interface Reading {
  readonly equipmentId: string;
  readonly number: number;
}

const share = double({ min: 0.01, max: 1, noNaN: true });
const seconds = double({ min: 0.001, max: 120, noNaN: true });
const equipmentId = constantFrom(null, 'R1', 'R2');

/** At most one of each kind, as the command line takes them. */
const someOptions = record({
  late: option(record({ share, seconds, equipmentId })),
  duplicate: option(record({ share, seconds: constant(0), equipmentId })),
  'out-of-order': option(record({ share, seconds, equipmentId })),
  batch: option(record({ share: constant(1), seconds, equipmentId })),
}).map((kinds) =>
  (['late', 'duplicate', 'out-of-order', 'batch'] as const).flatMap((kind): ArrivalOption[] => {
    const given = kinds[kind];
    return given === null ? [] : [{ kind, ...given }];
  }),
);

interface Arrived extends Arrival<Reading> {
  readonly arrivedAt: number;
}

/** Measures at growing moments, taking out what has arrived at each; then the rest. */
function play(options: readonly ArrivalOption[], seed: number, pauses: readonly number[]) {
  const arrivals = new Arrivals<Reading>(options, seed);
  const measured: (Reading & { readonly at: number })[] = [];
  const arrived: Arrived[] = [];
  let at = 0;
  for (const [number, pause] of pauses.entries()) {
    at += pause;
    const readings = ['R1', 'R2'].map((id) => ({ equipmentId: id, number }));
    measured.push(...readings.map((reading) => ({ ...reading, at })));
    arrivals.measured(readings, at);
    arrived.push(...arrivals.arrivedBy(at).map((each) => ({ ...each, arrivedAt: at })));
  }
  const rest = arrivals.rest();
  return { arrivals, measured, arrived, rest };
}

const keyOf = ({ reading, measuredAt }: Arrival<Reading>) => `${reading.equipmentId}|${reading.number}|${measuredAt}`;

test('every reading arrives exactly once, and once more for each counted duplicate, with its own time and never before it', () => {
  assert(
    property(someOptions, integer(), array(integer({ min: 1, max: 20_000 }), { maxLength: 60 }), (options, seed, pauses) => {
      const { arrivals, measured, arrived, rest } = play(options, seed, pauses);
      const keys = [...arrived, ...rest].map(keyOf);
      expect(new Set(keys)).toEqual(new Set(measured.map((each) => `${each.equipmentId}|${each.number}|${each.at}`)));
      expect(keys).toHaveLength(measured.length + (arrivals.counts.get('duplicate') ?? 0));
      for (const each of arrived) expect(each.arrivedAt).toBeGreaterThanOrEqual(each.measuredAt);
      expect(arrivals.rest()).toEqual([]);
      expect(arrivals.nextAt).toBeNull();
    }),
  );
});

test('what waits never waits longer than all of its delays together', () => {
  assert(
    property(someOptions, integer(), array(integer({ min: 1, max: 2000 }), { maxLength: 60 }), (options, seed, pauses) => {
      const { arrived } = play(options, seed, pauses);
      const longest = options.reduce((sum, each) => sum + each.seconds * 1000, 0);
      // Looked at when something is measured only: at most one pause after it came.
      for (const each of arrived) expect(each.arrivedAt - each.measuredAt).toBeLessThanOrEqual(longest + 2000 + 1e-6);
    }),
  );
});
