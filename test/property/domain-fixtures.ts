import type { DispatchContext } from '../../src/domain/check-dispatch.ts';
import { type Command, sealedColumnsOf, UNTOUCHED } from '../../src/domain/command.ts';
import type { Control, ControlKind } from '../../src/domain/control.ts';
import { DEFAULT_CAUSES, DEFAULT_TEMPERATURE_BANDS, SIMULATOR_TAGS } from '../../src/domain/default-rules.ts';
import type { DetectedState } from '../../src/domain/detection.ts';
import { Draft } from '../../src/domain/draft.ts';
import { NO_KEYS } from '../../src/domain/key-ring.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { LiveValues } from '../../src/domain/live-values.ts';
import { type Authorship, type Proposal, recommendationOf } from '../../src/domain/proposal.ts';
import { type FamilyHistory, NO_DECISION, type OpenRecommendation, type StoredRecommendation } from '../../src/domain/recommendation.ts';
import { bandFor, type IssueFamily } from '../../src/domain/rules.ts';
import type { TagPolicy } from '../../src/domain/tags.ts';
import type { RecommendationStatus } from '../../src/domain/transitions.ts';
import { type Ticket, ticketHash } from '../../src/domain/ticket.ts';
import { unscopedRules } from '../../src/domain/rule-book.ts';

export const NOW = Date.UTC(2026, 1, 19, 10, 30);
export const SECOND = 1000;
export const RUN = { agentId: 'AGENT', runId: 'RUN' };
export const LIVE_TAG = '[default]R1/ThroughputSetpoint';
export const COOLING_TAG = '[default]R1/CoolingSystemStatus';

export const FAMILY: IssueFamily = {
  id: 'temperature',
  signal: 'temperature',
  side: 'above',
  bands: DEFAULT_TEMPERATURE_BANDS,
  deadband: 1,
  onDelaySeconds: 0,
  offDelaySeconds: 30,
  clearReadings: 2,
};

export const POLICY: Policy = {
  approvalTtlSeconds: 900,
  holdSeconds: 1800,
  settlingSeconds: 300,
  verifyWindowSeconds: 600,
  maxDispatchPerCycle: 100,
  maxWritesPerMinute: 100,
  driftPercent: 5,
  fourEyes: false,
  fourEyesSeverity: 'critical',
  requireSession: false,
};

/** A claimed command's moment at which nothing stands in its way: what is to stand there is the test's to say. */
export function sending(ticket: Ticket | null, live: LiveValues): DispatchContext {
  return {
    now: NOW,
    ticket,
    keys: NO_KEYS,
    approvalEnds: NOW + 600 * SECOND,
    approvedHash: ticket && ticketHash(ticket),
    isStopping: false,
    leaseRunsOut: false,
    controls: [],
    condition: 'holds',
    earlier: [],
    isEquipmentBusy: false,
    writesLeft: 1,
    maxWritesPerMinute: 100,
    tags: TAGS,
    live,
    driftPercent: 5,
    tolerancePercent: 0.5,
  };
}

export const TAGS: TagPolicy = { allow: SIMULATOR_TAGS, deny: [] };

export function author(now = NOW): Authorship {
  return { agentId: 'AGENT', rulesHash: 'hash', rules: unscopedRules([FAMILY], DEFAULT_CAUSES), tags: TAGS, now };
}

/** A hot moment of R1, `at` the peak, as detection proposes it. */
export function proposalFor(peak: number, overrides: Partial<Proposal> = {}): Proposal {
  const band = bandFor(FAMILY, peak);
  if (!band) throw new Error(`${peak} violates nothing`);
  return {
    equipmentId: 'R1',
    family: FAMILY,
    band,
    peak: { value: peak, at: NOW - 10 * SECOND, signals: new Map(), trends: new Map() },
    firstDetectedAt: NOW - 20 * SECOND,
    accountedTo: NOW - 10 * SECOND,
    predecessor: null,
    ...overrides,
  };
}

/** An open row of R1 with its ticket, 100 s old; `peak` decides its severity. */
export function openRow(overrides: Partial<OpenRecommendation> = {}, peak = 92): OpenRecommendation {
  const live = new Map([
    [LIVE_TAG, 100],
    [COOLING_TAG, 0],
  ]);
  const row = recommendationOf(proposalFor(peak), 'pending', author(NOW - 100 * SECOND), live);
  const lastDecision = { event: 'created', columns: NO_DECISION, actionHash: null };
  return { ...row, lastDecision, guardedStatus: overrides.status ?? 'pending', ...overrides };
}

/** A row whose approval the agent has accepted. */
export function acceptedRow(overrides: Partial<OpenRecommendation> = {}, peak = 92): OpenRecommendation {
  const decision = { approvedByOperator: 'anna', approvedTimestamp: NOW - 20 * SECOND, approvedVia: 'cli' };
  const row = openRow(overrides, peak);
  const actionHash = row.ticket && ticketHash(row.ticket);
  return {
    ...row,
    status: 'approved',
    guardedStatus: 'approved',
    ...decision,
    expiresTimestamp: NOW + 600 * SECOND,
    lastDecision: { event: 'approved', columns: { ...NO_DECISION, ...decision }, actionHash },
    ...overrides,
  };
}

/** What an approval by the command line, by `name`, leaves on its row. */
export function byCommandLine(name: string, at: number, via = 'cli:x'): Partial<OpenRecommendation> {
  return {
    approvedVia: via,
    approvedTimestamp: at,
    updatedTimestamp: at,
    given: [{ event: 'approval_given', actor: `${name} via ${via}` }],
  };
}

export function history(status: RecommendationStatus, overrides: Partial<FamilyHistory> = {}): FamilyHistory {
  return { ...openRow({ status }), ...overrides };
}

export function commandsOf(row: OpenRecommendation, overrides: Partial<Command> = {}): Command[] {
  const { ticket } = row;
  if (!ticket) return [];
  return ticket.actions.map((action) => ({
    ...sealedColumnsOf(ticket, action),
    ...UNTOUCHED,
    actionDescription: row.recommendedAction,
    createdTimestamp: NOW,
    createdByAgent: 'AGENT',
    signature: null,
    ...overrides,
  }));
}

export function draftOf(rows: readonly StoredRecommendation[], commands: readonly Command[] = []): Draft {
  return new Draft(RUN, rows, commands);
}

/** A range whose readings end with `lastValue`, clear for `clearSeconds` when that is given. */
export function state(
  part: DetectedState['part'],
  given: {
    readonly last?: number | null;
    readonly lastAt?: number;
    readonly peak?: number;
    readonly firstAt?: number;
    readonly raisedTo?: number;
    readonly clearSince?: number;
    readonly clearReadings?: number;
    readonly recentRuns?: number;
    readonly isEarlier?: boolean;
    readonly unclearSince?: number;
    readonly unclearUntil?: number;
    readonly isCut?: boolean;
    readonly clearAfter?: number;
  },
): DetectedState {
  const lastAt = given.lastAt ?? NOW - 5 * SECOND;
  const { peak } = given;
  const raisedTo = given.raisedTo ?? lastAt;
  const firstAt = given.firstAt ?? raisedTo;
  return {
    part,
    isEarlier: given.isEarlier ?? false,
    equipmentId: 'R1',
    familyId: FAMILY.id,
    last: given.last === null ? null : { at: lastAt, value: given.last ?? peak ?? 70 },
    raised:
      peak === undefined
        ? null
        : {
            firstAt,
            lastAt: raisedTo,
            peak: { value: peak, at: firstAt, signals: new Map(), trends: new Map() },
            unclearSince: given.unclearSince ?? firstAt,
            unclearUntil: given.unclearUntil ?? raisedTo,
            isCut: given.isCut ?? false,
          },
    clear:
      given.clearSince === undefined
        ? null
        : { since: given.clearSince, readings: given.clearReadings ?? 5, after: given.clearAfter ?? null },
    recentRuns: given.recentRuns ?? 0,
  };
}

export function control(kind: ControlKind, overrides: Partial<Control> = {}): Control {
  return { kind, scope: 'all', by: 'anna', reason: 'maintenance', since: NOW - SECOND, until: null, ...overrides };
}
