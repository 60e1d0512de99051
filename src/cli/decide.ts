import { asOnRecord, MOST_EVENTS, needsTwoPeople } from './approvals.ts';
import { newRunId } from './run-id.ts';
import { AgentError } from '../domain/errors.ts';
import { eventOf } from '../domain/event.ts';
import { sessionAt } from '../domain/operator-session.ts';
import { nameOf, personKey } from '../domain/person.ts';
import type { Recommendation } from '../domain/recommendation.ts';
import { isUndecided, mayBeDecided } from '../domain/transitions.ts';
import type { OperatorDecision, StoredEvent } from '../ports/operator-store.ts';
import type { CliContext } from './context.ts';
import { findRecommendation, shortId } from './find-recommendation.ts';
import { warnOfMissingKey } from './missing-key.ts';
import { plain, shellWord } from './output.ts';
import { agreed, canAsk } from './prompt.ts';
import { unfitTicket } from './unfit-ticket.ts';
import { personOf, type Person } from './who.ts';
import { actionLines, decidedBy, readingsText } from './wording.ts';

export interface DecisionOptions {
  readonly id: string;
  readonly by?: string;
  readonly yes?: boolean;
}

type Kind = OperatorDecision['kind'];

const TARGET = { approve: 'approved', reject: 'rejected', defer: 'deferred' } as const;
const EVENT = { approve: 'approval_given', reject: 'rejection_given', defer: 'deferral_given' } as const;
const VERB = { approve: 'Approve', reject: 'Reject', defer: 'Defer' } as const;

/** What a decision says beside who and about what. */
export type Verdict =
  | { readonly kind: 'approve'; readonly seenHash: string }
  | { readonly kind: 'reject'; readonly reason: string }
  | { readonly kind: 'defer'; readonly until: number; readonly reason: string | null };

export interface Decided {
  readonly row: Recommendation;
  readonly person: Person;
}

/**
 * Finds the recommendation, shows it where there is somebody to look, and records the decision. What was read here
 * is what the decision is bound to: `verdictOn` gets the very row that is shown.
 * @throws AgentError not_found, unauthorised, conflict where it is decided already or has changed meanwhile.
 */
export async function decide(
  context: CliContext,
  options: DecisionOptions,
  kind: Kind,
  verdictOn: (row: Recommendation) => Verdict,
): Promise<Decided> {
  const { agentId } = await context.settings();
  const person = personOf(options, agentId, context.env);
  const store = await context.store();
  const row = await findRecommendation(store, options.id);
  const events = await store.listEvents({ subjectId: row.recommendationId, limit: MOST_EVENTS });
  const refusal =
    (await refusalOf(context, row, events, kind, person)) ??
    (kind === 'approve' ? ((await absenceOf(context, person)) ?? (await unfitTicket(context, row.recommendationId, events))) : undefined);
  if (refusal) throw refusal;
  await warnOfMissingKey(context, events);
  const verdict = verdictOn(row);
  if (canAsk() && options.yes !== true) await confirm(context, row, kind);
  const event = eventOf(
    { agentId, runId: newRunId() },
    {
      subjectType: 'recommendation',
      subjectId: row.recommendationId,
      event: EVENT[kind],
      actor: person.actor,
      fromStatus: row.status,
      toStatus: TARGET[kind],
      ...('reason' in verdict && verdict.reason !== null ? { reason: verdict.reason } : {}),
      after: verdict,
    },
  );
  const result = await store.decide({ recommendationId: row.recommendationId, by: person.by, via: person.via, ...verdict }, event);
  if (!result.decided) throw await overtaken(context, row);
  return { row, person };
}

/** Why the decision cannot even be made; the cycle judges it again, by what the audit knows. */
async function refusalOf(
  context: CliContext,
  row: Recommendation,
  events: readonly StoredEvent[],
  kind: Kind,
  person: Person,
): Promise<AgentError | undefined> {
  const id = shortId(row.recommendationId);
  const { policy } = await context.settings();
  if (row.status === 'awaiting_second') {
    const onRecord = asOnRecord(row, events, policy);
    const first = plain(`recommendation ${id} has its first approval${decidedBy(onRecord)}`);
    if (kind === 'defer')
      return new AgentError('conflict', `${first} and cannot be deferred`, `approve or reject it: ops-agent show ${id}`);
    if (kind === 'approve' && personKey(onRecord.approvedByOperator) === personKey(person.by))
      return new AgentError('unauthorised', `${first}, the second must come from somebody else`, 'name another operator with --by');
  }
  if (kind === 'approve' && isUndecided(row.status) && nameOf(row.revertRequestedBy) !== '') return askedForTheWayBack(row);
  if (mayBeDecided(row.status, TARGET[kind])) return undefined;
  if (kind !== 'approve' || row.status !== 'approved' || row.guardedStatus === 'approved') return decidedAlready(row);
  if (row.guardedStatus === 'awaiting_second' || !needsTwoPeople(row, events, policy)) return decidedAlready(row);
  const text = plain(`recommendation ${id} has its first approval${decidedBy(row)}, which the agent has not judged yet`);
  return new AgentError('conflict', text, 'approve it as the second after the next cycle');
}

/** The next cycle would only take such an approval back. Who rejects or defers need not be logged in. */
async function absenceOf(context: CliContext, { by }: Person): Promise<AgentError | undefined> {
  const { policy } = await context.settings();
  if (!policy.requireSession) return undefined;
  const store = await context.store();
  const { now } = await store.readControls();
  if (sessionAt(await store.openSessionsOf(by), by, now)) return undefined;
  const name = plain(by);
  return new AgentError(
    'unauthorised',
    `${name} is not logged in, and only who is may approve (policy.requireSession)`,
    `log in first: ops-agent session login --by ${shellWord(name)}`,
  );
}

/** The next cycle would send such an approval back: another ticket is asked for. */
function askedForTheWayBack({ recommendationId, revertRequestedBy }: Recommendation): AgentError {
  const id = shortId(recommendationId);
  return new AgentError(
    'conflict',
    plain(`${nameOf(revertRequestedBy)} asked that the earlier values be put back in ${id}, and the next cycle answers`),
    `approve what is there then: ops-agent show ${id}`,
  );
}

function decidedAlready(row: Recommendation): AgentError {
  const id = shortId(row.recommendationId);
  return new AgentError('conflict', plain(`recommendation ${id} is ${row.status} already${decidedBy(row)}`), `see: ops-agent show ${id}`);
}

/** Between reading and writing somebody decided, or the ticket was issued anew. */
async function overtaken(context: CliContext, seen: Recommendation): Promise<AgentError> {
  const now = await findRecommendation(await context.store(), seen.recommendationId);
  if (now.status !== seen.status) return decidedAlready(now);
  const id = shortId(now.recommendationId);
  return new AgentError('conflict', `recommendation ${id} has changed since it was read`, `look at it again: ops-agent show ${id}`);
}

async function confirm(context: CliContext, row: Recommendation, kind: Kind): Promise<void> {
  const lines = [
    `${row.equipmentId}: ${row.severity} ${row.issueType}, ${readingsText(row)}`,
    row.recommendedAction,
    ...actionLines(row.actions).map((line) => `  ${line}`),
  ];
  context.out.note(lines.map(plain).join('\n'));
  if (!(await agreed(`${VERB[kind]} ${shortId(row.recommendationId)}?`)))
    throw new AgentError('interrupted', 'nothing was decided', `decide later: ops-agent show ${shortId(row.recommendationId)}`);
}
