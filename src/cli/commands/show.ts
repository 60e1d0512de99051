import type { Command } from '../../domain/command.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Conflict } from '../../domain/conflicts.ts';
import { approversOf } from '../../domain/four-eyes.ts';
import type { Recommendation } from '../../domain/recommendation.ts';
import { causeAlone } from '../../domain/tried-before.ts';
import { isTerminal } from '../../domain/transitions.ts';
import type { StoredEvent } from '../../ports/operator-store.ts';
import { paletteFor, type Palette } from '../colour.ts';
import { asOnRecord, MOST_EVENTS, needsTwoPeople } from '../approvals.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { findRecommendation, shortId } from '../find-recommendation.ts';
import type { JsonOption } from '../json-option.ts';
import { jsonRow } from '../json.ts';
import { idsOf, openConflicts } from '../open-conflicts.ts';
import { plain } from '../output.ts';
import { withRoundedNumbers } from '../rounding.ts';
import { actionLines, assessedText, readingsText, statusText, timeText } from '../wording.ts';
import { askedText, wayBackText } from '../way-back.ts';
import { HANGING, terminalWidth, wrapped } from '../wrap.ts';

export interface ShowOptions extends JsonOption {
  readonly id: string;
}

export async function run(context: CliContext, options: ShowOptions): Promise<number> {
  const store = await context.store();
  const row = await findRecommendation(store, options.id);
  const commands = await store.listCommands({ recommendationId: row.recommendationId, statuses: [], limit: MOST_EVENTS });
  const newestFirst = await store.listEvents({ subjectId: row.recommendationId, limit: MOST_EVENTS });
  const events = newestFirst.toReversed();
  const ordered = commands.toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
  const conflicts = (await openConflicts(store, [row], row.equipmentId)).get(row.recommendationId) ?? [];
  const { policy } = await context.settings();
  const isForTwo = !isTerminal(row.status) && needsTwoPeople(row, newestFirst, policy);
  if (options.json) {
    const computed = { approvals_needed: isForTwo ? 2 : 1, conflicts_with: idsOf(conflicts) };
    context.out.json({ ...jsonRow(row), ...computed, commands: ordered.map(jsonRow), events: events.map(jsonRow) });
  } else {
    const { now } = await store.readControls();
    const wayBack = await wayBackText(context, row, newestFirst);
    const around = { now, commands: ordered, events, conflicts, isForTwo, wayBack };
    context.out.print(page(asOnRecord(row, newestFirst, policy), around, paletteFor(context.globals, context.env)));
  }
  return EXIT.done;
}

/** The longest label (`Deferred until:`) and a blank. */
const LABEL_WIDTH = 16;
/** What is known about a recommendation beside its row. */
interface Surroundings {
  readonly now: Instant;
  readonly commands: readonly Command[];
  readonly events: readonly StoredEvent[];
  readonly conflicts: readonly Conflict[];
  readonly isForTwo: boolean;
  /** How the earlier values can be had again; null where that is no question. */
  readonly wayBack: string | null;
}

function page(row: Recommendation, around: Surroundings, palette: Palette): string {
  const { commands, events, conflicts } = around;
  const facts = factsOf(row, around).flatMap(([name, value]) =>
    value === null ? [] : [wrapped(`${`${name}:`.padEnd(LABEL_WIDTH)}${plain(value)}`, terminalWidth(), LABEL_WIDTH)],
  );
  return [
    palette.bold(plain(`${row.recommendationId}  ${row.equipmentId}`)),
    ...facts,
    palette.bold('Actions:'),
    ...actionLines(row.actions).map(indented),
    `  action_hash ${plain(row.actionHash ?? '-')}`,
    ...section(palette.bold('Conflicts with:'), conflicts.map(conflictLine)),
    ...section(palette.bold('Commands:'), commands.map(commandLine)),
    ...section(palette.bold('History:'), events.map(eventLine)),
  ].join('\n');
}

function factsOf(row: Recommendation, { now, isForTwo, events, wayBack }: Surroundings): readonly (readonly [string, string | null])[] {
  const isWaiting = row.status === 'awaiting_second';
  const decision =
    row.approvedByOperator === null
      ? null
      : `${approversOf(row)} at ${timeText(row.approvedTimestamp)}${isWaiting ? '' : ` (${row.approvedVia ?? 'plain SQL'})`}`;
  const rejection =
    row.rejectedByOperator === null
      ? null
      : `${row.rejectedByOperator} at ${timeText(row.rejectedTimestamp)}: ${row.rejectionReason ?? '-'}`;
  return [
    ['Status', statusText(row, now)],
    ['Severity', `${row.severity} (priority ${row.priority}, confidence ${row.confidenceScore})`],
    ['Issue', `${row.issueType} (rule ${row.ruleId})`],
    ['Readings', `${readingsText(row)} ${assessedText(events)}`],
    ['Cause', withRoundedNumbers(causeAlone(row))],
    ['Recommended', row.recommendedAction],
    ['First seen', timeText(row.firstDetectedTimestamp)],
    ['Created', timeText(row.createdTimestamp)],
    ['Chattering', row.chatteringTimestamp === null ? null : `since ${timeText(row.chatteringTimestamp)}`],
    ['Needs', isForTwo ? 'two different people' : null],
    [isWaiting ? 'First by' : 'Approved by', decision],
    [
      isWaiting ? 'Second until' : 'Valid until',
      row.expiresTimestamp === null || isSecondUnjudged(row) ? null : timeText(row.expiresTimestamp),
    ],
    ['Rejected by', rejection],
    ['Deferred until', row.deferUntil === null ? null : timeText(row.deferUntil)],
    ['Executed', row.executedTimestamp === null ? null : timeText(row.executedTimestamp)],
    ['Result', withRoundedNumbers(row.executionResult)],
    ['Outcome', row.outcome === null ? null : `${row.outcome} (verified ${timeText(row.verifiedTimestamp)})`],
    ['Follows', row.followsRecommendationId],
    ['Tried before', withRoundedNumbers(row.triedBefore)],
    ['Way back', wayBack],
    ['Revert asked', askedText(row)],
    ['Predecessor', row.predecessorId],
  ];
}

/** Until the next cycle judges a second approval its row has the end of the first. */
function isSecondUnjudged({ status, guardedStatus }: Recommendation): boolean {
  return status === 'approved' && guardedStatus === 'awaiting_second';
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map(indented)];
}

function indented(line: string): string {
  return wrapped(`  ${plain(line)}`, terminalWidth(), HANGING);
}

function conflictLine({ with: other, text }: Conflict): string {
  return `${other.recommendationId} (${other.status}): ${text}`;
}

function commandLine(command: Command): string {
  const value = `${command.oldValue ?? 'unknown'} → ${command.newValue ?? '-'}${command.unit ? ` ${command.unit}` : ''}`;
  const readBack = command.readBackValue === null ? '' : `, read back ${command.readBackValue}`;
  const failure = command.failureCode === null ? '' : `, ${command.failureCode}`;
  return `${command.sequence ?? '-'}. ${shortId(command.commandId)} ${command.tagPath ?? '-'}: ${value}  ${command.status}${readBack}${failure}`;
}

function eventLine(event: StoredEvent): string {
  const change = event.toStatus === null ? '' : ` ${event.fromStatus ?? '-'} → ${event.toStatus}`;
  const reason = withRoundedNumbers(event.reason);
  return `${timeText(event.at)}  ${event.event}${change}, ${event.actor}${reason === null ? '' : `: ${reason}`}`;
}
