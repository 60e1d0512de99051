import type { PlantSettings } from '../config/settings.ts';
import { assertNever } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { AllowedTag } from '../domain/tags.ts';
import type { Plant } from '../ports/plant.ts';
import { createAdvisory } from './advisory.ts';

/**
 * The way of acting that the settings choose. `now` is the clock of a simulated plant, `tags` what it lets itself be
 * told. What a kind needs is loaded here only, so an advisory agent never loads SQLite.
 * @throws AgentError as the kind's own creator does.
 */
export async function createPlant(settings: PlantSettings, now: () => Instant, tags?: readonly AllowedTag[]): Promise<Plant> {
  switch (settings.kind) {
    case 'simulator': {
      const { createSimulator } = await import('./simulator.ts');
      const { simulatorPath: path, simulatorLatencySeconds: latencySeconds, timeoutSeconds } = settings;
      return createSimulator({ path, latencySeconds, timeoutSeconds, now, ...(tags === undefined ? {} : { tags }) });
    }
    case 'advisory':
      return createAdvisory();
    default:
      return assertNever(settings.kind, 'kind of plant');
  }
}
