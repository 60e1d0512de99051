import { newRunId } from '../../src/cli/run-id.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../../src/config/environment.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import { eventOf } from '../../src/domain/event.ts';
import type { CyclePorts } from '../../src/cycle/ports.ts';
import type { CycleReport } from '../../src/cycle/report.ts';
import { runCycle } from '../../src/cycle/run-cycle.ts';
import { createSimulator } from '../../src/plant/simulator.ts';
import type { SimulatedPlant } from '../../src/plant/simulated-plant.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Plant, WriteOutcome, WriteRequest } from '../../src/ports/plant.ts';
import type { Outbox } from '../../src/ports/outbox.ts';
import type { Source } from '../../src/ports/source.ts';
import type { TableRow } from '../../src/ports/operator-store.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';

export type Flags = Readonly<Record<string, string | number | boolean>>;

/** One reading clears, nothing waits for a deadline that a test does not ask for. */
export const QUICK: Flags = {
  'rules.offDelaySeconds': 0,
  'rules.clearReadings': 1,
  'sensorFaults.offDelaySeconds': 0,
  'sensorFaults.clearReadings': 1,
  'plant.timeoutSeconds': 0.5,
  'plant.readBackSeconds': 0,
  'retry.attempts': 0,
};

export interface CycleChanges {
  readonly ports?: Partial<CyclePorts>;
  readonly runId?: string;
  readonly processId?: string | null;
  readonly signal?: AbortSignal;
  readonly settings?: Settings;
}

/** A real embedded store and a real simulated plant in a folder of their own, and what an operator does to them. */
export interface Scene {
  readonly folder: string;
  readonly settings: Settings;
  readonly store: Store;
  readonly source: Source;
  readonly outbox: Outbox;
  readonly plant: Plant & SimulatedPlant;
  readonly log: readonly string[];
  cycle(changes?: CycleChanges): Promise<CycleReport>;
  readonly sql: (text: string) => Promise<readonly TableRow[]>;
  reading(equipmentId: string, temperatureC: number, ageSeconds?: number): Promise<void>;
  /** The family's rows, oldest first. */
  rows(equipmentId: string): Promise<readonly TableRow[]>;
  /** The family's newest row. */
  row(equipmentId: string): Promise<TableRow>;
  commands(equipmentId: string): Promise<readonly TableRow[]>;
  /** Names of the events about a subject, in order. */
  events(subjectId: unknown): Promise<readonly string[]>;
  /** As the specification's HMI does it: plain SQL on the newest row. `columns` adds or replaces assignments. */
  approve(equipmentId: string, columns?: Readonly<Record<string, string>>): Promise<void>;
  /** Closes the files and leaves them there. */
  shut(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param replaced settings that no flag can say: rules and what may be written
 * @param file what stands in the configuration file
 * @param env what the environment says beside it
 */
export async function newScene(
  flags: Flags = {},
  {
    file = '',
    env = {},
    ...replaced
  }: Partial<Pick<Settings, 'rules' | 'tags'>> & { readonly file?: string; readonly env?: Environment } = {},
): Promise<Scene> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ops-agent-scene-'));
  if (file !== '') writeFileSync(path.join(folder, 'ops-agent.yaml'), file);
  const settings = { ...loadSettings({ env, cwd: folder, flags: { ...QUICK, ...flags } }), ...replaced };
  const { store, source, outbox } = await openStore(settings, { create: true });
  await store.migrate(settings.agentId);
  const { simulatorPath, simulatorLatencySeconds: latencySeconds, timeoutSeconds } = settings.plant;
  const { signingKeys: keys } = settings;
  const tags = settings.tags.allow;
  const plant = await createSimulator({ path: simulatorPath, latencySeconds, timeoutSeconds, now: () => Date.now(), tags, keys });
  const log: string[] = [];
  const ports: CyclePorts = { store, source, plant, log: collecting(log), monotonic: () => performance.now() };
  const sql = async (text: string) => (await store.runSql(text)).rows;
  const rows = (equipmentId: string) =>
    sql(`SELECT * FROM agent_recommendations WHERE equipment_id = '${equipmentId}' ORDER BY created_timestamp, rowid`);
  const row = async (equipmentId: string) => theOnly((await rows(equipmentId)).slice(-1), equipmentId);
  let isShut = false;
  const shut = async () => {
    if (isShut) return;
    isShut = true;
    await plant.close();
    await source.close();
    await store.close();
  };
  return {
    folder,
    settings,
    store,
    source,
    outbox,
    plant,
    log,
    cycle: ({
      ports: other = {},
      runId = newRunId(),
      processId = null,
      signal = new AbortController().signal,
      settings: today = settings,
    } = {}) => runCycle({ ...ports, ...other }, today, signal, { runId, processId, waitSeconds: 0, nextDueInSeconds: 10, takeOver: false }),
    sql,
    reading: async (equipmentId, temperatureC, ageSeconds = 0) => {
      await sql(insertReading(equipmentId, temperatureC, Date.now() - ageSeconds * 1000));
    },
    rows,
    row,
    commands: (equipmentId) =>
      sql(
        `SELECT c.* FROM agent_commands c WHERE equipment_id = '${equipmentId}' ORDER BY created_timestamp, recommendation_id, sequence, command_id`,
      ),
    events: async (subjectId) =>
      (await sql(`SELECT event FROM agent_events WHERE subject_id = '${String(subjectId)}' ORDER BY at, ordinal, rowid`)).map((event) =>
        String(event['event']),
      ),
    approve: async (equipmentId, columns = {}) => {
      const { recommendation_id: id } = await row(equipmentId);
      await sql(approval(String(id), columns));
    },
    shut,
    close: async () => {
      await shut();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function theOnly<T>(list: readonly T[], what: string): T {
  const [first] = list;
  if (first === undefined || list.length > 1) throw new Error(`expected one row for ${what}, found ${list.length}`);
  return first;
}

function collecting(lines: string[]): Log {
  const add = (message: string) => void lines.push(message);
  return { debug: add, info: add, warn: add, error: add };
}

/** A time as the embedded store spells it. */
export function timeText(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace('Z', '');
}

export function insertReading(equipmentId: string, temperatureC: number, at: number, status = 'good'): string {
  return `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp, recorded_by)
    VALUES ('T_${equipmentId}', '${equipmentId}', ${temperatureC}, 95, 48, '${status}', '${timeText(at)}', 'test')`;
}

export function approval(recommendationId: string, columns: Readonly<Record<string, string>> = {}): string {
  const set = { status: `'approved'`, approved_by_operator: `'anna'`, approved_timestamp: 'CURRENT_TIMESTAMP', ...columns };
  const assignments = Object.entries(set).map(([name, value]) => `${name} = ${value}`);
  return `UPDATE agent_recommendations SET ${assignments.join(', ')} WHERE recommendation_id = '${recommendationId}'`;
}

/** As the command line does it: told to the audit first, bound to the ticket that was seen. */
export async function decideByCommandLine(
  scene: Pick<Scene, 'store' | 'row'>,
  equipmentId: string,
  kind: 'approve' | 'reject' | 'defer',
  by: string,
): Promise<void> {
  const { recommendation_id: id, action_hash: seen } = await scene.row(equipmentId);
  const who = { recommendationId: String(id), by, via: 'cli:login' };
  const names = { approve: 'approval_given', reject: 'rejection_given', defer: 'deferral_given' } as const;
  const about = { subjectType: 'recommendation', subjectId: who.recommendationId, event: names[kind] } as const;
  const event = eventOf({ agentId: 'test', runId: newRunId() }, { ...about, actor: `${by} via ${who.via}` });
  const verdicts = {
    approve: { kind: 'approve', seenHash: String(seen) },
    reject: { kind: 'reject', reason: 'no' },
    defer: { kind: 'defer', until: Date.now() + 3600_000, reason: null },
  } as const;
  const { decided } = await scene.store.decide({ ...who, ...verdicts[kind] }, event);
  if (!decided) throw new Error(`${by} could not ${kind} ${equipmentId}`);
}

/** The port with some of its methods replaced: everything else is the real one's. */
export function changed<T extends object>(port: T, methods: Partial<T>): T {
  return new Proxy(port, {
    get: (target, name) => {
      const value: unknown = Reflect.get(Object.hasOwn(methods, name) ? methods : target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** The plant with another way of writing or reading; what is not given is the inner plant's. */
export function plantWith(
  inner: Plant,
  ways: { readonly write?: (request: WriteRequest) => Promise<WriteOutcome>; readonly read?: Plant['read'] },
): Plant {
  return {
    kind: inner.kind,
    description: inner.description,
    acts: inner.acts,
    read: (tags) => (ways.read ?? ((asked) => inner.read(asked)))(tags),
    write: (request) => (ways.write ?? ((asked) => inner.write(asked)))(request),
    close: () => inner.close(),
  };
}
