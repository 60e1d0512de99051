import { decisionRecord, issuedCopy } from '../../src/domain/audit-copy.ts';
import type { Command } from '../../src/domain/command.ts';
import { eventOf, type EventText } from '../../src/domain/event.ts';
import type { EvidenceRecord, RecordedEvent } from '../../src/domain/evidence-record.ts';
import { type DecisionColumns, NO_DECISION, type OpenRecommendation, type Recommendation } from '../../src/domain/recommendation.ts';
import { commandsOf, FAMILY, NOW, openRow, POLICY, RUN, SECOND, TAGS } from '../property/domain-fixtures.ts';

/** A recommendation of R1 as `recommendationOf` makes one, at 100 s before NOW. */
export const ROW: OpenRecommendation = openRow({ firstDetectedTimestamp: NOW - 110 * SECOND, lastAccountedTimestamp: NOW - 60 * SECOND });
export const HASH = ROW.actionHash ?? '';
const APPROVED_AT = NOW - 50 * SECOND;
const SENT_AT = NOW - 40 * SECOND;
const DONE_AT = NOW - 39 * SECOND;
export const APPROVAL: DecisionColumns = {
  ...NO_DECISION,
  approvedByOperator: 'anna',
  approvedTimestamp: APPROVED_AT,
  approvedVia: 'cli:x',
};

let ordinal = 0;

/** An event of the recommendation, `seconds` from NOW. */
export function event(seconds: number, name: string, text: Partial<EventText> = {}): RecordedEvent {
  ordinal += 1;
  const subject = { subjectType: 'recommendation', subjectId: ROW.recommendationId } as const;
  return { ...eventOf(RUN, { ...subject, event: name, step: String(ordinal), ...text }), at: NOW + seconds * SECOND, ordinal };
}

export const CREATED = event(-100, 'created', { toStatus: 'pending', reason: 'temperature 92', after: issuedCopy(ROW.ticket) });
export const APPROVED = event(-49, 'approved', {
  fromStatus: 'pending',
  toStatus: 'approved',
  actor: 'anna via cli:x',
  reason: HASH,
  after: { decision: decisionRecord(APPROVAL), action_hash: HASH },
});

export function commandEvents(commands: readonly Command[], ...named: readonly (readonly [number, string])[]): readonly RecordedEvent[] {
  return commands.flatMap(({ commandId: subjectId }) =>
    named.map(([seconds, name]) => event(seconds, name, { subjectType: 'command', subjectId })),
  );
}

/** Commands that were sent and read back as approved. */
export const SENT: Partial<Command> = {
  status: 'executed',
  attempt: 1,
  claimedTimestamp: SENT_AT,
  startedTimestamp: SENT_AT,
  executedTimestamp: DONE_AT,
  completedTimestamp: DONE_AT,
  notAfter: NOW + 60 * SECOND,
  executionResult: 'read back',
};

export function sentCommands(): readonly Command[] {
  return commandsOf(ROW, SENT).map((command) => ({ ...command, readBackValue: Number(command.newValue) }));
}

export function recordOf(changes: Partial<EvidenceRecord> & { readonly columns?: Partial<Recommendation> } = {}): EvidenceRecord {
  const { columns = {}, ...rest } = changes;
  const status = columns.status ?? ROW.status;
  return {
    now: NOW,
    row: { ...ROW, guardedStatus: status, ...columns },
    events: [CREATED],
    commandEvents: [],
    controlEvents: [],
    commands: [],
    signal: {
      name: 'temperature',
      range: { after: NOW - 160 * SECOND, upTo: NOW },
      extremes: {
        readings: 3,
        points: [
          { at: NOW - 150 * SECOND, value: 70 },
          { at: NOW - 110 * SECOND, value: 92 },
          { at: NOW - 5 * SECOND, value: 80 },
        ],
      },
    },
    related: { predecessor: null, follows: null, successor: null },
    inForce: { rulesHash: ROW.rulesHash, family: FAMILY, tags: TAGS, tolerancePercent: 0.5, policy: POLICY },
    ...rest,
  };
}

const ACCEPTED: Partial<Recommendation> = { ...APPROVAL, expiresTimestamp: NOW + 800 * SECOND };

/** One that was approved, written, read back and found to be effective. */
export function effective(changes: Partial<EvidenceRecord> & { readonly columns?: Partial<Recommendation> } = {}): EvidenceRecord {
  const commands = sentCommands();
  const { columns, ...rest } = changes;
  return recordOf({
    events: [
      CREATED,
      APPROVED,
      event(-49, 'executing', { toStatus: 'executing' }),
      event(-38, 'executed', { toStatus: 'executed', after: { decision: decisionRecord(APPROVAL) } }),
      event(-5, 'verified', { toStatus: 'executed', after: { outcome: 'effective', value: 80 } }),
    ],
    commands,
    commandEvents: commandEvents(commands, [-49, 'derived'], [-49, 'dispatching'], [-39, 'executed']),
    columns: {
      ...ACCEPTED,
      status: 'executed',
      executedTimestamp: DONE_AT,
      outcome: 'effective',
      verifiedTimestamp: NOW - 5 * SECOND,
      mayHaveWritten: true,
      ...columns,
    },
    ...rest,
  });
}

/** Approved, and not further. */
export function approved(changes: Partial<EvidenceRecord> & { readonly columns?: Partial<Recommendation> } = {}): EvidenceRecord {
  const { columns, ...rest } = changes;
  return recordOf({ events: [CREATED, APPROVED], columns: { ...ACCEPTED, status: 'approved', ...columns }, ...rest });
}
