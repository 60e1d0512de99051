import { describe, expect, test } from '@jest/globals';
import type { StoreUnderTest } from '../support/stores.ts';
import { withStore } from './with-store.ts';

/** What `ops-agent sql` tells of values that JSON has no number for. */
export function sqlValuesContract(under: StoreUnderTest): void {
  describe('a statement that is given by hand', () => {
    const store = withStore(under);

    test('has each integer with all of its digits: as a number where a number has them, else as a text', async () => {
      const { rows } = await store().store.runSql(
        'SELECT 9007199254740991 AS safe, 9007199254740993 AS above, -9223372036854775807 AS below, 1.5 AS half, NULL AS none',
      );
      expect(rows).toEqual([{ safe: 9007199254740991, above: '9007199254740993', below: '-9223372036854775807', half: 1.5, none: null }]);
    });

    test('has bytes as hexadecimal text', async () => {
      expect((await store().store.runSql("SELECT X'00fF' AS some, X'' AS none")).rows).toEqual([{ some: '0x00ff', none: '0x' }]);
    });

    test('with two columns of one name is refused: a row could tell one of them only', async () => {
      await expect(store().store.runSql('SELECT 1 AS a, 2 AS b, 3 AS a')).rejects.toMatchObject({
        code: 'usage',
        message: "the result has two columns called 'a'",
        remedy: 'give each column a name of its own, by AS',
      });
      expect((await store().store.runSql('SELECT 1 AS a, 2 AS a2')).rows).toEqual([{ a: 1, a2: 2 }]);
    });

    if (under.dialect.name === 'embedded')
      test('that writes and answers has its digits too, and is refused before it writes', async () => {
        const at = store();
        await at.outside.run('CREATE TABLE notes (id)');
        const written = 'INSERT INTO notes VALUES (9007199254740993) RETURNING id';
        await expect(at.store.runSql(`${written}, id`)).rejects.toMatchObject({ code: 'usage' });
        expect(await at.outside.rows('SELECT id FROM notes')).toEqual([]);
        expect((await at.store.runSql(written)).rows).toEqual([{ id: '9007199254740993' }]);
      });
  });
}
