import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { ConfigInput } from '../../src/config/layers.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { Source } from '../../src/ports/source.ts';
import type { Store } from '../../src/ports/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { newWorkplace, type Workplace } from '../support/bundle.ts';
import { environmentOf } from './environment.ts';
import type { LoggedStatement } from './statement-log.ts';
import { onWarehouse } from './on-warehouse.ts';
import { type Warehouse, warehouse } from './start-warehouse.ts';

/** For a configuration: a cycle that Spark takes minutes over, on a busy machine, still sends what it claimed. */
export const UNHURRIED = { leaseSeconds: 900, statementTimeoutSeconds: 300 };

export interface Site extends Warehouse, Workplace {
  readonly schema: string;
  /** What the bundle runs under there. */
  readonly env: Readonly<Record<string, string>>;
  /** The ports of the bundle's own configuration, for a part of a cycle or what would take many. */
  atPorts(use: (opened: Opened) => Promise<void>, flags?: ConfigInput['flags']): Promise<void>;
  /** As an HMI or a historian does it, over another connection. `{}` is the schema. */
  sql(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** The statements that the bundle has sent since the log was cleared. */
  sent(): Promise<readonly LoggedStatement[]>;
  /** The program on a copy of the tables, with a plant of its own. */
  copied(schema: string): Promise<Site>;
  /** With its folder. */
  drop(): Promise<void>;
}

interface Opened {
  readonly store: Store;
  readonly source: Source;
  readonly settings: Settings;
}

async function opened(input: ConfigInput, use: (opened: Opened) => Promise<void>): Promise<void> {
  const settings = loadSettings(input);
  const { store, source } = await openStore(settings);
  try {
    await use({ store, source, settings });
  } finally {
    await source.close();
    await store.close();
  }
}

function siteAt(at: Warehouse, schema: string, file: string): Site {
  const env = environmentOf(at, schema);
  const place = newWorkplace(env);
  if (file !== '') writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), file);
  return {
    ...at,
    ...place,
    schema,
    env,
    atPorts: (use, flags) => opened({ cwd: place.cwd, env, ...(flags && { flags }) }, use),
    sql: (text) => at.control.sql(text.replaceAll('{}', schema)),
    sent: async () => (await at.control.log()).filter(({ userAgent }) => userAgent.includes('ops-agent/')),
    copied: async (name) => {
      await at.control.copySchema(schema, name);
      return siteAt(at, name, file);
    },
    drop: async () => {
      place.remove();
      await at.control.dropSchema(schema);
    },
  };
}

/**
 * The built program on a schema of its own, which it has set up itself; skipped, aloud, where no warehouse was started.
 *
 * @param file what stands in its configuration file
 */
export function withBundle(schema: string, tests: (site: () => Site) => void, file = ''): void {
  onWarehouse(`the built program: ${schema}`, () => {
    let made: Site | undefined;
    beforeAll(async () => {
      made = siteAt(warehouse(), schema, file);
      await made.control.clearLog();
      const { code, stderr } = await made.run('setup');
      if (code !== 0) throw new Error(`setup ended with ${code}: ${stderr}`);
    });
    afterEach(() => made?.control.clearFaults());
    afterAll(() => made?.drop());
    tests(() => {
      if (made === undefined) throw new Error('the site is made before the first test');
      return made;
    });
  });
}

/** A reading of now, as a historian stores it. */
export function reading(equipment: string, temperature: number): string {
  return `INSERT INTO {}.sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp, recorded_by)
VALUES ('SENSOR_${equipment}', '${equipment}', ${temperature}, 85.0, 50.0, 'good', current_timestamp(), 'historian')`;
}

/** An HMI's word for "approve", about what waits for it and where the condition holds. */
export function approval(condition = 'true', by = 'operator_1'): string {
  return `UPDATE {}.agent_recommendations SET status = 'approved', approved_timestamp = current_timestamp(), approved_by_operator = '${by}'
WHERE status = 'pending' AND ${condition}`;
}
