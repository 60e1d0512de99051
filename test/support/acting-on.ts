import type { Settings } from '../../src/config/settings.ts';
import { COOLING_ON, DEFAULT_CAUSES, DEFAULT_TEMPERATURE_BANDS } from '../../src/domain/default-rules.ts';
import { type RuleBook, unscopedRules } from '../../src/domain/rule-book.ts';
import type { IssueFamily } from '../../src/domain/rules.ts';

const AT_ONCE = { side: 'above', deadband: 1, onDelaySeconds: 0, offDelaySeconds: 0, clearReadings: 1 } as const;

/** The rules with another tag for the steps of the high and the critical band. */
export function actingOn(tag: string): RuleBook {
  const [medium, ...worse] = DEFAULT_TEMPERATURE_BANDS;
  const bands = worse.map((band) => ({ ...band, actions: band.actions.map((action) => ({ ...action, tag })) }));
  return unscopedRules([{ id: 'temperature', signal: 'temperature', bands: [medium, ...bands], ...AT_ONCE }], DEFAULT_CAUSES);
}

/** Two families that a hot reading of a scene's violates both; they act on different tags, so that neither excludes the other. */
export function actingOnTwoTags(): Pick<Settings, 'rules'> {
  const [medium] = DEFAULT_TEMPERATURE_BANDS;
  const pressure = { ...medium, ruleId: 'pressure-elevated', issueType: 'elevated_pressure', limit: 90, actions: [COOLING_ON] };
  const families: readonly IssueFamily[] = [
    { id: 'temperature', signal: 'temperature', bands: DEFAULT_TEMPERATURE_BANDS, ...AT_ONCE },
    { id: 'pressure', signal: 'pressure', bands: [pressure], ...AT_ONCE },
  ];
  return { rules: unscopedRules(families, DEFAULT_CAUSES) };
}
