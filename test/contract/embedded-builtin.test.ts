import { expect, test } from '@jest/globals';
import { asAgentError } from '../../src/domain/errors.ts';
import { isFit, openSqlite } from '../../src/sqlite/sqlite-library.ts';
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
if (version !== undefined && isFit(version)) everyContract(under);
else {
  const found = version === undefined ? 'has no built-in SQLite' : `has SQLite ${version}, which the agent does not use`;
  const message = `Node ${process.versions.node} ${found}: the store's contract ran on the package alone; run it on a Node with SQLite 3.51.3 to 3.53, too`;
  process.stderr.write(`${message}\n`);
  test('where there is no built-in SQLite that fits, the contract runs on the package alone, and says so', async () => {
    // Where there is one that does not fit, it opens when it is asked for; where there is none, the remedy is named.
    const opened = await openSqlite(':memory:').then(
      (database) => (database.close(), 'opened'),
      (thrown: unknown) => asAgentError(thrown).code,
    );
    expect(opened).toBe(version === undefined ? 'usage' : 'opened');
  });
}
