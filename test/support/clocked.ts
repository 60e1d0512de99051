import type { Settings } from '../../src/config/settings.ts';
import { runCycle } from '../../src/cycle/run-cycle.ts';
import type { CycleReport } from '../../src/cycle/report.ts';
import type { Instant } from '../../src/domain/instant.ts';
import { createAdvisory } from '../../src/plant/advisory.ts';
import type { TableRow } from '../../src/ports/operator-store.ts';
import type { Store } from '../../src/ports/store.ts';
import { read, type SqlValue, write } from '../../src/store/connection.ts';
import type { Dialect } from '../../src/store/dialect.ts';
import { openEmbedded } from '../../src/store/embedded/connection.ts';
import { embeddedDialect } from '../../src/store/embedded/dialect.ts';
import { Session } from '../../src/store/session.ts';
import { createSqlStore } from '../../src/store/sql-store.ts';
import { SqlSource } from '../../src/store/sql-source.ts';
import { AGENT, SETTINGS } from './stores.ts';
import { SILENT } from './silent-log.ts';

const DIALECT: Dialect = { ...embeddedDialect, now: '(SELECT said FROM clock_of_the_test)' };

/** An embedded store in memory under a clock of the test's own, as an engine without a holder's lock. */
export interface Clocked {
  readonly store: Store;
  setClock(now: Instant): Promise<void>;
  /** @throws Error for a cycle that was not whole */
  cycle(options?: { readonly processId?: string; readonly store?: Store }): Promise<CycleReport>;
  /** Times in `params` are instants: they are bound in the store's spelling. */
  sql(text: string, params?: Readonly<Record<string, Instant>>): Promise<readonly TableRow[]>;
  reading(equipmentId: string, temperatureC: number, at: Instant): Promise<void>;
  close(): Promise<void>;
}

export async function openClocked(now: Instant, settings: Partial<Settings> = {}): Promise<Clocked> {
  const used: Settings = { ...SETTINGS, agentId: AGENT, ...settings };
  const connection = await openEmbedded(':memory:', true);
  const spelled = (params: Readonly<Record<string, Instant>>): Record<string, SqlValue> =>
    Object.fromEntries(Object.entries(params).map(([name, at]) => [name, DIALECT.encodeTime(at)]));
  await connection.execute(write('CREATE TABLE clock_of_the_test (said TEXT)'));
  await connection.execute(write('INSERT INTO clock_of_the_test VALUES (:now)', spelled({ now })));
  const store = createSqlStore({
    session: new Session(connection, DIALECT),
    lock: null,
    sourceTable: 'sensor_data',
    description: 'clocked',
  });
  const source = new SqlSource(new Session(connection, DIALECT), used.source);
  await store.migrate(AGENT);
  let run = 0;
  return {
    store,
    setClock: async (at) => void (await connection.execute(write('UPDATE clock_of_the_test SET said = :at', spelled({ at })))),
    cycle: async ({ processId = null, store: today = store } = {}) => {
      run += 1;
      const ports = { store: today, source, plant: createAdvisory(), log: SILENT, monotonic: () => 0 };
      const options = { runId: `run-${run}`, processId, waitSeconds: 0, nextDueInSeconds: 10, takeOver: false };
      const report = await runCycle(ports, used, new AbortController().signal, options);
      if (report.outcome !== 'completed') throw new Error(`the cycle was ${report.outcome}: ${JSON.stringify(report)}`);
      return report;
    },
    sql: async (text, params = {}) => {
      const statement = text.startsWith('SELECT') ? read(text, spelled(params)) : write(text, spelled(params));
      return (await connection.execute(statement)).rows;
    },
    reading: async (equipmentId, temperatureC, at) => {
      await connection.execute(
        write(
          `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
VALUES ('S', :equipment, :temperature, 95, 48, 'good', :at)`,
          { equipment: equipmentId, temperature: temperatureC, ...spelled({ at }) },
        ),
      );
    },
    close: () => connection.close(),
  };
}
