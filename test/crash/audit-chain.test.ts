import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { environmentNameOf } from '../../src/config/environment-names.ts';
import type { Settings } from '../../src/config/settings.ts';
import { prune } from '../../src/cycle/prune.ts';
import { eventOf } from '../../src/domain/event.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { verified } from '../support/audit.ts';
import { ensureBundle, newWorkplace, startBundle, type Workplace } from '../support/bundle.ts';
import { newScene, QUICK, type Scene } from '../support/scenario.ts';
import { withStoreFile } from '../support/store-file.ts';

const TIMEOUT_MS = 120_000;
const KEEP_SECONDS = 400 * 86_400;
const env = Object.fromEntries(Object.entries(QUICK).map(([key, value]) => [environmentNameOf(key), String(value)]));

let place: Workplace | undefined;
let scene: Scene | undefined;
beforeAll(() => ensureBundle(), TIMEOUT_MS);
afterEach(async () => {
  place?.remove();
  await scene?.close();
});

test(
  'operators and cycles that write at once, each in a process of its own, make one chain',
  async () => {
    const here = newWorkplace(env);
    place = here;
    await here.run('setup', '--sample-data');
    const people = Array.from({ length: 8 }, (_, index) => here.run('session', 'login', '--by', `operator_${index}`));
    const cycles = Array.from({ length: 4 }, () => here.run('run-once', '--wait', '30s'));
    const results = await Promise.all([...people, ...cycles]);
    expect(results.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual(results.map(() => 0));
    // Eight logins, and the two recommendations of the sample readings.
    expect(await here.json('audit', 'verify', '--json')).toMatchObject({ sound: true, chains: [{ rows: 10, first_seq: 1, last_seq: 10 }] });
  },
  TIMEOUT_MS,
);

/** A store with a beginning that may go, and rows of each kind with it. */
async function oldScene(): Promise<Scene> {
  const made = await newScene();
  const long = Date.now() - 500 * 86_400_000;
  const told = ['old-1', 'old-2', 'old-3'].map((subjectId) =>
    eventOf({ agentId: made.settings.agentId, runId: 'long-ago' }, { subjectType: 'recommendation', subjectId, event: 'withdrawn' }),
  );
  await made.store.appendEvents(told, long);
  await made.sql(`INSERT INTO agent_recommendations (recommendation_id, equipment_id, issue_type, issue_family, severity, recommended_action,
      confidence_score, status, guarded_status, created_timestamp)
    SELECT subject_id, 'REACTOR_02', 'hot', 'temperature', 'high', 'act', 0.9, 'withdrawn', 'withdrawn', at FROM agent_events`);
  await made.reading('REACTOR_02', 97);
  await made.cycle();
  await made.shut();
  return made;
}

async function withStore<T>(settings: Settings, folder: string, work: (store: Store) => Promise<T>): Promise<T> {
  const { store } = await openStore(withStoreFile(settings, path.join(folder, 'ops-agent.db')));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** The audit is sound, what protects it is in place, and pruning again leaves nothing that may go. */
async function expectCompleted(settings: Settings, store: Store): Promise<void> {
  expect(await verified(store)).toMatchObject({ findingsTotal: 0 });
  expect(await store.checkSchema(settings.agentId)).toEqual({ state: 'up_to_date', problems: [], remedy: '' });
  const request = { runId: 'again', keepSeconds: KEEP_SECONDS, actor: 'anna', keys: [], dryRun: false, waitSeconds: 0 };
  await prune(store, settings, request, new AbortController().signal);
  expect(await verified(store)).toMatchObject({ findingsTotal: 0, chains: [{ firstSeq: 4 }] });
  const rows = await store.listRecommendations({ statuses: [], equipmentId: null, limit: 9 });
  expect(rows.map(({ status }) => status)).toEqual(['pending']);
}

test(
  'prune killed after any of its statements leaves a sound audit that is protected, and the next one completes it',
  async () => {
    const made = await oldScene();
    scene = made;
    for (let killed = 0; ; killed += 1) {
      const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-pruned-'));
      try {
        cpSync(made.folder, folder, { recursive: true });
        const crash = { ...env, OPS_AGENT_CRASH_AT: `statement:${killed + 1}:after` };
        const run = startBundle(['prune', '--keep', '400d', '--by', 'anna'], { cwd: folder, env: crash });
        const { code, stderr } = await run.done;
        await withStore(made.settings, folder, (store) => expectCompleted(made.settings, store));
        if (run.child.signalCode === 'SIGKILL') continue;
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(killed).toBeGreaterThan(15);
        return;
      } catch (thrown) {
        throw new Error(`killed after statement ${killed + 1}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
          cause: thrown,
        });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  },
  TIMEOUT_MS,
);
