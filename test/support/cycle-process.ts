/**
 * One cycle in a process of its own, with settings that no file can say, to be killed by OPS_AGENT_CRASH_AT. Says the report on stdout
 * when it lives to its end.
 */
import type { Settings } from '../../src/config/settings.ts';
import { newRunId } from '../../src/cli/run-id.ts';
import { runCycle } from '../../src/cycle/run-cycle.ts';
import { parseCrashPoint } from '../../src/domain/crash-point.ts';
import { crashingPlant } from '../../src/plant/crashing-plant.ts';
import { createPlant } from '../../src/plant/create-plant.ts';
import type { Log } from '../../src/ports/log.ts';
import { openStore } from '../../src/store/open-store.ts';

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

async function cycle(settings: Settings): Promise<void> {
  const { store, source } = await openStore(settings);
  const created = await createPlant(settings.plant, () => Date.now(), settings.tags.allow);
  const point = parseCrashPoint(process.env['OPS_AGENT_CRASH_AT']);
  const plant = point?.at === 'plant' ? crashingPlant(created, point) : created;
  const ports = { store, source, plant, log: silent, monotonic: () => performance.now() };
  const asked = { runId: newRunId(), processId: 'a-process', waitSeconds: 0, nextDueInSeconds: 10, takeOver: false };
  const report = await runCycle(ports, settings, new AbortController().signal, asked);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  await plant.close();
  await source.close();
  await store.close();
}

const [settings] = process.argv.slice(2).map((text) => JSON.parse(text) as unknown);
void cycle(settings as Settings); // the suite wrote them
