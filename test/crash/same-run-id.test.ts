import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadSettings } from '../../src/config/load.ts';
import { runCycle } from '../../src/cycle/run-cycle.ts';
import { openRowLeased, type RowLeased } from '../support/row-leased.ts';
import { changed, QUICK } from '../support/scenario.ts';
import { BUSY_FLAGS, type BusyCase, type BusyTemplate, copyOf, prepareBusyTemplate } from '../support/scenario-busy.ts';

let template: BusyTemplate;
let busy: BusyCase;
let agents: readonly RowLeased[];
beforeEach(async () => {
  template = await prepareBusyTemplate();
  busy = copyOf(template);
});
afterEach(async () => {
  for (const agent of agents) await agent.close();
  busy.remove();
  template.remove();
});

function deferred() {
  const made: { resolve?: () => void } = {};
  const promise = new Promise<void>((resolve) => (made.resolve = resolve));
  return { promise, resolve: () => made.resolve?.() };
}

/** Resolves for everybody once `count` have come. */
function meeting(count: number): () => Promise<void> {
  let come = 0;
  const { promise, resolve } = deferred();
  return () => {
    come += 1;
    if (come === count) resolve();
    return promise;
  };
}

test('of two processes with one run id that ask for the lease at once, without a lock, one works: nothing is written twice', async () => {
  const settings = loadSettings({ env: {}, cwd: busy.folder, flags: { ...QUICK, ...BUSY_FLAGS } });
  agents = [await openRowLeased(settings), await openRowLeased(settings)];
  const [bothAsked, bothRead, bothClaimed] = [meeting(2), meeting(2), meeting(2)];
  const before = agents[0]?.simulator.writes().length ?? 0;
  await busy.refresh();
  const reports = await Promise.all(
    agents.map(async ({ ports }) => {
      const { store } = ports;
      // Both have asked before either looks whether it holds the lease; whoever works looks at the same open work, and so at the same commands.
      const together = changed(store, {
        takeLease: async (request) => {
          const taken = await store.takeLease(request);
          await bothAsked();
          return taken;
        },
        readOpenWork: async (...asked) => {
          const work = await store.readOpenWork(...asked);
          await bothRead();
          return work;
        },
        claimCommands: async (...claim) => {
          await store.claimCommands(...claim);
          await bothClaimed();
        },
      });
      const options = { runId: 'given-twice', processId: null, waitSeconds: 0, nextDueInSeconds: 10, takeOver: false };
      const report = await runCycle({ ...ports, store: together }, settings, new AbortController().signal, options);
      await bothClaimed();
      return report;
    }),
  );
  expect(reports.map(({ outcome }) => outcome).toSorted()).toEqual(['completed', 'skipped']);
  const writes = (agents[0]?.simulator.writes() ?? []).slice(before);
  expect(writes.length).toBeGreaterThan(0);
  expect(new Set(writes.map(({ commandId }) => commandId)).size).toBe(writes.length);
}, 60_000);
