import type { Evidence } from '../../domain/evidence.ts';
import type { Recommendation } from '../../domain/recommendation.ts';
import { isRevert } from '../../domain/revert.ts';
import { withRoundedNumbers } from '../rounding.ts';
import { assessedText, signalText, timeText } from '../wording.ts';
import { askedText } from '../way-back.ts';
import { afterRevertText } from './write-wording.ts';

/** Whether it worked: the value before and after, or why that is not known. A way back is no cure, and not judged as one. */
export function outcomeText({ row, ticket, outcome, signal, events }: Evidence): string {
  const before = `${signalText(signal.name, outcome.before)} ${assessedText(events)}`;
  if (outcome.outcome === null) return row.status === 'executed' ? `not verified yet; ${before}` : `nothing was executed; ${before}`;
  if (isRevert(ticket?.ticket)) return `put back; ${afterRevertText(outcome, signal.name)}, verified ${timeText(outcome.verifiedAt)}`;
  const after = outcome.after === null ? 'no fresh reading' : signalText(signal.name, outcome.after);
  const { expected } = outcome;
  const wanted = expected === null ? '' : `, expected ${expected.side} ${signalText(signal.name, expected.limit)}`;
  return `${outcome.outcome}: ${before} → ${after}${wanted}, verified ${timeText(outcome.verifiedAt)}`;
}

function relatedText(what: string, row: Recommendation | null): readonly string[] {
  if (row === null) return [];
  return [`${what} ${row.recommendationId}: ${row.severity}, ${row.status}, created ${timeText(row.createdTimestamp)}`];
}

/** The rows of the family around it, one line each. */
export function relatedLines({ row, related }: Evidence): readonly string[] {
  const lines = [
    ...relatedText('predecessor', related.predecessor),
    ...relatedText('follows the write of', related.follows),
    ...relatedText(related.successor?.followsRecommendationId === row.recommendationId ? 'follow-up' : 'successor', related.successor),
  ];
  if (row.triedBefore !== null) lines.push(`tried before: ${withRoundedNumbers(row.triedBefore) ?? ''}`);
  const asked = askedText(row);
  if (asked !== null) lines.push(`the earlier values were asked for ${asked}`);
  if (row.predecessorId !== null && related.predecessor === null)
    lines.unshift(`predecessor ${row.predecessorId}: its row is not there any more`);
  return lines.length === 0 ? ['the first and the last of its family'] : lines;
}

/** Standing orders in force while it lived, one line each. */
export function orderLines({ orders }: Evidence): readonly string[] {
  if (orders.length === 0) return ['none was in force for the equipment'];
  return orders.map(({ kind, scope, by, reason, since, until, lifted }) => {
    const end = lifted ? `lifted ${timeText(lifted.at)} by ${lifted.by}` : until === null ? 'not lifted' : `until ${timeText(until)}`;
    return `${kind.replaceAll('_', ' ')} (${scope}) by ${by} since ${timeText(since)}, ${end}: ${reason}`;
  });
}
