import { assessmentFrom, ticketFrom } from '../domain/audit-copy.ts';
import type { Command } from '../domain/command.ts';
import { controlInForce, type StoredControl } from '../domain/control.ts';
import { AgentError } from '../domain/errors.ts';
import type { AgentHealth } from '../domain/health.ts';
import type { KeyRing } from '../domain/key-ring.ts';
import type { OperatorSession } from '../domain/operator-session.ts';
import type { FamilyHistory, GivenDecision, Recommendation, StoredRecommendation } from '../domain/recommendation.ts';
import { OVERTAKEN_FATE, UNSIGNED_FATE } from '../domain/refuse-commands.ts';
import { severityOnRecord } from '../domain/severity-on-record.ts';
import type { Ticket } from '../domain/ticket.ts';
import type { OpenWork, TicketedCommand } from '../ports/cycle-store.ts';
import type { Dialect } from './dialect.ts';
import { type Judge, judgeIn, lastDecisionIn } from './judges.ts';
import { oneEach } from './one-each.ts';
import { queueFactsIn } from './queue-figures.ts';
import { fromRow, objectIn } from './row-mapping.ts';
import { MIN_SUPPORTED_VERSION, SCHEMA_VERSION, tooNew } from './schema-version.ts';
import { signingFactsIn } from './signing-facts.ts';
import { openedForIn, workOrderIn } from './sql-work-orders.ts';
import { COMMANDS, CONTROLS, HEALTH, OPERATOR_SESSIONS, RECOMMENDATIONS, type Table } from './tables.ts';

type Row = Readonly<Record<string, unknown>>;

/** A status that somebody set to NULL is a text that is no status, as the guards of a write have it too. */
function statusSaid<T extends { readonly status: string }>(row: T): T {
  const status: string | null = row.status;
  return { ...row, status: status ?? '' };
}

/** What the command line announced, by recommendation. */
function givenIn(rows: readonly Row[]): ReadonlyMap<string, readonly GivenDecision[]> {
  const given = new Map<string, GivenDecision[]>();
  for (const { content, decision_event: event, decision: actor } of rows) {
    const id = String(content);
    given.set(id, [...(given.get(id) ?? []), { event: String(event), actor: String(actor) }]);
  }
  return given;
}

function ticketIn(record: unknown, keys: KeyRing, dialect: Dialect): Ticket | null {
  const judge = judgeIn(record, keys, dialect);
  return judge?.doubt === null ? ticketFrom(judge.copy) : null;
}

/** A command with the ticket on record for it, which the row beside it carries. */
export function ticketedCommandIn(command: Row, { ticket }: Row, keys: KeyRing, dialect: Dialect): TicketedCommand {
  return { command: fromRow<Command>(COMMANDS, command, dialect), ticket: ticketIn(ticket, keys, dialect) };
}

/** What the statement of the open work found: rows of many kinds, each with its content as JSON. */
export class OpenWorkRows {
  readonly #rows: readonly Row[];
  readonly #keys: KeyRing;
  readonly #dialect: Dialect;

  constructor(rows: readonly Row[], keys: KeyRing, dialect: Dialect) {
    this.#rows = rows;
    this.#keys = keys;
    this.#dialect = dialect;
  }

  #of(kind: string): readonly Row[] {
    return this.#rows.filter((row) => row['kind'] === kind);
  }

  #table<T>(kind: string, definition: Table): T[] {
    return this.#of(kind).map((row) => fromRow<T>(definition, objectIn(row['content']) ?? {}, this.#dialect));
  }

  /** The end of the audit's chain. */
  tail(): Row {
    return objectIn(this.#of('tail')[0]?.['content']) ?? {};
  }

  /** @throws AgentError not_set_up where the tables were made for a newer agent, or do not say for which */
  work(): OpenWork {
    this.#requireVersion();
    const clock = objectIn(this.#of('clock')[0]?.['content']) ?? {};
    const now = this.#dialect.decodeTime(clock['now']);
    if (now === null) throw new AgentError('bug', 'the store did not say what time it is');
    const given = givenIn(this.#of('given'));
    return {
      now,
      health: this.#table<AgentHealth>('health', HEALTH),
      controls: this.#table<StoredControl>('control', CONTROLS).map(controlInForce),
      recommendations: oneEach(
        this.#of('recommendation').map((row) => this.#stored(row, given)),
        (row) => row.recommendationId,
      ),
      families: oneEach(
        this.#of('family').map((row) => this.#history(row)),
        (row) => row.recommendationId,
      ),
      commands: oneEach(this.#table<Command>('command', COMMANDS), (command) => command.commandId),
      recentWrites: Number(objectIn(this.#of('recent_writes')[0]?.['content'])?.['writes'] ?? 0),
      followedCommands: oneEach(
        this.#of('followed_command').map((row) => ticketedCommandIn(objectIn(row['content']) ?? {}, row, this.#keys, this.#dialect)),
        ({ command }) => command.commandId,
      ),
      leftOut: this.#leftOut(),
      queue: queueFactsIn(this.#rows, this.#dialect),
      sessions: this.#table<OperatorSession>('session', OPERATOR_SESSIONS),
      uncountedSessions: this.#of('uncounted').map((row) => String(row['content'])),
      workOrders: oneEach(
        this.#of('work_order').map((row) => workOrderIn(objectIn(row['content']) ?? {}, this.#dialect)),
        (order) => order.workOrderId,
      ),
      openedFor: new Map(this.#of('opened_for').flatMap((row) => openedForIn(row['content'], this.#judge(row['ticket'])?.copy ?? null))),
      newestOrderAt: this.#dialect.decodeTime(objectIn(this.#of('newest_order')[0]?.['content'])?.['created_timestamp']),
      newestEventAt: this.#dialect.decodeTime(clock['newest_event']),
      lacksKey: signingFactsIn(objectIn(this.#of('signing')[0]?.['content']) ?? {}, this.#dialect).isAnySigned,
      commandEvents: new Map(this.#of('command_event').map((row) => [String(row['content']), this.#fate(row['ticket'])])),
    };
  }

  /** The lease is not given under a version that is no number, as under one that is too new: what reads as none must not pass for the oldest. */
  #requireVersion(): void {
    const { versions, min_supported: minSupported } = objectIn(this.#of('schema')[0]?.['content']) ?? {};
    if (Number(versions) === 0) return;
    if (typeof minSupported !== 'number')
      throw new AgentError(
        'not_set_up',
        'agent_schema.min_supported is no number',
        `run: ops-agent sql "UPDATE agent_schema SET min_supported = ${MIN_SUPPORTED_VERSION} WHERE typeof(min_supported) <> 'integer'"`,
      );
    if (minSupported > SCHEMA_VERSION) throw new AgentError('not_set_up', tooNew(minSupported), 'install the newer ops-agent');
  }

  #leftOut(): OpenWork['leftOut'] {
    const counts = Object.entries(objectIn(this.#of('left_out')[0]?.['content']) ?? {});
    return counts.map(([table, rows]) => ({ table, rows: Number(rows) })).filter(({ rows }) => rows > 0);
  }

  #stored(row: Row, given: ReadonlyMap<string, readonly GivenDecision[]>): StoredRecommendation {
    const stored = statusSaid(fromRow<StoredRecommendation>(RECOMMENDATIONS, objectIn(row['content']) ?? {}, this.#dialect));
    const announced = given.get(stored.recommendationId);
    const issued = this.#judge(row['ticket']);
    const copy = issued?.doubt === null ? issued.copy : null;
    return {
      ...stored,
      ticket: ticketFrom(copy),
      announced: assessmentFrom(copy),
      lastDecision: lastDecisionIn(this.#judge(row['decision'])),
      ...(announced && { given: announced }),
      ...(issued?.doubt === 'unsigned' && { isTicketUnsigned: true as const }),
      ...(issued?.doubt === 'not_last' && { isTicketOvertaken: true as const }),
    };
  }

  #judge(record: unknown): Judge | null {
    return judgeIn(record, this.#keys, this.#dialect);
  }

  /** What became of a command; a row that nobody with a key wrote, or of which another is the newest by the chain, must not set it back. */
  #fate(record: unknown): string {
    const judge = this.#judge(record);
    if (judge?.doubt === null) return judge.event;
    return judge?.doubt === 'not_last' ? OVERTAKEN_FATE : UNSIGNED_FATE;
  }

  #history(row: Row): FamilyHistory {
    const history = fromRow<FamilyHistory & Pick<Recommendation, 'actionHash'>>(
      RECOMMENDATIONS,
      objectIn(row['content']) ?? {},
      this.#dialect,
    );
    const ticket = ticketIn(row['ticket'], this.#keys, this.#dialect);
    return { ...statusSaid(history), severity: severityOnRecord(history, ticket), ticket };
  }
}
