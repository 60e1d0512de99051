import { decisionFrom } from './audit-copy.ts';
import { type Check, type CheckedRecord, type CheckRow, failed, type Judged, open, passed } from './evidence-check.ts';
import { approvalEvent } from './evidence-decisions.ts';
import { withoutPruned } from './evidence-pruned.ts';
import { SIGNATURE_CHECKS } from './evidence-signature-checks.ts';
import { ticketAfter } from './evidence-ticket.ts';
import { WRITE_CHECKS } from './evidence-write-checks.ts';
import { isoOf } from './instant.ts';
import { personKey } from './person.ts';
import { APPROVED_STATUSES, isTerminal } from './transitions.ts';
import { canonicalJson, ticketHash } from './ticket.ts';

function ticketOnRecord({ ticket }: CheckedRecord): Judged {
  return ticket ? passed(`issued by '${ticket.issuedBy}' at ${isoOf(ticket.issuedAt)}`) : failed('the audit has no ticket for it');
}

function hashMatches({ ticket, row }: CheckedRecord): Judged {
  if (!ticket) return open('no ticket to hash');
  if (row.actionHash === ticket.hash) return passed(ticket.hash);
  return failed(`the ticket's is ${ticket.hash}, the row's ${row.actionHash ?? 'missing'}`);
}

function rowMatches({ ticket: issued, row }: CheckedRecord): Judged {
  if (!issued) return open('no ticket to compare with');
  const { ticket } = issued;
  const differing = [
    ...(canonicalJson(row.actions) === canonicalJson(ticket.actions) ? [] : ['actions']),
    ...(row.equipmentId === ticket.equipmentId ? [] : ['equipment_id']),
    ...(row.severity === ticket.severity ? [] : ['severity']),
    ...(row.ruleId === ticket.ruleId ? [] : ['rule_id']),
    ...(ticket.issueFamily === undefined || row.issueFamily === ticket.issueFamily ? [] : ['issue_family']),
  ];
  return differing.length === 0 ? passed('nothing differs') : failed(`the row differs from the audit's ticket in ${differing.join(', ')}`);
}

/** An approval that a cycle has not judged yet is none of ours to judge. */
function isUnjudged({ row }: CheckedRecord): boolean {
  return row.status !== row.guardedStatus;
}

/** Where something was decided, but no approval of it counted: it ended before one did, or it was never asked for one. */
const ENDS_WITHOUT_APPROVAL: readonly string[] = ['expired', 'cancelled'];

function approvalOnRecord(record: CheckedRecord): Judged {
  const { row, events } = record;
  if (!APPROVED_STATUSES.includes(row.status)) return open(`not approved: it is ${row.status}`);
  const event = approvalEvent(events);
  const decision = decisionFrom(event?.after);
  if (!event || !decision) {
    if (isUnjudged(record)) return open('an approval waits for the next cycle to judge it');
    if (ENDS_WITHOUT_APPROVAL.includes(row.status)) return open('no approval counted before it ended');
    return failed('the audit has no approval of it');
  }
  const differing = [
    ...(row.approvedByOperator === decision.approvedByOperator ? [] : ['approved_by_operator']),
    ...(row.secondApprover === decision.secondApprover ? [] : ['second_approver']),
    ...(row.approvedTimestamp === decision.approvedTimestamp ? [] : ['approved_timestamp']),
  ];
  if (differing.length > 0) return failed(`the row differs from the audit's approval in ${differing.join(', ')}`);
  const names = [decision.approvedByOperator, decision.secondApprover].filter((name) => name !== null);
  const isAgent = names.some((name) => personKey(name) === personKey(event.agentId));
  return isAgent ? failed('the agent approved its own recommendation') : passed(names.join(' and '));
}

function approvalOfTicket({ events, ticket }: CheckedRecord): Judged {
  const event = approvalEvent(events);
  if (!event) return open('no approval counted');
  const before = ticketAfter(events.slice(0, events.indexOf(event)));
  if (!before) return failed('the audit has no ticket from before the approval');
  const covered = Object(event.after) as { readonly action_hash?: unknown }; // compared with a text below
  const hash = ticketHash(before.ticket);
  if (covered.action_hash !== hash) return failed(`it was for ${String(covered.action_hash)}, the ticket then was ${hash}`);
  return hash === ticket?.hash ? passed(hash) : failed('the ticket was issued anew after the approval');
}

function twoPeople({ events, ticket }: CheckedRecord): Judged {
  const decision = decisionFrom(approvalEvent(events)?.after);
  const demanded = ticket?.ticket.fourEyes === true;
  if (!decision) return open('no approval counted');
  if (decision.secondApprover === null) return demanded ? failed('only one person approved') : open('one approval was enough');
  const [first, second] = [decision.approvedByOperator, decision.secondApprover];
  if (personKey(first) === personKey(second)) return failed(`${second} approved twice`);
  const isFirstKnown = events.some(({ event }) => event === 'first_approved');
  return isFirstKnown ? passed(`${first ?? 'nobody'} and ${second}`) : failed('the audit has no first approval');
}

/** Events that announce or take back a status without the row having got it. */
const NO_STATUS_OF_THE_ROW: readonly string[] = [
  'not_applied',
  'decision_void',
  'approval_given',
  'rejection_given',
  'deferral_given',
  'earlier_episode',
  'conflict',
];

function statusOnRecord(record: CheckedRecord): Judged {
  const { row, events } = record;
  const newest = events.findLast(({ event, toStatus }) => toStatus !== null && !NO_STATUS_OF_THE_ROW.includes(event));
  if (isUnjudged(record)) return open(`'${row.status}' was written from outside; the next cycle judges it`);
  if (!newest) return failed('the audit has no status of it');
  if (newest.toStatus === row.status) return passed(`${row.status} since '${newest.event}'`);
  const differs = `the row is ${row.status}, the audit's last word is ${String(newest.toStatus)}`;
  return isTerminal(row.status) ? failed(differs) : open(`${differs}; the next cycle completes it`);
}

function outcomeOnRecord({ row, events }: CheckedRecord): Judged {
  const event = events.findLast((each) => each.event === 'verified');
  const { outcome } = Object(event?.after) as { readonly outcome?: unknown }; // compared with a text below
  if (row.outcome === null && !event) return open(row.status === 'executed' ? 'not verified yet' : 'nothing was executed');
  if (row.outcome !== outcome) return failed(`the row says ${row.outcome ?? 'nothing'}, the audit ${event ? String(outcome) : 'nothing'}`);
  return passed(row.outcome ?? '');
}

const CHECKS: readonly CheckRow[] = [
  ['ticket_on_record', 'The audit has the ticket', ticketOnRecord],
  ['ticket_hash', "The ticket's SHA-256 is the row's action_hash", hashMatches],
  ['row_unedited', 'The row is what the ticket says', rowMatches],
  ['approval_on_record', 'Who approved is on record, and is a person', approvalOnRecord],
  ['approval_of_ticket', 'The approval was of exactly this ticket', approvalOfTicket],
  ['two_people', 'Where two had to approve, two different people did', twoPeople],
  ...WRITE_CHECKS,
  ...SIGNATURE_CHECKS,
  ['status_on_record', "The row's status is the audit's", statusOnRecord],
  ['outcome_on_record', "The row's outcome is the audit's", outcomeOnRecord],
];

/** Every check, in the order of the life of a recommendation. None of them changes anything, and none is left out. */
export function checksOf(record: CheckedRecord): readonly Check[] {
  return CHECKS.map(([id, claim, judge]) => withoutPruned({ id, claim, ...judge(record) }, record.prunedUntil));
}
