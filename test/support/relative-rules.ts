import { DEFAULT_CAUSES, DEFAULT_TEMPERATURE_BANDS, SIMULATOR_TAGS } from '../../src/domain/default-rules.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';
import type { ActionTemplate, Band, IssueFamily, Permissive, Target } from '../../src/domain/rules.ts';
import type { Settings } from '../../src/config/settings.ts';

export const MODE = { remote: 1, local: 2 } as const;
export const throughputOf = (equipmentId: string) => `[default]${equipmentId}/ThroughputSetpoint`;
export const modeOf = (equipmentId: string) => `[default]${equipmentId}/Mode`;

const IN_REMOTE: Permissive = { tag: modeOf('{equipment_id}'), comparison: 'equals', value: MODE.remote };

function throughput(target: Target, permissives: readonly Permissive[] = []): ActionTemplate {
  return { tag: throughputOf('{equipment_id}'), target, type: 'number', unit: '%', direction: 'decrease', permissives };
}

const COOLING_ON: ActionTemplate = {
  tag: '[default]{equipment_id}/CoolingSystemStatus',
  target: { kind: 'set', value: 1 },
  type: 'integer',
  unit: '',
  direction: 'increase',
  permissives: [],
};

export interface RelativeRules {
  readonly permissives?: readonly Permissive[];
  readonly lowerBy?: number;
}

/** The specification's bands with relative steps: a difference less; half, only in remote mode; cooling on and 50 less. */
function relativeFamily({ permissives = [IN_REMOTE], lowerBy = 10 }: RelativeRules): IssueFamily {
  const [medium, ...worse] = DEFAULT_TEMPERATURE_BANDS;
  const asks: Readonly<Record<string, readonly ActionTemplate[]>> = {
    medium: [throughput({ kind: 'delta', by: -lowerBy })],
    high: [throughput({ kind: 'percentOfCurrent', percent: 50 }, permissives)],
    critical: [COOLING_ON, throughput({ kind: 'delta', by: -50 })],
  };
  const withActions = (band: Band): Band => ({ ...band, actions: asks[band.severity] ?? [] });
  return {
    id: 'temperature',
    signal: 'temperature',
    side: 'above',
    bands: [withActions(medium), ...worse.map(withActions)],
    deadband: 1,
    onDelaySeconds: 0,
    offDelaySeconds: 0,
    clearReadings: 1,
  };
}

/** What a scene needs to act relatively: the rules, and tags that an operator may move either way. */
export function relativeSettings(asked: RelativeRules = {}): Pick<Settings, 'rules' | 'tags'> {
  const mode = { path: modeOf('{id}'), min: 0, max: 3, type: 'integer', unit: '', direction: 'any' } as const;
  return { rules: unscopedRules([relativeFamily(asked)], DEFAULT_CAUSES), tags: { allow: [...SIMULATOR_TAGS, mode], deny: [] } };
}
