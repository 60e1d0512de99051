import type { Settings } from '../../config/settings.ts';
import { isoOf } from '../../domain/instant.ts';
import { planEquipment, planFaults, type PlannedFault } from '../../plant/feed.ts';
import type { SimulatedPlant } from '../../plant/simulated-plant.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { hottestText, runFeed, type FeedResult } from '../simulate/run-feed.ts';
import { requireOwnFeed, simulationPlan, type SimulateOptions, type SimulationPlan } from '../simulate/simulate-options.ts';

interface Feed {
  readonly result: FeedResult;
  readonly equipmentIds: readonly string[];
  readonly faults: readonly PlannedFault[];
}

export async function run(context: CliContext, options: SimulateOptions): Promise<number> {
  const plan = simulationPlan(options);
  const settings = await context.settings();
  requireOwnFeed(settings);
  // First, because a store that is not set up must not leave a plant's file behind.
  await context.store();
  const { createSimulator } = await import('../../plant/simulator.ts');
  const { simulatorPath: path, simulatorLatencySeconds: latencySeconds, timeoutSeconds } = settings.plant;
  const plant = await createSimulator({ path, latencySeconds, timeoutSeconds, now: () => Date.now(), tags: settings.tags.allow });
  try {
    const feed = await feedFrom(context, settings, plant, plan);
    if (options.json) context.out.json(summaryJson(feed));
    else context.out.print(summaryText(feed));
  } finally {
    await plant.close();
  }
  return context.interruption.exitCode() ?? EXIT.done;
}

async function feedFrom(context: CliContext, settings: Settings, plant: SimulatedPlant, plan: SimulationPlan): Promise<Feed> {
  const log = await context.log();
  const store = await context.store();
  const planned = planEquipment(plan.equipment, plan.seed);
  const equipmentIds = planned.map((each) => each.equipmentId);
  const start = Date.now();
  const faults = planFaults(plan.faults, equipmentIds, start);
  plant.configure({ seed: plan.seed, ...(plan.speed === null ? {} : { speed: plan.speed }) });
  for (const { equipmentId, temperatureC } of planned) {
    plant.addEquipment(equipmentId, { temperatureC });
    // What an earlier run broke would go on in this one, and hide a fault of the same kind.
    plant.repair(equipmentId, start);
  }
  for (const fault of faults) plant.inject(fault.kind, fault.equipmentId, fault.at);
  const pace = plan.speed === null ? '' : `, the plant at ${plan.speed} times its pace`;
  log.info(
    `Feeding ${settings.store.path} from ${settings.plant.simulatorPath}: ${equipmentIds.length} equipment, ${plan.rateHz} Hz each${pace}`,
  );
  for (const fault of faults) log.info(`${fault.equipmentId}: ${fault.kind} from ${isoOf(fault.at)}`);
  const ports = { plant, store, log, monotonic: context.monotonic };
  const result = await runFeed(ports, { equipmentIds, rateHz: plan.rateHz, forSeconds: plan.forSeconds }, context.interruption.signal);
  return { result, equipmentIds, faults };
}

function summaryText({ result, equipmentIds }: Feed): string {
  const { readings, seconds, missedTicks, hottest } = result;
  const missed = missedTicks === 0 ? '' : `, ${missedTicks} moments missed: the store or this host is too slow for the rate`;
  return `✓ Fed ${readings} readings of ${equipmentIds.length} equipment in ${seconds.toFixed(1)} s (${hottestText(hottest)}${missed})`;
}

function summaryJson({ result, equipmentIds, faults }: Feed): unknown {
  return {
    readings: result.readings,
    seconds: Math.round(result.seconds * 10) / 10,
    missed_moments: result.missedTicks,
    equipment: equipmentIds,
    faults: faults.map(({ kind, equipmentId, at }) => ({ kind, equipment_id: equipmentId, at: isoOf(at) })),
    hottest: result.hottest === null ? null : { equipment_id: result.hottest.equipmentId, temperature: result.hottest.temperature },
  };
}
