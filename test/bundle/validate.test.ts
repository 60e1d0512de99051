import { expect, test } from '@jest/globals';
import { copyBundle, optionsFor, TARGETS } from './bundle-copy.ts';
import { schemaFaults } from './bundle-schema.ts';
import { withCli } from './databricks-cli.ts';
import type { Json } from './json.ts';
import { settingsFaults } from './settings-faults.ts';

withCli('databricks bundle validate', () => {
  test.each(TARGETS)('has nothing to say about the target %s, also where it is strict', async (target) => {
    const copy = await copyBundle(optionsFor(target));
    try {
      expect(await copy.done('validate', '--strict', '--target', target)).toMatch(/Validation OK!/);
      expect(settingsFaults(JSON.parse(await copy.done('validate', '--target', target, '-o', 'json')) as Json)).toEqual([]);
      expect(schemaFaults(copy.folder, await copy.done('schema'))).toEqual([]);
      expect(copy.workspace.unanswered).toEqual([]);
    } finally {
      await copy.remove();
    }
  });

  test('names what a production has to be told: the service principal that it runs as', async () => {
    const copy = await copyBundle({ as: 'ada@example.com' });
    try {
      const { code, stdout, stderr } = await copy.bundle('validate', '--target', 'prod');
      expect([code, `${stdout}${stderr}`]).toEqual([1, expect.stringContaining('run_as')]);
    } finally {
      await copy.remove();
    }
  });
});
