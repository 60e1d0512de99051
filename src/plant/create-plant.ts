import type { PlantSettings } from '../config/settings.ts';
import { assertNever } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { KeyRing } from '../domain/key-ring.ts';
import type { AllowedTag } from '../domain/tags.ts';
import type { Plant } from '../ports/plant.ts';
import { createAdvisory } from './advisory.ts';

/** What a simulated plant has of its own: its clock, what it lets itself be told, and by whom. */
export interface PlantSide {
  readonly now: () => Instant;
  readonly tags?: readonly AllowedTag[];
  readonly keys?: KeyRing;
}

/**
 * The way of acting that the settings choose. What a kind needs is loaded here only, so an advisory agent never loads SQLite.
 * @throws AgentError as the kind's own creator does.
 */
export async function createPlant(settings: PlantSettings, side: PlantSide): Promise<Plant> {
  switch (settings.kind) {
    case 'simulator': {
      const { createSimulator } = await import('./simulator.ts');
      const { simulatorPath: path, simulatorLatencySeconds: latencySeconds, timeoutSeconds } = settings;
      return createSimulator({ path, latencySeconds, timeoutSeconds, ...side });
    }
    case 'advisory':
      return createAdvisory();
    default:
      return assertNever(settings.kind, 'kind of plant');
  }
}
