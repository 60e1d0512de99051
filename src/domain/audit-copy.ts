import { isoOf, type Instant } from './instant.ts';
import { type Assessment, type DecisionColumns, NO_DECISION } from './recommendation.ts';
import type { Permissive, RelativeTarget } from './rules.ts';
import { SEVERITIES } from './severity.ts';
import { type Action, type Refusal, type Ticket, ticketRecord, TURNS } from './ticket.ts';

type Json = Readonly<Record<string, unknown>>;

function timeText(instant: Instant | null): string | null {
  return instant === null ? null : isoOf(instant);
}

/**
 * A decision as the audit spells it: the tables' column names, times as ISO 8601. The audit outlives the code that wrote it, so it
 * does not hold the code's own objects; and what is read back is checked, not believed.
 */
export function decisionRecord(columns: DecisionColumns): Json {
  return {
    approved_timestamp: timeText(columns.approvedTimestamp),
    approved_by_operator: columns.approvedByOperator,
    approved_via: columns.approvedVia,
    approved_hash: columns.approvedHash,
    second_approver: columns.secondApprover,
    rejected_timestamp: timeText(columns.rejectedTimestamp),
    rejected_by_operator: columns.rejectedByOperator,
    rejection_reason: columns.rejectionReason,
    defer_until: timeText(columns.deferUntil),
  };
}

/** What an event that issues a ticket, or takes one back, leaves in `after`: the ticket, its family, and that nothing is decided. */
export function issuedCopy(ticket: Ticket | null): Json {
  const family = ticket?.issueFamily === undefined ? {} : { issue_family: ticket.issueFamily };
  return { ticket: ticket && ticketRecord(ticket), ...family, decision: decisionRecord(NO_DECISION) };
}

/** What an escalation makes of its row beside the ticket: a run that dies before it stores the row leaves it to the next one. */
export function assessmentRecord(assessment: Assessment): Json {
  return {
    issue_type: assessment.issueType,
    temperature_reading: assessment.temperatureReading,
    pressure_reading: assessment.pressureReading,
    flow_rate_reading: assessment.flowRateReading,
    peak_value: assessment.peakValue,
    root_cause_analysis: assessment.rootCauseAnalysis,
    recommended_action: assessment.recommendedAction,
    confidence_score: assessment.confidenceScore,
    first_detected_timestamp: isoOf(assessment.firstDetectedTimestamp),
    last_accounted_timestamp: isoOf(assessment.lastAccountedTimestamp),
  };
}

/** The assessment in an event's copy; null where there is none, or where a part of it is not what it should be. */
export function assessmentFrom(copy: unknown): Assessment | null {
  const found = asRecord(asRecord(copy)?.['assessment']);
  if (!found) return null;
  let sound = true;
  const of = <T>(name: string, isOne: (value: unknown) => value is T, otherwise: T): T => {
    const value = found[name];
    if (isOne(value)) return value;
    sound = false;
    return otherwise;
  };
  const text = (name: string) => of(name, (value): value is string => typeof value === 'string', '');
  const number = (name: string) => of(name, (value): value is number => typeof value === 'number', 0);
  const reading = (name: string) => of(name, (value): value is number | null => value === null || typeof value === 'number', null);
  const time = (name: string) => {
    const instant = Date.parse(text(name));
    sound &&= !Number.isNaN(instant);
    return instant;
  };
  const assessment: Assessment = {
    issueType: text('issue_type'),
    temperatureReading: reading('temperature_reading'),
    pressureReading: reading('pressure_reading'),
    flowRateReading: reading('flow_rate_reading'),
    peakValue: number('peak_value'),
    rootCauseAnalysis: text('root_cause_analysis'),
    recommendedAction: text('recommended_action'),
    confidenceScore: number('confidence_score'),
    firstDetectedTimestamp: time('first_detected_timestamp'),
    lastAccountedTimestamp: time('last_accounted_timestamp'),
  };
  return sound ? assessment : null;
}

function asRecord(value: unknown): Json | null {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : null; // checked just before
}

function isTarget(value: unknown): value is RelativeTarget {
  const target = asRecord(value);
  const amount = target?.['kind'] === 'percentOfCurrent' ? target['percent'] : target?.['kind'] === 'delta' ? target['by'] : null;
  return typeof amount === 'number';
}

function isPermissive(value: unknown): value is Permissive {
  const { tag, comparison, value: wanted } = asRecord(value) ?? {};
  return typeof tag === 'string' && ['equals', 'above', 'below'].includes(String(comparison)) && typeof wanted === 'number';
}

function isRefusal(value: unknown): value is Refusal {
  const { code, reason } = asRecord(value) ?? {};
  return typeof code === 'string' && typeof reason === 'string';
}

/** A value that was set, one that was made from a live value, or none and then what it is to be made from. */
function hasValue(action: Json): boolean {
  const { value, target, refusal } = action;
  if (target !== undefined && !isTarget(target)) return false;
  if (typeof value === 'number') return refusal === undefined;
  return value === null && target !== undefined && (refusal === undefined || isRefusal(refusal));
}

/** Whether what is stored as an action could have been issued as one. */
export function isAction(value: unknown): value is Action {
  const action = asRecord(value);
  if (!action) return false;
  const { sequence, tag, type, unit, direction, old, permissives } = action;
  return (
    Number.isInteger(sequence) &&
    typeof tag === 'string' &&
    hasValue(action) &&
    typeof unit === 'string' &&
    ['number', 'integer', 'boolean'].includes(String(type)) &&
    ['increase', 'decrease', 'any'].includes(String(direction)) &&
    (old === null || typeof old === 'number') &&
    (permissives === undefined || (Array.isArray(permissives) && permissives.every(isPermissive)))
  );
}

/** The actions that a row holds; of what is none, nothing: somebody may have edited it. */
export function actionsFrom(stored: unknown): readonly Action[] {
  return Array.isArray(stored) ? stored.filter(isAction) : [];
}

/** The ticket in an event's copy; null where there is none, or none that could have been issued. */
export function ticketFrom(copy: unknown): Ticket | null {
  const ticket = asRecord(asRecord(copy)?.['ticket']);
  const issueFamily = asRecord(copy)?.['issue_family'];
  if (!ticket) return null;
  const { recommendation_id: recommendationId, equipment_id: equipmentId, rule_id: ruleId, actions } = ticket;
  const severity = SEVERITIES.find((known) => known === ticket['severity']);
  if (typeof recommendationId !== 'string' || typeof equipmentId !== 'string' || typeof ruleId !== 'string') return null;
  if (severity === undefined || !Array.isArray(actions) || !actions.every(isAction)) return null;
  const demand = ticket['four_eyes'];
  if (demand !== undefined && demand !== true) return null;
  const turn = TURNS.find((known) => known === ticket['turn']);
  if (ticket['turn'] !== undefined && turn === undefined) return null;
  const family = typeof issueFamily === 'string' ? { issueFamily } : {};
  return {
    recommendationId,
    equipmentId,
    severity,
    ruleId,
    actions,
    ...(demand && { fourEyes: demand }),
    ...(turn && { turn }),
    ...family,
  };
}

/** The decision in an event's copy; null where there is none, or where a part of it is no time or no text. */
export function decisionFrom(copy: unknown): DecisionColumns | null {
  const decision = asRecord(asRecord(copy)?.['decision']);
  if (!decision) return null;
  let sound = true;
  const time = (name: string): Instant | null => {
    const value = decision[name] ?? null;
    const instant = typeof value === 'string' ? Date.parse(value) : Number.NaN;
    sound &&= value === null || !Number.isNaN(instant);
    return value === null || Number.isNaN(instant) ? null : instant;
  };
  const text = (name: string): string | null => {
    const value = decision[name] ?? null;
    sound &&= value === null || typeof value === 'string';
    return typeof value === 'string' ? value : null;
  };
  const columns: DecisionColumns = {
    approvedTimestamp: time('approved_timestamp'),
    approvedByOperator: text('approved_by_operator'),
    approvedVia: text('approved_via'),
    approvedHash: text('approved_hash'),
    secondApprover: text('second_approver'),
    rejectedTimestamp: time('rejected_timestamp'),
    rejectedByOperator: text('rejected_by_operator'),
    rejectionReason: text('rejection_reason'),
    deferUntil: time('defer_until'),
  };
  return sound ? columns : null;
}
