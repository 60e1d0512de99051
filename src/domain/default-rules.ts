import type { CauseRule } from './causes.ts';
import type { ActionTemplate, Band } from './rules.ts';
import type { AllowedTag } from './tags.ts';

/** The simulated plant's throughput, in percent. */
export const throughputTo = (percent: number): ActionTemplate => ({
  tag: '[default]{equipment_id}/ThroughputSetpoint',
  target: { kind: 'set', value: percent },
  type: 'number',
  unit: '%',
  direction: 'decrease',
  permissives: [],
});

/** The simulated plant's cooling, switched on. */
export const COOLING_ON: ActionTemplate = {
  tag: '[default]{equipment_id}/CoolingSystemStatus',
  target: { kind: 'set', value: 1 },
  type: 'integer',
  unit: '',
  direction: 'increase',
  permissives: [],
};

/** The specification's bands over temperature in °C, mildest first; every comparison is strict. */
export const DEFAULT_TEMPERATURE_BANDS: readonly [Band, ...Band[]] = [
  {
    ruleId: 'temperature-elevated',
    limit: 85,
    severity: 'medium',
    issueType: 'elevated_temperature',
    confidence: 0.85,
    recommendedAction: 'Reduce throughput by 10% and monitor temperature',
    actions: [throughputTo(90)],
    fourEyes: false,
  },
  {
    ruleId: 'temperature-high',
    limit: 90,
    severity: 'high',
    issueType: 'high_temperature',
    confidence: 0.9,
    recommendedAction: 'Reduce throughput by 25% and activate cooling system',
    actions: [throughputTo(75), COOLING_ON],
    fourEyes: false,
  },
  {
    ruleId: 'temperature-critical',
    limit: 95,
    severity: 'critical',
    issueType: 'critical_temperature',
    confidence: 0.95,
    recommendedAction: 'EMERGENCY: Reduce throughput by 50% immediately',
    actions: [throughputTo(50)],
    fourEyes: false,
  },
];

/** The specification's causes: °C, PSI and GPM. */
export const DEFAULT_CAUSES: readonly CauseRule[] = [
  { signal: 'temperature', side: 'above', limit: 95, text: 'potential cooling system failure or blockage' },
  { signal: 'pressure', side: 'above', limit: 100, text: 'high system pressure, possible blockage' },
  { signal: 'flow_rate', side: 'below', limit: 10, text: 'low flow rate, possible pump degradation' },
];

/** What the simulated plant lets itself be told. Every other plant allows nothing until it is listed. */
export const SIMULATOR_TAGS: readonly AllowedTag[] = [
  { path: '[default]{id}/ThroughputSetpoint', min: 0, max: 100, type: 'number', unit: '%', direction: 'decrease' },
  { path: '[default]{id}/CoolingSystemStatus', min: 0, max: 1, type: 'integer', unit: '', direction: 'any' },
];
