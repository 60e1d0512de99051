import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { loadSettings } from '../../src/config/load.ts';
import { openStore } from '../../src/store/open-store.ts';
import { newWorkplace } from '../support/bundle.ts';
import { UNHURRIED } from './bundle-at-warehouse.ts';
import { loginOf } from './environment.ts';
import { MOST_PARAMETERS } from './limits.ts';
import { MOST_LOOKS, OF_A_TIME, pushedOf } from './pushed.ts';
import { withConnection } from './with-connection.ts';

const SCHEMA = 'many_signals_test';
const TIMEOUT_MS = 600_000;
/** Each has two parameters at least, more where it is converted: too many for one statement. */
const SIGNALS = 130;
const FIRST = ['temperature', 'pressure', 'flow_rate'];
const NAMES = [...FIRST, ...Array.from({ length: SIGNALS - FIRST.length }, (_, index) => `signal_${index + FIRST.length}`)];
const [IMPOSSIBLE = '', LAST = ''] = NAMES.slice(-2);
const COLUMNS = Object.fromEntries(NAMES.map((name, index) => [name, `c_${index}`]));
const TEXT = 'c_4';
/** 10 bar are 145 psi; the last signal but one is beyond its limits. */
const VALUES = NAMES.map((name) => (name === LAST ? 10 : name === IMPOSSIBLE ? 11 : 1));

type Shape = 'wide' | 'long';

/** A band on the last signal, which is stored in another unit as every other one is; the equipment's class has causes that read trends. */
function configuration(shape: Shape): string {
  const band = {
    rule: 'last-high',
    signal: LAST,
    above: 100,
    severity: 'high',
    issueType: 'high',
    confidence: 1,
    recommendedAction: 'Look',
  };
  return JSON.stringify({
    store: UNHURRIED,
    source: {
      table: shape,
      shape,
      columns: { [shape === 'wide' ? 'status' : 'quality']: null, signals: COLUMNS },
      units: Object.fromEntries(NAMES.filter((_, index) => index > FIRST.length && index % 2 === 1).map((name) => [name, 'bar'])),
      physicalLimits: { [IMPOSSIBLE]: { min: 0, max: 10 } },
      equipment: { include: Array.from({ length: 20 }, (_, index) => `PUMP_${index}*`) },
    },
    equipment: [{ match: '*', class: 'pump' }],
    rules: { bands: [band] },
  });
}

withConnection(SCHEMA, (scene) => {
  const environment = () => ({
    ...loginOf(scene()),
    OPS_AGENT_STORE_KIND: 'embedded',
    OPS_AGENT_SOURCE_CONNECTION_KIND: 'databricks',
    OPS_AGENT_SOURCE_CONNECTION_SCHEMA: SCHEMA,
    OPS_AGENT_SOURCE_CONNECTION_CA_FILE: scene().caFile,
  });

  const sql = (text: string) => scene().control.sql(text.replaceAll('{}', SCHEMA));

  beforeAll(async () => {
    const columns = Object.values(COLUMNS);
    // A text among the numbers harms its own signal alone.
    const typed = columns.map((column) => `${column} ${column === TEXT ? 'STRING' : 'DOUBLE'}`);
    await sql(`CREATE TABLE {}.wide (equipment_id STRING, timestamp TIMESTAMP, ${typed.join(', ')}) USING DELTA`);
    await sql('CREATE TABLE {}.long (equipment_id STRING, timestamp TIMESTAMP, sensor_type STRING, sensor_value DOUBLE) USING DELTA');
    const values = columns.map((column, index) => (column === TEXT ? "'n/a'" : VALUES[index]));
    await sql(`INSERT INTO {}.wide SELECT 'PUMP_7', current_timestamp(), ${values.join(', ')}`);
    const pairs = columns.map((column, index) => `struct('${column}' AS sensor_type, ${VALUES[index]}D AS sensor_value)`);
    await sql(`INSERT INTO {}.long SELECT 'PUMP_7', current_timestamp(), inline(array(${pairs.join(', ')}))`);
  });

  test.each(['wide', 'long'] as const)(
    'more signals than a statement has parameters are looked at in a %s table, of no other time than is wanted',
    async (shape) => {
      const place = newWorkplace({});
      writeFileSync(path.join(place.cwd, 'ops-agent.yaml'), configuration(shape));
      writeFileSync(path.join(place.cwd, 'ops-agent.db'), '');
      await scene().control.clearLog();
      const settings = loadSettings({ cwd: place.cwd, env: environment() });
      const { store, source } = await openStore(settings, { anySchema: true });
      const now = Date.now();
      const window = { watermark: now - 600_000, live: { after: now - 600_000, upTo: now }, backlog: null };
      const sensors = { rules: settings.sensorFaults, known: [] };
      const found = await source.detect({ window, rules: settings.rules, known: [], accounted: [], sensors });
      expect(found.states).toMatchObject([{ equipmentId: 'PUMP_7', familyId: LAST }]);
      const peak = found.states[0]?.raised?.peak;
      const signals = ['temperature', 'signal_5', LAST].map((name) => [peak?.signals.get(name), peak?.trends.get(name)?.highest]);
      // 1 bar and 10 bar in psi.
      const values = [1, 14.504, 145.038];
      expect(signals).toEqual(values.map((value) => [expect.closeTo(value, 2), expect.closeTo(value, 2)]));
      const faults = found.sensors.map(({ equipmentId, signal, bad }) => [equipmentId, signal, bad?.fault]);
      const ofText = shape === 'wide' ? [['PUMP_7', 'signal_4', 'not_a_number']] : [];
      expect(faults).toEqual([['PUMP_7', IMPOSSIBLE, 'out_of_range'], ...ofText]);
      await source.close();
      await store.close();
      place.remove();
      const sent = async () => (await scene().control.log()).filter(({ userAgent }) => userAgent.includes('ops-agent/'));
      expect((await sent())[0]?.parameters.length).toBeLessThanOrEqual(MOST_PARAMETERS);
      const pushed = await pushedOf({ ...scene(), schema: SCHEMA, sent }, shape);
      expect(pushed.filter((filters) => !OF_A_TIME.test(filters))).toEqual([]);
      expect(pushed.length).toBeLessThanOrEqual(MOST_LOOKS);
    },
    TIMEOUT_MS,
  );
});
