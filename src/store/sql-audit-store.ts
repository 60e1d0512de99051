import { isTelling } from '../domain/audit-carried.ts';
import type { ChainTail } from '../domain/audit-chain.ts';
import { type JudgedRow, isPlaced, type PlacedRow } from '../domain/audit-finding.ts';
import { isPlace } from '../domain/audit-witnesses.ts';
import { AgentError } from '../domain/errors.ts';
import type { Instant } from '../domain/instant.ts';
import type { AuditStore, ChainCursor, ChainPage, IdPage, OddOwner, Page, Prunable, Pruned, PruneRange } from '../ports/audit-store.ts';
import type { Lease } from '../ports/lease.ts';
import { type Changes, read, type Statement, write } from './connection.ts';
import { fromRow, isBytes } from './row-mapping.ts';
import { NOTIFICATIONS } from './notification-table.ts';
import type { Session } from './session.ts';
import {
  chainPageStatement,
  firstSeqStatement,
  firstSignedStatement,
  isFoundByStatement,
  nextOwnerStatement,
  noteHeadStatement,
  outsideOfChains,
  testimoniesStatement,
  unchainedPageStatement,
} from './statements/audit-pages.ts';
import { giveLeaseBackStatement, LEASE_GUARD, leaseParams, renewLeaseStatement } from './statements/lease.ts';
import {
  heldSubjects,
  prunableCommand,
  prunableNotification,
  prunableRecommendation,
  prunableSession,
  prunableWorkOrder,
} from './statements/prune.ts';
import { COMMANDS, EVENTS, OPERATOR_SESSIONS, RECOMMENDATIONS, type Table, WORK_ORDERS } from './tables.ts';

type Row = Readonly<Record<string, unknown>>;

/** Rows of the audit that one transaction takes away: cycles must not wait for long. */
const ROWS_PER_PIECE = 10_000;

const JSON_COLUMNS = EVENTS.columns.filter(({ kind }) => kind === 'json').map(({ name }) => name);

/** Whether a JSON column has the one spelling that the store gives it; what an engine's own type respelt is a value by now. */
function isOwnSpelling(value: unknown): boolean {
  if (typeof value !== 'string') return true;
  try {
    return JSON.stringify(JSON.parse(value)) === value;
  } catch {
    // Somebody wrote what is no JSON at all.
    return false;
  }
}

/** The exact id of a page's last row; null where no page follows. */
function lastKey(rows: readonly Row[], limit: number): string | null {
  return rows.length < limit ? null : String(rows.at(-1)?.['event_key']);
}

/** @throws AgentError bug: whoever gets the same page again and again would never end */
function requireProgress(after: string | null, key: string): void {
  if (after === key) throw new AgentError('bug', 'the store gives the same rows of the audit twice');
}

interface Deleted {
  readonly rows: Changes;
  readonly isWhole: boolean;
}

function sum(a: Changes, b: Changes): Changes {
  return a === null || b === null ? null : a + b;
}

/** Deletes until nothing is left, or what is left stays as it is. `left` says what is, in any way: null where nothing is. */
async function inPieces(left: () => Promise<number | null>, piece: (left: number) => Promise<Changes>): Promise<Deleted> {
  let rows: Changes = 0;
  for (let before = await left(); before !== null;) {
    const gone = await piece(before);
    const after = await left();
    if (after === before) return { rows, isWhole: false };
    rows = sum(rows, gone);
    before = after;
  }
  return { rows, isWhole: true };
}

/** The audit's rows, and the end of those that are too old, for every engine. */
export class SqlAuditStore implements AuditStore {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  #row(row: Row): JudgedRow {
    const decoded = fromRow<Omit<JudgedRow, 'asWritten' | 'eventKey'>>(EVENTS, row, this.#session.dialect);
    const asWritten = JSON_COLUMNS.every((name) => isOwnSpelling(row[name])) && !Object.values(row).some(isBytes);
    return { ...decoded, eventKey: String(row['event_key']), asWritten };
  }

  async readNextOwner(after: string | null): Promise<Page<string | OddOwner, string>> {
    const { dialect } = this.#session;
    const { rows } = await this.#session.run(nextOwnerStatement(after, dialect));
    const [row] = rows;
    if (row === undefined) return { rows: [], next: null };
    const [name, key] = [row['agent_id'], String(row['agent_key'])];
    requireProgress(after, key);
    return { rows: [typeof name === 'string' && (await this.#isFoundBy(name, key)) ? name : { key }], next: key };
  }

  /** The engine says so: in which encoding it keeps a text, no program knows. */
  async #isFoundBy(text: string, key: string): Promise<boolean> {
    const { rows } = await this.#session.run(isFoundByStatement(text, key, this.#session.dialect));
    return Number(rows[0]?.['is_found']) === 1;
  }

  async readChainPage(page: ChainPage): Promise<Page<PlacedRow, ChainCursor>> {
    const { rows } = await this.#session.run(chainPageStatement(page, this.#session.dialect));
    const placed = rows.map((row) => this.#row(row)).filter(isPlaced);
    if (placed.length < rows.length) throw new AgentError('bug', 'the store gives rows without a place as rows of a chain');
    const [last, key] = [placed.at(-1), lastKey(rows, page.limit)];
    if (last === undefined || key === null) return { rows: placed, next: null };
    if (page.after?.chainSeq === last.chainSeq) requireProgress(page.after.key, key);
    return { rows: placed, next: { chainSeq: last.chainSeq, key } };
  }

  async readUnchainedPage(page: IdPage): Promise<Page<JudgedRow, string>> {
    const { rows } = await this.#session.run(unchainedPageStatement(page, this.#session.dialect));
    const next = lastKey(rows, page.limit);
    if (next !== null) requireProgress(page.after, next);
    return { rows: rows.map((row) => ({ ...this.#row(row), chainSeq: null })), next };
  }

  async readTestimonyPage(agentId: string, page: IdPage): Promise<Page<PlacedRow, string>> {
    const { rows } = await this.#session.run(testimoniesStatement(agentId, page, this.#session.dialect));
    const next = lastKey(rows, page.limit);
    if (next !== null) requireProgress(page.after, next);
    const placed = rows.map((row) => this.#row(row)).filter(isPlaced);
    return { rows: placed.filter((row) => isPlace(row.chainSeq) && isTelling(row)), next };
  }

  async firstSignedSeq(agentId: string): Promise<number | null> {
    return this.#seq(firstSignedStatement(agentId, this.#session.dialect));
  }

  async firstSeq(agentId: string, since: Instant | null = null): Promise<number | null> {
    return this.#seq(firstSeqStatement(agentId, since, this.#session.dialect));
  }

  async #seq(statement: Statement): Promise<number | null> {
    const { rows } = await this.#session.run(statement);
    const seq = rows[0]?.['seq'];
    return seq === null || seq === undefined ? null : Number(seq);
  }

  async #count(statement: Statement): Promise<number> {
    const { rows } = await this.#session.run(statement);
    return Number(rows[0]?.['n'] ?? 0);
  }

  async readHeldSubjects(before: Instant): Promise<ReadonlySet<string>> {
    const { dialect } = this.#session;
    const { rows } = await this.#session.run(read(heldSubjects(dialect), { before: dialect.encodeTime(before) }));
    return new Set(rows.map(({ id }) => String(id)));
  }

  /** In the order in which they go: commands first, since they are found by their recommendation. */
  get #prunable(): readonly (readonly [keyof Prunable, Table, string])[] {
    const d = this.#session.dialect;
    return [
      ['commands', COMMANDS, prunableCommand()],
      ['recommendations', RECOMMENDATIONS, prunableRecommendation()],
      ['workOrders', WORK_ORDERS, prunableWorkOrder(d)],
      ['sessions', OPERATOR_SESSIONS, prunableSession(d)],
      ['notifications', NOTIFICATIONS, prunableNotification()],
    ];
  }

  async countPrunable(before: Instant): Promise<Prunable> {
    const params = { before: this.#session.dialect.encodeTime(before) };
    const counts = { recommendations: 0, commands: 0, workOrders: 0, sessions: 0, notifications: 0 };
    for (const [name, table, condition] of this.#prunable)
      counts[name] = await this.#count(read(`SELECT COUNT(*) AS n FROM ${table.name} x WHERE ${condition}`, params));
    return counts;
  }

  async pruneRows(lease: Lease, before: Instant): Promise<Pruned> {
    const params = { ...leaseParams(lease), before: this.#session.dialect.encodeTime(before) };
    const deletes = this.#prunable.map(([name, table, condition]) => {
      const source = `SELECT x.${table.key ?? ''} FROM ${table.name} x WHERE ${condition} AND ${LEASE_GUARD}`;
      const sql = this.#session.dialect.joinedDelete({ table, source });
      return [name, write(sql, params)] as const;
    });
    const changes = await this.#session.runLifted(
      this.#session.dialect.deletable([COMMANDS]),
      deletes.map(([, statement]) => statement),
    );
    const gone: Record<keyof Prunable, Changes> = { recommendations: 0, commands: 0, workOrders: 0, sessions: 0, notifications: 0 };
    for (const [index, [name]] of deletes.entries()) gone[name] = changes[index] ?? null;
    return gone;
  }

  async pruneAudit(lease: Lease, { throughSeq, unchainedThrough, leaseSeconds }: PruneRange): Promise<Deleted> {
    const d = this.#session.dialect;
    const piece = (chosen: string, params: Statement['params']) => this.#deleteEvents(lease, leaseSeconds, chosen, params);
    const old = `SELECT x.event_id FROM agent_events x WHERE ${outsideOfChains('x', d)} AND x.${d.quote('at')} <= :unchained_through`;
    const outside = { unchained_through: d.encodeTime(unchainedThrough ?? 0) };
    const unchained = await inPieces(
      async () => (unchainedThrough === null ? null : (await this.#count(read(`SELECT COUNT(*) AS n FROM (${old}) o`, outside))) || null),
      () => piece(`SELECT o.event_id FROM (${old} LIMIT ${ROWS_PER_PIECE}) o WHERE true`, outside),
    );
    if (!unchained.isWhole) return unchained;
    const chained = await inPieces(
      async () => {
        const first = await this.firstSeq(lease.agentId);
        return first === null || first > throughSeq ? null : first;
      },
      (first) =>
        piece('SELECT x.event_id FROM agent_events x WHERE x.agent_id = :agent AND x.chain_seq >= 1 AND x.chain_seq <= :through', {
          through: Math.min(throughSeq, first + ROWS_PER_PIECE - 1),
        }),
    );
    return { rows: sum(unchained.rows, chained.rows), isWhole: chained.isWhole };
  }

  async #deleteEvents(lease: Lease, leaseSeconds: number, chosen: string, params: Statement['params']): Promise<Changes> {
    const d = this.#session.dialect;
    const sql = d.joinedDelete({ table: EVENTS, source: `${chosen} AND ${LEASE_GUARD}` });
    const deletion = write(sql, { ...leaseParams(lease), ...params });
    const [, gone = null] = await this.#session.runLifted(d.deletable([EVENTS]), [renewLeaseStatement(lease, leaseSeconds, d), deletion]);
    return gone;
  }

  async renewLease(lease: Lease, leaseSeconds: number): Promise<boolean> {
    return (await this.#session.run(renewLeaseStatement(lease, leaseSeconds, this.#session.dialect))).changes > 0;
  }

  async noteHead(agentId: string, head: ChainTail): Promise<void> {
    await this.#session.run(noteHeadStatement(agentId, head));
  }

  async giveLeaseBack(lease: Lease): Promise<void> {
    await this.#session.run(giveLeaseBackStatement(lease));
  }
}
