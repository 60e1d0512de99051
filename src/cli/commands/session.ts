import { AgentError } from '../../domain/errors.ts';
import { type EventText, eventOf } from '../../domain/event.ts';
import type { Instant } from '../../domain/instant.ts';
import { isOpenAt, type OperatorSession } from '../../domain/operator-session.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { shortId } from '../find-recommendation.ts';
import type { JsonOption } from '../json-option.ts';
import { printRows } from '../listing.ts';
import { DEFAULT_ROWS } from '../option-values.ts';
import { plain } from '../output.ts';
import { newRunId } from '../run-id.ts';
import type { Cell, Column } from '../table.ts';
import { personOf } from '../who.ts';
import { timeText } from '../wording.ts';

export interface SessionOptions {
  readonly by?: string;
}

export interface SessionListOptions extends JsonOption {
  readonly limit?: number;
}

const COLUMNS: readonly Column[] = [
  { title: 'SESSION' },
  { title: 'OPERATOR', maxLength: 30 },
  { title: 'STATE' },
  { title: 'LOGIN' },
  { title: 'LOGOUT' },
  { title: 'APPROVED', align: 'right' },
  { title: 'REJECTED', align: 'right' },
];

/** Logging in again is a no-op: the session that is open goes on. */
export async function login(context: CliContext, options: SessionOptions): Promise<number> {
  const { agentId } = await context.settings();
  const person = personOf(options, agentId, context.env, 'have a session');
  const store = await context.store();
  const [open] = await store.openSessionsOf(person.by);
  if (open) {
    context.out.print(`✓ ${plain(person.by)} is logged in already, since ${timeText(open.loginTimestamp)}`);
    return EXIT.done;
  }
  const sessionId = newRunId();
  await store.openSession(sessionId, person.by, eventOf({ agentId, runId: newRunId() }, about(sessionId, 'session_opened', person.actor)));
  const [opened] = await store.openSessionsOf(person.by);
  context.out.print(`✓ ${plain(person.by)} logged in at ${timeText(opened?.loginTimestamp ?? null)}`);
  return EXIT.done;
}

/** Every session of the person that is open ends, the HMI's too: who goes home approves nothing any more. */
export async function logout(context: CliContext, options: SessionOptions): Promise<number> {
  const { agentId } = await context.settings();
  const person = personOf(options, agentId, context.env, 'have a session');
  const store = await context.store();
  const open = await store.openSessionsOf(person.by);
  if (open.length === 0) throw new AgentError('not_found', `${plain(person.by)} is not logged in`, 'list who is: ops-agent session list');
  for (const { sessionId } of open)
    await store.closeSession(sessionId, eventOf({ agentId, runId: newRunId() }, about(sessionId, 'session_closed', person.actor)));
  const approved = open.reduce((sum, session) => sum + session.approvedRecommendations, 0);
  const rejected = open.reduce((sum, session) => sum + session.rejectedRecommendations, 0);
  context.out.print(`✓ ${plain(person.by)} logged out: ${approved} approved, ${rejected} rejected`);
  return EXIT.done;
}

function about(sessionId: string, event: string, actor: string): EventText {
  return { subjectType: 'session', subjectId: sessionId, event, actor, sessionId };
}

export async function list(context: CliContext, options: SessionListOptions): Promise<number> {
  const store = await context.store();
  const sessions = await store.listSessions(options.limit ?? DEFAULT_ROWS);
  const { now } = await store.readControls();
  return printRows(context, options, sessions, { columns: COLUMNS, cells: (session) => cells(session, now), none: 'No sessions.' });
}

function cells(session: OperatorSession, now: Instant): readonly Cell[] {
  return [
    shortId(session.sessionId),
    session.operatorId,
    isOpenAt(session, now) ? 'open' : 'ended',
    timeText(session.loginTimestamp),
    timeText(session.logoutTimestamp),
    session.approvedRecommendations,
    session.rejectedRecommendations,
  ];
}
