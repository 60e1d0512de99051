import { addSeconds, type Instant } from '../../domain/instant.ts';
import type { Recommendation } from '../../domain/recommendation.ts';
import { familyFor } from '../../domain/rule-book.ts';
import { isTerminal } from '../../domain/transitions.ts';
import { chart } from '../chart.ts';
import { FEED_MS, MODEL_SPEED, READINGS_PER_CYCLE } from './demo-settings.ts';
import type { Stage } from './stage.ts';
import { HOT } from './steps.ts';

/** How much longer than the agent's own verify window the demo waits for its answer. */
const PATIENCE_SECONDS = 2;
const CHART = { height: 10, width: 60, unit: '°C' };
const MOST_POINTS = 1000;

/**
 * Lets the feed and the agent run until the agent says whether the action worked.
 * @returns the recommendation as it stands then
 */
export async function verification(stage: Stage, made: Recommendation): Promise<Recommendation> {
  const { narration, settings } = stage.parts;
  narration.step(8, 'Verify', 'Did the reading recover?');
  const end = addSeconds(Date.now(), settings.policy.verifyWindowSeconds + PATIENCE_SECONDS);
  let row = await reread(stage, made);
  while (!isSettled(row) && Date.now() < end) {
    await stage.feedFor(READINGS_PER_CYCLE);
    const { lines } = await stage.cycle();
    narration.say(`${HOT} ${stage.temperatureOf(HOT).toFixed(1)} °C`);
    const outcome = lines.execution.filter((line) => line.includes('OUTCOME'));
    if (outcome.length > 0) narration.say(outcome.join('\n'));
    row = await reread(stage, made);
  }
  await drawChart(stage, addSeconds(made.createdTimestamp, -settings.source.firstLookbackSeconds));
  return row;
}

/** Nothing more will be said about it: verified, or ended without an effect that could be. */
function isSettled(row: Recommendation): boolean {
  return row.outcome !== null || (isTerminal(row.status) && row.status !== 'executed');
}

async function reread(stage: Stage, row: Recommendation): Promise<Recommendation> {
  const [found] = await stage.parts.store.findRecommendations(row.recommendationId);
  return found ?? row;
}

async function drawChart(stage: Stage, after: Instant): Promise<void> {
  const { narration, source, store, settings } = stage.parts;
  const { now } = await store.readControls();
  const points = await source.readSignal(HOT, 'temperature', { after, upTo: now }, MOST_POINTS);
  const limit = familyFor(settings.rules, HOT, 'temperature')?.bands[0].limit;
  const step = `one every ${FEED_MS / 1000} s, which is ${Math.round((FEED_MS / 1000) * MODEL_SPEED)} s in the model`;
  narration.say(`\nReadings of ${HOT} in sensor_data, ${step}; the limit is ${limit ?? '-'} °C:`);
  narration.say(
    chart(
      points.map((point) => point.value),
      CHART,
    ),
  );
}
