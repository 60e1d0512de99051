import type { Evidence } from '../../domain/evidence.ts';
import { knownTimes } from '../../domain/evidence-range.ts';
import type { RecordedDecision } from '../../domain/evidence-decisions.ts';
import { isEnding } from '../../domain/event.ts';
import { isRevert } from '../../domain/revert.ts';
import type { Instant } from '../../domain/instant.ts';
import { withRoundedNumbers } from '../rounding.ts';
import { assessedText, capitalised, signalText } from '../wording.ts';
import type { Tone } from './tone.ts';
import { afterRevertText, changeText, readBackText, wayText } from './write-wording.ts';

/** One thing that happened. */
export interface Moment {
  readonly at: Instant;
  readonly title: string;
  readonly detail: string;
  readonly tone: Tone;
  /** True for the few that a picture of the readings shows. */
  readonly isMark: boolean;
}

const DECIDED = {
  approved: 'Approved',
  first_approved: 'Approved by the first',
  rejected: 'Rejected',
  deferred: 'Deferred',
  refused: 'Approval refused',
  second_refused: 'Second approval refused',
} as const;

function decided(decision: RecordedDecision): Moment {
  const { kind, by, at, judgedAt, reason } = decision;
  const who = by === null ? '' : `by ${by}, ${wayText(decision)}`;
  const isMark = kind === 'approved' || kind === 'first_approved' || kind === 'rejected';
  const tone =
    kind === 'approved' || kind === 'first_approved' ? 'good' : kind === 'refused' || kind === 'second_refused' ? 'bad' : 'plain';
  const detail = [who, withRoundedNumbers(reason) ?? ''].filter((part) => part !== '').join(': ');
  return { at: decision.counts ? (at ?? judgedAt) : judgedAt, title: DECIDED[kind], detail, tone, isMark };
}

const ISSUED = new Map<string, string>([
  ['created', 'Recommended'],
  ['escalated', 'Escalated'],
  ['renewed', 'Asked anew'],
  ['corrected', 'Put right'],
]);

const VERIFIED = new Map<string, string>([
  ['effective', 'Recovered'],
  ['ineffective', 'Not recovered'],
  ['unknown', 'Recovery not known'],
]);

function writeMoments({ writes }: Evidence): readonly Moment[] {
  return writes.flatMap((write) => {
    const { command, sent } = write;
    const what = `${command.tagPath ?? '?'}: ${changeText(command.oldValue, command.newValue, command.unit)}`;
    const moments: Moment[] = [];
    if (sent === 'yes' && command.startedTimestamp !== null)
      moments.push({ at: command.startedTimestamp, title: 'Written', detail: what, tone: 'plain', isMark: true });
    if (command.completedTimestamp === null) return moments;
    const isGood = command.status === 'executed';
    const detail = [isGood ? readBackText(write) : (withRoundedNumbers(command.executionResult) ?? ''), sent === 'yes' ? '' : what];
    moments.push({
      at: command.completedTimestamp,
      title: isGood ? (sent === 'yes' ? 'Read back' : 'Nothing to write') : `Command ${command.status}`,
      detail: detail.filter((part) => part !== '').join('; '),
      tone: isGood ? 'good' : 'bad',
      isMark: false,
    });
    return moments;
  });
}

function verified({ ticket, outcome, signal }: Evidence): readonly Moment[] {
  if (outcome.outcome === null || outcome.verifiedAt === null) return [];
  const at = outcome.verifiedAt;
  if (isRevert(ticket?.ticket))
    return [{ at, title: 'Looked at again', detail: afterRevertText(outcome, signal.name), tone: 'plain', isMark: false }];
  // Somebody may have written another word there.
  const title = VERIFIED.get(outcome.outcome) ?? `Outcome '${outcome.outcome}'`;
  const detail = outcome.after === null ? 'no fresh reading' : `${signalText(signal.name, outcome.after)}, judged ${outcome.outcome}`;
  const tone = outcome.outcome === 'effective' ? 'good' : outcome.outcome === 'ineffective' ? 'bad' : 'open';
  return [{ at, title, detail, tone, isMark: true }];
}

/** What happened, in the order of its times. */
export function momentsOf(evidence: Evidence): readonly Moment[] {
  const { row, events, decisions, orders, signal } = evidence;
  const detected = knownTimes(row.firstDetectedTimestamp).map((at): Moment => ({
    at,
    title: 'Detected',
    detail: `the first reading beyond a limit; ${signalText(signal.name, row.peakValue)} ${assessedText(events)}`,
    tone: 'bad',
    isMark: true,
  }));
  const issued = events.flatMap(({ at, event, reason }): readonly Moment[] => {
    const title = ISSUED.get(event);
    return title === undefined
      ? []
      : [{ at, title, detail: withRoundedNumbers(reason) ?? '', tone: 'plain', isMark: event === 'escalated' }];
  });
  const ended = events.flatMap(({ at, event, reason }): readonly Moment[] => {
    if (!isEnding(event) || event === 'executed') return [];
    const title = capitalised(event);
    return [{ at, title, detail: withRoundedNumbers(reason) ?? '', tone: event === 'failed' ? 'bad' : 'plain', isMark: true }];
  });
  const ordered = orders.map(({ kind, scope, by, reason, since }): Moment => {
    return {
      at: since,
      title: `Order: ${kind.replaceAll('_', ' ')}`,
      detail: `${scope}, by ${by}: ${reason}`,
      tone: 'plain',
      isMark: false,
    };
  });
  return [
    ...detected,
    ...issued,
    ...decisions.map(decided),
    ...writeMoments(evidence),
    ...ended,
    ...verified(evidence),
    ...ordered,
  ].toSorted((a, b) => a.at - b.at);
}
