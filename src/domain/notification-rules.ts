import type { Instant } from './instant.ts';
import type { NotificationKind } from './notification.ts';
import { type Hours, isWithin } from './notification-hours.ts';
import { priorityOf, type Severity } from './severity.ts';
import { matchesPattern } from './tags.ts';

/** Who is told of what, and who is told next while nobody decides. */
export interface NotifyRule {
  readonly kinds: readonly NotificationKind[];
  /** The mildest severity that counts. */
  readonly severity: Severity;
  /** Patterns of equipment; null for all. */
  readonly equipment: readonly string[] | null;
  /** Null: at any time. */
  readonly hours: Hours | null;
  readonly channels: readonly string[];
  readonly reminders: Reminders | null;
}

/** How a recommendation that waits is told again. */
export interface Reminders {
  readonly minutes: number;
  /** The channels of the first reminder, of the second one, and so on; the last ones are told again and again. */
  readonly steps: readonly (readonly string[])[];
}

/** What a rule is asked about. What concerns no one equipment, and what has no severity, counts for every rule. */
export interface Tellable {
  readonly kind: NotificationKind;
  readonly severity: Severity | null;
  readonly equipmentId: string | null;
  readonly at: Instant;
}

export function appliesTo(rule: NotifyRule, { kind, severity, equipmentId, at }: Tellable): boolean {
  return (
    rule.kinds.includes(kind) &&
    (severity === null || priorityOf(severity) >= priorityOf(rule.severity)) &&
    (equipmentId === null || rule.equipment === null || rule.equipment.some((pattern) => matchesPattern(pattern, equipmentId))) &&
    (rule.hours === null || isWithin(rule.hours, at))
  );
}

/** The channels of a reminder, counted from 1. */
export function channelsOf({ steps }: Reminders, reminder: number): readonly string[] {
  return steps[Math.min(reminder, steps.length) - 1] ?? [];
}
