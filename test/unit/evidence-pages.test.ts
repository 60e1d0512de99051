import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { evidenceJson } from '../../src/cli/evidence/evidence-json.ts';
import { evidencePage } from '../../src/cli/evidence/html/page.ts';
import { momentsOf } from '../../src/cli/evidence/moments.ts';
import { terminalPage } from '../../src/cli/evidence/terminal-page.ts';
import { verdictOf } from '../../src/cli/evidence/verdict.ts';
import { noWriteText } from '../../src/cli/evidence/write-wording.ts';
import { paletteFor } from '../../src/cli/colour.ts';
import { decisionRecord, issuedCopy } from '../../src/domain/audit-copy.ts';
import { type Evidence, evidenceOf } from '../../src/domain/evidence.ts';
import { prunedUntil } from '../../src/domain/evidence-pruned.ts';
import type { EvidenceRecord } from '../../src/domain/evidence-record.ts';
import { NO_DECISION, type Recommendation } from '../../src/domain/recommendation.ts';
import { ticketHash } from '../../src/domain/ticket.ts';
import { NOW, SECOND } from '../property/domain-fixtures.ts';
import { APPROVAL, APPROVED, approved, CREATED, effective, event, recordOf, ROW, sentCommands } from '../support/evidence-record.ts';

const PLAIN = paletteFor({ color: false }, {});
const REJECTION = { ...NO_DECISION, rejectedByOperator: 'carl', rejectedTimestamp: NOW - 30 * SECOND, rejectionReason: 'calibration' };
const FAILED = sentCommands().map((command) => ({
  ...command,
  status: 'failed' as const,
  failureCode: 'read_back_mismatch',
  readBackValue: 99,
}));
const UNKNOWN = sentCommands().map((command) => ({
  ...command,
  status: 'unknown' as const,
  startedTimestamp: null,
  completedTimestamp: null,
  readBackValue: null,
}));

function ended(status: Recommendation['status'], reason: string): EvidenceRecord {
  return approved({
    events: [CREATED, APPROVED, event(-20, status, { toStatus: status, reason })],
    columns: { status, executionResult: reason },
  });
}

/** A ticket that turns back, executed; the condition goes on. */
function wayBack(): EvidenceRecord {
  if (!ROW.ticket) throw new Error('an open row has a ticket');
  const ticket = { ...ROW.ticket, turn: 'back' as const };
  const actionHash = ticketHash(ticket);
  const after = { decision: decisionRecord(APPROVAL), action_hash: actionHash };
  const verified = event(-5, 'verified', { toStatus: 'executed', after: { outcome: 'ineffective', value: 91 } });
  return effective({
    events: [{ ...CREATED, after: issuedCopy(ticket) }, { ...APPROVED, after }, ...effective().events.slice(2, -1), verified],
    columns: { outcome: 'ineffective', actionHash },
  });
}

/** Every way in which the life of a recommendation can stand: its record, the one sentence, why nothing was written, and the tone. */
const LIVES: readonly (readonly [string, EvidenceRecord, sentence: string, noWrite: string | null, tone: string])[] = [
  ['pending', recordOf(), 'It waits for an operator: nothing is approved and nothing was written.', 'nobody has approved it', 'open'],
  [
    'awaiting its second',
    recordOf({
      events: [
        CREATED,
        event(-49, 'first_approved', { toStatus: 'awaiting_second', actor: 'anna via sql', after: { decision: decisionRecord(APPROVAL) } }),
      ],
      columns: { status: 'awaiting_second', approvedByOperator: 'anna' },
    }),
    'anna approved it; a second person must, before anything is written.',
    'the second approval is missing',
    'open',
  ],
  [
    'deferred',
    recordOf({ events: [CREATED, event(-20, 'deferred', { toStatus: 'deferred' })], columns: { status: 'deferred' } }),
    'It was deferred: nothing is approved and nothing was written.',
    'nobody has approved it',
    'open',
  ],
  [
    'rejected',
    recordOf({
      events: [
        CREATED,
        event(-29, 'rejected', {
          toStatus: 'rejected',
          actor: 'carl via sql',
          reason: 'calibration',
          after: { decision: decisionRecord(REJECTION) },
        }),
      ],
      columns: { ...REJECTION, status: 'rejected' },
    }),
    'carl rejected it: nothing was written.',
    'it was rejected: calibration',
    'plain',
  ],
  [
    'withdrawn',
    recordOf({
      events: [CREATED, event(-20, 'withdrawn', { toStatus: 'withdrawn', reason: 'the condition cleared' })],
      columns: { status: 'withdrawn' },
    }),
    'It was withdrawn, nothing was written: the condition cleared.',
    'it was withdrawn before anybody approved it',
    'plain',
  ],
  [
    'an episode that was over before it was seen',
    recordOf({
      events: [event(-100, 'created', { toStatus: 'withdrawn', after: issuedCopy(ROW.ticket) })],
      columns: { status: 'withdrawn' },
    }),
    'It was withdrawn, nothing was written: it was over before it was seen.',
    'it was withdrawn before anybody approved it',
    'plain',
  ],
  ['approved', approved(), 'It is approved, and nothing was written yet: it waits to be sent.', 'it waits to be sent', 'open'],
  [
    'approved and not judged',
    recordOf({ columns: { ...APPROVAL, status: 'approved', guardedStatus: 'pending' } }),
    'It is approved, and nothing was written yet: the approval is not judged yet.',
    'the approval is not judged yet',
    'open',
  ],
  [
    'expired',
    ended('expired', 'the approval ended'),
    'It is expired, and nothing was written: the approval ended.',
    'the approval ended',
    'plain',
  ],
  [
    'cancelled',
    ended('cancelled', 'out of service'),
    'It is cancelled, and nothing was written: out of service.',
    'out of service',
    'plain',
  ],
  [
    'executing, with a lost answer',
    effective({
      commands: UNKNOWN,
      events: [CREATED, APPROVED, event(-49, 'executing', { toStatus: 'executing' })],
      columns: { status: 'executing', outcome: null, executedTimestamp: null, verifiedTimestamp: null },
    }),
    'anna approved it; a write may have been sent, and a read-back will decide.',
    null,
    'open',
  ],
  [
    'failed after a write',
    effective({
      commands: FAILED,
      events: [CREATED, APPROVED, event(-38, 'failed', { toStatus: 'failed', reason: 'the plant says 99' })],
      columns: { status: 'failed', outcome: null, verifiedTimestamp: null, executionResult: 'the plant says 99' },
    }),
    'It failed: the plant says 99.',
    null,
    'bad',
  ],
  [
    'effective',
    effective(),
    'anna approved ThroughputSetpoint 100 → 75 %, CoolingSystemStatus 0 → 1, it was written and read back, and the temperature recovered from 92 °C to 80 °C.',
    null,
    'good',
  ],
  [
    'ineffective',
    effective({
      events: [
        ...effective().events.slice(0, -1),
        event(-5, 'verified', { toStatus: 'executed', after: { outcome: 'ineffective', value: 91 } }),
      ],
      columns: { outcome: 'ineffective' },
    }),
    'anna approved ThroughputSetpoint 100 → 75 %, CoolingSystemStatus 0 → 1, it was written and read back, and the temperature did not recover: 91 °C, and 92 °C when it was recommended.',
    null,
    'bad',
  ],
  [
    'a way back, after which the condition goes on',
    wayBack(),
    'anna approved the way back ThroughputSetpoint 100 → 75 %, CoolingSystemStatus 0 → 1, it was written and read back.',
    null,
    'good',
  ],
  [
    'not verified yet',
    effective({ events: effective().events.slice(0, -1), columns: { outcome: null, verifiedTimestamp: null } }),
    'anna approved ThroughputSetpoint 100 → 75 %, CoolingSystemStatus 0 → 1, it was written and read back, and whether it helped is not known yet.',
    null,
    'open',
  ],
  [
    'effective, as the row has it and the audit does not',
    effective({ events: effective().events.slice(0, -1) }),
    'anna approved ThroughputSetpoint 100 → 75 %, CoolingSystemStatus 0 → 1, it was written and read back, and the temperature recovered from 92 °C; but 1 of 18 checks failed.',
    null,
    'bad',
  ],
];

describe.each(LIVES)('of one that is %s', (_what, record, sentence, noWrite, tone) => {
  const evidence = evidenceOf(record);

  test('the verdict is one sentence', () => {
    expect(verdictOf(evidence)).toEqual({ tone, sentence });
  });

  test('it is said why nothing was written, or that something was', () => {
    expect(noWriteText(evidence)).toBe(noWrite);
  });

  test('every page has the verdict, every moment and every check', () => {
    const [terminal, html] = [terminalPage(evidence, PLAIN, 80), evidencePage(evidence)];
    const json = evidenceJson(evidence);
    expect(terminal).toContain(sentence);
    expect(html).toContain(`<p class="verdict ${tone}">${sentence}</p>`);
    expect(json['verdict']).toEqual({ tone, sentence });
    for (const { title, at } of momentsOf(evidence)) {
      expect(terminal).toContain(`${new Date(at).toISOString()}  ${title}`);
      expect(html).toContain(`>${title}</strong>`);
    }
    for (const { claim, id } of evidence.checks) {
      expect(terminal).toContain(claim);
      expect(html).toContain(`id="check-${id}"`);
    }
    expect(json['checks']).toEqual(evidence.checks);
  });
});

function without(changes: Partial<EvidenceRecord>): Evidence {
  return evidenceOf(recordOf(changes));
}

const anchor = (until: string) => event(0, 'pruned', { subjectType: 'agent', after: { until } });

describe('what prune took away of the audit', () => {
  const UNTIL = NOW - SECOND;
  const told = `what the audit had of it from before ${new Date(UNTIL).toISOString()} was taken away by prune`;
  const pruned = evidenceOf(effective({ events: [], commandEvents: [], prunedUntil: UNTIL }));

  test('accuses nobody: the sentence has the row, and what the audit would prove is open', () => {
    expect(verdictOf(pruned)).toEqual({
      tone: 'good',
      sentence: expect.stringMatching(
        /^anna approved ThroughputSetpoint 100 → 75 %, CoolingSystemStatus 0 → 1, it was written and read back, and the temperature recovered/,
      ) as unknown,
    });
    expect(verdictOf(pruned).sentence).toContain(`(${told}).`);
    expect(pruned.checks.filter(({ result }) => result === 'failed')).toEqual([]);
    expect(pruned.checks.find(({ id }) => id === 'approval_on_record')).toMatchObject({ result: 'open', found: told });
    const [terminal, html] = [terminalPage(pruned, PLAIN, 80), evidencePage(pruned)];
    for (const page of [terminal, html]) expect(page).not.toMatch(/not what was approved|obody has decided/);
  });

  test('is no excuse for what the rows themselves show', () => {
    const late = effective({ events: [], commandEvents: [], prunedUntil: UNTIL, columns: { verifiedTimestamp: NOW - 100 * SECOND } });
    expect(
      evidenceOf(late)
        .checks.filter(({ result }) => result === 'failed')
        .map(({ id }) => id),
    ).toEqual(['times_in_order']);
  });

  const [day, later] = ['2020-01-01T00:00:00.000Z', new Date(NOW).toISOString()];

  test.each<[string, ReturnType<typeof event>[], ReturnType<typeof event>[], number | null]>([
    ['nothing was pruned', [], [], null],
    ['what was pruned is of before it', [], [anchor(day)], null],
    ['an anchor of after it', [], [anchor(later), anchor(day)], NOW],
    ['its beginning is there', [CREATED], [anchor(later)], null],
    ['an anchor that says no time', [], [anchor('soon')], null],
  ])('is known by the anchors: %s', (_what, events, agentEvents, expected) => {
    expect(prunedUntil(ROW, events, agentEvents)).toBe(expected);
  });
});

test('what was approved is said by the ticket, whatever somebody wrote into the command', () => {
  const { commands, ...record } = effective();
  const forged = evidenceOf({ ...record, commands: commands.map((command) => ({ ...command, newValue: '10' })) });
  expect(verdictOf(forged)).toMatchObject({ tone: 'bad', sentence: expect.stringMatching(/100 → 75 %.*check(s)? failed/) as unknown });
});

describe('what is missing is said', () => {
  const { signal, inForce } = recordOf();

  test.each([
    [
      'readings that are gone',
      { signal: { ...signal, extremes: { points: [], readings: 0 } } },
      'no reading is stored for this time any more',
    ],
    ['a signal that is no longer mapped', { signal: { ...signal, extremes: null } }, "the source has no signal 'temperature' any more"],
    [
      'a rule that is no longer in force',
      { inForce: { ...inForce, family: undefined } },
      'No rule of this family is in force for the equipment any more',
    ],
    [
      'rules that were changed',
      { inForce: { ...inForce, rulesHash: 'other' } },
      'The rules were changed since: the limits shown are those in force now',
    ],
    ['decisions', {}, 'obody has decided about it'],
  ])('%s', (_what, changes, text) => {
    const evidence = without(changes);
    expect(terminalPage(evidence, PLAIN, 80)).toContain(text);
    expect(evidencePage(evidence).replaceAll('&#39;', "'")).toContain(text);
  });

  test('times that somebody removed from the row: none is made up', () => {
    const gone = { firstDetectedTimestamp: null, createdTimestamp: null, lastAccountedTimestamp: null, approvedTimestamp: null };
    const evidence = evidenceOf(effective({ columns: gone as unknown as Partial<Recommendation> })); // as an edit leaves them
    for (const page of [terminalPage(evidence, PLAIN, 80), evidencePage(evidence), JSON.stringify(evidenceJson(evidence))])
      expect(page).not.toMatch(/1970-|NaN|Infinity|Invalid/);
    const none = evidenceOf(recordOf({ columns: gone as unknown as Partial<Recommendation>, signal: { ...signal, extremes: null } }));
    expect(evidencePage(none)).not.toMatch(/1970-|NaN|Infinity|Invalid/);
  });

  test('a ticket that the audit does not have', () => {
    const evidence = without({ events: [] });
    expect(terminalPage(evidence, PLAIN, 80)).toContain('the audit has no ticket for it');
    expect(evidencePage(evidence)).toContain('The audit has no ticket for it.');
    expect(evidenceJson(evidence)).toMatchObject({ ticket: null, audit: { rows: 0, first_at: null, last_at: null, chain_seqs: [] } });
  });
});

describe('the HTML page', () => {
  const page = evidencePage(evidenceOf(effective()));

  test('has the picture before every other word of its body', () => {
    expect(page.replaceAll(/\s+/g, ' ')).toMatch(/<body> <main> <figure> <svg class="trend wide"/);
  });

  test('names nothing outside of itself and runs nothing', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|\bhref=|\bstyle=|@import|url\((?!#)|https?:|\bon[a-z]+=/i);
    expect(page).toMatch(
      /http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-[A-Za-z0-9+/]{43}=&#39;;/,
    );
  });

  test('keeps what somebody planted as text', () => {
    const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;`;
    const planted = evidenceOf(
      effective({
        columns: {
          equipmentId: evil,
          rootCauseAnalysis: evil,
          recommendedAction: evil,
          issueType: evil,
          executionResult: evil,
          ruleId: evil,
          createdByAgent: evil,
        },
        events: [
          CREATED,
          { ...APPROVED, actor: evil, reason: evil, after: { decision: decisionRecord({ ...APPROVAL, approvedByOperator: evil }) } },
        ],
        commands: sentCommands().map((command) => ({ ...command, tagPath: evil, unit: evil, newValue: evil })),
      }),
    );
    const text = evidencePage(planted);
    expect(text).not.toMatch(/<script|<img/);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img src=x onerror=alert(2)&gt;&amp;amp;');
  });

  test('shows a character that would turn or hide what follows as one that cannot be shown', () => {
    const planted = evidenceOf(effective({ columns: { recommendedAction: 'safe\u202egnihton\u0000a\u2028b\u2029c' } }));
    expect(evidencePage(planted)).toContain('safe\ufffdgnihton\ufffda\ufffdb\ufffdc');
  });
});

describe('the terminal page', () => {
  test('draws a chart as wide as there is room, the numbers of the marks below it', () => {
    const points = Array.from({ length: 200 }, (_, index) => ({ at: NOW + (index - 200) * SECOND, value: 70 + (index % 50) }));
    const { signal } = recordOf();
    const evidence = evidenceOf(effective({ signal: { ...signal, extremes: { points, readings: 5000 } } }));
    for (const columns of [80, 40]) {
      const chart = terminalPage(evidence, PLAIN, columns).split('Readings: temperature\n')[1]?.split('\n').slice(0, 12) ?? [];
      for (const line of chart) expect(line.length).toBeLessThanOrEqual(columns);
      expect(chart.at(-1)?.trim()).toMatch(/^1 +2? *2?3? *\d/);
    }
    expect(terminalPage(evidence, PLAIN, 80)).toContain('5000 good readings, of which the 200 least and greatest of equal times are drawn');
  });

  test('keeps what somebody planted on its line', () => {
    const text = terminalPage(evidenceOf(effective({ columns: { rejectionReason: null, equipmentId: 'R1\u001b[2J\nforged' } })), PLAIN, 80);
    expect(text.split('\n')[0]).toBe(`${ROW.recommendationId}  R1 [2J forged`);
  });
});

test('the JSON has the keys that are documented', () => {
  expect(Object.keys(evidenceJson(evidenceOf(effective())))).toEqual([
    'at',
    'verdict',
    'recommendation',
    'signal',
    'readings',
    'limits',
    'ticket',
    'decisions',
    'writes',
    'no_write',
    'outcome',
    'orders',
    'related',
    'timeline',
    'checks',
    'audit',
    'events',
  ]);
});

test('the guide names every key of the JSON and every check', () => {
  const guide = readFileSync(path.resolve('docs/evidence.md'), 'utf8');
  const evidence = evidenceOf(effective());
  for (const name of [...Object.keys(evidenceJson(evidence)), ...evidence.checks.map(({ id }) => id)])
    expect(guide).toContain(`\n| \`${name}\` |`);
});

test('a way back is judged by its read-back: no page calls the reading after it a recovery or none', () => {
  const evidence = evidenceOf(wayBack());
  for (const page of [terminalPage(evidence, PLAIN, 80), evidencePage(evidence)]) {
    expect(page).toContain('put back; 91 °C; a way back is judged by what was read back, and not by this, verified ');
    expect(page).not.toMatch(/not recovered|did not recover|judged ineffective|ineffective: /i);
  }
});

test('what is called a way back in the row alone is judged as the cure that was approved', () => {
  const columns = { outcome: 'ineffective' as const, recommendedAction: 'Put back what ab3cb169 wrote: ThroughputSetpoint = 75 %' };
  expect(verdictOf(evidenceOf(effective({ columns }))).sentence).toContain('did not recover');
});
