import { createHash } from 'node:crypto';

import type { Evidence } from '../../../domain/evidence.ts';
import { causeAlone } from '../../../domain/tried-before.ts';
import { VERSION } from '../../../version.ts';
import { withRoundedNumbers } from '../../rounding.ts';
import { assessedText, readingsText, statusText } from '../../wording.ts';
import { type Moment, momentsOf } from '../moments.ts';
import { drawnFromText, limitsNote, missingReadingsText } from '../trend-wording.ts';
import { verdictOf } from '../verdict.ts';
import { html, type Markup, styleSheet } from './markup.ts';
import { checksSection, historySection, outcomeSection, peopleSection, ticketSection, timelineSection, writeSection } from './sections.ts';
import { STYLE } from './style.ts';
import { timeMarkup } from './time-markup.ts';
import { NARROW, trendSvg, WIDE } from './trend-svg.ts';

/** Nothing is loaded, run or sent; the one style sheet is the one that was written here. */
function policy(): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

function figure(evidence: Evidence, marks: readonly Moment[]): Markup {
  const note = limitsNote(evidence);
  return html`<figure>
    ${trendSvg(evidence, marks, WIDE)} ${trendSvg(evidence, marks, NARROW)}
    <figcaption>
      <ol class="marks">
        ${marks.map(
          ({ at, title, tone }, index) =>
            html`<li class="${tone}">
              <span class="number">${index + 1}</span><span><b>${title}</b> ${timeMarkup(at)}</span>
            </li>`,
        )}
      </ol>
      <p>
        ${missingReadingsText(evidence) ?? drawnFromText(evidence)}. ${evidence.limits ? 'Filled: beyond the mildest limit. ' : ''}Shaded:
        on record as violating, ${timeMarkup(evidence.row.firstDetectedTimestamp)} to
        ${timeMarkup(evidence.row.lastAccountedTimestamp)}.${note === null ? '' : ` ${note}`}
      </p>
    </figcaption>
  </figure>`;
}

function head(evidence: Evidence): Markup {
  const { row, now } = evidence;
  const { tone, sentence } = verdictOf(evidence);
  const facts: readonly (readonly [string, string])[] = [
    ['Status', statusText(row, now)],
    ['Severity', `${row.severity}, priority ${row.priority}`],
    ['Rule', row.ruleId],
    [`Readings ${assessedText(evidence.events)}`, readingsText(row)],
    ['Probable cause', withRoundedNumbers(causeAlone(row)) ?? '-'],
    ['Recommended', row.recommendedAction],
  ];
  return html`<h1>${row.equipmentId}: ${row.issueType.replaceAll('_', ' ')}</h1>
    <p class="verdict ${tone}">${sentence}</p>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>`;
}

function foot({ row, now }: Evidence): Markup {
  return html`<footer>
    <p>
      Recommendation <code>${row.recommendationId}</code>, made by ${row.createdByAgent ?? 'nobody on record'}, rules
      <code>${row.rulesHash}</code>.
    </p>
    <p>
      Read from the store at ${timeMarkup(now)} by ops-agent ${VERSION}. All times are the store's, in UTC. What is not on record is not on
      this page.
    </p>
  </footer>`;
}

/** The evidence as one HTML document that needs nothing else: the picture first, then what it comes to, then how that is known. */
export function evidencePage(evidence: Evidence): string {
  const { row } = evidence;
  const moments = momentsOf(evidence);
  const marks = moments.filter(({ isMark }) => isMark);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy()}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>Evidence: ${row.equipmentId} ${row.issueType} ${row.recommendationId.slice(0, 8)}</title>
        ${styleSheet(STYLE)}
      </head>
      <body>
        <main>
          ${figure(evidence, marks)} ${head(evidence)} ${timelineSection(moments)} ${ticketSection(evidence)} ${peopleSection(evidence)}
          ${writeSection(evidence)} ${outcomeSection(evidence)} ${checksSection(evidence.checks)} ${historySection(evidence)}
          ${foot(evidence)}
        </main>
      </body>
    </html> `;
  return `${page.toString().trim()}\n`;
}
