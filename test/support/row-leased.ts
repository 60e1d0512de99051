import type { Settings } from '../../src/config/settings.ts';
import type { CyclePorts } from '../../src/cycle/ports.ts';
import type { CrashPoint } from '../../src/domain/crash-point.ts';
import { crashingPlant } from '../../src/plant/crashing-plant.ts';
import type { SimulatedPlant } from '../../src/plant/simulated-plant.ts';
import { createSimulator } from '../../src/plant/simulator.ts';
import type { Plant } from '../../src/ports/plant.ts';
import type { Connection } from '../../src/store/connection.ts';
import { crashingConnection } from '../../src/store/crashing-connection.ts';
import { openEmbedded } from '../../src/store/embedded/connection.ts';
import { embeddedDialect } from '../../src/store/embedded/dialect.ts';
import { retryingConnection } from '../../src/store/retrying-connection.ts';
import { Session } from '../../src/store/session.ts';
import { createSqlStore } from '../../src/store/sql-store.ts';
import { SqlSource } from '../../src/store/sql-source.ts';
import { plantWith } from './scenario.ts';
import { storeFile } from './store-file.ts';
import { SILENT } from './silent-log.ts';

/** How often each was called, controls and retries included: the points at which a process can be told to stop. */
export type Calls = Readonly<Record<CrashPoint['at'], number>>;

export interface RowLeased {
  readonly ports: CyclePorts;
  readonly simulator: SimulatedPlant;
  readonly calls: Calls;
  readonly close: () => Promise<void>;
}

/**
 * An agent's ports over a store without a holder's lock, as every store is that several machines share: what keeps two agents apart is
 * the lease in the row with its epoch, and the plant's own look at `not_after`.
 */
export async function openRowLeased(settings: Settings, points: readonly CrashPoint[] = []): Promise<RowLeased> {
  const calls = { statement: 0, plant: 0 };
  const pointsAt = (at: CrashPoint['at']) => points.filter((point) => point.at === at);
  const counted = countedConnection(await openEmbedded(storeFile(settings), false), () => (calls.statement += 1));
  const connection = retryingConnection(pointsAt('statement').reduce(crashingConnection, counted), settings.retry);
  const store = createSqlStore({
    session: new Session(connection, embeddedDialect),
    lock: null,
    sourceTable: settings.source.table,
    description: 'without a lock',
  });
  const source = new SqlSource(new Session(connection, embeddedDialect), settings.source);
  const { simulatorPath: path, simulatorLatencySeconds: latencySeconds, timeoutSeconds } = settings.plant;
  const simulator = await createSimulator({ path, latencySeconds, timeoutSeconds, now: () => Date.now(), tags: settings.tags.allow });
  const plant = pointsAt('plant').reduce(
    crashingPlant,
    countedPlant(simulator, () => (calls.plant += 1)),
  );
  return {
    ports: { store, source, plant, log: SILENT, monotonic: () => performance.now() },
    simulator,
    calls,
    close: async () => {
      await simulator.close();
      await store.close();
    },
  };
}

function countedConnection(inner: Connection, count: () => void): Connection {
  return {
    hasTransactions: inner.hasTransactions,
    execute: (statement) => {
      count();
      return inner.execute(statement);
    },
    executeAll: (statements) => inner.executeAll(statements),
    close: () => inner.close(),
  };
}

function countedPlant(inner: Plant, count: () => void): Plant {
  return plantWith(inner, {
    read: (tags) => {
      count();
      return inner.read(tags);
    },
    write: (request) => {
      count();
      return inner.write(request);
    },
  });
}
