import type { TellingEvent } from '../domain/notification-events.ts';
import type { DueRow, OutboxRow, Told } from '../domain/notification-plan.ts';
import { AgentError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import { SEVERITIES } from '../domain/severity.ts';
import type { ListedNotification, Outbox, OutboxFigures, OutboxLook, TryRecord } from '../ports/outbox.ts';
import type { Dialect } from './dialect.ts';
import { NOTIFICATIONS } from './notification-table.ts';
import { fromRow, objectIn, toRow } from './row-mapping.ts';
import type { Session } from './session.ts';
import {
  CLOCK_COLUMNS,
  claimedStatement,
  claimStatement,
  DUE_COLUMNS,
  EVENT_COLUMNS,
  figuresStatement,
  listStatement,
  lookStatement,
  PLACE_KIND,
  placeId,
  recordStatements,
  saveStatements,
  TOLD_COLUMNS,
} from './statements/notifications.ts';
import type { Column } from './tables.ts';

type Row = Readonly<Record<string, unknown>>;

/** What people are to be told, for every engine. Over a session of its own, whose statements are none of a cycle's. */
export class SqlOutbox implements Outbox {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  get statements(): number {
    return this.#session.statements;
  }

  async look(agentId: string, leaseSeconds: number, quietSeconds: number): Promise<OutboxLook> {
    const d = this.#session.dialect;
    const { rows } = await this.#session.run(lookStatement(agentId, leaseSeconds, quietSeconds, d));
    const [clock] = parts<{ now: Instant | null; dealtWith: number; noted: number | null }>(rows, 'clock', CLOCK_COLUMNS, d);
    if (!clock || clock.now === null) throw new AgentError('bug', 'the store did not say what time it is');
    const [flood] = parts<{ event: string }>(rows, 'flood', [{ name: 'event', kind: 'text' }], d);
    return {
      now: clock.now,
      dealtWith: clock.dealtWith,
      isNew: clock.noted === null,
      inFlood: flood?.event === 'flood_began',
      events: parts<TellingEvent>(rows, 'event', EVENT_COLUMNS, d)
        .map(withKnownSeverity)
        .toSorted((a, b) => a.chainSeq - b.chainSeq),
      due: parts<DueRow>(rows, 'due', DUE_COLUMNS, d).toSorted((a, b) => a.nextAttemptTimestamp - b.nextAttemptTimestamp),
      told: parts<Told>(rows, 'told', TOLD_COLUMNS, d),
    };
  }

  async save(agentId: string, rows: readonly OutboxRow[], dealtWith: number, now: Instant): Promise<void> {
    const { dialect } = this.#session;
    const place = {
      notificationId: placeId(agentId),
      agentId,
      kind: PLACE_KIND,
      chainSeq: dealtWith,
      status: PLACE_KIND,
      createdTimestamp: now,
    };
    // Last: where the rows take several statements, a run that dies between them plans them again.
    const stored = [...rows, place].map((row) => toRow(NOTIFICATIONS, row, dialect));
    await this.#session.runParts(saveStatements(stored, dealtWith, dialect));
  }

  async claim(claimId: string, notificationIds: readonly string[], seconds: number): Promise<ReadonlySet<string>> {
    await this.#session.run(claimStatement(claimId, notificationIds, seconds, this.#session.dialect));
    // Read back: after a retry a row count means nothing.
    const { rows } = await this.#session.run(claimedStatement(claimId));
    return new Set(rows.map((row) => String(row['notification_id'])));
  }

  async record(claimId: string, tries: readonly TryRecord[]): Promise<void> {
    const rows = tries.map(({ notificationId, status, isTried, waitSeconds, lastError }) => ({
      notification_id: notificationId,
      status,
      tried: isTried ? 1 : 0,
      wait_seconds: waitSeconds,
      last_error: lastError,
    }));
    await this.#session.runParts(recordStatements(claimId, rows, this.#session.dialect));
  }

  async list({
    statuses,
    limit,
  }: {
    readonly statuses: readonly string[];
    readonly limit: number;
  }): Promise<readonly ListedNotification[]> {
    const { dialect } = this.#session;
    const { rows } = await this.#session.run(listStatement(statuses, limit, dialect));
    return rows.map((row) => fromRow<ListedNotification>(NOTIFICATIONS, row, dialect));
  }

  async readFigures(agentId: string): Promise<OutboxFigures> {
    const { rows } = await this.#session.run(figuresStatement(agentId, this.#session.dialect));
    const figure = (name: string) => Number(rows[0]?.[name] ?? 0);
    return { waiting: figure('waiting'), failing: figure('failing'), givenUp: figure('given_up') };
  }
}

/** The contents of all rows of one kind. The caller names the type: it is that of the columns, in the domain's spelling. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what the columns are in the domain
function parts<T>(rows: readonly Row[], kind: string, columns: readonly Column[], d: Dialect): readonly T[] {
  const of = rows.filter((row) => row['kind'] === kind);
  return of.flatMap((row) => {
    const content = objectIn(row['content']);
    return content === null ? [] : [fromRow<T>({ name: kind, key: null, columns }, content, d)];
  });
}

/** What somebody wrote there is no severity that a rule could leave out. */
function withKnownSeverity(event: TellingEvent): TellingEvent {
  return { ...event, severity: SEVERITIES.find((severity) => severity === event.severity) ?? null };
}
