import type { ConfigInput } from '../config/layers.ts';
import type { Settings } from '../config/settings.ts';
import { crashPointsIn } from '../domain/crash-point.ts';
import type { Log } from '../ports/log.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { Outbox } from '../ports/outbox.ts';
import type { Plant } from '../ports/plant.ts';
import type { Source } from '../ports/source.ts';
import type { Store } from '../ports/store.ts';
import type { GlobalOptions } from './global-options.ts';
import type { Interruption } from './interruption.ts';
import { hasColours, type Output, outputOf } from './output.ts';

/** What a command works with. Everything is opened when first asked for and closed by whoever started the command. */
export interface CliContext {
  readonly globals: GlobalOptions;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Output;
  readonly interruption: Interruption;
  /** Milliseconds; only for durations. */
  readonly monotonic: () => number;
  /** What loadSettings takes, for commands that change or explain it. */
  configInput(): Promise<ConfigInput>;
  /** @throws AgentError usage */
  settings(): Promise<Settings>;
  log(): Promise<Log>;
  /**
   * `create` makes what is missing, `anySchema` takes what is there; only the first asker decides.
   * @throws AgentError not_set_up, store_unavailable
   */
  store(options?: { readonly create?: boolean; readonly anySchema?: boolean }): Promise<Store>;
  source(): Promise<Source>;
  outbox(): Promise<Outbox>;
  /** Says which run sends the statements from now on, for whoever reads a warehouse's query history. */
  nameRun(runId: string): void;
  /** @throws AgentError plant_unavailable */
  plant(): Promise<Plant>;
  notifier(): Promise<Notifier>;
  /** Plant, source, store, in that order, as far as they were opened. Every one is tried; the first failure is thrown. */
  close(): Promise<void>;
}

/** Remembers the promise, so that two askers get one connection. */
function once<T>(open: () => Promise<T>): { readonly get: () => Promise<T>; readonly opened: () => Promise<T> | undefined } {
  let promise: Promise<T> | undefined;
  return { get: () => (promise ??= open()), opened: () => promise };
}

async function plantOf({ plant, tags, signingKeys: keys }: Settings, env: NodeJS.ProcessEnv): Promise<Plant> {
  const { createPlant } = await import('../plant/create-plant.ts');
  const created = await createPlant(plant, { now: () => Date.now(), tags: tags.allow, keys });
  const points = crashPointsIn(env, 'plant');
  return points.length === 0 ? created : points.reduce((await import('../plant/crashing-plant.ts')).crashingPlant, created);
}

export function createContext(globals: GlobalOptions, interruption: Interruption): CliContext {
  const cwd = process.cwd();
  const env = process.env;
  const configInput = once<ConfigInput>(async () => {
    const { flagsOf } = await import('./configuration-flags.ts');
    return { configPath: globals.config, env, cwd, flags: flagsOf(globals) };
  });
  const settings = once(async () => (await import('../config/load.ts')).loadSettings(await configInput.get()));
  const log = once(async () => (await import('../log.ts')).createLog((await settings.get()).logging));
  let asked: { readonly create?: boolean; readonly anySchema?: boolean } = {};
  let runId: string | null = null;
  const database = once(async () => {
    const { openStore } = await import('../store/open-store.ts');
    return openStore(await settings.get(), { signal: interruption.signal, log: await log.get(), runId: () => runId, ...asked });
  });
  const plant = once(async () => plantOf(await settings.get(), env));
  const notifier = once(async () => (await import('../notify/create-notifier.ts')).createNotifier((await settings.get()).notify, Date.now));
  return {
    globals,
    cwd,
    env,
    out: outputOf(hasColours(globals, env)),
    interruption,
    monotonic: () => performance.now(),
    configInput: configInput.get,
    settings: settings.get,
    log: log.get,
    store: async (options) => {
      asked = { ...options, ...asked };
      return (await database.get()).store;
    },
    source: async () => (await database.get()).source,
    outbox: async () => (await database.get()).outbox,
    nameRun: (named) => {
      runId = named;
    },
    plant: plant.get,
    notifier: notifier.get,
    close: () => closeAll(plant.opened(), database.opened()),
  };
}

async function closeAll(plant: Promise<Plant> | undefined, database: Promise<{ store: Store; source: Source }> | undefined): Promise<void> {
  // What could not be opened was reported by whoever asked for it, and needs no closing.
  const openPlant = await plant?.catch(() => undefined);
  const open = await database?.catch(() => undefined);
  const failures: unknown[] = [];
  for (const part of [openPlant, open?.source, open?.store]) {
    try {
      await part?.close();
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  if (failures.length > 0) throw failures[0];
}
