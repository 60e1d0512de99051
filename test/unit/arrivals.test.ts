import { expect, test } from '@jest/globals';
import { checkArrivals, parseArrival } from '../../src/plant/arrival-options.ts';
import { Arrivals } from '../../src/plant/arrivals.ts';

interface Reading {
  readonly equipmentId: string;
  readonly number: number;
}

const SECOND = 1000;

/** `count` readings of each piece of equipment, one a second. */
function measuring(options: readonly string[], count: number, equipmentIds: readonly string[] = ['R1'], seed = 1): Arrivals<Reading> {
  const arrivals = new Arrivals<Reading>(options.map(parseArrival), seed);
  for (let number = 0; number < count; number += 1)
    arrivals.measured(
      equipmentIds.map((equipmentId) => ({ equipmentId, number })),
      number * SECOND,
    );
  return arrivals;
}

test.each([
  ['late=5%@120s', { kind: 'late', share: 0.05, seconds: 120, equipmentId: null }],
  ['late=100%@500ms:REACTOR_02', { kind: 'late', share: 1, seconds: 0.5, equipmentId: 'REACTOR_02' }],
  ['duplicate=2.5%', { kind: 'duplicate', share: 0.025, seconds: 0, equipmentId: null }],
  ['out-of-order=10%@30s', { kind: 'out-of-order', share: 0.1, seconds: 30, equipmentId: null }],
  ['future=1%@1h', { kind: 'future', share: 0.01, seconds: 3600, equipmentId: null }],
  ['nan=1%', { kind: 'nan', share: 0.01, seconds: 0, equipmentId: null }],
  ['bad-quality=1%:PUMP-1', { kind: 'bad-quality', share: 0.01, seconds: 0, equipmentId: 'PUMP-1' }],
  ['batch@1.5m', { kind: 'batch', share: 1, seconds: 90, equipmentId: null }],
])('%s is read', (text, expected) => {
  expect(parseArrival(text)).toEqual(expected);
});

test.each([
  ['', /'' is none of late, duplicate, out-of-order, future, nan, bad-quality, batch/, /late=5%@120s/],
  ['lost=5%', /'lost' is none of late/, /late=5%@120s/],
  ['late@10s', /late needs a share/, /late=5%@120s/],
  ['late=5%', /late needs a duration/, /late=5%@120s/],
  ['late=5@10s', /'5' is no percentage/, /late=5%@120s/],
  ['late=0%@10s', /'0%' is no percentage/, /late=5%@120s/],
  ['late=101%@10s', /'101%' is no percentage/, /late=5%@120s/],
  ['late=5%@10', /'10' is no duration/, /late=5%@120s/],
  ['late=5%@0s', /'0s' is no duration/, /late=5%@120s/],
  ['future=5%@25h', /'25h' is no duration above 0s and up to 24h/, /future=1%@1h/],
  ['duplicate=2%@3s', /duplicate takes no duration/, /duplicate=2%/],
  ['batch=5%@3s', /batch is about all readings and takes no share/, /batch@30s/],
  ['batch', /batch needs a duration/, /batch@30s/],
  ['nan=1%:', /'' is no equipment id/, /nan=1%/],
  ['nan=1%:../X', /'..\/X' is no equipment id/, /nan=1%/],
])("'%s' is refused in one line with the part that is wrong and an example", (text, message, remedy) => {
  const expected = { code: 'usage', message: expect.stringMatching(message), remedy: expect.stringMatching(remedy) };
  expect(() => parseArrival(text)).toThrow(expect.objectContaining(expected));
});

test.each([
  [['late=5%@3s', 'late=6%@3s'], /late is given twice/],
  [['nan=5%:R1', 'nan=6%:R1'], /nan is given twice for R1/],
  [['nan=5%:R9'], /no equipment 'R9'/],
])('%j contradict each other or the run', (texts, message) => {
  expect(() => checkArrivals(texts.map(parseArrival), ['R1', 'R2'])).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringMatching(message) }),
  );
});

test('an option for one equipment stands beside the general one of its kind and wins there', () => {
  const options = ['nan=100%', 'nan=0.000001%:R2'];
  checkArrivals(options.map(parseArrival), ['R1', 'R2']);
  const arrived = measuring(options, 50, ['R1', 'R2']).rest();
  const spoilt = arrived.filter((each) => each.notANumber).map((each) => each.reading.equipmentId);
  expect(new Set(spoilt)).toEqual(new Set(['R1']));
  expect(spoilt).toHaveLength(50);
});

test('without options every reading arrives at once and in order', () => {
  const arrivals = measuring([], 3, ['R1', 'R2']);
  expect(arrivals.arrivedBy(1 * SECOND).map(({ reading, measuredAt }) => [reading.equipmentId, reading.number, measuredAt])).toEqual([
    ['R1', 0, 0],
    ['R2', 0, 0],
    ['R1', 1, 1000],
    ['R2', 1, 1000],
  ]);
  expect(arrivals.nextAt).toBe(2 * SECOND);
  expect(arrivals.counts.size).toBe(0);
});

test('a late reading arrives after its measuring and within the time given', () => {
  const arrivals = measuring(['late=50%@10s'], 1000);
  const delays: number[] = [];
  while (arrivals.nextAt !== null) {
    const at = arrivals.nextAt;
    for (const { measuredAt } of arrivals.arrivedBy(at)) delays.push(at - measuredAt);
  }
  expect(delays.filter((delay) => delay > 0)).toHaveLength(arrivals.counts.get('late') ?? 0);
  expect(Math.max(...delays)).toBeLessThanOrEqual(10 * SECOND);
  expect(Math.max(...delays)).toBeGreaterThan(9 * SECOND);
});

test('a batch brings what was measured since the one before, in order and with its own times', () => {
  const arrivals = measuring(['batch@30s'], 61);
  expect(arrivals.arrivedBy(29_999).map(({ measuredAt }) => measuredAt)).toEqual([0]);
  expect(arrivals.arrivedBy(30_000).map(({ measuredAt }) => measuredAt / SECOND)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
  expect(arrivals.nextAt).toBe(60_000);
  expect(arrivals.counts.get('batch')).toBe(61);
});

test('readings out of order wait for the end of their window and arrive shuffled, behind those measured later', () => {
  const arrivals = measuring(['out-of-order=50%@30s'], 30);
  const punctual = arrivals.arrivedBy(29_999).map(({ measuredAt }) => measuredAt);
  const shuffled = arrivals.arrivedBy(30_000).map(({ measuredAt }) => measuredAt);
  expect(shuffled).toHaveLength(arrivals.counts.get('out-of-order') ?? 0);
  expect(punctual).toEqual(punctual.toSorted((a, b) => a - b));
  expect(shuffled).not.toEqual(shuffled.toSorted((a, b) => a - b));
  expect([...punctual, ...shuffled].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n * SECOND));
});

test.each([
  ['late=20%@1s', 'late'],
  ['duplicate=20%', 'duplicate'],
  ['future=20%@1h', 'future'],
  ['nan=20%', 'nan'],
  ['bad-quality=20%', 'bad-quality'],
] as const)('%s happens to a fifth of the readings', (option, kind) => {
  const met = measuring([option], 500, ['R1', 'PUMP_01', 'X-3', 'FURNACE_99']).counts.get(kind) ?? 0;
  expect(met / 2000).toBeGreaterThan(0.17);
  expect(met / 2000).toBeLessThan(0.23);
});

function duplicated(options: readonly string[], seed: number): readonly number[] {
  return measuring(options, 200, ['R1'], seed)
    .rest()
    .map(({ reading }) => reading.number)
    .filter((number, index, all) => all.indexOf(number) !== index)
    .toSorted((a, b) => a - b);
}

test('a seed gives the same again, another seed something else, and another option changes nothing', () => {
  expect(duplicated(['duplicate=10%'], 7)).toEqual(duplicated(['duplicate=10%'], 7));
  expect(duplicated(['duplicate=10%'], 7)).not.toEqual(duplicated(['duplicate=10%'], 8));
  expect(duplicated(['duplicate=10%', 'late=50%@60s', 'nan=5%'], 7)).toEqual(duplicated(['duplicate=10%'], 7));
});
