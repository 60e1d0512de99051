import { expect, test } from '@jest/globals';
import { chainOwners, chainRows, oddlyOwnedRows, testimoniesOf, unchainedRows } from '../../src/cycle/audit-rows.ts';
import { readWitnesses } from '../../src/cycle/audit-witnesses.ts';
import { checkAudit, type CheckedStore } from '../../src/cycle/check-audit.ts';
import { planPrune, type PlannedStore } from '../../src/cycle/plan-prune.ts';
import { SETTINGS } from '../support/stores.ts';

/** Each reading would go on for so many reads, and is to end after LAST. */
const MOST = 10;
const LAST = 3;

type Read = keyof (CheckedStore & PlannedStore);

/** A store that answers at once and never lets go of the process; with the LAST of `which` reads a signal comes. */
function endingAt(which: Read) {
  const ending = new AbortController();
  let reads = 0;
  const read = (name: Read): number => {
    if (name !== which) return MOST;
    reads += 1;
    // As a signal comes: in a turn that the process has for it.
    if (reads === LAST) setImmediate(() => ending.abort());
    return reads;
  };
  const page = <Cursor>(name: Read, next: Cursor) => Promise.resolve({ rows: [], next: read(name) < MOST ? next : null });
  const store: CheckedStore & PlannedStore = {
    readHealth: () => Promise.resolve({ now: Date.now(), health: [] }),
    readNextOwner: (after) => {
      read('readNextOwner');
      const next = 1 + Number(after ?? 0);
      return Promise.resolve({ rows: [`agent ${next}`], next: next < MOST ? String(next) : null });
    },
    readChainPage: async ({ agentId }) => {
      const { rows, next } = await page('readChainPage', { chainSeq: 1, key: 'x' });
      return { rows, next: typeof agentId === 'string' ? next : null };
    },
    readUnchainedPage: () => page('readUnchainedPage', 'x'),
    readTestimonyPage: () => page('readTestimonyPage', 'x'),
    firstSignedSeq: () => Promise.resolve(null),
    firstSeq: () => {
      read('firstSeq');
      return Promise.resolve(null);
    },
    readHeldSubjects: () => Promise.resolve(new Set()),
    countPrunable: () => Promise.resolve({ recommendations: 0, commands: 0, workOrders: 0, sessions: 0, notifications: 0 }),
  };
  return { store, signal: ending.signal, reads: () => reads };
}

async function all(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const row of rows) void row;
}

const plan = { keepSeconds: 400 * 86_400, keys: [], start: null, standing: new Set<string>(), keepHold: () => Promise.resolve() };
const odd = Array.from({ length: MOST }, (_, index) => ({ key: `b${index}` }));

const READINGS: readonly (readonly [string, Read, (store: CheckedStore & PlannedStore, signal: AbortSignal) => Promise<unknown>])[] = [
  ['of the owners', 'readNextOwner', chainOwners],
  ['of one chain', 'readChainPage', (store, signal) => all(chainRows(store, 'agent', 1, signal))],
  ['of rows outside of every chain', 'readUnchainedPage', (store, signal) => all(unchainedRows(store, signal))],
  ['of odd owners, each with less than a page', 'readChainPage', (store, signal) => all(oddlyOwnedRows(store, odd, signal))],
  ['of what an agent tells', 'readTestimonyPage', (store, signal) => testimoniesOf(store, 'agent', signal)],
  ['of whom the agents know', 'readTestimonyPage', (store, signal) => readWitnesses(store, [{ agentId: 'agent' }], [], signal)],
  ['for a prune, of rows outside of every chain', 'readUnchainedPage', (store, signal) => planPrune(store, SETTINGS, { ...plan, signal })],
  ['for a prune, of its chain', 'readChainPage', (store, signal) => planPrune(store, SETTINGS, { ...plan, signal })],
  ...(['readNextOwner', 'readChainPage', 'readUnchainedPage', 'firstSeq'] as const).map(
    (read) =>
      [
        `for a verdict, in ${read}`,
        read,
        (store: CheckedStore, signal: AbortSignal) => checkAudit(store, { keys: [], heads: [], mostFindings: 1, signal }),
      ] as const,
  ),
];

test.each(READINGS)('a signal ends the reading %s before the next read', async (_which, read, run) => {
  const { store, signal, reads } = endingAt(read);
  await expect(run(store, signal)).rejects.toMatchObject({ code: 'interrupted' });
  expect(reads()).toBe(LAST);
});
