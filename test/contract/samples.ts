import { issuedCopy } from '../../src/domain/audit-copy.ts';
import { type Command, UNTOUCHED } from '../../src/domain/command.ts';
import type { AgentEvent } from '../../src/domain/event.ts';
import { commandIdOf, recommendationIdOf } from '../../src/domain/ids.ts';
import type { Instant } from '../../src/domain/instant.ts';
import type { Recommendation } from '../../src/domain/recommendation.ts';
import type { Band, IssueFamily } from '../../src/domain/rules.ts';
import { type Action, type Ticket, ticketHash } from '../../src/domain/ticket.ts';
import type { CommandChange, RecommendationChange } from '../../src/domain/changes.ts';
import type { RecommendationStatus } from '../../src/domain/transitions.ts';
import { AGENT } from '../support/stores.ts';

/** What two looks at a clock may lie apart on a busy machine; a wrong zone is a quarter of an hour at least. */
export const A_MINUTE_MS = 60_000;

export const ACTION: Action = {
  sequence: 1,
  tag: '[default]REACTOR_02/ThroughputSetpoint',
  value: 50,
  type: 'number',
  unit: '%',
  direction: 'decrease',
  old: 100,
};

export function aTicket(row: Pick<Recommendation, 'recommendationId' | 'equipmentId'>, actions: readonly Action[] = [ACTION]): Ticket {
  return {
    recommendationId: row.recommendationId,
    equipmentId: row.equipmentId,
    severity: 'critical',
    ruleId: 'temperature-critical',
    actions,
  };
}

/** A critical, pending recommendation of REACTOR_02; give what matters. */
export function aRecommendation(at: Instant, given: Partial<Recommendation> = {}): Recommendation {
  const equipmentId = given.equipmentId ?? 'REACTOR_02';
  const issueFamily = given.issueFamily ?? 'temperature';
  const recommendationId = given.recommendationId ?? recommendationIdOf(equipmentId, issueFamily, given.predecessorId ?? null);
  const status: RecommendationStatus = given.status ?? 'pending';
  return {
    recommendationId,
    equipmentId,
    issueType: 'critical_temperature',
    issueFamily,
    severity: 'critical',
    priority: 4,
    ruleId: 'temperature-critical',
    rulesHash: 'r'.repeat(64),
    temperatureReading: 96,
    pressureReading: 100,
    flowRateReading: 45,
    peakValue: 96,
    rootCauseAnalysis: 'potential cooling system failure or blockage',
    recommendedAction: 'EMERGENCY: Reduce throughput by 50% immediately',
    confidenceScore: 0.95,
    status,
    guardedStatus: status,
    actions: [ACTION],
    actionHash: ticketHash(aTicket({ recommendationId, equipmentId })),
    createdByAgent: AGENT,
    createdTimestamp: at,
    firstDetectedTimestamp: at,
    lastAccountedTimestamp: at,
    quietUntil: null,
    escalatedTimestamp: null,
    predecessorId: null,
    followsRecommendationId: null,
    approvedTimestamp: null,
    approvedByOperator: null,
    approvedVia: null,
    secondApprover: null,
    operatorNotes: null,
    rejectedTimestamp: null,
    rejectedByOperator: null,
    rejectionReason: null,
    deferUntil: null,
    expiresTimestamp: null,
    executedTimestamp: null,
    executionResult: null,
    outcome: null,
    verifiedTimestamp: null,
    updatedTimestamp: null,
    mayHaveWritten: false,
    chatteringTimestamp: null,
    triedBefore: null,
    revertRequestedBy: null,
    approvedHash: null,
    ...given,
  };
}

export function aCommand(at: Instant, given: Partial<Command> = {}): Command {
  const recommendationId = given.recommendationId ?? recommendationIdOf('REACTOR_02', 'temperature', null);
  return {
    commandId: commandIdOf(recommendationId, given.sequence ?? 1),
    recommendationId,
    equipmentId: 'REACTOR_02',
    sequence: 1,
    tagPath: ACTION.tag,
    newValue: '50',
    valueType: 'number',
    unit: '%',
    direction: 'decrease',
    oldValue: 100,
    ...UNTOUCHED,
    actionDescription: 'EMERGENCY: Reduce throughput by 50% immediately',
    severity: 'critical',
    createdTimestamp: at,
    createdByAgent: AGENT,
    attempt: null,
    signature: null,
    ...given,
  };
}

export function anEvent(given: Partial<AgentEvent> = {}): AgentEvent {
  return {
    eventId: 'event-1',
    agentId: AGENT,
    runId: 'run-1',
    actor: AGENT,
    subjectType: 'recommendation',
    subjectId: recommendationIdOf('REACTOR_02', 'temperature', null),
    event: 'created',
    fromStatus: null,
    toStatus: 'pending',
    reason: null,
    before: null,
    after: null,
    sessionId: null,
    ...given,
  };
}

/** The audit's copy of a recommendation's ticket. */
export function issued(row: Recommendation, given: Partial<AgentEvent> = {}): AgentEvent {
  return anEvent({
    eventId: `created-${row.recommendationId}`,
    subjectId: row.recommendationId,
    after: issuedCopy(aTicket(row)),
    ...given,
  });
}

export function inserting(columns: Recommendation): RecommendationChange {
  return { recommendationId: columns.recommendationId, expected: null, columns };
}

export function changing(row: Recommendation, expected: string, columns: Partial<Recommendation>): RecommendationChange {
  return { recommendationId: row.recommendationId, expected, columns };
}

export function insertingCommand(columns: Command): CommandChange {
  return { commandId: columns.commandId, expected: null, claimedBy: null, columns };
}

function band(ruleId: string, limit: number, severity: 'medium' | 'high' | 'critical'): Band {
  return { ruleId, limit, severity, issueType: ruleId, confidence: 0.9, recommendedAction: 'act', actions: [], fourEyes: false };
}

/** Temperature above 85 °C with the specification's three limits. */
export function aFamily(given: Partial<IssueFamily> = {}): IssueFamily {
  return {
    id: 'temperature',
    signal: 'temperature',
    side: 'above',
    bands: [band('elevated', 85, 'medium'), band('high', 90, 'high'), band('critical', 95, 'critical')],
    deadband: 1,
    onDelaySeconds: 0,
    offDelaySeconds: 30,
    clearReadings: 2,
    ...given,
  };
}

/** Of a cycle in which nothing happened. */
export const HEARTBEAT = {
  status: 'online',
  processId: null,
  detected: false,
  counted: false,
  watermark: null,
  newestReadingAt: null,
  nextDueInSeconds: 10,
  cycleMs: 1,
  lastError: null,
  rulesHash: 'r',
  version: 'v',
} as const;
