import type { Connection } from '../../src/store/connection.ts';
import { read } from '../../src/store/connection.ts';

/** A recommendation as anybody sees it who asks the store. Times are instants; null for what is no time. */
export interface RowSeen {
  readonly id: string;
  readonly status: string;
  readonly guarded: string;
  readonly severity: string;
  readonly hash: string;
  readonly actions: string;
  readonly approvedBy: string;
  readonly approvedAt: number | null;
  readonly second: string;
  readonly via: string;
  readonly rejectedBy: string;
  readonly rejectedAt: string;
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
}

export interface CommandSeen {
  readonly id: string;
  readonly recommendation: string;
  readonly sequence: number;
  readonly status: string;
  readonly claimedBy: string;
}

export interface EventSeen {
  readonly place: number;
  readonly subject: string;
  readonly event: string;
  readonly to: string;
}

type Row = Readonly<Record<string, unknown>>;

function text(found: unknown): string {
  return typeof found === 'string' ? found : '';
}

/** The store spells times in one way; what a hand wrote otherwise is none. */
function time(found: unknown): number | null {
  const instant = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/.test(text(found))
    ? Date.parse(`${text(found).replace(' ', 'T')}Z`)
    : Number.NaN;
  return Number.isNaN(instant) ? null : instant;
}

async function rows(connection: Connection, sql: string, params: Readonly<Record<string, number>> = {}): Promise<readonly Row[]> {
  return (await connection.execute(read(sql, params))).rows;
}

/** Oldest first. */
export async function recommendationsIn(connection: Connection): Promise<readonly RowSeen[]> {
  const found = await rows(connection, 'SELECT * FROM agent_recommendations ORDER BY created_timestamp, rowid');
  return found.map((row) => ({
    id: text(row['recommendation_id']),
    status: text(row['status']),
    guarded: text(row['guarded_status']),
    severity: text(row['severity']),
    hash: text(row['action_hash']),
    actions: text(row['actions']),
    approvedBy: text(row['approved_by_operator']),
    approvedAt: time(row['approved_timestamp']),
    second: text(row['second_approver']),
    via: text(row['approved_via']),
    rejectedBy: text(row['rejected_by_operator']),
    rejectedAt: text(row['rejected_timestamp']),
    createdAt: time(row['created_timestamp']),
    updatedAt: time(row['updated_timestamp']),
  }));
}

export async function commandsIn(connection: Connection): Promise<readonly CommandSeen[]> {
  const found = await rows(connection, 'SELECT * FROM agent_commands ORDER BY rowid');
  return found.map((row) => ({
    id: text(row['command_id']),
    recommendation: text(row['recommendation_id']),
    sequence: Number(row['sequence']),
    status: text(row['status']),
    claimedBy: text(row['claimed_by']),
  }));
}

/** What was told to the audit after a place in it. */
export async function eventsAfter(connection: Connection, place: number): Promise<readonly EventSeen[]> {
  const found = await rows(connection, 'SELECT rowid AS place, * FROM agent_events WHERE rowid > :place ORDER BY rowid', { place });
  return found.map((row) => ({
    place: Number(row['place']),
    subject: text(row['subject_id']),
    event: text(row['event']),
    to: text(row['to_status']),
  }));
}

export async function leaseOwnerIn(connection: Connection): Promise<string> {
  const [health] = await rows(connection, 'SELECT lease_owner FROM agent_health');
  return text(health?.['lease_owner']);
}

export async function placeOfLastEvent(connection: Connection): Promise<number> {
  const [last] = await rows(connection, 'SELECT MAX(rowid) AS place FROM agent_events');
  return Number(last?.['place'] ?? 0);
}
