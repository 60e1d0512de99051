import type { EvidenceRecord } from './evidence-record.ts';
import type { IssuedTicket } from './evidence-ticket.ts';
import type { RecordedWrite } from './evidence-writes.ts';

/** `open`: there is nothing to check, or not yet. */
export type CheckResult = 'passed' | 'failed' | 'open';

/** One claim about the record, and what was found. */
export interface Check {
  readonly id: string;
  readonly result: CheckResult;
  readonly claim: string;
  readonly found: string;
}

export type Judged = Pick<Check, 'result' | 'found'>;

export function passed(found: string): Judged {
  return { result: 'passed', found };
}

export function failed(found: string): Judged {
  return { result: 'failed', found };
}

export function open(found: string): Judged {
  return { result: 'open', found };
}

/** What the checks look at. */
export interface CheckedRecord extends EvidenceRecord {
  readonly ticket: IssuedTicket | null;
  readonly writes: readonly RecordedWrite[];
}

/** A check as it is listed: its id, what it claims, and how it is judged. */
export type CheckRow = readonly [id: string, claim: string, judge: (record: CheckedRecord) => Judged];
