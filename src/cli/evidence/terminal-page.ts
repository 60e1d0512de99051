import { counted } from '../../domain/counted.ts';
import type { Evidence } from '../../domain/evidence.ts';
import type { Check } from '../../domain/evidence-check.ts';
import { type Palette, paletteFor } from '../colour.ts';
import type { CliContext } from '../context.ts';
import { plain } from '../output.ts';
import { signalText, timeText } from '../wording.ts';
import { HANGING, terminalWidth, wrapped } from '../wrap.ts';
import { relatedLines, orderLines, outcomeText } from './facts.ts';
import { historyOf } from './history.ts';
import { type Moment, momentsOf } from './moments.ts';
import { terminalTrend } from './terminal-trend.ts';
import { decisionText, ticketLines } from './ticket-wording.ts';
import type { Tone } from './tone.ts';
import { limitsNote } from './trend-wording.ts';
import { verdictOf } from './verdict.ts';
import { changeText, nobodyText, noWriteText, readBackText, sentText } from './write-wording.ts';

/** Without a terminal there is no width to keep to. */
const DEFAULT_COLUMNS = 80;
export function printEvidence(context: CliContext, evidence: Evidence): void {
  const palette = paletteFor(context.globals, context.env);
  const page = terminalPage(evidence, palette, process.stdout.columns ?? DEFAULT_COLUMNS);
  context.out.print(
    page
      .split('\n')
      .map((line) => wrapped(line, terminalWidth(), HANGING))
      .join('\n'),
  );
}

/** The page as text: a section each, none of them left out because there is nothing to say. `columns` is the terminal's width. */
export function terminalPage(evidence: Evidence, palette: Palette, columns: number): string {
  const { row, signal } = evidence;
  const { tone, sentence } = verdictOf(evidence);
  const section = (title: string, lines: readonly string[]) => ['', palette.bold(title), ...lines.map((line) => `  ${line}`)];
  const moments = momentsOf(evidence);
  const marks = moments.filter(({ isMark }) => isMark);
  return [
    palette.bold(plain(`${row.recommendationId}  ${row.equipmentId}`)),
    `${palette.severity(row.severity, plain(row.severity))} ${plain(row.issueType)}, ${palette.status(row.status, plain(row.status))}`,
    painted(palette, tone)(plain(sentence)),
    ...section(`Readings: ${plain(signal.name)}`, terminalTrend(evidence, marks, columns)),
    ...section('Limits', limitLines(evidence)),
    ...section(
      'Timeline',
      moments.map((moment) => momentLine(moment, marks.indexOf(moment), palette)),
    ),
    ...section('Ticket', ticketLines(evidence).map(plain)),
    ...section('People', decisionLines(evidence)),
    ...section('Write and read-back', writeLines(evidence)),
    ...section('Outcome', [plain(outcomeText(evidence))]),
    ...section('Related', relatedLines(evidence).map(plain)),
    ...section('Orders', orderLines(evidence).map(plain)),
    ...section(
      'Checks',
      evidence.checks.map((check) => checkLine(check, palette)),
    ),
    ...section('Audit', auditLines(evidence)),
  ].join('\n');
}

function painted(palette: Palette, tone: Tone): (text: string) => string {
  switch (tone) {
    case 'good':
      return palette.good;
    case 'bad':
      return palette.bad;
    case 'open':
    case 'plain':
      return String;
  }
}

function limitLines(evidence: Evidence): readonly string[] {
  const { limits, signal } = evidence;
  const note = limitsNote(evidence);
  if (!limits) return [plain(note ?? '')];
  const { family, clearBound } = limits;
  return [
    ...family.bands
      .toReversed()
      .map((band) => plain(`${family.side} ${signalText(signal.name, band.limit)}: ${band.severity} (${band.ruleId})`)),
    plain(`${family.side === 'above' ? 'below' : 'above'} ${signalText(signal.name, clearBound)}: clear (deadband ${family.deadband})`),
    ...(note === null ? [] : [note]),
  ];
}

function momentLine({ at, title, detail, tone }: Moment, mark: number, palette: Palette): string {
  const number = mark < 0 ? ' ' : String(mark + 1);
  return `${number} ${timeText(at)}  ${painted(palette, tone)(plain(title))}${detail === '' ? '' : `: ${plain(detail)}`}`;
}

function decisionLines(evidence: Evidence): readonly string[] {
  if (evidence.decisions.length === 0) return [nobodyText(evidence)];
  return evidence.decisions.map((decision) => plain(decisionText(decision)));
}

function writeLines(evidence: Evidence): readonly string[] {
  const none = noWriteText(evidence);
  const writes = evidence.writes.map((write) => {
    const { command } = write;
    const what = `${command.sequence ?? '-'}. ${command.tagPath ?? '-'}: ${changeText(command.oldValue, command.newValue, command.unit)}`;
    const readBack = readBackText(write);
    const parts = [command.status, sentText(write), readBack === '' ? '' : `read back ${readBack}`, command.failureCode ?? ''];
    return plain(`${what}  ${parts.filter((part) => part !== '').join(', ')}`);
  });
  return [...(none === null ? [] : [plain(`no write was sent: ${none}`)]), ...writes];
}

const SIGNS = { passed: '✓', failed: '✗', open: '–' } as const;

function checkLine({ result, claim, found }: Check, palette: Palette): string {
  const paint = result === 'passed' ? palette.good : result === 'failed' ? palette.bad : palette.faint;
  return `${paint(`${SIGNS[result]} ${result.padEnd(6)}`)}  ${claim}: ${plain(found)}`;
}

function auditLines(evidence: Evidence): readonly string[] {
  const history = historyOf(evidence);
  const lines = history.map(({ at, event, subjectType, fromStatus, toStatus, actor }) => {
    const change = toStatus === null ? '' : `, ${fromStatus ?? '-'} → ${toStatus}`;
    return plain(`${timeText(at)}  ${subjectType} ${event}${change}, ${actor}`);
  });
  return [`${counted(history.length, 'row')} about it and its commands`, ...lines];
}
