import { expect, test } from '@jest/globals';

import type { ReadingsPlace } from '../../src/config/settings.ts';
import { printedSetup } from '../../src/store/printed-setup.ts';

const STORE = { catalog: 'plant', schema: 'ops' };
const OWN: ReadingsPlace = { kind: 'store', table: 'sensor_data' };

test('what a warehouse’s administrator runs can be run again: each statement makes what is missing, sets a value or takes away first', () => {
  const statements = printedSetup({ agentId: 'a', store: STORE, readings: OWN }, null)
    .split(/;\n?\n?/)
    .filter((each) => each !== '');
  const repeatable =
    /^(?:CREATE (?:SCHEMA|TABLE) IF NOT EXISTS |ALTER TABLE \S+ (?:SET TBLPROPERTIES|DROP CONSTRAINT IF EXISTS) |INSERT [\s\S]* WHERE NOT EXISTS )/;
  const others = statements.flatMap((statement, index) => (repeatable.test(statement) ? [] : [[statements[index - 1], statement]]));
  expect(others).toEqual([
    [
      'ALTER TABLE `plant`.`ops`.`agent_events` DROP CONSTRAINT IF EXISTS agent_events_readable',
      expect.stringMatching(/^ALTER TABLE `plant`.`ops`.`agent_events` ADD CONSTRAINT agent_events_readable CHECK /),
    ],
  ]);
});

test('each of its statements may be run in a session of its own: it names the tables with their schema', () => {
  const statements = printedSetup({ agentId: 'a', store: STORE, readings: OWN }, null).split(/;\n?\n?/);
  const mentions = statements.flatMap((each) =>
    [...each.matchAll(/(?:INTO|FROM|TABLE(?: IF NOT EXISTS)?|^USE) ([\w`.]+)/g)].map(([, name]) => name),
  );
  expect(mentions.filter((name) => !name?.startsWith('`plant`.`ops`.'))).toEqual([]);
  expect(mentions).toEqual(expect.arrayContaining(['`plant`.`ops`.agent_schema', '`plant`.`ops`.agent_health']));
});

test.each<[string, ReadingsPlace, boolean]>([
  ['the agent’s own', OWN, true],
  ['a table of the user’s', { kind: 'store', table: 'readings' }, false],
  ['in a file', { kind: 'file' }, false],
  // Whatever theirs is called, it is not made here.
  ['elsewhere', { kind: 'warehouse', table: 'sensor_data', catalog: null, schema: null, workspace: null }, false],
])('the readings’ table is made where the readings are %s', (_what, readings, isMade) => {
  for (const store of [STORE, null]) expect(printedSetup({ agentId: 'a', store, readings }, null).includes('sensor_data')).toBe(isMade);
});
