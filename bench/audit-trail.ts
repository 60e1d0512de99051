/** One step of bench/audit.mjs in a process of its own, so that its peak memory is its own: prints one JSON object. */
import path from 'node:path';
import { exportedPieces, type ExportFormat } from '../src/cli/audit/export-rows.ts';
import { replaceWhole } from '../src/cli/whole-file.ts';
import { loadSettings } from '../src/config/load.ts';
import { checkAudit } from '../src/cycle/check-audit.ts';
import { eventOf } from '../src/domain/event.ts';
import { signingKey } from '../src/domain/key-ring.ts';
import type { Store } from '../src/ports/store.ts';
import { openStore } from '../src/store/open-store.ts';

const KEYS = [signingKey('bench', 'b'.repeat(64))];
const ROWS_AT_ONCE = 2000;

async function open(folder: string): Promise<Store> {
  const settings = { ...loadSettings({ env: {}, cwd: folder, flags: {} }), signingKeys: KEYS };
  const { store } = await openStore(settings, { create: true });
  await store.migrate(settings.agentId);
  return store;
}

/** Rows as a plant's weeks leave them: each with a copy of a ticket of half a kilobyte. */
async function append(store: Store, from: number, to: number): Promise<void> {
  const ticket = {
    actions: Array.from({ length: 3 }, (_, index) => ({
      sequence: index,
      tag: `[default]REACTOR_01/Setpoint${index}`,
      value: 75.5,
      unit: '%',
    })),
  };
  for (let done = from; done < to; done += ROWS_AT_ONCE) {
    const events = Array.from({ length: ROWS_AT_ONCE }, (_, index) =>
      eventOf(
        { agentId: 'ops_agent_001', runId: `run-${done}` },
        {
          subjectType: 'recommendation',
          subjectId: `subject-${done + index}`,
          event: 'created',
          toStatus: 'pending',
          reason: 'temperature 96',
          after: { ticket },
        },
      ),
    );
    await store.appendEvents(events, Date.UTC(2026, 0, 1) + done);
  }
}

/** The first append after a million rows must not look at them. */
async function appendOne(store: Store): Promise<void> {
  await store.readOpenWork('ops_agent_001');
  await store.appendEvents(
    [
      eventOf(
        { agentId: 'ops_agent_001', runId: 'last' },
        { subjectType: 'agent', subjectId: 'x', event: 'told', step: String(Math.random()) },
      ),
    ],
    Date.now(),
  );
}

async function* texts(format: ExportFormat): AsyncGenerator<string> {
  for await (const { text } of exportedPieces(store, format, null)) yield text;
}

function exportTo(format: ExportFormat): Promise<void> {
  const file = path.join(folder, `audit.${format}`);
  return replaceWhole(file, { flag: '--output', asked: file }, texts(format));
}

const [step = '', folder = '', from = '0', to = '0'] = process.argv.slice(2);
const store = await open(folder);
const steps: Readonly<Record<string, () => Promise<unknown>>> = {
  make: () => append(store, Number(from), Number(to)),
  one: () => appendOne(store),
  verify: async () => {
    const { findingsTotal, chains } = await checkAudit(store, { keys: KEYS, heads: [], mostFindings: 1 });
    if (findingsTotal > 0 || (chains[0]?.rows ?? 0) < Number(to))
      throw new Error(`${findingsTotal} findings in ${chains[0]?.rows ?? 0} rows`);
  },
  jsonl: () => exportTo('jsonl'),
  csv: () => exportTo('csv'),
};
const work = steps[step];
if (!work) throw new Error(`no step '${step}'`);
const begun = performance.now();
await work();
const ms = performance.now() - begun;
await store.close();
console.log(JSON.stringify({ ms, peakMb: process.resourceUsage().maxRSS / 1024 }));
