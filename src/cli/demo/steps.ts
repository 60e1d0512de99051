import { pause } from '../../cycle/pause.ts';
import { counted } from '../../domain/counted.ts';
import { SECOND_MS } from '../../domain/instant.ts';
import type { Recommendation } from '../../domain/recommendation.ts';
import { actionLines } from '../wording.ts';
import { MODEL_SPEED, READINGS_PER_CYCLE } from './demo-settings.ts';
import type { Stage } from './stage.ts';

/** The equipment that fails, in the specification's example. */
export const HOT = 'REACTOR_02';
/** The specification's sample equipment. */
const EQUIPMENT = ['REACTOR_01', HOT, 'PUMP_01', 'PUMP_02', 'VALVE_01'];

/** What the specification's example inserts. */
const ANOMALY_C = 96;
/** Model seconds per second while nobody looks: the fault takes minutes until it shows. */
const UNSEEN_SPEED = 600;
const UNSEEN_STEP_MS = 20;
/** How many readings come in while the operator makes up their mind. */
const READINGS_BEFORE_APPROVAL = 2 * READINGS_PER_CYCLE;

const ANOMALY_SQL = `INSERT INTO sensor_data (sensor_id, equipment_id, temperature, pressure, flow_rate, sensor_status, timestamp)
VALUES ('SENSOR_REACTOR_02', 'REACTOR_02', 96.0, 100.0, 45.0, 'warning', CURRENT_TIMESTAMP);`;

/** The id is one of ours, letters and digits: an operator would paste it just so. */
function approvalSql(recommendationId: string): string {
  return `UPDATE agent_recommendations
SET status = 'approved',
    approved_timestamp = CURRENT_TIMESTAMP,
    approved_by_operator = 'operator_john'
WHERE recommendation_id = '${recommendationId}';`;
}

export async function baseline(stage: Stage): Promise<void> {
  const { narration, plant } = stage.parts;
  narration.step(1, 'Baseline', 'Agent runs, sensor data is normal');
  for (const equipmentId of EQUIPMENT) plant.addEquipment(equipmentId);
  await stage.feed();
  const { lines } = await stage.cycle();
  narration.say(lines.detection.join('\n'));
}

export async function anomaly(stage: Stage): Promise<void> {
  const { narration, plant, signal } = stage.parts;
  narration.step(2, 'Anomaly Insertion', `Temperature spike on ${HOT}`);
  plant.inject('cooling-loss', HOT, Date.now());
  plant.configure({ speed: UNSEEN_SPEED });
  // Without cooling the model heads for 102 °C, so this ends after a third of a second.
  while (stage.temperatureOf(HOT) < ANOMALY_C) {
    await pause(UNSEEN_STEP_MS, signal);
    stage.goOn();
  }
  plant.configure({ speed: MODEL_SPEED });
  narration.say(
    `In the plant model the cooling of ${HOT} failed some minutes ago; it is at ${stage.temperatureOf(HOT).toFixed(1)} °C and rising.`,
  );
  await stage.sql(ANOMALY_SQL);
}

/** @returns the recommendation that the agent made; undefined when it made none */
export async function detection(stage: Stage): Promise<Recommendation | undefined> {
  const { narration, store } = stage.parts;
  narration.step(3, 'Agent Detection', 'Next cycle detects the anomaly');
  const { lines } = await stage.cycle();
  narration.say(lines.detection.join('\n'));
  const [row] = await store.listRecommendations({ statuses: [], equipmentId: HOT, limit: 1 });
  if (row === undefined) return undefined;
  narration.say(`Cause:   ${row.rootCauseAnalysis}`);
  narration.say(`Advice:  ${row.recommendedAction}`);
  for (const line of actionLines(row.actions)) narration.say(`Action:  ${line}`);
  return row;
}

export async function approval(stage: Stage, row: Recommendation): Promise<void> {
  const { narration } = stage.parts;
  narration.step(4, 'Operator Approval', 'Operator approves the recommendation');
  const before = stage.temperatureOf(HOT);
  await stage.feedFor(READINGS_PER_CYCLE);
  // One more cycle over the same anomaly: it makes no second recommendation.
  const { report } = await stage.cycle();
  await stage.feedFor(READINGS_BEFORE_APPROVAL - READINGS_PER_CYCLE);
  narration.say(
    `While the operator looks: ${before.toFixed(1)} → ${stage.temperatureOf(HOT).toFixed(1)} °C; ` +
      `another cycle made ${counted(report.recommendations.created, 'new recommendation')} and ${counted(report.commands.created, 'command')}.`,
  );
  await stage.sql(approvalSql(row.recommendationId));
}

/** Steps 5 to 7 are one cycle. */
export async function action(stage: Stage, row: Recommendation): Promise<void> {
  const { narration, store, plant } = stage.parts;
  const { report, lines } = await stage.cycle();
  narration.step(5, 'Command Creation', 'Agent creates execution command');
  narration.say(lines.approval.join('\n'));
  narration.step(6, 'Command Execution', 'Agent executes the control action');
  narration.say(lines.execution.join('\n'));
  narration.step(7, 'Status Update', 'Recommendation and command marked as executed');
  narration.say(`[CYCLE COMPLETE] Duration: ${(report.durationMs / SECOND_MS).toFixed(2)}s`);
  const [now] = await store.findRecommendations(row.recommendationId);
  narration.say(`Recommendation: ${now?.status ?? 'gone'}`);
  for (const command of await store.listCommands({ recommendationId: row.recommendationId, statuses: [], limit: 10 })) {
    const { tagPath, oldValue, newValue, readBackValue, unit, status } = command;
    narration.say(
      `Command: ${status}, ${tagPath ?? '-'}: ${oldValue ?? '?'} → ${newValue ?? '?'} ${unit ?? ''}, read back ${readBackValue ?? 'nothing'}`,
    );
  }
  const writes = plant.writes();
  narration.say(`Writes that the plant received: ${writes.length}${writes.map((write) => ` (${write.tag} = ${write.value})`).join('')}`);
}
