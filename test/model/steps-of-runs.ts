import * as fc from 'fast-check';
import { editCommands, order, reject } from './acts.ts';
import { EQUIPMENT, MODE, THROUGHPUT } from './plant-floor.ts';
import type { Interruption } from './run.ts';
import { always, Step, wholeCycle } from './step.ts';
import { approve, hot, VALUES } from './steps-of-plant.ts';
import type { World } from './world.ts';

/** The agent's own runs: whole ones, and such that die or stall at any call. */

export const cycle = always('a cycle', wholeCycle);

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

export const deathWithApproval = fc.tuple(hot, points).map(
  ([level, point]) =>
    new Step(`${level}, recommended and approved; a run dies ${told(point)}`, async (world) => {
      await approve(world, level);
      await world.start({ ...point, what: 'death' });
    }),
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

type Disturbance = readonly [label: string, act: (world: World) => Promise<void>];
const DISTURBANCES: readonly Disturbance[] = [
  ['the kill switch', (world) => order(world, 'advisory', 'all')],
  ['out of service', (world) => order(world, 'out_of_service', EQUIPMENT)],
  ['the plant is local', (world) => world.turn(MODE, 0)],
  ['an operator turns throughput to 20', (world) => world.turn(THROUGHPUT, 20)],
  ['a normal reading', (world) => world.reading(VALUES.normal)],
  ['a critical reading', (world) => world.reading(VALUES.critical)],
  ['a rejection', reject],
  ['an edit of the time limits', (world) => editCommands(world, `not_after = '2027-01-01 00:00:00.000'`)],
];

/** What a run that goes on could not see when it last looked. */
export const disturbed = fc
  .record({ level: hot, point: points, disturbance: fc.constantFrom(...DISTURBANCES), seconds: fc.constantFrom(0, 3, 60, 110) })
  .map(
    ({ level, point, disturbance: [label, disturb], seconds }) =>
      new Step(
        `${level}, recommended and approved; a run stalls ${told(point)}; ${label}; ${seconds} s later it goes on`,
        async (world) => {
          await approve(world, level);
          await world.start({ ...point, what: 'stall' });
          await disturb(world);
          await world.advance(seconds * 1000);
          await world.goOn();
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
