import { decisionRecord, issuedCopy } from '../../src/domain/audit-copy.ts';
import type { Command } from '../../src/domain/command.ts';
import { eventOf, type EventText } from '../../src/domain/event.ts';
import { type AuditRow, chainHash } from '../../src/domain/audit-chain.ts';
import { type KeyRing, NO_KEYS, signatureOf } from '../../src/domain/key-ring.ts';
import type { EvidenceRecord } from '../../src/domain/evidence-record.ts';
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
export function event(seconds: number, name: string, text: Partial<EventText> = {}): AuditRow {
  ordinal += 1;
  const subject = { subjectType: 'recommendation', subjectId: ROW.recommendationId } as const;
  const said = { ...eventOf(RUN, { ...subject, event: name, step: String(ordinal), ...text }), at: NOW + seconds * SECOND, ordinal };
  return { ...said, chainSeq: ordinal, previousHash: null, hash: null, signature: null };
}

export const CREATED = event(-100, 'created', { toStatus: 'pending', reason: 'temperature 92', after: issuedCopy(ROW.ticket) });
export const APPROVED = event(-49, 'approved', {
  fromStatus: 'pending',
  toStatus: 'approved',
  actor: 'anna via cli:x',
  reason: HASH,
  after: { decision: decisionRecord(APPROVAL), action_hash: HASH },
});

export function commandEvents(commands: readonly Command[], ...named: readonly (readonly [number, string])[]): readonly AuditRow[] {
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

/** With the hash of what it says, as it is stored, and a signature where there is a key. */
function stored(row: AuditRow, keys: KeyRing): AuditRow {
  const { hash: _hash, signature: _signature, chainSeq, ...said } = row;
  const hash = chainSeq === null ? null : chainHash({ ...said, chainSeq });
  return { ...row, hash, signature: hash === null ? null : signatureOf(keys, hash) };
}

export function recordOf(changes: Partial<EvidenceRecord> & { readonly columns?: Partial<Recommendation> } = {}): EvidenceRecord {
  const { columns = {}, ...rest } = changes;
  const status = columns.status ?? ROW.status;
  const inForce = {
    rulesHash: ROW.rulesHash,
    family: FAMILY,
    tags: TAGS,
    tolerancePercent: 0.5,
    policy: POLICY,
    keys: NO_KEYS,
    ...rest.inForce,
  };
  const record = {
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
    prunedUntil: null,
    ...rest,
    inForce,
  };
  const rows = (events: readonly AuditRow[]) => events.map((each) => stored(each, inForce.keys));
  return { ...record, events: rows(record.events), commandEvents: rows(record.commandEvents) };
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
