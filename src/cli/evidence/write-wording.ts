import type { Evidence, RecordedOutcome } from '../../domain/evidence.ts';
import { prunedText } from '../../domain/evidence-pruned.ts';
import type { RecordedDecision } from '../../domain/evidence-decisions.ts';
import type { RecordedWrite } from '../../domain/evidence-writes.ts';
import { withRoundedNumbers } from '../rounding.ts';
import { signalText, timeText } from '../wording.ts';

function withUnit(value: number | string | null, unit: string | null): string {
  if (value === null) return 'unknown';
  return unit === null || unit === '' ? String(value) : `${value} ${unit}`;
}

/** `100 → 50 %`. */
export function changeText(old: number | null, value: number | string | null, unit: string | null): string {
  return `${old ?? 'unknown'} → ${withUnit(value, unit)}`;
}

/** What became of a command on its way to the plant, in words. */
export function sentText({ sent, command }: RecordedWrite): string {
  switch (sent) {
    case 'yes':
      return command.failureCode === 'plant_refused' ? 'sent, and refused by the plant' : `sent ${timeText(command.startedTimestamp)}`;
    case 'maybe':
      return 'may have been sent';
    case 'no':
      return 'not sent';
  }
}

/** What the plant said afterwards: `50 %, as approved`. Empty where nothing was sent and nothing was asked. */
export function readBackText({ command, isReadBack, sent }: RecordedWrite): string {
  const { readBackValue: value, unit } = command;
  if (value === null) return sent === 'no' ? '' : 'no value';
  if (isReadBack === null) return withUnit(value, unit);
  return `${withUnit(value, unit)}, ${isReadBack ? 'as approved' : 'not what was approved'}`;
}

/** What was read after a way back, which is judged by its read-back alone. */
export function afterRevertText({ after }: RecordedOutcome, signal: string): string {
  return `${after === null ? 'no fresh reading' : signalText(signal, after)}; a way back is judged by what was read back, and not by this`;
}

/** What is said where the audit has no decision. */
export function nobodyText({ prunedUntil }: Evidence): string {
  return prunedUntil === null ? 'nobody has decided about it' : prunedText(prunedUntil);
}

/** How an approval came, as the audit knows it. */
export function wayText({ via }: Pick<RecordedDecision, 'via'>): string {
  return via ?? 'plain SQL';
}

/** Why nothing was written; null where something was, or may have been. */
export function noWriteText({ row, writes, decisions }: Evidence): string | null {
  if (writes.some(({ sent }) => sent !== 'no')) return null;
  const result = withRoundedNumbers(row.executionResult);
  switch (row.status) {
    case 'pending':
    case 'deferred':
      return 'nobody has approved it';
    case 'awaiting_second':
      return 'the second approval is missing';
    case 'rejected':
      return `it was rejected${row.rejectionReason === null ? '' : `: ${row.rejectionReason}`}`;
    case 'approved':
      return decisions.some(({ kind }) => kind === 'approved') ? 'it waits to be sent' : 'the approval is not judged yet';
    case 'withdrawn':
      return 'it was withdrawn before anybody approved it';
    case 'executing':
      return 'it waits to be sent';
    case 'executed':
      return writes.length === 0 ? 'it is advice without a write' : 'the plant was there already';
    case 'expired':
    case 'cancelled':
    case 'failed':
      return result ?? `it is ${row.status}`;
    default:
      // What somebody wrote there is no status.
      return `it is '${String(row.status)}'`;
  }
}
