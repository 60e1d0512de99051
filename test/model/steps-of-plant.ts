import * as fc from 'fast-check';
import { approveBySql } from './acts.ts';
import { type Mood, MOODS } from './moody-plant.ts';
import { COOLING, MAX_AGE_SECONDS, MODE, THROUGHPUT } from './plant-floor.ts';
import type { Interruption } from './run.ts';
import { always, Step, wholeCycle } from './step.ts';
import type { World } from './world.ts';

/** What the sensors show, the plant does, and time brings; and the agent's own runs. */

const VALUES = { normal: 70, 'in the deadband': 84.5, medium: 88, high: 93, critical: 97 } as const;
type Level = keyof typeof VALUES;
const levels = fc.constantFrom<Level>('normal', 'in the deadband', 'medium', 'high', 'critical');
const hot = fc.constantFrom<Level>('medium', 'high', 'critical');

export const reading = levels.map((level) => new Step(`a reading, ${level}`, (world) => world.reading(VALUES[level])));

export const recommend = levels.map(
  (level) =>
    new Step(`a reading, ${level}; a cycle`, async (world) => {
      await world.reading(VALUES[level]);
      await wholeCycle(world);
    }),
);

/** The shortest way to an approval, which random steps would seldom find. */
async function approve(world: World, level: Level): Promise<void> {
  await world.reading(VALUES[level]);
  await wholeCycle(world);
  await world.advance(6000);
  await approveBySql(world, 'anna', world.time(world.now));
  await world.reading(VALUES[level]);
}

export const approved = hot.map((level) => new Step(`${level}, recommended and approved`, (world) => approve(world, level)));

export const carriedOut = fc.tuple(hot, fc.constantFrom<Mood>('well', ...MOODS)).map(
  ([level, mood]) =>
    new Step(`${level}, recommended and approved; a cycle, the plant ${mood}`, async (world) => {
      await approve(world, level);
      world.mood = mood;
      await wholeCycle(world);
    }),
);

export const passing = fc
  .constantFrom(1, 6, 30, 130, 201)
  .map((seconds) => new Step(`${seconds} s pass`, (world) => world.advance(seconds * 1000)));

export const silence = always('the feed is silent', (world) => world.advance((MAX_AGE_SECONDS + 1) * 1000));

export const cycle = always('a cycle', wholeCycle);

export const drift = fc.tuple(fc.constantFrom(100, 100, 97, 60, 20), fc.constantFrom(0, 0, 1)).map(
  ([throughput, cooling]) =>
    new Step(`an operator turns throughput to ${throughput} and cooling to ${cooling}`, async (world) => {
      await world.turn(THROUGHPUT, throughput);
      await world.turn(COOLING, cooling);
    }),
);

export const mode = fc.constantFrom(0, 1, 1).map((value) => new Step(`the plant's mode is ${value}`, (world) => world.turn(MODE, value)));

export const mood = fc.constantFrom<Mood>('well', 'well', ...MOODS).map(
  (to) =>
    new Step(`the plant is ${to}`, (world) => {
      world.mood = to;
      return Promise.resolve();
    }),
);

type Point = Omit<Interruption, 'what'>;
const when = fc.constantFrom('before' as const, 'after' as const);
const points: fc.Arbitrary<Point> = fc.oneof(
  fc.record({ at: fc.constant('store' as const), nth: fc.integer({ min: 1, max: 15 }), when }),
  fc.record({ at: fc.constant('plant' as const), nth: fc.integer({ min: 1, max: 6 }), when }),
);
const told = ({ at, nth, when: side }: Point) => `${side} its call ${nth} of the ${at}`;

export const death = points.map(
  (point) => new Step(`a run dies ${told(point)}`, async (world) => void (await world.start({ ...point, what: 'death' }))),
);

const noneStalls = ({ stalled }: World): boolean => stalled === null;

export const stall = points.map(
  (point) => new Step(`a run stalls ${told(point)}`, async (world) => void (await world.start({ ...point, what: 'stall' })), noneStalls),
);

export const stallWithApproval = fc.tuple(hot, points).map(
  ([level, point]) =>
    new Step(
      `${level}, recommended and approved; a run stalls ${told(point)}`,
      async (world) => {
        await approve(world, level);
        await world.start({ ...point, what: 'stall' });
      },
      noneStalls,
    ),
);

export const goingOn = always('the stalled run goes on', (world) => world.goOn());

export const stallingAgain = fc
  .integer({ min: 1, max: 6 })
  .map((calls) => new Step(`the stalled run goes on, and stalls again before its call ${calls} from now`, (world) => world.goOn(calls)));

export const overtaking = always('130 s pass, a reading as before, a cycle; the stalled run goes on', async (world) => {
  await world.advance(130_000);
  if (world.newestValue > 0) await world.reading(world.newestValue);
  await wholeCycle(world);
  await world.goOn();
});
