import type { Settings } from '../../config/settings.ts';
import { isoOf } from '../../domain/instant.ts';
import { checkArrivals } from '../../plant/arrival-options.ts';
import { planEquipment, planFaults } from '../../plant/feed.ts';
import type { SimulatedPlant } from '../../plant/simulated-plant.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { summaryJson, summaryText, type Feed } from '../simulate/feed-summary.ts';
import { runFeed } from '../simulate/run-feed.ts';
import { requireOwnFeed, simulationPlan, type SimulateOptions, type SimulationPlan } from '../simulate/simulate-options.ts';

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
  checkArrivals(plan.arrivals, equipmentIds);
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
    `Feeding ${store.description} from ${settings.plant.simulatorPath}: ${equipmentIds.length} equipment, ${plan.rateHz} Hz each${pace}`,
  );
  for (const fault of faults) log.info(`${fault.equipmentId}: ${fault.kind} from ${isoOf(fault.at)}`);
  const ports = { plant, store, log, monotonic: context.monotonic };
  const { rateHz, forSeconds, arrivals, seed } = plan;
  const result = await runFeed(ports, { equipmentIds, rateHz, forSeconds, arrivals, seed }, context.interruption.ending);
  return { result, equipmentIds, faults };
}
