import { describe, expect, test } from '@jest/globals';
import { decisionRecord, issuedCopy } from '../../src/domain/audit-copy.ts';
import { sealedColumnsOf, signCommand } from '../../src/domain/command.ts';
import { type Evidence, evidenceOf } from '../../src/domain/evidence.ts';
import type { EvidenceRecord } from '../../src/domain/evidence-record.ts';
import { NO_DECISION } from '../../src/domain/recommendation.ts';
import { ringOf } from '../support/keys.ts';
import { NOW, SECOND, TAGS } from '../property/domain-fixtures.ts';
import {
  APPROVAL,
  APPROVED,
  approved,
  commandEvents,
  CREATED,
  effective,
  event,
  HASH,
  recordOf,
  ROW,
  SENT,
  sentCommands,
} from '../support/evidence-record.ts';

const steps = (tags: typeof TAGS) => {
  const record = recordOf();
  return evidenceOf({ ...record, inForce: { ...record.inForce, tags } }).ticket?.steps.map(
    ({ allowed }) => allowed && [allowed.min, allowed.max],
  );
};
const decisions = (events: EvidenceRecord['events']) => evidenceOf(recordOf({ events })).decisions;
const deferred = () => event(-29, 'deferred', { after: { decision: decisionRecord(NO_DECISION) } });
const order = (seconds: number, scope: string, extra: object = {}) =>
  event(seconds, 'control_set', {
    subjectType: 'control',
    subjectId: `advisory:${scope}`,
    after: {
      kind: 'advisory',
      scope,
      by: 'anna',
      reason: 'maintenance',
      since: new Date(NOW + seconds * SECOND).toISOString(),
      until: null,
      ...extra,
    },
  });
const lifted = (seconds: number, scope: string) =>
  event(seconds, 'control_cleared', { subjectType: 'control', subjectId: `advisory:${scope}`, actor: 'bernd' });
const scopes = (...controlEvents: EvidenceRecord['events']) => evidenceOf(recordOf({ controlEvents })).orders.map(({ scope }) => scope);

function checksOf(record: EvidenceRecord, result: 'passed' | 'failed' | 'open'): readonly string[] {
  return evidenceOf(record).checks.flatMap((check) => (check.result === result ? check.id : []));
}

function found(record: EvidenceRecord, id: string): string | undefined {
  return evidenceOf(record).checks.find((check) => check.id === id)?.found;
}

const [SETPOINT, COOLING] = sentCommands();

describe('the checks', () => {
  test('know the ticket also after a run that was overtaken took its word back without one', () => {
    const events = [CREATED, event(-90, 'not_applied', { fromStatus: 'pending', toStatus: 'approved' })];
    expect(evidenceOf(recordOf({ events })).ticket?.hash).toBe(HASH);
    expect(checksOf(recordOf({ events }), 'passed')).toContain('ticket_on_record');
  });

  test('of one that went well all pass, and the one that asks for two people has nothing to ask', () => {
    expect(checksOf(effective(), 'failed')).toEqual([]);
    expect(checksOf(effective(), 'open')).toEqual(['two_people', 'audit_signatures', 'command_signatures']);
  });

  test.each<readonly [string, EvidenceRecord, readonly string[]]>([
    [
      'pending',
      recordOf(),
      ['ticket_on_record', 'ticket_hash', 'row_unedited', 'times_in_order', 'audit_in_order', 'audit_hashes', 'status_on_record'],
    ],
    [
      'approved',
      approved(),
      [
        'ticket_on_record',
        'ticket_hash',
        'row_unedited',
        'approval_on_record',
        'approval_of_ticket',
        'times_in_order',
        'audit_in_order',
        'audit_hashes',
        'status_on_record',
      ],
    ],
  ])('of one that is %s claim nothing about what has not happened', (_status, record, passed) => {
    expect(checksOf(record, 'passed')).toEqual(passed);
    expect(checksOf(record, 'failed')).toEqual([]);
  });

  test.each<readonly [string, EvidenceRecord, readonly string[]]>([
    ['the row shows another value', effective({ columns: { actions: [] } }), ['row_unedited']],
    ['the row has another hash', effective({ columns: { actionHash: 'other' } }), ['ticket_hash']],
    ['the row names another equipment', effective({ columns: { equipmentId: 'R2' } }), ['row_unedited']],
    [
      'the audit has no ticket',
      effective({ events: effective().events.slice(1) }),
      ['ticket_on_record', 'approval_of_ticket', 'commands_match', 'read_back'],
    ],
    ['the row names another approver', effective({ columns: { approvedByOperator: 'eve' } }), ['approval_on_record']],
    [
      'the audit has no approval',
      effective({ events: effective().events.filter(({ event: name }) => name !== 'approved') }),
      ['approval_on_record', 'audit_in_order'],
    ],
    [
      'the approval was for another ticket',
      effective({
        events: [CREATED, { ...APPROVED, after: { ...Object(APPROVED.after), action_hash: 'other' } }, ...effective().events.slice(2)],
      }),
      ['approval_of_ticket'],
    ],
    [
      'the ticket was issued anew afterwards',
      effective({
        events: [...effective().events, event(-4, 'renewed', { after: issuedCopy(ROW.ticket && { ...ROW.ticket, ruleId: 'other' }) })],
      }),
      ['ticket_hash', 'row_unedited', 'approval_of_ticket'],
    ],
    ['the agent approved itself', approvedBy('agent'), ['approval_on_record']],
    ['a sent command has another value', effective({ commands: edited({ newValue: '10' }) }), ['commands_match']],
    [
      'a pending command has another tag',
      approved({ commands: edited({ tagPath: '[default]R1/Other', status: 'pending', startedTimestamp: null }).slice(0, 1) }),
      ['commands_match'],
    ],
    ['the row of a command is gone', effective({ commands: SETPOINT ? [SETPOINT] : [] }), ['commands_match']],
    ['a write was not announced', effective({ commandEvents: [] }), ['audit_before_write']],
    [
      'a write was sent before it was announced',
      effective({ commands: edited({ startedTimestamp: NOW - 49.5 * SECOND }) }),
      ['audit_before_write'],
    ],
    ['a write was sent late', effective({ commands: edited({ notAfter: NOW - 45 * SECOND }) }), ['sent_in_time']],
    ['a write was sent after the approval', effective({ columns: { expiresTimestamp: NOW - 45 * SECOND } }), ['sent_in_time']],
    [
      'a write was sent before the approval',
      effective({ commands: edited({ startedTimestamp: NOW - 51 * SECOND }) }),
      ['audit_before_write', 'times_in_order'],
    ],
    ['a command was claimed twice', effective({ commands: edited({ attempt: 2 }) }), ['sent_once']],
    [
      'a command was announced twice, whatever its row says',
      effective({ commandEvents: commandEvents(sentCommands(), [-49, 'dispatching'], [-48, 'dispatching'], [-39, 'executed']) }),
      ['sent_once'],
    ],
    ['another value was read back', effective({ commands: edited({ readBackValue: 99 }) }), ['read_back']],
    ['nothing was read back', effective({ commands: edited({ readBackValue: null }) }), ['read_back']],
    ['it was verified before it was executed', effective({ columns: { verifiedTimestamp: NOW - 45 * SECOND } }), ['times_in_order']],
    [
      'the audit tells of the end first',
      effective({ commandEvents: commandEvents(sentCommands(), [-60, 'dispatching'], [-39, 'executed']) }),
      ['audit_in_order'],
    ],
    ['the row says that it is pending', effective({ columns: { status: 'rejected', guardedStatus: 'rejected' } }), ['status_on_record']],
    ['the row says that it helped', effective({ columns: { outcome: 'ineffective' } }), ['outcome_on_record']],
  ])('tell where %s', (_what, record, failed) => {
    expect(checksOf(record, 'failed')).toEqual(failed);
  });

  test('of a command that was given back once let it be claimed twice', () => {
    const record = effective({ commands: edited({ attempt: 2 }) });
    const returned = commandEvents(record.commands.slice(0, 1), [-45, 'returned']);
    const claimed = commandEvents(record.commands.slice(0, 1), [-44, 'dispatching']);
    expect(checksOf({ ...record, commandEvents: [...record.commandEvents, ...returned, ...claimed] }, 'failed')).toEqual([]);
  });

  test('of a forged command that was refused say so, and find no fault', () => {
    const forged = {
      ...sentCommands()[0],
      commandId: 'forged',
      newValue: '1',
      status: 'failed',
      startedTimestamp: null,
      failureCode: 'ticket_mismatch',
    };
    const commands = [...sentCommands(), forged] as EvidenceRecord['commands']; // a status of the table
    expect(checksOf(effective({ commands }), 'failed')).toEqual([]);
    expect(found(effective({ commands }), 'commands_match')).toBe(
      '2 of 3 compared column by column; 1 that differed was refused and never sent',
    );
  });

  test('leave an approval that no cycle has judged to the next one', () => {
    const record = recordOf({ columns: { ...APPROVAL, status: 'approved', guardedStatus: 'pending' } });
    expect(checksOf(record, 'failed')).toEqual([]);
    expect(found(record, 'approval_on_record')).toBe('an approval waits for the next cycle to judge it');
    expect(found(record, 'status_on_record')).toBe("'approved' was written from outside; the next cycle judges it");
  });

  test('take a step that had nothing to write as confirmed by the value that was there', () => {
    const commands = sentCommands().map((command) => ({
      ...command,
      startedTimestamp: null,
      readBackValue: command.sequence === 1 ? 60 : 1,
    }));
    expect(checksOf(effective({ commands }), 'failed')).toEqual([]);
    expect(evidenceOf(effective({ commands })).writes.map(({ sent }) => sent)).toEqual(['no', 'no']);
  });

  test.each<readonly [string, string | null, readonly string[]]>([
    ['two people passes', 'bernd', []],
    ['one person in two spellings fails', 'ANNA', ['two_people']],
    ['only one person fails', null, ['two_people']],
  ])('of a ticket for two: %s', (_what, second, failed) => {
    const ticket = ROW.ticket && { ...ROW.ticket, fourEyes: true as const };
    const columns = { ...APPROVAL, secondApprover: second };
    const events = [
      event(-100, 'created', { toStatus: 'pending', after: issuedCopy(ticket) }),
      event(-60, 'first_approved', { toStatus: 'awaiting_second', actor: 'anna via sql', after: { decision: decisionRecord(APPROVAL) } }),
      event(-49, 'approved', { toStatus: 'approved', actor: 'bernd via sql', after: { decision: decisionRecord(columns) } }),
    ];
    expect(checksOf(approved({ events, columns }), 'failed').filter((id) => id === 'two_people')).toEqual(failed);
  });
});

function edited(columns: Partial<NonNullable<typeof SETPOINT>>): EvidenceRecord['commands'] {
  return SETPOINT && COOLING ? [{ ...SETPOINT, ...columns }, COOLING] : [];
}

function approvedBy(name: string): EvidenceRecord {
  const columns = { ...APPROVAL, approvedByOperator: name };
  const approval = { ...APPROVED, after: { decision: decisionRecord(columns), action_hash: HASH } };
  return effective({ events: [CREATED, approval, ...effective().events.slice(2)], columns });
}

describe('the checks of hashes and signatures', () => {
  const keys = ringOf(`k1:${'s'.repeat(40)}`);
  const strangers = ringOf(`k2:${'t'.repeat(40)}`);
  const inForce = { ...recordOf().inForce, keys };
  const signedBy = (ring: typeof keys) =>
    sentCommands().map((command) => {
      const action = ROW.ticket?.actions.find(({ sequence }) => sequence === command.sequence);
      return { ...command, signature: ROW.ticket && action ? signCommand(sealedColumnsOf(ROW.ticket, action), ROW.ticket, ring) : null };
    });
  const record = effective({ inForce, commands: signedBy(keys) });

  test('pass where a key that is given made each of them', () => {
    expect(checksOf(record, 'failed')).toEqual([]);
    expect(checksOf(record, 'open')).toEqual(['two_people']);
    expect(found(record, 'audit_signatures')).toBe('11 rows signed');
    expect(found(record, 'command_signatures')).toBe('2 commands signed');
    expect(found(record, 'audit_hashes')).toMatch(/^11 rows, of the places \d+ to \d+ of the chain$/);
  });

  test('tell which row says something else than its hash', () => {
    const events = record.events.map((row) => (row.event === 'executing' ? { ...row, actor: 'eve' } : row));
    expect(checksOf({ ...record, events }, 'failed')).toEqual(['audit_hashes']);
    expect(found({ ...record, events }, 'audit_hashes')).toBe(
      "another hash than what they say has 'executing' of 2026-02-19T10:29:11.000Z",
    );
  });

  test('tell a signature that the key it names did not make', () => {
    const events = record.events.map((row) => ({ ...row, signature: `k1:${'0'.repeat(64)}` }));
    const commands = signedBy(keys).map((command) => ({ ...command, signature: `k1:${'0'.repeat(64)}` }));
    expect(checksOf({ ...record, events, commands }, 'failed')).toEqual(['audit_signatures', 'command_signatures']);
  });

  test('leave open what is older than the chain and the keys, or signed by another one', () => {
    const older = record.events.map((row) => ({ ...row, chainSeq: null, hash: null, signature: null }));
    const commands = signedBy(strangers);
    expect(checksOf({ ...record, events: older, commands }, 'failed')).toEqual([]);
    expect(checksOf({ ...record, events: older, commands }, 'open')).toEqual([
      'two_people',
      'audit_hashes',
      'audit_signatures',
      'command_signatures',
    ]);
    // Which of the two it is decides what to do: look at the row, or give the key.
    expect(found({ ...record, events: older, commands }, 'audit_signatures')).toMatch(/^without a signature: 'created' of \S+, /);
    expect(found({ ...record, commands }, 'command_signatures')).toBe(
      'signed with a key that is not given, so not checked: command 1, command 2',
    );
  });
});

describe('the evidence', () => {
  test('has the limits of the record while the rules are those it was made by, and says when they are not', () => {
    expect(evidenceOf(recordOf()).limits).toMatchObject({ areOfRecord: true, clearBound: 84 });
    expect(evidenceOf(recordOf({ columns: { rulesHash: 'other' } })).limits).toMatchObject({ areOfRecord: false });
  });

  test('of a family that is no longer in force has none', () => {
    const record = recordOf();
    expect(evidenceOf({ ...record, inForce: { ...record.inForce, family: undefined } }).limits).toBeNull();
  });

  test('names the limits that are configured for a tag now, and none for one that may not be written any more', () => {
    expect(steps(TAGS)).toEqual([
      [0, 100],
      [0, 1],
    ]);
    expect(steps({ ...TAGS, deny: ['ThroughputSetpoint'] })).toEqual([null, [0, 1]]);
  });

  test('has the value that the verdict was made by, and the peak', () => {
    expect(evidenceOf(effective()).outcome).toEqual({
      outcome: 'effective',
      verifiedAt: NOW - 5 * SECOND,
      before: 92,
      after: 80,
      expected: null,
    });
    expect(evidenceOf(recordOf()).outcome).toEqual({ outcome: null, verifiedAt: null, before: 92, after: null, expected: null });
  });

  test.each<readonly [string, Partial<NonNullable<typeof SETPOINT>>, Evidence['writes'][number]['sent']]>([
    ['sent', SENT, 'yes'],
    ['refused by the plant', { status: 'failed', startedTimestamp: NOW, failureCode: 'plant_refused' }, 'yes'],
    ['claimed by a run that died', { status: 'executing', startedTimestamp: null }, 'maybe'],
    ['never answered', { status: 'failed', startedTimestamp: null, failureCode: 'not_confirmed' }, 'maybe'],
    ['set back by somebody', { status: 'failed', startedTimestamp: null, failureCode: 'replayed' }, 'maybe'],
    ['waiting', { status: 'pending', startedTimestamp: null }, 'no'],
    ['cancelled', { status: 'cancelled', startedTimestamp: null, failureCode: 'sequence_stopped' }, 'no'],
  ])('knows of a command that was %s whether it left', (_what, columns, sent) => {
    expect(evidenceOf(effective({ commands: edited(columns) })).writes[0]?.sent).toBe(sent);
  });
});

describe('the decisions', () => {
  test('name who approved, by which way, and for which ticket', () => {
    expect(decisions([CREATED, APPROVED])).toEqual([
      {
        kind: 'approved',
        by: 'anna',
        via: 'cli:x',
        at: APPROVAL.approvedTimestamp,
        judgedAt: NOW - 49 * SECOND,
        actionHash: HASH,
        sessionId: null,
        reason: null,
        counts: true,
      },
    ]);
  });

  test('name the second of two as the one whose approval completed it', () => {
    const columns = { ...APPROVAL, secondApprover: 'bernd', approvedVia: null };
    const second = event(-40, 'approved', { actor: 'bernd via sql', after: { decision: decisionRecord(columns), action_hash: HASH } });
    expect(decisions([CREATED, second])).toMatchObject([{ by: 'bernd', via: null }]);
  });

  test('have a rejection with its reason, and what was refused as not counting', () => {
    const rejected = { ...NO_DECISION, rejectedByOperator: 'carl', rejectedTimestamp: NOW };
    const refused = { decision: decisionRecord({ ...APPROVAL, approvedByOperator: null }), action_hash: HASH };
    expect(
      decisions([
        CREATED,
        event(-30, 'refused', { reason: 'nobody was named', before: refused }),
        event(0, 'rejected', { actor: 'carl via sql', reason: 'calibration', after: { decision: decisionRecord(rejected) } }),
      ]),
    ).toMatchObject([
      { kind: 'refused', by: null, reason: 'nobody was named', counts: false },
      { kind: 'rejected', by: 'carl', via: null, at: NOW, reason: 'calibration', counts: true },
    ]);
  });

  test('know who deferred by the command line, and nobody who did by plain SQL', () => {
    const given = event(-30, 'deferral_given', { actor: 'dora via cli:d' });
    expect(decisions([CREATED, given, deferred(), deferred()])).toMatchObject([
      { by: 'dora', via: 'cli:d' },
      { by: null, via: null },
    ]);
  });
});

describe('the standing orders', () => {
  test('are those that were in force for the equipment while it lived', () => {
    expect(scopes(order(-500, 'all'), order(-50, 'R*'), order(-40, 'PUMP_*'))).toEqual(['all', 'R*']);
  });

  test('leave out what was lifted, or over, before it was made', () => {
    expect(scopes(order(-500, 'all'), lifted(-400, 'all'))).toEqual([]);
    expect(scopes(order(-500, 'all', { until: new Date(NOW - 300 * SECOND).toISOString() }))).toEqual([]);
  });

  test('say who lifted them and when', () => {
    const { orders } = evidenceOf(recordOf({ controlEvents: [order(-90, 'all'), lifted(-80, 'all')] }));
    expect(orders).toMatchObject([{ lifted: { at: NOW - 80 * SECOND, by: 'bernd' } }]);
  });

  test('leave out what nobody can read', () => {
    expect(scopes(event(-90, 'control_set', { subjectType: 'control', subjectId: 'advisory:all', after: 'x' }))).toEqual([]);
  });
});
