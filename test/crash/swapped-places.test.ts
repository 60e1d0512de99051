import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Store } from '../../src/ports/store.ts';
import { approval, newScene, type Scene } from '../support/scenario.ts';

const HIGH = 92;
const CRITICAL = 97;
const COOL = 70;
/** More calls of the store than a cycle has that finds rows swapped. */
const MOST_CALLS = 10;

const TWO_FAMILIES = `
rules:
  bands:
    - { rule: temperature-high, above: 90, severity: high, issueType: hot, confidence: 0.9, recommendedAction: cool it }
    - { rule: pressure-high, signal: pressure, above: 90, severity: high, issueType: tight, confidence: 0.9, recommendedAction: open it }
`;

let scene: Scene;
beforeEach(async () => {
  scene = await newScene({ 'policy.settlingSeconds': 3600 });
});
afterEach(() => scene.close());

async function edit(id: unknown, assignments: string): Promise<void> {
  await scene.sql(`UPDATE agent_recommendations SET ${assignments} WHERE recommendation_id = '${String(id)}'`);
}

async function openedAt(equipment: readonly string[]): Promise<readonly unknown[]> {
  for (const each of equipment) await scene.reading(each, HIGH);
  await scene.cycle();
  return Promise.all(equipment.map(async (each) => (await scene.row(each))['recommendation_id']));
}

/** Each row gets the place of the next one, by way of a place that nobody has. */
async function rotate(ids: readonly unknown[], places: readonly string[]): Promise<void> {
  for (const [index, id] of ids.entries()) await edit(id, `equipment_id = 'NOWHERE_${index}'`);
  for (const [index, id] of ids.entries()) await edit(id, places[(index + 1) % places.length] ?? '');
}

async function swapped(): Promise<readonly unknown[]> {
  const ids = await openedAt(['R1', 'R2']);
  await rotate(ids, [`equipment_id = 'R1'`, `equipment_id = 'R2'`]);
  return ids;
}

test.each([[['R1', 'R2']], [['R1', 'R2', 'R3']], [['R1', 'R2', 'R3', 'R4']]])(
  'open rows of %p that stand in each other’s places are back within two cycles, and told of once',
  async (equipment) => {
    const ids = await openedAt(equipment);
    await rotate(
      ids,
      equipment.map((each) => `equipment_id = '${each}'`),
    );
    await scene.cycle();
    expect((await scene.cycle()).outcome).toBe('completed');
    await scene.cycle();
    for (const [index, each] of equipment.entries()) {
      expect(await scene.rows(each)).toMatchObject([{ recommendation_id: ids[index], status: 'pending', issue_family: 'temperature' }]);
      expect(await scene.events(ids[index])).toEqual(['created', 'restored', 'set_aside', 'restored']);
    }
  },
);

test('two families of one equipment get their own rows back', async () => {
  await scene.close();
  scene = await newScene({}, { file: TWO_FAMILIES });
  await openedAt(['R1']);
  const ids = (await scene.rows('R1')).map((row) => row['recommendation_id']);
  const families = (await scene.rows('R1')).map((row) => row['issue_family']);
  await rotate(
    ids,
    families.map((family) => `equipment_id = 'R1', issue_family = '${String(family)}'`),
  );
  await scene.cycle();
  await scene.cycle();
  const rows = await scene.rows('R1');
  expect(rows.map((row) => [row['recommendation_id'], row['issue_family']])).toEqual(ids.map((id, index) => [id, families[index]]));
  expect(rows).toMatchObject([{ status: 'pending' }, { status: 'pending' }]);
});

test.each([
  ['deferred', `defer_until = '2099-01-01'`, 'deferred'],
  ['rejected', `rejected_by_operator = 'anna'`, 'rejected'],
  // Nobody approved it, and nobody carried it out: that is put back as well.
  ['executing', `execution_result = NULL`, 'pending'],
  ['executed', `execution_result = NULL`, 'pending'],
  ['gibberish', `execution_result = NULL`, 'pending'],
])('swapped rows are back also when one of them is %s', async (status, columns, becomes) => {
  const ids = await swapped();
  await edit(ids[1], `status = '${status}', ${columns}`);
  await scene.cycle();
  await scene.cycle();
  expect(await scene.rows('R1')).toMatchObject([{ recommendation_id: ids[0], status: 'pending' }]);
  expect(await scene.rows('R2')).toMatchObject([{ recommendation_id: ids[1], status: becomes }]);
});

test('an approval of one of the two writes to its own equipment, and its row ends in its own place', async () => {
  const ids = await swapped();
  await scene.sql(approval(String(ids[1])));
  await scene.cycle();
  expect(scene.plant.writes().map(({ tag }) => tag)).toEqual(['[default]R2/ThroughputSetpoint', '[default]R2/CoolingSystemStatus']);
  expect(await scene.rows('R2')).toMatchObject([{ recommendation_id: ids[1], status: 'executed' }]);
  await scene.cycle();
  expect(await scene.rows('R1')).toMatchObject([{ recommendation_id: ids[0], status: 'pending' }]);
});

test('swapped rows whose conditions are over end in their own places, and each family opens again after its own', async () => {
  const ids = await swapped();
  for (const each of ['R1', 'R2']) await scene.reading(each, COOL);
  await scene.cycle();
  expect(await scene.rows('R1')).toMatchObject([{ recommendation_id: ids[0], status: 'withdrawn' }]);
  expect(await scene.rows('R2')).toMatchObject([{ recommendation_id: ids[1], status: 'withdrawn' }]);
  await scene.reading('R2', CRITICAL);
  await scene.cycle();
  expect(await scene.row('R2')).toMatchObject({ status: 'pending', predecessor_id: ids[1] });
});

/** The store of a process that dies after so many calls: nothing that it sends later arrives. */
function mortal(store: Store, calls: number): Store {
  let made = 0;
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        made += 1;
        // The kernel takes the lock from whoever is dead.
        if (made > calls && name !== 'releaseLock') throw new Error('this run is dead');
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}

test.each(Array.from({ length: MOST_CALLS }, (_, calls) => calls))(
  'swapped rows are back after a run that died after %p calls of the store, and two more',
  async (calls) => {
    const ids = await swapped();
    await scene.cycle({ ports: { store: mortal(scene.store, calls) } });
    await scene.cycle();
    await scene.cycle();
    for (const [index, each] of ['R1', 'R2'].entries())
      expect(await scene.rows(each)).toMatchObject([{ recommendation_id: ids[index], status: 'pending' }]);
  },
);
