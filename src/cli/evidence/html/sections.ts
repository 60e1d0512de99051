import { counted } from '../../../domain/counted.ts';
import type { Evidence } from '../../../domain/evidence.ts';
import type { Check } from '../../../domain/evidence-check.ts';
import { withRoundedNumbers } from '../../rounding.ts';
import { capitalised, permissivesText } from '../../wording.ts';
import { describeTarget } from '../../../domain/resolve-action.ts';
import { orderLines, outcomeText, relatedLines } from '../facts.ts';
import { historyOf } from '../history.ts';
import type { Moment } from '../moments.ts';
import { decidedText, stepLimitsText } from '../ticket-wording.ts';
import { changeText, nobodyText, noWriteText, readBackText, sentText, wayText } from '../write-wording.ts';
import { type Child, html, type Markup } from './markup.ts';
import { timeMarkup } from './time-markup.ts';

interface Column {
  readonly title: string;
  readonly cell: Child;
  readonly kind?: string;
}

/** A table whose cells know their column's title: on a phone they stand below each other. */
function table(rows: readonly (readonly Column[])[], kind = ''): Markup {
  return html`<table class="${kind}">
    <thead>
      <tr>
        ${(rows[0] ?? []).map(({ title }) => html`<th scope="col">${title}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map(({ title, cell, kind: of = 'long' }) => html`<td data-label="${title}"><span class="${of}">${cell}</span></td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function section(id: string, title: string, ...body: readonly Child[]): Markup {
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${body}
  </section>`;
}

export function timelineSection(moments: readonly Moment[]): Markup {
  const items = moments.map(
    ({ at, title, detail, tone }) =>
      html`<li>
        ${timeMarkup(at)}
        <div><strong class="${tone}">${title}</strong>${detail === '' ? '' : `: ${detail}`}</div>
      </li>`,
  );
  return section(
    'timeline',
    'What happened',
    html`<ol class="timeline">
      ${items}
    </ol>`,
  );
}

export function ticketSection({ ticket }: Evidence): Markup {
  if (!ticket) return section('ticket', 'The ticket', html`<p class="bad">The audit has no ticket for it.</p>`);
  const { ticket: what, hash, issuedAt, issuedBy, steps } = ticket;
  const rows = steps.map((step): readonly Column[] => {
    const { action } = step;
    const made = action.target ? ` (${describeTarget(action.target)})` : '';
    return [
      { title: 'Step', cell: action.sequence },
      { title: 'Tag', cell: html`<code>${action.tag}</code>` },
      { title: 'Live → target', cell: `${changeText(action.old, action.value, action.unit)}${made}`, kind: 'change' },
      { title: 'Way', cell: action.direction, kind: 'word' },
      { title: 'Limits now', cell: stepLimitsText(step) },
      { title: 'Only while', cell: permissivesText(action).replace(/^, only while /, '') || 'nothing asked for' },
    ];
  });
  return section(
    'ticket',
    'The ticket: what an approval covers',
    rows.length === 0 ? html`<p>Advice without a write.</p>` : table(rows),
    html`<p class="small muted">
      ${what.severity}, rule ${what.ruleId}${what.fourEyes ? ', two people must agree' : ''}; issued by ‘${issuedBy}’ at
      ${timeMarkup(issuedAt)}. SHA-256 <code>${hash}</code>
    </p>`,
  );
}

export function peopleSection(evidence: Evidence): Markup {
  const { decisions } = evidence;
  if (decisions.length === 0) return section('people', 'Who decided', html`<p>${capitalised(nobodyText(evidence))}.</p>`);
  const rows = decisions.map((decision): readonly Column[] => [
    { title: 'Who', cell: html`<b>${decision.by ?? 'nobody named'}</b>` },
    {
      title: 'What',
      cell: `${decidedText(decision)}${decision.reason === null ? '' : `: ${withRoundedNumbers(decision.reason) ?? ''}`}`,
      kind: decision.counts ? 'long' : 'long bad',
    },
    { title: 'When', cell: timeMarkup(decision.at) },
    { title: 'How', cell: `${wayText(decision)}${decision.sessionId === null ? '' : `, session ${decision.sessionId}`}`, kind: 'word' },
    { title: 'Judged', cell: timeMarkup(decision.judgedAt) },
    { title: 'Ticket', cell: decision.actionHash === null ? '-' : html`<code>${decision.actionHash.slice(0, 12)}…</code>` },
  ]);
  return section('people', 'Who decided', table(rows));
}

export function writeSection(evidence: Evidence): Markup {
  const none = noWriteText(evidence);
  const rows = evidence.writes.map((write): readonly Column[] => {
    const { command } = write;
    const failure = command.failureCode === null ? '' : ` (${command.failureCode})`;
    return [
      { title: 'Step', cell: command.sequence },
      { title: 'Tag', cell: html`<code>${command.tagPath}</code>` },
      { title: 'Old → new', cell: changeText(command.oldValue, command.newValue, command.unit), kind: 'change' },
      { title: 'Sent', cell: write.sent === 'yes' ? timeMarkup(command.startedTimestamp) : sentText(write), kind: 'word' },
      { title: 'Not after', cell: timeMarkup(command.notAfter) },
      { title: 'Read back', cell: readBackText(write) || '-' },
      { title: 'Result', cell: `${command.status}${failure}`, kind: command.status === 'executed' ? 'word good' : 'word' },
    ];
  });
  return section(
    'write',
    'The write and the read-back',
    none === null ? null : html`<p>No write was sent: ${none}.</p>`,
    rows.length === 0 ? null : table(rows),
  );
}

function lines(texts: readonly string[]): readonly Markup[] {
  return texts.map((text) => html`<p>${text}</p>`);
}

export function outcomeSection(evidence: Evidence): Markup {
  return html`${section('outcome', 'Outcome', html`<p>${outcomeText(evidence)}</p>`)}${section('related', 'Before and after it', lines(relatedLines(evidence)))}${section('orders', 'Standing orders', lines(orderLines(evidence)))}`;
}

const SIGNS = { passed: '✓ passed', failed: '✗ failed', open: '– open' } as const;

export function checksSection(checks: readonly Check[]): Markup {
  const items = checks.map(
    ({ id, result, claim, found }) =>
      html`<li id="check-${id}" class="is-${result}">
        <b>${SIGNS[result]}</b>
        <div>${claim}<br /><span class="small muted">${found}</span></div>
      </li>`,
  );
  const of = (result: Check['result']) => checks.filter((check) => check.result === result).length;
  return section(
    'checks',
    `Checks: ${of('passed')} passed, ${of('failed')} failed, ${of('open')} open`,
    html`<ul class="checks">
      ${items}
    </ul>`,
  );
}

export function historySection(evidence: Evidence): Markup {
  const history = historyOf(evidence);
  const rows = history.map((event): readonly Column[] => [
    { title: 'Time', cell: timeMarkup(event.at) },
    { title: 'Chain', cell: event.chainSeq ?? '-' },
    { title: 'About', cell: event.subjectType, kind: 'word' },
    { title: 'Event', cell: event.event, kind: 'word' },
    { title: 'Change', cell: event.toStatus === null ? '-' : `${event.fromStatus ?? '-'} → ${event.toStatus}`, kind: 'word' },
    { title: 'By', cell: event.actor },
    { title: 'Reason', cell: withRoundedNumbers(event.reason) ?? '-' },
  ]);
  return section(
    'history',
    `Audit: ${counted(history.length, 'row')}`,
    rows.length === 0 ? html`<p class="bad">The audit says nothing about it.</p>` : table(rows, 'history'),
  );
}
