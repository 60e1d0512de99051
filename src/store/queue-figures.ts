import { AgentError } from '../domain/errors.ts';
import { addSeconds, type Instant } from '../domain/instant.ts';
import { FLOOD_WINDOW_SECONDS, type OpenedGroup, type QueueFacts, STALE_SECONDS } from '../domain/queue.ts';
import type { QueueDay } from '../domain/queue-kpis.ts';
import { knownSeverity, SEVERITIES, type Severity } from '../domain/severity.ts';
import type { OperatorStore, StatusFigures } from '../ports/operator-store.ts';
import { read } from './connection.ts';
import type { Dialect } from './dialect.ts';
import { fromRow, objectIn } from './row-mapping.ts';
import type { Session } from './session.ts';
import { OPEN } from './statements/open-statuses.ts';
import { queueDayStatement, queueStatement } from './statements/queue.ts';
import type { Column } from './tables.ts';

type Row = Readonly<Record<string, unknown>>;

const text = (name: string): Column => ({ name, kind: 'text' });
const integer = (name: string): Column => ({ name, kind: 'integer' });
const time = (name: string): Column => ({ name, kind: 'time' });

/** The contents of all rows of one kind. The caller names the type: it is that of the columns, in the domain's spelling. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what the columns are in the domain
function contents<T>(rows: readonly Row[], kind: string, columns: readonly Column[], d: Dialect): readonly T[] {
  const of = rows.filter((row) => row['kind'] === kind);
  // Our own statement made the text, as a JSON object.
  return of.map((row) => fromRow<T>({ name: kind, key: null, columns }, JSON.parse(String(row['content'])) as Row, d));
}

/** What the statements that have the queue's SELECTs say about it. */
export function queueFactsIn(rows: readonly Row[], d: Dialect): QueueFacts {
  const columns = [text('severity'), text('issue_family'), integer('opened'), time('first_at')];
  const [flood] = contents<{ eventId: string; event: string; happened: Instant; opened: number }>(
    rows,
    'flood',
    [text('event_id'), text('event'), time('happened'), integer('opened')],
    d,
  );
  const [fifth] = contents<{ firstAt: Instant | null }>(rows, 'fifth_newest', [time('first_at')], d);
  const often = contents<{ recommendationId: string }>(rows, 'opened_often', [text('recommendation_id')], d);
  return {
    opened: contents<OpenedGroup>(rows, 'opened', columns, d),
    newestFloodEvent: flood ? { eventId: flood.eventId, event: flood.event, at: flood.happened } : null,
    openedInFlood: flood?.opened ?? 0,
    fifthNewestAt: fifth?.firstAt ?? null,
    openedOften: often.map(({ recommendationId }) => recommendationId),
  };
}

export async function readQueue(session: Session): ReturnType<OperatorStore['readQueue']> {
  const d = session.dialect;
  const { rows } = await session.run(queueStatement(d));
  const now = d.decodeTime(objectIn(rows.find((row) => row['kind'] === 'clock')?.['content'])?.['now']);
  if (now === null) throw new AgentError('bug', 'the store did not say what time it is');
  return { now, queue: queueFactsIn(rows, d) };
}

export async function readQueueDay(session: Session): Promise<QueueDay> {
  const d = session.dialect;
  const { rows } = await session.run(queueDayStatement(d));
  const columns = [time('opened_at'), text('severity'), integer('opened'), integer('withdrawn')];
  const opened = contents<{ openedAt: Instant; severity: string; opened: number; withdrawn: number }>(rows, 'opened', columns, d);
  const decisions = contents<{ seconds: number }>(rows, 'decision', [{ name: 'seconds', kind: 'real' }], d);
  const count = (kind: string, name: string) => contents<Record<string, number>>(rows, kind, [integer(name)], d)[0]?.[name] ?? 0;
  return {
    opened: opened.map(({ openedAt, ...rest }) => ({ at: openedAt, ...rest })),
    // An approval by plain SQL may be stamped up to a second before what it approves.
    secondsToDecision: decisions.map(({ seconds }) => Math.max(0, seconds)),
    unanswered: count('open', 'unanswered'),
    stale: count('open', 'stale'),
    chattering: count('chattering', 'pairs'),
    floods: count('floods', 'began'),
  };
}

export async function readFigures(session: Session, now: Instant): Promise<StatusFigures> {
  const d = session.dialect;
  const { rows } = await session.run(
    read(
      `SELECT COALESCE(x.severity, 'low') AS severity, COUNT(*) AS total,
  SUM(CASE WHEN x.status = 'pending' THEN 1 ELSE 0 END) AS pending,
  SUM(CASE WHEN x.status IN ${OPEN} THEN 1 ELSE 0 END) AS open,
  MIN(CASE WHEN x.status IN ${OPEN} THEN x.created_timestamp END) AS oldest,
  SUM(CASE WHEN x.created_timestamp > :recent THEN 1 ELSE 0 END) AS recent,
  SUM(CASE WHEN x.status IN ${OPEN} AND x.created_timestamp < :stale THEN 1 ELSE 0 END) AS stale
FROM agent_recommendations x GROUP BY COALESCE(x.severity, 'low')`,
      { recent: d.encodeTime(addSeconds(now, -FLOOD_WINDOW_SECONDS)), stale: d.encodeTime(addSeconds(now, -STALE_SECONDS)) },
    ),
  );
  const executed = await session.run(read(`SELECT COUNT(*) AS n FROM agent_commands WHERE status = 'executed'`));
  const sum = (name: string) => rows.reduce((total, row) => total + Number(row[name]), 0);
  const oldest = rows.map((row) => d.decodeTime(row['oldest'])).filter((instant) => instant !== null);
  const open: Partial<Record<Severity | 'other', number>> = Object.fromEntries(SEVERITIES.map((severity) => [severity, 0] as const));
  for (const row of rows) {
    const severity = knownSeverity(String(row['severity']));
    const count = Number(row['open']);
    if (count > 0) open[severity] = (open[severity] ?? 0) + count;
  }
  return {
    now,
    total: sum('total'),
    pending: sum('pending'),
    commandsExecuted: Number(executed.rows[0]?.['n'] ?? 0),
    openBySeverity: open,
    oldestOpenAt: oldest.length === 0 ? null : Math.min(...oldest),
    createdLast10Minutes: sum('recent'),
    stale: sum('stale'),
  };
}
