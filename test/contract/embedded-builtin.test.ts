import { expect, test } from '@jest/globals';
import { asAgentError } from '../../src/domain/errors.ts';
import { isSound, openSqlite } from '../../src/sqlite/sqlite-library.ts';
import { embeddedStore } from '../support/stores.ts';
import { everyContract } from './every.contract.ts';

/** The SQLite that this Node has built in; undefined where there is none. */
function builtinVersion(): string | undefined {
  const version: string | undefined = process.versions['sqlite'];
  return process.getBuiltinModule?.('node:sqlite') === undefined ? undefined : version;
}

const version = builtinVersion();
const under = embeddedStore('builtin');

// One process uses one library (OPS_AGENT_SQLITE is read once), and each file of tests loads its modules anew.
if (version !== undefined && isSound(version)) everyContract(under);
else {
  const found = version === undefined ? 'has no built-in SQLite' : `has SQLite ${version}, which can lose commits`;
  const message = `Node ${process.versions.node} ${found}: the store's contract ran on the package alone; run it on Node 24, too`;
  process.stderr.write(`${message}\n`);
  test('where there is no sound built-in SQLite, the contract runs on the package alone, and says so', async () => {
    // Where there is one that is not sound, it opens; where there is none, the remedy is named.
    const opened = await openSqlite(':memory:').then(
      (database) => (database.close(), 'opened'),
      (thrown: unknown) => asAgentError(thrown).code,
    );
    expect(opened).toBe(version === undefined ? 'usage' : 'opened');
  });
}
