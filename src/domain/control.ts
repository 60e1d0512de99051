import type { Instant } from './instant.ts';
import { matchesPattern } from './tags.ts';
import { wordOf } from './word.ts';

export const CONTROL_KINDS = ['advisory', 'out_of_service', 'shelved'] as const;
export type ControlKind = (typeof CONTROL_KINDS)[number];

/**
 * An operator's standing order over the agent. `advisory` stops every dispatch (the kill switch);
 * `out_of_service` and `shelved` stop recommendations as well. `scope` is 'all' or an equipment pattern.
 */
export interface Control {
  readonly kind: ControlKind;
  readonly scope: string;
  readonly by: string;
  readonly reason: string;
  readonly since: Instant;
  readonly until: Instant | null;
}

/**
 * Whether an order only stops what is sent, and nothing is kept from people: it must not wait for anything, not even for the audit, but
 * where it would end earlier than the one that it replaces.
 */
export function isKillSwitch({ kind }: Pick<Control, 'kind'>): boolean {
  return kind === 'advisory';
}

export function isInForce(control: Control, now: Instant): boolean {
  return control.until === null || control.until > now;
}

/** The first control of one of these kinds that is in force for the equipment. */
export function controlOn(
  controls: readonly Control[],
  kinds: readonly ControlKind[],
  equipmentId: string,
  now: Instant,
): Control | undefined {
  return controls.find((control) => kinds.includes(kindOf(control)) && isInForce(control, now) && isOver(control, equipmentId));
}

/** Whether the control's scope has the equipment in it, however a hand spelt it. */
export function isOver({ scope }: Pick<Control, 'scope'>, equipmentId: string): boolean {
  return wordOf(scope) === 'all' || matchesPattern(scope.trim(), equipmentId);
}

/** An order that was written by hand and cannot be read stops dispatches: in doubt nothing is sent. */
function kindOf({ kind }: Control): ControlKind {
  return CONTROL_KINDS.find((known) => known === wordOf(kind)) ?? 'advisory';
}

/** Whether it is this order over this scope, however a hand spelt the two: as it is in force, so it can be lifted. */
export function isOrder(control: Control, kind: ControlKind, scope: string): boolean {
  return kindOf(control) === kind && wordOf(control.scope) === wordOf(scope);
}

/** For reasons that operators read. */
export function describeControl(control: Control): string {
  const kind = control.kind.replaceAll('_', ' ');
  return `${kind} (${control.scope}) by ${control.by}: ${control.reason}`;
}
