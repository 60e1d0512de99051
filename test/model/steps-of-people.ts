import * as fc from 'fast-check';
import { AGENT } from '../support/stores.ts';
import { approveByCommandLine, approveBySql, defer, liftOrders, newest, order, orderByCommandLine, reject } from './acts.ts';
import { EQUIPMENT } from './plant-floor.ts';
import { always, Step } from './step.ts';
import type { World } from './world.ts';

const NAMES = ['anna', 'bernd', ' ANNA ', '', null, AGENT, AGENT.toUpperCase()] as const;

type Time = readonly [label: string, of: (world: World) => string | null];
const TIMES: readonly Time[] = [
  ['now', (world) => world.time(world.now)],
  ['10 s ago', (world) => world.time(world.now - 10_000)],
  ['100 s ago', (world) => world.time(world.now - 100_000)],
  ['an hour ago', (world) => world.time(world.now - 3_600_000)],
  ['in 4 s', (world) => world.time(world.now + 4000)],
  ['in a minute', (world) => world.time(world.now + 60_000)],
  ['no time', () => null],
  ["'soon'", () => 'soon'],
];

function named(by: string | null): string {
  return by === null ? 'nobody' : `'${by}'`;
}

export const goodApproval = fc
  .constantFrom('anna', 'bernd')
  .map((by) => new Step(`${by} approves by SQL`, (world) => approveBySql(world, by, world.time(world.now))));

export const oddApproval = fc
  .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...TIMES))
  .map(([by, [label, of]]) => new Step(`${named(by)} approves by SQL as of ${label}`, (world) => approveBySql(world, by, of(world))));

export const secondApproval = fc.constantFrom(...NAMES).map(
  (by) =>
    new Step(`${named(by)} approves by SQL as the second`, (world) => {
      const at = world.time(world.now);
      return approveBySql(world, by, at, 'second_approver');
    }),
);

export const commandLineApproval = fc.tuple(fc.constantFrom('anna', 'bernd'), fc.boolean()).map(
  ([by, isOld]) =>
    new Step(`${by} approves by the command line what ${isOld ? 'was on the screen' : 'is there'}`, async (world) => {
      const hash = isOld ? world.screen : newest(world)?.hash;
      if (hash !== undefined) await approveByCommandLine(world, by, hash);
    }),
);

export const look = always('somebody looks at the screen', (world) => {
  world.screen = newest(world)?.hash;
  return Promise.resolve();
});

export const rejection = always('a rejection by SQL', reject);

export const deferral = fc
  .constantFrom(30, 600)
  .map((seconds) => new Step(`a deferral for ${seconds} s`, (world) => defer(world, seconds)));

/** The words as people spell them, too. */
export const standing = fc.constantFrom(
  new Step('the kill switch by the command line', (world) => orderByCommandLine(world, 'advisory')),
  new Step('the kill switch by SQL', (world) => order(world, 'Advisory', 'ALL ')),
  new Step('out of service by the command line', (world) => orderByCommandLine(world, 'out_of_service')),
  new Step('out of service by SQL', (world) => order(world, 'out_of_service', EQUIPMENT)),
  new Step('shelved by SQL', (world) => order(world, 'shelved', 'R*')),
);

export const lift = always('every order is lifted', liftOrders);
