import { loadSettings } from '../../config/load.ts';
import type { Settings } from '../../config/settings.ts';
import { type DemoPlace, plantPathOf } from './demo-place.ts';

/** Model seconds per second: an hour of the plant in a minute. */
export const MODEL_SPEED = 60;
/** How often readings come in, ms. */
export const FEED_MS = 200;
/** How often a cycle runs, in readings. */
export const READINGS_PER_CYCLE = 3;

const OUR_WAITS = {
  'policy.settlingSeconds': 2,
  'policy.verifyWindowSeconds': 20,
  'rules.offDelaySeconds': 1,
  'plant.readBackSeconds': 1,
  'poll.intervalSeconds': 1,
};

/**
 * The built-in rules with waits that fit a plant in quick motion. The caller's own configuration and environment have no
 * part in it: the demo shows the agent, not somebody's installation, and must never reach a real store.
 */
export function demoSettings(place: DemoPlace): Settings {
  const flags = {
    ...OUR_WAITS,
    'store.kind': 'embedded',
    'store.path': place.storePath,
    'plant.kind': 'simulator',
    'plant.simulatorPath': plantPathOf(place.storePath),
  };
  return loadSettings({ env: {}, cwd: place.folder, flags });
}

/** What is different from a real run, in words. */
export function paceText(): string {
  return [
    `Time in the plant model runs ${MODEL_SPEED} times faster than the clock. To fit, the agent here judges an effect after`,
    `${OUR_WAITS['policy.settlingSeconds']} s instead of 300 and calls a reading clear after ${OUR_WAITS['rules.offDelaySeconds']} s instead of 30. Rules and limits are the built-in ones.`,
  ].join('\n');
}
