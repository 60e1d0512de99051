import * as fc from 'fast-check';
import { approveBySql } from './acts.ts';
import { type Mood, MOODS } from './moody-plant.ts';
import { COOLING, MAX_AGE_SECONDS, MODE, THROUGHPUT } from './plant-floor.ts';
import { always, Step, wholeCycle } from './step.ts';
import type { World } from './world.ts';

/** What the sensors show, the plant does and time brings. */

export const VALUES = { normal: 70, 'in the deadband': 84.5, medium: 88, high: 93, critical: 97 } as const;
export type Level = keyof typeof VALUES;
const levels = fc.constantFrom<Level>('normal', 'in the deadband', 'medium', 'high', 'critical');
export const hot = fc.constantFrom<Level>('medium', 'high', 'critical');

export const reading = levels.map((level) => new Step(`a reading, ${level}`, (world) => world.reading(VALUES[level])));

export const recommend = levels.map(
  (level) =>
    new Step(`a reading, ${level}; a cycle`, async (world) => {
      await world.reading(VALUES[level]);
      await wholeCycle(world);
    }),
);

/** The shortest way to an approval, which random steps would seldom find. */
export async function approve(world: World, level: Level): Promise<void> {
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

export const approvedTooSoon = fc.constantFrom<Level>('high', 'critical').map(
  (level) =>
    new Step(`a reading, ${level}; a cycle, and at once anna approves by SQL`, async (world) => {
      await world.reading(VALUES[level]);
      await wholeCycle(world);
      await approveBySql(world, 'anna', world.time(world.now));
    }),
);

export const passing = fc
  .constantFrom(1, 6, 30, 130, 201)
  .map((seconds) => new Step(`${seconds} s pass`, (world) => world.advance(seconds * 1000)));

export const silence = always('the feed is silent', (world) => world.advance((MAX_AGE_SECONDS + 1) * 1000));

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
