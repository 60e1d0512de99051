import { type Arbitrary, array, constant, constantFrom, integer, oneof, record } from 'fast-check';

import type { Act, Arrival, Death, FamilyRule, History, Rules } from './history.ts';

/** Few moments and few values on purpose: equal times, readings on a limit and runs are the interesting cases. */
const TEMPERATURES = [70, 83.9, 84, 84.1, 85, 85.1, 88, 90, 90.1, 95, 95.1, 97] as const;
const FLOWS = [50, 13, 12, 11.9, 11, 10, 9.9, 7, 5, 4.9] as const;
const EQUIPMENTS = ['R1', 'R2', 'P-3'] as const;

const delay = constantFrom(0, 0, 5, 10);

const temperature: Arbitrary<FamilyRule> = record({
  id: constant('temperature'),
  signal: constant('temperature' as const),
  side: constant('above' as const),
  bands: constantFrom(
    [
      { limit: 85, severity: 'medium' as const },
      { limit: 90, severity: 'high' as const },
      { limit: 95, severity: 'critical' as const },
    ],
    [{ limit: 90, severity: 'high' as const }],
  ),
  deadband: constantFrom(1, 0, 5),
  onDelay: delay,
  offDelay: delay,
  clearReadings: integer({ min: 1, max: 3 }),
});

const flow: Arbitrary<FamilyRule> = record({
  id: constant('low_flow'),
  signal: constant('flow_rate' as const),
  side: constant('below' as const),
  bands: constant([
    { limit: 10, severity: 'low' as const },
    { limit: 5, severity: 'high' as const },
  ]),
  deadband: constantFrom(0, 2),
  onDelay: delay,
  offDelay: delay,
  clearReadings: integer({ min: 1, max: 2 }),
});

/** Seconds where the product has minutes: what matters is how they stand to each other and to the hour of a slice. */
const rules: Arbitrary<Rules> = record({
  families: oneof(
    { weight: 3, arbitrary: temperature.map((family) => [family]) },
    { weight: 1, arbitrary: flow.map((family) => [family]) },
    { weight: 1, arbitrary: record({ temperature, flow }).map((both) => [both.temperature, both.flow]) },
  ),
  lateness: constantFrom(0, 10, 30),
  maxAge: constantFrom(30, 10, 60),
  firstLookback: constantFrom(60, 20),
  hold: constantFrom(10, 40, 0),
  approvalTtl: constantFrom(20, 60),
});

/** Just now, lately, at the edge of what is accepted, and deep in a downtime. */
const ago: Arbitrary<number | string> = oneof(
  { weight: 12, arbitrary: constantFrom(0, 1, 2, 5, 10) },
  { weight: 4, arbitrary: integer({ min: 0, max: 20 }) },
  { weight: 4, arbitrary: integer({ min: 0, max: 24 }).map((n) => n * 5) },
  { weight: 2, arbitrary: integer({ min: -7, max: -1 }) },
  {
    weight: 4,
    arbitrary: record({ hours: integer({ min: 1, max: 3 }), offset: integer({ min: -10, max: 60 }) }).map((t) => t.hours * 3600 + t.offset),
  },
  { weight: 1, arbitrary: constantFrom<number | string>('noon', '19/02/2026') },
);

const arrival: Arbitrary<Arrival> = record({
  equipment: oneof(
    { weight: 24, arbitrary: constantFrom('R1', 'R1', 'R1', 'R1', 'R1', ...EQUIPMENTS) },
    { weight: 1, arbitrary: constantFrom('../R1', null, '') },
  ),
  ago,
  temperature: oneof(
    { weight: 24, arbitrary: constantFrom(...TEMPERATURES) },
    { weight: 1, arbitrary: constantFrom(null, 'hot', 3000, -300, Number.POSITIVE_INFINITY) },
  ),
  flow: oneof(
    { weight: 3, arbitrary: constant(50) },
    { weight: 5, arbitrary: constantFrom(...FLOWS) },
    { weight: 1, arbitrary: constant(null) },
  ),
  status: oneof(
    { weight: 14, arbitrary: constantFrom('good', 'good', 'WARNING', null) },
    { weight: 1, arbitrary: constantFrom('bad', '') },
  ),
});

const act: Arbitrary<Act> = oneof(
  { weight: 3, arbitrary: constant({ kind: 'reject' as const }) },
  { weight: 3, arbitrary: constant({ kind: 'approve' as const }) },
  { weight: 2, arbitrary: record({ kind: constant('defer' as const), seconds: constantFrom(0, 10, 60) }) },
  {
    weight: 1,
    arbitrary: record({
      kind: constant('control' as const),
      control: constantFrom('shelved' as const, 'out_of_service' as const, 'advisory' as const),
      equipment: constantFrom(...EQUIPMENTS),
      seconds: constantFrom(15, null, 60),
    }),
  },
  { weight: 1, arbitrary: constant({ kind: 'lift' as const }) },
);

const death: Arbitrary<Death> = record({ statement: integer({ min: 1, max: 7 }), when: constantFrom('before' as const, 'after' as const) });

/** At least a second: two processes never begin a cycle in the same millisecond. */
const wait: Arbitrary<number> = oneof(
  { weight: 8, arbitrary: integer({ min: 1, max: 15 }) },
  { weight: 3, arbitrary: integer({ min: 16, max: 90 }) },
  {
    weight: 2,
    arbitrary: record({ hours: integer({ min: 1, max: 3 }), offset: integer({ min: -10, max: 90 }) }).map((t) => t.hours * 3600 + t.offset),
  },
);

/** Nothing in `share` of as many cases plus one; a counterexample keeps what it needs alone. */
function seldom<T>(arbitrary: Arbitrary<T>, share: number): Arbitrary<T | null> {
  return oneof({ withCrossShrink: true }, { weight: share, arbitrary: constant(null) }, { weight: 1, arbitrary });
}

const anything: Arbitrary<History> = record({
  rules,
  steps: array(record({ wait, arrivals: array(arrival, { maxLength: 6 }), act: seldom(act, 1), death: seldom(death, 4) }), {
    minLength: 1,
    maxLength: 7,
  }),
});

/** One equipment, one temperature, sound readings: the detector's own rules, close together. */
function focused(waits: readonly number[], agos: readonly number[]): Arbitrary<History> {
  const sound: Arbitrary<Arrival> = record({
    equipment: constant('R1'),
    ago: constantFrom(...agos),
    temperature: constantFrom(70, 84, 85, 86, 88, 91, 96),
    flow: constant(50),
    status: constant('good'),
  });
  return record({
    rules: record({ rules, temperature }).map((chosen) => ({ ...chosen.rules, families: [chosen.temperature] })),
    steps: array(
      record({ wait: constantFrom(...waits), arrivals: array(sound, { maxLength: 4 }), act: seldom(act, 3), death: constant(null) }),
      { minLength: 2, maxLength: 4 },
    ),
  });
}

/** Back after hours to something that is on, with earlier episodes where one slice ends and the next begins. */
const comeback: Arbitrary<History> = record({
  rules: record({ rules, temperature }).map((chosen) => ({ ...chosen.rules, families: [chosen.temperature] })),
  before: constantFrom(0, 1, 4, 10, 300),
  now: constantFrom(70, 86, 91, 96),
  downtime: constantFrom(3, 4, 5).chain((hours) =>
    record({ hours: constant(hours), offset: integer({ min: 0, max: 40 }), slice: integer({ min: 1, max: hours - 1 }) }),
  ),
  earlier: array(
    record({
      around: constantFrom(-3500, -3000, -2000, -900, -600, -20, -10, -5, -1, 0, 1, 5, 10, 20, 600),
      temperature: constantFrom(70, 84, 86, 91, 96),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  acts: array(seldom(act, 4), { minLength: 5, maxLength: 5 }),
}).map(({ rules: chosen, before, now, downtime, earlier, acts }) => {
  const sound = { equipment: 'R1', flow: 50, status: 'good' } as const;
  const elapsed = downtime.hours * 3600 + downtime.offset;
  const ended = (seconds: number) => elapsed + before - downtime.slice * 3600 - seconds;
  const arrivals = earlier.map(({ around, temperature: value }) => ({ ...sound, ago: ended(around), temperature: value }));
  return {
    rules: chosen,
    steps: [
      { wait: 1, arrivals: [{ ...sound, ago: before, temperature: 70 }], act: null, death: null },
      { wait: elapsed, arrivals: [...arrivals, { ...sound, ago: 0, temperature: now }], act: null, death: null },
      ...acts.map((each) => ({ wait: 5, arrivals: [{ ...sound, ago: 0, temperature: now }], act: each, death: null })),
    ],
  };
});

export const histories: Arbitrary<History> = oneof(
  { weight: 1, arbitrary: comeback },
  { weight: 2, arbitrary: anything },
  { weight: 2, arbitrary: focused([1, 5, 10, 20], [0, 1, 5, 10, 20]) },
  { weight: 1, arbitrary: focused([3700, 5, 7300], [0, 5, 10, 3590, 3605, 3650, 7200, 7250]) },
);
