import { isAction } from '../domain/audit-copy.ts';
import type { Instant } from '../domain/instant.ts';
import { isoOf, SECOND_MS } from '../domain/instant.ts';
import { isStale } from '../domain/queue.ts';
import { approversOf } from '../domain/four-eyes.ts';
import type { Recommendation } from '../domain/recommendation.ts';
import { isSatisfied } from '../domain/readiness.ts';
import { describeTarget, wayOf } from '../domain/resolve-action.ts';
import type { Action } from '../domain/ticket.ts';
import { isTerminal } from '../domain/transitions.ts';
import { roundedText } from './rounding.ts';

/** The text as the beginning of a sentence. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `45s`, `12m`, `3h 05m`, `2d 4h`: how long ago, to the precision that somebody on shift needs. */
export function ageText(since: Instant, now: Instant): string {
  const seconds = Math.max(0, Math.floor((now - since) / SECOND_MS));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m`;
  if (hours < 48) return `${hours}h ${String(minutes % 60).padStart(2, '0')}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

export function timeText(at: Instant | null): string {
  return at === null ? '-' : isoOf(at);
}

const UNITS = new Map<string, string>([
  ['temperature', '°C'],
  ['pressure', 'PSI'],
  ['flow_rate', 'GPM'],
]);

/** The specification's unit of a signal; undefined for a signal of the site's own. */
export function unitOf(signal: string): string | undefined {
  return UNITS.get(signal);
}

/** One signal's value with the specification's unit, or with the signal's name where it has none. */
export function signalText(signal: string, value: number): string {
  const unit = unitOf(signal);
  return unit === undefined ? `${signal} ${roundedText(value)}` : `${roundedText(value)} ${unit}`;
}

/** `pending`, or `pending, stale, chattering`: what somebody has to know besides the status. */
export function statusText(row: Recommendation, now: Instant): string {
  const isChattering = row.chatteringTimestamp !== null && !isTerminal(row.status);
  return [row.status, ...(isStale(row, now) ? ['stale'] : []), ...(isChattering ? ['chattering'] : [])].join(', ');
}

const ASSESSED = new Map<string, string>([
  ['created', 'when it was recommended'],
  ['escalated', 'when it was escalated'],
  ['corrected', 'when its record was put right'],
]);

/** Of which moment a row's readings and its value are; later ones change them only with the severity. `events` are the row's, oldest first. */
export function assessedText(events: readonly { readonly event: string }[]): string {
  return ASSESSED.get(events.findLast(({ event }) => ASSESSED.has(event))?.event ?? '') ?? 'on record';
}

/** The readings on record, in the specification's units. */
export function readingsText(row: Pick<Recommendation, 'temperatureReading' | 'pressureReading' | 'flowRateReading'>): string {
  const parts = [
    [row.temperatureReading, '°C'],
    [row.pressureReading, 'PSI'],
    [row.flowRateReading, 'GPM'],
  ] as const;
  const present = parts.flatMap(([value, unit]) => (value === null ? [] : [`${roundedText(value)} ${unit}`]));
  return present.length === 0 ? '-' : present.join(', ');
}

/** What is stored need not be an action any more. */
interface PlainAction {
  readonly tag: string;
  readonly value: number;
  readonly unit?: unknown;
  readonly old?: unknown;
}

/** As any client may have written it: with a value, and nothing that would have to be understood besides. */
function isPlainAction(value: unknown): value is PlainAction {
  if (value === null || typeof value !== 'object' || 'target' in value || 'permissives' in value || 'refusal' in value) return false;
  return 'tag' in value && typeof value.tag === 'string' && 'value' in value && typeof value.value === 'number';
}

/**
 * One line per action: `[default]REACTOR_02/ThroughputSetpoint: 80 → 40 % (50 % of the live value), only while Mode = 1`. What is stored and
 * is no action is shown as it is, never passed over.
 */
export function actionLines(actions: unknown): readonly string[] {
  if (!Array.isArray(actions)) return [`(not readable: ${JSON.stringify(actions)})`];
  if (actions.length === 0) return ['(none: advice only)'];
  return actions.map((action: unknown) => {
    if (isAction(action)) return `${stepText(action)}${permissivesText(action)}`;
    return isPlainAction(action) ? changeText(action, action.value) : `(not readable: ${JSON.stringify(action)})`;
  });
}

function changeText({ tag, old, unit }: Pick<PlainAction, 'tag' | 'old' | 'unit'>, value: number): string {
  const unitText = typeof unit === 'string' && unit !== '' ? ` ${unit}` : '';
  return `${tag}: ${typeof old === 'number' ? String(old) : 'unknown'} → ${value}${unitText}`;
}

function stepText(action: Action): string {
  if (action.value !== null) {
    const text = `${changeText(action, action.value)}${action.target ? ` (${describeTarget(action.target)})` : ''}`;
    const isThere = action.old !== null && isSatisfied({ value: action.value, direction: wayOf(action) }, action.old, 0);
    return isThere ? `${text}, nothing will be written: it is there already` : text;
  }
  const aim = `${action.tag}: ${action.old ?? 'unknown'} → ${describeTarget(action.target)}`;
  return action.refusal ? `${aim}, which cannot be written: ${action.refusal.reason}` : `${aim}, which could not be read`;
}

const SIGNS = { equals: '=', above: '>', below: '<' } as const;

/** `, only while Mode = 1 and …`, or nothing. */
export function permissivesText({ tag, permissives = [] }: Pick<Action, 'tag' | 'permissives'>): string {
  if (permissives.length === 0) return '';
  const folder = tag.slice(0, tag.lastIndexOf('/') + 1);
  const conditions = permissives.map((permissive) => {
    // A tag beside the one that is written needs no path to be known.
    const isBeside = folder !== '' && permissive.tag.startsWith(folder) && !permissive.tag.slice(folder.length).includes('/');
    const name = isBeside ? permissive.tag.slice(folder.length) : permissive.tag;
    return `${name} ${SIGNS[permissive.comparison]} ${permissive.value}`;
  });
  return `, only while ${conditions.join(' and ')}`;
}

/** ` by operator_john`, or nothing: who decided, as far as the row says. */
export function decidedBy(row: Recommendation): string {
  const by = row.status === 'rejected' ? (row.rejectedByOperator ?? '') : approversOf(row);
  return by === '' ? '' : ` by ${by}`;
}
