export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** 4 critical … 1 low: sorts as an operator would, where the word sorts alphabetically. */
export function priorityOf(severity: Severity): number {
  return SEVERITIES.indexOf(severity) + 1;
}

/** A severity as somebody stored it; `other` for a text that is none. */
export function knownSeverity(text: string): Severity | 'other' {
  return SEVERITIES.find((severity) => severity === text) ?? 'other';
}

/** Nothing is worse than a word that is no severity: what somebody wrote there must not let readings through that a hold keeps back. */
export function isWorse(a: Severity, than: Severity): boolean {
  return SEVERITIES.includes(than) && priorityOf(a) > priorityOf(than);
}
