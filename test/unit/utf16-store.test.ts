import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadSettings } from '../../src/config/load.ts';
import { write } from '../../src/store/connection.ts';
import { openEmbedded } from '../../src/store/embedded/connection.ts';
import { openStore } from '../../src/store/open-store.ts';
import { anEvent } from '../contract/samples.ts';
import { verified } from '../support/audit.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-utf16-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What somebody made a store of: SQLite keeps the encoding that a file began with. */
async function began(encoding: string, ...statements: readonly string[]): Promise<string> {
  const file = path.join(folder, 'plant.db');
  const connection = await openEmbedded(file, true);
  for (const sql of [`PRAGMA encoding = '${encoding}'`, 'CREATE TABLE of_before (x)', ...statements]) await connection.execute(write(sql));
  await connection.close();
  return file;
}

test.each(['UTF-8', 'UTF-16le', 'UTF-16be'])(
  'an honest audit in a file of %s is sound, whatever letters the names have',
  async (encoding) => {
    await began(encoding);
    const { store } = await openStore(loadSettings({ env: {}, cwd: folder, flags: { 'store.path': 'plant.db' } }), { create: true });
    await store.migrate('agent');
    for (const agentId of ['agent', 'ägént', '工厂'])
      await store.appendEvents(
        [1, 2, 3].map((n) => anEvent({ eventId: `${agentId} ${n}`, agentId })),
        Date.now(),
      );
    const { chains, findings, unchained } = await verified(store);
    await store.close();
    expect({ chains: chains.map(({ agentId, rows }) => `${agentId} ${rows}`), findings, unchained }).toEqual({
      chains: ['agent 3', 'ägént 3', '工厂 3'],
      findings: [],
      unchained: 0,
    });
  },
);
