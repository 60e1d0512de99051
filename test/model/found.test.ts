import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { approveBySql, editCommands, editRecommendation, newest, order, reject } from './acts.ts';
import * as product from './product.ts';
import { Rig } from './rig.ts';
import { wholeCycle } from './step.ts';
import type { World } from './world.ts';

/** What random sequences once found, each as short as it could be told. */

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.open(product);
});
afterAll(() => rig.close());

const PLAIN = { lock: false, fourEyes: false, signed: false };
/** Calls of a cycle that writes: lease, open work, readings, events, recommendations, commands, claim, what is claimed, controls. */
const OPEN_WORK = 2;
const CLAIM = 7;
const CONTROLS = 10;
/** Its calls from the claim on: what is claimed, controls, the tag, and then the write. */
const READ_TO_WRITE = 6;
const MEDIUM = 88;

async function approved(world: World): Promise<void> {
  await world.reading(MEDIUM);
  await wholeCycle(world);
  await approveBySql(world, 'anna', world.time(world.now));
  await world.reading(MEDIUM);
}

async function stallsAfter(world: World, nth: number): Promise<void> {
  await world.start({ at: 'store', nth, when: 'after', what: 'stall' });
  expect(world.stalled).not.toBeNull();
}

test('an approval of what was on the screen before does not count for what a slow plant let come later', () =>
  rig.play(PLAIN, async (world) => {
    await world.reading(MEDIUM);
    await wholeCycle(world);
    world.mood = 'slow';
    await world.reading(97);
    await wholeCycle(world);
    await approveBySql(world, 'anna', world.time(world.now));
    await wholeCycle(world);
    expect(newest(world)).toMatchObject({ severity: 'critical', status: 'pending' });
    expect(world.model.violations).toEqual([]);
  }));

test('readings that grew old while the store answered are not fresh', () =>
  rig.play(PLAIN, async (world) => {
    await approved(world);
    await stallsAfter(world, OPEN_WORK);
    await world.advance(101_000);
    await world.goOn();
    expect(world.model.writes).toEqual([]);
    expect(newest(world)?.status).toBe('approved');
    expect(world.model.violations).toEqual([]);
  }));

test('orders that came while the store answered about the orders are asked for again', () =>
  rig.play(PLAIN, async (world) => {
    await approved(world);
    await stallsAfter(world, CONTROLS);
    await order(world, 'advisory', 'all');
    await world.advance(3000);
    await world.goOn();
    expect(world.model.writes).toEqual([]);
    expect(world.model.commands).toMatchObject([{ status: 'pending' }]);
    expect(world.model.violations).toEqual([]);
  }));

test('an episode that was over before it was seen is no question because somebody writes guarded_status', () =>
  rig.play(PLAIN, async (world) => {
    await world.reading(MEDIUM);
    await world.reading(70);
    await wholeCycle(world);
    await editRecommendation(world, `guarded_status = 'pending'`);
    await wholeCycle(world);
    expect(newest(world)).toMatchObject({ status: 'withdrawn', guarded: 'withdrawn' });
    expect(world.model.violations).toEqual([]);
  }));

test('an approval written over a rejection that the audit has does not count, whatever the row shows of it', () =>
  rig.play(PLAIN, async (world) => {
    await world.reading(MEDIUM);
    await wholeCycle(world);
    await editRecommendation(world, `status = 'rejected'`);
    await world.reading(MEDIUM);
    await wholeCycle(world);
    await approveBySql(world, 'anna', world.time(world.now));
    await editRecommendation(world, `guarded_status = 'pending'`);
    await world.reading(MEDIUM);
    await wholeCycle(world);
    expect(newest(world)).toMatchObject({ status: 'pending', guarded: 'pending', approvedBy: '' });
    expect(world.model.writes).toEqual([]);
    expect(world.model.violations).toEqual([]);
  }));

test('a rejection of what is approved by now, while something worse takes its place, stops no cycle after it', () =>
  rig.play(PLAIN, async (world) => {
    await approved(world);
    await order(world, 'advisory', 'all');
    await wholeCycle(world);
    await world.reading(97);
    await stallsAfter(world, OPEN_WORK + 1);
    await reject(world);
    await world.goOn();
    expect(world.model.rows).toMatchObject([{ status: 'rejected' }, { status: 'pending' }]);
    await approveBySql(world, 'anna', world.time(world.now + 1000));
    await world.advance(6000);
    await world.reading(97);
    await wholeCycle(world);
    await reject(world);
    await world.reading(97);
    await wholeCycle(world);
    await wholeCycle(world);
    expect(world.model.rows).toMatchObject([
      { status: 'rejected', guarded: 'rejected' },
      { status: 'approved', guarded: 'approved' },
    ]);
    expect(world.model.violations).toEqual([]);
  }));

test('a time limit that somebody edited after the claim is not what the plant is told', () =>
  rig.play(PLAIN, async (world) => {
    await approved(world);
    await stallsAfter(world, CLAIM);
    await editCommands(world, `not_after = '2027-01-01 00:00:00.000'`);
    await world.goOn();
    expect(world.model.writes).toHaveLength(1);
    expect(world.model.violations).toEqual([]);
  }));

test('a request that waits behind the last look at the clock is refused by the plant once another run may have taken over', () =>
  rig.play(PLAIN, async (world) => {
    await approved(world);
    // The claim comes late in the lease, the request later than the lease's end, and both within a hold that counts from the claim.
    await stallsAfter(world, CLAIM - 1);
    await world.advance(90_000);
    await world.goOn(READ_TO_WRITE);
    expect(world.stalled).not.toBeNull();
    await world.advance(40_000);
    await wholeCycle(world);
    await world.goOn();
    expect(world.model.writes).toMatchObject([{ fate: 'refused' }]);
    expect(world.model.violations).toEqual([]);
  }));
