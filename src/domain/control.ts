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

/** An order as it is stored: where somebody wrote bytes in place of a text there is none. */
export type StoredControl = Omit<Control, 'kind' | 'scope' | 'by' | 'reason'> &
  Readonly<Record<'kind' | 'scope' | 'by' | 'reason', string | null>>;

const UNREADABLE = '(unreadable)';

/** Bytes and blanks say nothing; a text with U+0000 in it, as C ends one, says something else to every program that reads it. */
function isReadable(text: string | null): text is string {
  return text !== null && text.trim() !== '' && !text.includes('\0');
}

/**
 * The order that is in force. In doubt nothing is sent: one of which the kind or the scope cannot be read is advisory, and without a scope
 * over everything. It keeps no advice from people, which nobody may have meant.
 */
export function controlInForce(stored: StoredControl): Control {
  const hasScope = isReadable(stored.scope);
  const isWhole = hasScope && isReadable(stored.kind);
  return {
    ...stored,
    kind: isWhole ? (stored.kind as ControlKind) : 'advisory', // whatever word it is: kindOf reads it
    scope: hasScope ? stored.scope : 'all',
    by: stored.by ?? UNREADABLE,
    reason: `${stored.reason ?? UNREADABLE}${isWhole ? '' : ` (its ${hasScope ? 'kind' : 'scope'} cannot be read)`}`,
  };
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
export function kindOf({ kind }: Control): ControlKind {
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
