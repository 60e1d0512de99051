import { counted } from '../../domain/counted.ts';
import type { Evidence } from '../../domain/evidence.ts';
import { prunedText } from '../../domain/evidence-pruned.ts';
import { approversOf } from '../../domain/four-eyes.ts';
import { isRevert } from '../../domain/revert.ts';
import { assessedText, signalText } from '../wording.ts';
import type { Tone } from './tone.ts';
import { changeText, noWriteText } from './write-wording.ts';

export interface Verdict {
  readonly tone: Tone;
  readonly sentence: string;
}

/** Whose approval counted, as the audit has it; as the row has it where that part of the audit was pruned. */
function approvers({ decisions, row, prunedUntil }: Evidence): string {
  const approval = decisions.findLast(({ kind }) => kind === 'approved');
  const first = decisions.findLast(({ kind }) => kind === 'first_approved');
  const names = [first?.by, approval?.by].filter((name) => name !== undefined && name !== null);
  if (names.length === 0 && prunedUntil !== null) return approversOf(row) || 'somebody';
  return [...new Set(names)].join(' and ') || 'nobody on record';
}

function writtenText({ writes }: Evidence): string {
  const sent = writes.filter((write) => write.sent === 'yes');
  // What was approved is what the ticket says, whatever became of the command's row since.
  const texts = sent.map(({ command, step }) => {
    const { tag, old, value, unit } = step?.action ?? {
      tag: command.tagPath,
      old: command.oldValue,
      value: command.newValue,
      unit: command.unit,
    };
    return `${(tag ?? '?').split('/').at(-1) ?? ''} ${changeText(old, value, unit)}`;
  });
  return texts.join(', ');
}

function recoveryText({ outcome, signal, row, events }: Evidence): Verdict {
  const before = signalText(signal.name, outcome.before);
  const after = outcome.after === null ? null : signalText(signal.name, outcome.after);
  switch (outcome.outcome) {
    case 'effective':
      return { tone: 'good', sentence: `the ${signal.name} recovered from ${before}${after === null ? '' : ` to ${after}`}` };
    case 'ineffective':
      return {
        tone: 'bad',
        sentence: `the ${signal.name} did not recover: ${after ?? 'no reading'}, and ${before} ${assessedText(events)}`,
      };
    case 'unknown':
      return { tone: 'open', sentence: `no reading says whether it helped` };
    case null:
      return { tone: 'open', sentence: 'whether it helped is not known yet' };
    default:
      return { tone: 'open', sentence: `its outcome is '${String(row.outcome)}'` };
  }
}

function executedText(evidence: Evidence): Verdict {
  const written = writtenText(evidence);
  // Executed means read back, and that is all that a way back is for: the condition may well go on.
  if (isRevert(evidence.ticket?.ticket) && written !== '')
    return { tone: 'good', sentence: `${approvers(evidence)} approved the way back ${written}, it was written and read back` };
  const { tone, sentence } = recoveryText(evidence);
  if (written === '') return { tone, sentence: `${approvers(evidence)} approved it, nothing had to be written, and ${sentence}` };
  return { tone, sentence: `${approvers(evidence)} approved ${written}, it was written and read back, and ${sentence}` };
}

/** Before anything was decided, and where it ended without an approval that was carried out. */
function unwrittenText(evidence: Evidence): Verdict {
  const { row, decisions, events } = evidence;
  const reason = noWriteText(evidence) ?? '';
  switch (row.status) {
    case 'pending':
      return { tone: 'open', sentence: 'It waits for an operator: nothing is approved and nothing was written' };
    case 'awaiting_second':
      return {
        tone: 'open',
        sentence: `${decisions.findLast(({ kind }) => kind === 'first_approved')?.by ?? 'Somebody'} approved it; a second person must, before anything is written`,
      };
    case 'deferred':
      return { tone: 'open', sentence: 'It was deferred: nothing is approved and nothing was written' };
    case 'rejected':
      return { tone: 'plain', sentence: `${row.rejectedByOperator ?? 'Somebody'} rejected it: nothing was written` };
    case 'withdrawn': {
      const why = events.findLast(({ event }) => event === 'withdrawn')?.reason ?? 'it was over before it was seen';
      return { tone: 'plain', sentence: `It was withdrawn, nothing was written: ${why}` };
    }
    case 'approved':
    case 'executing':
      return { tone: 'open', sentence: `It is ${row.status}, and nothing was written yet: ${reason}` };
    default:
      return { tone: row.status === 'failed' ? 'bad' : 'plain', sentence: `It is ${row.status}, and nothing was written: ${reason}` };
  }
}

function sentText(evidence: Evidence): Verdict {
  const { row, writes } = evidence;
  const isOpen = writes.some(({ sent }) => sent === 'maybe');
  const written = writtenText(evidence);
  if (row.status === 'failed')
    return {
      tone: 'bad',
      sentence: `It failed${isOpen ? ', and a value may have been written' : ''}: ${row.executionResult ?? 'no reason is on record'}`,
    };
  const what = written === '' ? 'a write' : written;
  return {
    tone: 'open',
    sentence: `${approvers(evidence)} approved it; ${what} ${isOpen ? 'may have been sent, and a read-back will decide' : 'was sent'}`,
  };
}

/** What all of it comes to, in one sentence. A failed check is said in it, whatever else is good. */
export function verdictOf(evidence: Evidence): Verdict {
  const { row, checks } = evidence;
  const wasSent = noWriteText(evidence) === null;
  const { tone, sentence } = row.status === 'executed' ? executedText(evidence) : wasSent ? sentText(evidence) : unwrittenText(evidence);
  const faults = checks.filter(({ result }) => result === 'failed').length;
  const pruned = evidence.prunedUntil === null ? '' : ` (${prunedText(evidence.prunedUntil)})`;
  if (faults === 0) return { tone, sentence: `${sentence}${pruned}.` };
  return { tone: 'bad', sentence: `${sentence}${pruned}; but ${faults} of ${counted(checks.length, 'check')} failed.` };
}
