import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newScene, type Scene } from '../support/scenario.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await newScene();
});
afterEach(() => scene.close());

describe('a number of the tables that cannot be read', () => {
  test.each([
    ['min_supported', 'is bytes', `UPDATE agent_schema SET min_supported = X'32'`],
    ['min_supported', 'is a word', `UPDATE agent_schema SET min_supported = 'two'`],
    ['lease_epoch', 'is the last there is', 'UPDATE agent_health SET lease_epoch = 9223372036854775807'],
    ['lease_epoch', 'is greater than any', 'UPDATE agent_health SET lease_epoch = 9e999'],
    ['lease_epoch', 'has more digits than a number of ours', 'UPDATE agent_health SET lease_epoch = 9007199254740992'],
  ])('%s that %s ends the cycle with an error that names it', async (column, _what, sql) => {
    await scene.reading('R1', 92);
    await scene.sql(sql);
    const { outcome, errors } = await scene.cycle();
    expect(outcome).toBe('failed');
    expect(errors).toMatchObject([{ phase: 'begin', code: 'not_set_up' }]);
    expect(errors[0]?.message).toContain(column);
    await scene.store.requireSchema();
    expect(await scene.rows('R1')).toEqual([]);
  });

  test('and a lease_epoch of bytes or words counts on from 0', async () => {
    for (const value of [`X'32'`, `'two'`]) {
      await scene.reading('R1', 92);
      await scene.sql(`UPDATE agent_health SET lease_epoch = ${value}`);
      await scene.cycle();
      expect(await scene.rows('R1')).toHaveLength(1);
    }
  });
});
