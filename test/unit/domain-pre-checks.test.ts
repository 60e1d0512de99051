import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkDispatch, type DispatchContext } from '../../src/domain/check-dispatch.ts';
import { type Command, signCommand } from '../../src/domain/command.ts';
import { signingKey } from '../../src/domain/key-ring.ts';
import { PRE_CHECKS, type PreCheckCode, type SendingCode } from '../../src/domain/pre-checks.ts';
import type { Permissive } from '../../src/domain/rules.ts';
import type { AllowedTag } from '../../src/domain/tags.ts';
import type { ResolvedAction, Ticket } from '../../src/domain/ticket.ts';
import { commandsOf, control, LIVE_TAG, NOW, openRow, SECOND, sending, TAGS } from '../property/domain-fixtures.ts';
import { withPreChecks } from '../support/safety-docs.ts';

const KEYS = [signingKey('a', '1'.repeat(32))];
const MODE = '[default]R1/Mode';
const IN_REMOTE: Permissive = { tag: MODE, comparison: 'equals', value: 1 };
const LIMITS: AllowedTag = { path: '[default]{id}/ThroughputSetpoint', min: 0, max: 100, type: 'number', unit: '%', direction: 'any' };

/** The first command of a row, with its ticket, in the hands of the run that claimed it. */
function claimed(edit: Partial<ResolvedAction> = {}): { readonly command: Command; readonly ticket: Ticket } {
  const { ticket: whole } = openRow();
  const [action] = whole?.actions ?? [];
  if (!whole || !action || action.value === null) throw new Error('the high band sets a value');
  const ticket = { ...whole, actions: [{ ...action, ...edit }] };
  const [command] = commandsOf(openRow({ ticket }), { status: 'executing', claimedBy: 'RUN', notAfter: NOW });
  if (!command) throw new Error('one action is one command');
  return { command, ticket };
}

interface Case {
  readonly edit?: Partial<ResolvedAction>;
  readonly row?: Partial<Command>;
  readonly context?: Partial<DispatchContext>;
  readonly live?: readonly (readonly [string, number])[];
}

const allow = (edit: Partial<AllowedTag>) => ({ tags: { allow: [{ ...LIMITS, ...edit }], deny: [] } });

/** Codes of the cycle's own doing: whether it could read the controls and the plant is not the judge's to say. */
type Judged = Exclude<SendingCode, 'controls_unreadable' | 'plant_silent'>;

/** For every code of the table what brings it about; everything else is as it should be. */
const CASES: Readonly<Record<Judged, Case>> = {
  ticket_mismatch: { row: { newValue: '10' } },
  other_ticket: { context: { approvedHash: 'another' } },
  signature_invalid: { context: { keys: KEYS } },
  approval_expired: { context: { approvalEnds: NOW } },
  too_late: { row: { notAfter: NOW - 1 } },
  stopping: { context: { isStopping: true } },
  lease_ends: { context: { leaseRunsOut: true } },
  control: { context: { controls: [control('advisory')] } },
  condition_cleared: { context: { condition: 'cleared' } },
  condition_unknown: { context: { condition: 'unknown' } },
  sequence_waits: { context: { earlier: [{ ...claimed().command, status: 'unknown' }] } },
  equipment_busy: { context: { isEquipmentBusy: true } },
  rate_limit: { context: { writesLeft: 0 } },
  tag_invalid: { edit: { tag: '[default]R1/../R2/ThroughputSetpoint' } },
  tag_denied: { edit: { tag: '[default]R1/SafetyThroughput' }, context: allow({ path: '[default]R1/SafetyThroughput' }) },
  tag_not_allowed: { context: { tags: { allow: [], deny: [] } } },
  not_readable: { live: [] },
  wrong_type: { edit: { value: 75.5 }, context: allow({ type: 'integer' }) },
  out_of_limits: { context: allow({ min: 80 }) },
  wrong_direction: { edit: { direction: 'increase', value: 75 }, context: allow({ direction: 'decrease' }), live: [[LIVE_TAG, 60]] },
  step_too_large: { context: allow({ maxStep: 10 }) },
  drifted: { edit: { target: { kind: 'percentOfCurrent', percent: 75 } }, live: [[LIVE_TAG, 90]] },
  permissive_not_readable: { edit: { permissives: [IN_REMOTE] } },
  permissive_not_met: {
    edit: { permissives: [IN_REMOTE] },
    live: [
      [LIVE_TAG, 100],
      [MODE, 0],
    ],
  },
};

function verdictOf({ edit = {}, row = {}, context = {}, live = [[LIVE_TAG, 100]] }: Case) {
  const { command, ticket } = claimed(edit);
  return checkDispatch({ ...command, ...row }, { ...sending(ticket, new Map(live)), ...context });
}

const PARTS = ['edit', 'row', 'context', 'live'] as const;

/** Whether both can be so at once: neither is made by what unmakes the other. */
function isTogether(a: Case, b: Case): boolean {
  const keys = (each: Case) => PARTS.flatMap((part) => Object.keys(each[part] ?? {}).map((key) => (part === 'live' ? part : key)));
  const touched = new Set(keys(a));
  return !keys(b).some((key) => touched.has(key));
}

/** Every two codes, in the order of the table, that one command can have. */
function togetherWrong(): readonly (readonly [Judged, Judged])[] {
  const codes = (Object.keys(PRE_CHECKS) as PreCheckCode[]).filter((code): code is Judged => code in CASES); // the objects' own keys
  return codes.flatMap((first, place) =>
    codes.slice(place + 1).flatMap((second) => (isTogether(CASES[first], CASES[second]) ? [[first, second] as const] : [])),
  );
}

describe('the pre-checks', () => {
  test('let a command through with which nothing is wrong', () => {
    expect(verdictOf({})).toMatchObject({ kind: 'write' });
  });

  test.each(Object.entries(CASES))('%s stops a command alone, with the effect and the sentence of the table', (code, given) => {
    const check = PRE_CHECKS[code as Judged]; // the keys of CASES
    const verdict = verdictOf(given);
    expect(verdict).toMatchObject({ kind: check.beforeSending === 'failed' ? 'refuse' : 'return', code });
    const sentence = check.says.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
    expect('reason' in verdict ? verdict.reason : '').toMatch(new RegExp(`^${sentence.join('.*')}$`));
  });

  test.each(togetherWrong())('of %s and %s the one that the table has first is told', (first, second) => {
    const [a, b] = [CASES[first], CASES[second]];
    const both = { row: { ...a.row, ...b.row }, edit: { ...a.edit, ...b.edit }, context: { ...a.context, ...b.context } };
    const live = a.live ?? b.live;
    expect(verdictOf({ ...both, ...(live && { live }) })).toMatchObject({ code: first });
  });

  test('without signing keys no signature is asked for, and with them only a right one passes', () => {
    const { command, ticket } = claimed();
    const signature = signCommand(command, ticket, KEYS);
    const judged = (row: Command) => checkDispatch(row, { ...sending(ticket, new Map([[LIVE_TAG, 100]])), keys: KEYS });
    expect(judged({ ...command, signature })).toMatchObject({ kind: 'write' });
    const other = signCommand(command, { ...ticket, ruleId: 'another' }, KEYS);
    expect(judged({ ...command, signature: other })).toMatchObject({ kind: 'refuse', reason: expect.stringContaining('(invalid)') });
    const retired = signCommand(command, ticket, [signingKey('z', '2'.repeat(32))]);
    expect(judged({ ...command, signature: retired })).toMatchObject({ kind: 'refuse', reason: expect.stringContaining('(unknown key)') });
  });

  test('a forged row is refused before anything else is asked, and a hold before the plant is', () => {
    const forged = { row: { newValue: '10' }, context: { leaseRunsOut: true, approvalEnds: null }, live: [] };
    expect(verdictOf(forged)).toMatchObject({ code: 'ticket_mismatch' });
    expect(verdictOf({ context: { leaseRunsOut: true }, live: [] })).toMatchObject({ code: 'lease_ends' });
  });

  test('an approval without an end on record is none', () => {
    expect(verdictOf({ context: { approvalEnds: null } })).toMatchObject({ code: 'approval_expired' });
    expect(verdictOf({ context: { approvalEnds: NOW + SECOND } })).toMatchObject({ kind: 'write' });
  });

  test('a deny list wins over an allow list that names the very tag', () => {
    expect(verdictOf({ context: { tags: { ...TAGS, deny: ['ThroughputSetpoint'] } } })).toMatchObject({ code: 'tag_denied' });
  });

  test('docs/safety.md is made from the table (UPDATE_DOCS=1 npx jest test/unit/domain-pre-checks writes it)', () => {
    const file = path.resolve('docs/safety.md');
    const wanted = withPreChecks(readFileSync(file, 'utf8'));
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, wanted);
    expect(readFileSync(file, 'utf8')).toBe(wanted);
  });

  test('every code of the table is in the document with what becomes of the command', () => {
    const document = readFileSync(path.resolve('docs/safety.md'), 'utf8');
    const codes = Object.keys(PRE_CHECKS) as PreCheckCode[]; // the object's own keys
    for (const code of codes) expect(document).toContain(`\`${code}\``);
  });
});
