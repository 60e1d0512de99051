import type { Evidence } from '../../domain/evidence.ts';
import type { RecordedDecision } from '../../domain/evidence-decisions.ts';
import type { TicketStep } from '../../domain/evidence-ticket.ts';
import { withRoundedNumbers } from '../rounding.ts';
import { actionLines, timeText } from '../wording.ts';
import { wayText } from './write-wording.ts';

/** The limits that are configured for a step's tag now. */
export function stepLimitsText({ allowed }: TicketStep): string {
  if (!allowed) return 'the tag may not be written any more';
  const step = allowed.maxStep === undefined ? '' : `, at most ${allowed.maxStep} in one step`;
  const way = allowed.direction === 'any' ? '' : `, may only ${allowed.direction}`;
  return `${allowed.min} to ${allowed.max}${allowed.unit === '' ? '' : ` ${allowed.unit}`}${step}${way}`;
}

/** What the approval covered, one line a step. */
export function ticketLines({ ticket }: Evidence): readonly string[] {
  if (!ticket) return ['the audit has no ticket for it'];
  const steps = ticket.steps.map(
    (step) => `${step.action.sequence}. ${actionLines([step.action])[0] ?? ''}  [limits now: ${stepLimitsText(step)}]`,
  );
  return [
    `${ticket.ticket.severity}, rule ${ticket.ticket.ruleId}${ticket.ticket.fourEyes ? ', two people must agree' : ''}`,
    ...(steps.length === 0 ? ['advice without a write'] : steps),
    `issued by '${ticket.issuedBy}' at ${timeText(ticket.issuedAt)}`,
    `SHA-256 ${ticket.hash}`,
  ];
}

const DECIDED: Readonly<Record<RecordedDecision['kind'], string>> = {
  approved: 'approved',
  first_approved: 'approved as the first of two',
  rejected: 'rejected',
  deferred: 'deferred',
  refused: 'approved, which did not count',
  second_refused: 'approved as the second, which did not count',
};

/** What was decided, and whether it counted. */
export function decidedText({ kind }: RecordedDecision): string {
  return DECIDED[kind];
}

/** Who decided what, when, and how. */
export function decisionText(decision: RecordedDecision): string {
  const { by, at, reason, actionHash, sessionId } = decision;
  const hash = actionHash === null ? '' : `, ticket ${actionHash.slice(0, 12)}…`;
  const session = sessionId === null ? '' : `, session ${sessionId}`;
  const why = reason === null ? '' : `: ${withRoundedNumbers(reason) ?? ''}`;
  return `${by ?? 'nobody named'} ${decidedText(decision)} at ${timeText(at)} by ${wayText(decision)}${hash}${session}${why}`;
}
