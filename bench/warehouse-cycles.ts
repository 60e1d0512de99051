/** The measurement of bench/warehouse.mjs, in a process of its own: where the warehouse is, an empty folder, how many recommendations. */
import { newRunId } from '../src/cli/run-id.ts';
import { loadSettings } from '../src/config/load.ts';
import type { Settings } from '../src/config/settings.ts';
import { runCycle } from '../src/cycle/run-cycle.ts';
import { createPlant } from '../src/plant/create-plant.ts';
import { type Connection, read, type Statement, write } from '../src/store/connection.ts';
import { openWarehouse } from '../src/store/databricks/connection.ts';
import { openStore } from '../src/store/open-store.ts';
import { type Control, controlAt } from '../test/warehouse/control.ts';
import { environmentOf } from '../test/warehouse/environment.ts';
import type { WarehouseAddress } from '../test/warehouse/warehouse-process.ts';
import { SILENT } from '../test/support/silent-log.ts';

const SCHEMA = 'bench';

interface Cost {
  readonly statements: number;
  readonly seconds: number;
}

/** Pieces of equipment by number, the first and the last of them. */
type Numbers = readonly [first: number, last: number];

interface Way {
  readonly readings: string;
  readonly recommendations: string;
  readonly commands: string;
  cycle(): Promise<void>;
}

/** Too hot all at once. */
const readings = (table: string, [first, last]: Numbers) =>
  `INSERT INTO ${SCHEMA}.${table} (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
SELECT 'T', concat('EQ_', n), 87, 95, 48, 'good', current_timestamp() FROM (SELECT explode(sequence(${first}, ${last})) AS n)`;

const approval = (table: string) =>
  `UPDATE ${SCHEMA}.${table} SET status = 'approved', approved_timestamp = current_timestamp(), approved_by_operator = 'bench' WHERE status = 'pending'`;

/**
 * From readings to executed writes in two cycles: what the warehouse was asked, by its own log, and how long that took. People's part between
 * them, one statement for all approvals, is in neither.
 */
async function costOf(way: Way, control: Control, numbers: Numbers): Promise<Cost> {
  await control.sql(readings(way.readings, numbers));
  let cost: Cost = { statements: 0, seconds: 0 };
  for (const isFirst of [true, false]) {
    if (!isFirst) await control.sql(approval(way.recommendations));
    await control.clearLog();
    const begun = performance.now();
    await way.cycle();
    const seconds = (performance.now() - begun) / 1000;
    cost = { statements: cost.statements + (await control.log()).length, seconds: cost.seconds + seconds };
  }
  const [done] = await control.sql(`SELECT COUNT(*) AS n FROM ${SCHEMA}.${way.commands} WHERE status = 'executed'`);
  const [, last] = numbers;
  if (done?.['n'] !== last) throw new Error(`${String(done?.['n'])} of ${last} commands were executed`);
  return cost;
}

async function byTheAgent(settings: Settings, measure: (way: Way) => Promise<Cost>): Promise<Cost> {
  const { store, source } = await openStore(settings, { create: true });
  const plant = await createPlant(settings.plant, { now: () => Date.now() });
  await store.migrate(settings.agentId);
  const ports = { store, source, plant, log: SILENT, monotonic: () => performance.now() };
  const cycle = async () => {
    const options = { runId: newRunId(), processId: null, waitSeconds: 0, nextDueInSeconds: 10, takeOver: false };
    const { outcome, errors } = await runCycle(ports, settings, new AbortController().signal, options);
    if (outcome !== 'completed') throw new Error(`the cycle was ${outcome}: ${JSON.stringify(errors)}`);
  };
  const cost = await measure({ readings: 'sensor_data', recommendations: 'agent_recommendations', commands: 'agent_commands', cycle });
  await plant.close();
  await source.close();
  await store.close();
  return cost;
}

const ROW_TABLES = [
  `CREATE TABLE ${SCHEMA}.row_readings (sensor_id STRING, equipment_id STRING, temperature DOUBLE, pressure DOUBLE, flow_rate DOUBLE, sensor_status STRING,
    timestamp TIMESTAMP) USING DELTA`,
  `CREATE TABLE ${SCHEMA}.row_recommendations (recommendation_id STRING, equipment_id STRING, issue_type STRING, severity STRING, temperature_reading DOUBLE,
    pressure_reading DOUBLE, flow_rate_reading DOUBLE, root_cause_analysis STRING, recommended_action STRING, confidence_score DOUBLE, status STRING,
    created_timestamp TIMESTAMP, created_by_agent STRING, approved_timestamp TIMESTAMP, approved_by_operator STRING, executed_timestamp TIMESTAMP) USING DELTA`,
  `CREATE TABLE ${SCHEMA}.row_commands (command_id STRING, recommendation_id STRING, equipment_id STRING, tag_path STRING, new_value STRING,
    action_description STRING, severity STRING, status STRING, created_timestamp TIMESTAMP, created_by_agent STRING, executed_timestamp TIMESTAMP) USING DELTA`,
  `CREATE TABLE ${SCHEMA}.row_health (agent_id STRING, last_heartbeat TIMESTAMP, status STRING, polls_completed BIGINT) USING DELTA`,
];

const INSERT_RECOMMENDATION = `INSERT INTO row_recommendations VALUES (:id, :equipment, 'elevated_temperature', 'medium', :temperature, 95, 48, 'elevated temperature',
  'Reduce throughput by 10% and monitor temperature', 0.85, 'pending', current_timestamp(), 'bench', NULL, NULL, NULL)`;
const INSERT_COMMAND = `INSERT INTO row_commands VALUES (:id, :recommendation, :equipment, :tag, '90', 'Reduce throughput', 'medium', 'pending',
  current_timestamp(), 'bench', NULL)`;

/**
 * The specification's cycle, phase by phase: a query and a statement for every row in each of the first three, and the heartbeat. A
 * recommendation costs four (INSERT it, INSERT its command, UPDATE both), a cycle four more: 408 for 100 recommendations in two cycles. Two
 * things are kinder than the specification: nothing is recommended again in every cycle, and the plant is left out, which is in the agent's figures.
 */
async function cycleByRow(connection: Connection): Promise<void> {
  const rowsOf = async (statement: Statement) => (await connection.execute(statement)).rows;
  const hot = await rowsOf(
    read(
      `SELECT equipment_id, temperature FROM row_readings WHERE equipment_id NOT IN (SELECT equipment_id FROM row_recommendations) ORDER BY timestamp DESC LIMIT 100`,
    ),
  );
  for (const { equipment_id: equipment, temperature } of hot)
    await connection.execute(
      write(INSERT_RECOMMENDATION, { id: newRunId(), equipment: String(equipment), temperature: Number(temperature) }),
    );
  for (const { recommendation_id: id, equipment_id: equipment } of await rowsOf(
    read(`SELECT recommendation_id, equipment_id FROM row_recommendations WHERE status = 'approved'`),
  )) {
    const tag = `[default]${String(equipment)}/ThroughputSetpoint`;
    const recommendation = String(id);
    await connection.execute(write(INSERT_COMMAND, { id: newRunId(), recommendation, equipment: String(equipment), tag }));
    await connection.execute(
      write(
        `UPDATE row_recommendations SET status = 'executing', executed_timestamp = current_timestamp() WHERE recommendation_id = :recommendation`,
        { recommendation },
      ),
    );
  }
  for (const { command_id: id } of await rowsOf(read(`SELECT command_id FROM row_commands WHERE status = 'pending'`)))
    await connection.execute(
      write(`UPDATE row_commands SET status = 'executed', executed_timestamp = current_timestamp() WHERE command_id = :id`, {
        id: String(id),
      }),
    );
  await connection.execute(
    write(`MERGE INTO row_health h USING (SELECT 'bench' AS agent_id) n ON h.agent_id = n.agent_id
      WHEN MATCHED THEN UPDATE SET last_heartbeat = current_timestamp(), polls_completed = h.polls_completed + 1
      WHEN NOT MATCHED THEN INSERT (agent_id, last_heartbeat, status, polls_completed) VALUES ('bench', current_timestamp(), 'online', 1)`),
  );
}

async function byRow(settings: Settings, control: Control, measure: (way: Way) => Promise<Cost>): Promise<Cost> {
  if (settings.store.kind !== 'databricks') throw new Error('there is no warehouse');
  for (const table of ROW_TABLES) await control.sql(table);
  const connection = openWarehouse(settings.store, { tags: {} });
  const cycle = () => cycleByRow(connection);
  const cost = await measure({ readings: 'row_readings', recommendations: 'row_recommendations', commands: 'row_commands', cycle });
  await connection.close();
  return cost;
}

const [addressText = '', folder = '', counted = ''] = process.argv.slice(2);
const address = JSON.parse(addressText) as WarehouseAddress; // the warehouse's own line
const settings = loadSettings({
  env: {
    ...environmentOf(address, SCHEMA),
    OPS_AGENT_POLICY_MAX_WRITES_PER_MINUTE: '10000',
    // On a busy machine it takes minutes, and nothing else is to happen meanwhile.
    OPS_AGENT_STORE_LEASE_SECONDS: '900',
    OPS_AGENT_STORE_STATEMENT_TIMEOUT_SECONDS: '300',
    OPS_AGENT_SOURCE_MAX_AGE_SECONDS: '3600',
    OPS_AGENT_POLICY_SETTLING_SECONDS: '3600',
    OPS_AGENT_POLICY_VERIFY_WINDOW_SECONDS: '7200',
  },
  cwd: folder,
  flags: {},
});
const control = controlAt(address.controlPort);
const count = Number(counted);
const line = (what: string, { statements, seconds }: Cost) =>
  console.log(`  ${what.padEnd(24)}${String(statements).padStart(4)} statements, ${seconds.toFixed(0)} s`);

/** After one that is not counted: what an engine does for the first time takes it seconds more. */
async function measured(way: Way): Promise<Cost> {
  await costOf(way, control, [1, 1]);
  return costOf(way, control, [2, count + 1]);
}

console.log(`from a reading to an executed write, ${count} times, on Spark with Delta; two cycles each`);
const agent = await byTheAgent(settings, measured);
line('the agent', agent);
const rows = await byRow(settings, control, measured);
line('a statement for each row', rows);
console.log(
  `  ratio                   ${(rows.statements / agent.statements).toFixed(1)} times the statements, ${(rows.seconds / agent.seconds).toFixed(1)} times the seconds`,
);
