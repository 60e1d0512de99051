import type { Settings } from '../../src/config/settings.ts';
import { COOLING_ON, DEFAULT_TEMPERATURE_BANDS, SIMULATOR_TAGS, throughputTo } from '../../src/domain/default-rules.ts';
import { commandIdOf } from '../../src/domain/ids.ts';
import { NO_KEYS } from '../../src/domain/key-ring.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';
import type { AllowedTag } from '../../src/domain/tags.ts';
import { ringOf } from '../support/keys.ts';
import { AGENT, SETTINGS } from '../support/stores.ts';
import type { Site } from './write-rules.ts';

/** The one equipment of a sequence, and what can be said to it. */
export const EQUIPMENT = 'R1';
export const THROUGHPUT = `[default]${EQUIPMENT}/ThroughputSetpoint`;
export const COOLING = `[default]${EQUIPMENT}/CoolingSystemStatus`;
/** 1: remote, and only then the critical step may be written. */
export const MODE = `[default]${EQUIPMENT}/Mode`;

export const APPROVAL_SECONDS = 200;
export const LEASE_SECONDS = 120;
export const PLANT_TIMEOUT_SECONDS = 10;
export const MAX_AGE_SECONDS = 100;

const [MEDIUM, HIGH, CRITICAL] = DEFAULT_TEMPERATURE_BANDS;
const KEYS = ringOf(`a:${'1'.repeat(32)}`);
const MODE_TAG: AllowedTag = { path: '[default]{id}/Mode', min: 0, max: 1, type: 'integer', unit: '', direction: 'any' };

export interface Setup {
  /** Whether a held lock proves that every earlier holder is dead, as on the embedded store; else the row's lease alone decides. */
  readonly lock: boolean;
  /** Whether what is high or critical needs two people. */
  readonly fourEyes: boolean;
  /** Whether the audit and the commands are signed. The plant asks for no signature here: an operator turns it by hand. */
  readonly signed: boolean;
}

/**
 * Everything is over soon, so that a sequence of some minutes meets every end: of the approval, the lease, the fresh readings, the hold.
 * Read-backs are looked at once: the plant answers at once or not at all.
 */
export function settingsOf({ fourEyes, signed }: Setup): Settings {
  if (!MEDIUM || !HIGH || !CRITICAL) throw new Error('the specification has three bands');
  const remote = { tag: '[default]{equipment_id}/Mode', comparison: 'equals' as const, value: 1 };
  const bands = [
    { ...MEDIUM, actions: [throughputTo(90)] },
    { ...HIGH, actions: [throughputTo(75), COOLING_ON] },
    { ...CRITICAL, actions: [{ ...throughputTo(55), permissives: [remote] }] },
  ] as const;
  const family = { id: 'temperature', signal: 'temperature', side: 'above' as const, bands, deadband: 1 };
  return {
    ...SETTINGS,
    agentId: AGENT,
    signingKeys: signed ? KEYS : NO_KEYS,
    rules: unscopedRules([{ ...family, onDelaySeconds: 0, offDelaySeconds: 0, clearReadings: 1 }]),
    tags: { ...SETTINGS.tags, allow: [...SIMULATOR_TAGS, MODE_TAG] },
    store: { ...SETTINGS.store, leaseSeconds: LEASE_SECONDS },
    source: { ...SETTINGS.source, maxAgeSeconds: MAX_AGE_SECONDS },
    plant: { ...SETTINGS.plant, timeoutSeconds: PLANT_TIMEOUT_SECONDS, readBackSeconds: 0 },
    policy: {
      ...SETTINGS.policy,
      approvalTtlSeconds: APPROVAL_SECONDS,
      holdSeconds: 20,
      settlingSeconds: 20,
      verifyWindowSeconds: 40,
      fourEyes,
      fourEyesSeverity: 'high',
    },
  };
}

/** What the model has to know of the site: by hand, from the settings above. */
export const SITE: Omit<Site, 'fourEyes'> = {
  agent: AGENT,
  approvalMs: APPROVAL_SECONDS * 1000,
  // The lease without the plant's timeout and five seconds.
  sendableMs: (LEASE_SECONDS - PLANT_TIMEOUT_SECONDS - 5) * 1000,
  controlsMs: 2000,
  maxAgeMs: MAX_AGE_SECONDS * 1000,
  commandId: commandIdOf,
  permits: ({ tag, value }, live) => tag !== THROUGHPUT || value !== 55 || live.get(MODE) === 1,
};
