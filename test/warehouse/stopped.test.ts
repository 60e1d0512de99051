import { expect, test } from '@jest/globals';
import { type DriverSession, openDriver } from './driver.ts';
import { withWarehouse } from './with-warehouse.ts';

withWarehouse('stopped_test', (scene) => {
  test('a stopped warehouse opens sessions, fails so many statements, and then works in a new session', async () => {
    const opened: DriverSession[] = [];
    const attempt = async () => {
      const driver = await openDriver(scene());
      opened.push(driver);
      return driver.rows('SELECT 1 AS one');
    };
    await scene().control.stopWarehouse({ tries: 2, says: 'session' });
    const asleep = /^requirement failed: Session handle .* has not been initialized or had already closed$/;
    await expect(attempt()).rejects.toMatchObject({ message: expect.stringMatching(asleep) });
    await expect(attempt()).rejects.toMatchObject({ message: expect.stringMatching(asleep) });
    await expect(opened[1]?.rows('SELECT 1')).rejects.toMatchObject({ message: expect.stringMatching(asleep) });
    expect(await attempt()).toEqual([{ one: 1 }]);
    expect(await scene().control.triedWhileStopped()).toBe(2);
    await scene().control.stopWarehouse({ tries: 1, says: 503 });
    await expect(attempt()).rejects.toMatchObject({ statusCode: 503 });
    expect(await attempt()).toEqual([{ one: 1 }]);
    for (const driver of opened) await driver.close();
  });
});
