import type { Settings } from '../../config/settings.ts';
import type { Plant } from '../../ports/plant.ts';
import type { Recommendation } from '../../domain/recommendation.ts';
import type { SimulatedPlant } from '../../plant/simulated-plant.ts';
import { paletteFor } from '../colour.ts';
import type { CliContext } from '../context.ts';
import { demoSettings, MODEL_SPEED, paceText } from '../demo/demo-settings.ts';
import { makeDemoPlace, type DemoPlace } from '../demo/demo-place.ts';
import { narrate, type Narration } from '../demo/narration.ts';
import { Stage } from '../demo/stage.ts';
import { action, anomaly, approval, baseline, detection } from '../demo/steps.ts';
import { judgeDemo } from '../demo/verdict.ts';
import { verification } from '../demo/verify-step.ts';
import { EXIT } from '../exit-codes.ts';
import { shortId } from '../find-recommendation.ts';
import { shellWord } from '../output.ts';

export interface DemoOptions {
  /** Where the store's file is to stay; a folder that exists gets it inside. */
  readonly keep?: string;
}

export async function run(context: CliContext, options: DemoOptions): Promise<number> {
  const place = makeDemoPlace(options.keep, context.cwd);
  try {
    const settings = demoSettings(place);
    const narration = narrate(context.out, paletteFor(context.globals, context.env));
    narration.say(`The specification's workflow on ${options.keep === undefined ? 'a throw-away' : 'a new'} store and a simulated plant.`);
    narration.say(paceText());
    const { row, passed } = await withPlant(settings, (plant) => perform(context, settings, plant, narration));
    if (options.keep !== undefined) tellKept(place, row, narration);
    return passed ? EXIT.done : EXIT.commandFailed;
  } finally {
    place.remove();
  }
}

async function withPlant<T>(settings: Settings, work: (plant: Plant & SimulatedPlant) => Promise<T>): Promise<T> {
  const { createSimulator } = await import('../../plant/simulator.ts');
  const { simulatorPath: path, simulatorLatencySeconds: latencySeconds, timeoutSeconds } = settings.plant;
  const keys = settings.signingKeys;
  const plant = await createSimulator({ path, latencySeconds, timeoutSeconds, now: () => Date.now(), tags: settings.tags.allow, keys });
  try {
    plant.configure({ speed: MODEL_SPEED });
    return await work(plant);
  } finally {
    // Whoever looks at a kept plant later finds it at its own pace.
    plant.configure({ speed: 1 });
    await plant.close();
  }
}

interface Performance {
  readonly row: Recommendation | undefined;
  readonly passed: boolean;
}

async function perform(context: CliContext, settings: Settings, plant: Plant & SimulatedPlant, narration: Narration): Promise<Performance> {
  const { signal } = context.interruption;
  const { openStore } = await import('../../store/open-store.ts');
  const { store, source } = await openStore(settings, { signal, create: true });
  try {
    await store.migrate(settings.agentId);
    const stage = new Stage({ settings, store, source, plant, narration, signal, monotonic: context.monotonic });
    const row = await play(stage);
    const verdict = judgeDemo(row, plant.writes());
    if (verdict.passed) narration.good(verdict.text);
    else narration.bad(verdict.text);
    await store.markOffline(settings.agentId, stage.processId);
    return { row, passed: verdict.passed };
  } finally {
    await source.close();
    await store.close();
  }
}

/** The specification's seven steps, and the eighth that it lacks. */
export async function play(stage: Stage): Promise<Recommendation | undefined> {
  await baseline(stage);
  await anomaly(stage);
  const made = await detection(stage);
  if (made === undefined) return undefined;
  await approval(stage, made);
  await action(stage, made);
  return verification(stage, made);
}

function tellKept({ storePath }: DemoPlace, row: Recommendation | undefined, narration: Narration): void {
  narration.say(`\nKept in ${storePath}. Look at it with:`);
  const commands = ['status', ...(row === undefined ? [] : [`show ${shortId(row.recommendationId)}`]), 'events', 'plant writes'];
  for (const command of commands) narration.say(`  ops-agent --store-path ${shellWord(storePath)} ${command}`);
}
