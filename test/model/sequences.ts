import * as fc from 'fast-check';
import type { Setup } from './plant-floor.ts';
import type { Rig } from './rig.ts';
import { throwFirst } from './step.ts';
import { STEPS } from './steps.ts';
import type { World } from './world.ts';

export type Sequence = [Setup, Iterable<fc.AsyncCommand<object, World, boolean>>];

const MOST_STEPS = 25;

const setups: fc.Arbitrary<Setup> = fc.record({ lock: fc.boolean(), fourEyes: fc.boolean(), signed: fc.boolean() });

export function sequences(replayPath?: string): fc.Arbitrary<Sequence> {
  const constraints = { maxCommands: MOST_STEPS, size: 'max' as const, ...(replayPath !== undefined && { replayPath }) };
  return fc.tuple(setups, fc.commands(STEPS, constraints));
}

/** @throws Error for the first thing that should not have happened */
export async function play(rig: Rig, [setup, steps]: Sequence): Promise<void> {
  await rig.play(setup, async (world) => {
    await fc.asyncModelRun(() => ({ model: {}, real: world }), steps);
    await settle(world);
  });
}

/** Beyond the longest approval, lease and plant timeout that could still be waited for. */
const WAITS_MS = [0, 130_000, 130_000, 130_000, 0];

/** The plant is well again, and time passes: everything that was begun has to end. What people ordered stays in force. */
async function settle(world: World): Promise<void> {
  await world.goOn();
  world.mood = 'well';
  for (const ms of WAITS_MS) {
    await world.advance(ms);
    await world.start(null);
  }
  world.model.settled();
  throwFirst(world);
}
