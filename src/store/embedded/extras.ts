import { MOST_CHAIN_SEQ } from '../../domain/audit-chain.ts';
import { OPEN, OPEN_COMMANDS } from '../statements/open-statuses.ts';
import { OPEN_NOTIFICATIONS } from '../statements/notifications.ts';
import { withoutEnd } from '../statements/sessions.ts';
import { openOrder } from '../statements/work-orders.ts';
import { write } from '../connection.ts';
import type { Extra, Lifting } from '../dialect.ts';
import { ALL_TABLES, COMMANDS, EVENTS, SENSOR_DATA, type Table } from '../tables.ts';
import { TIME_FORMAT, timeAsRead, wordAsRead } from './as-read.ts';

const CANONICAL = (column: string) => `strftime(${TIME_FORMAT}, ${column})`;

const INDEXES: readonly string[] = [
  // Detection's range, and its second look at the few equipments that violate.
  'CREATE INDEX IF NOT EXISTS sensor_data_by_time ON sensor_data (timestamp)',
  'CREATE INDEX IF NOT EXISTS sensor_data_by_equipment ON sensor_data (equipment_id, timestamp)',
  // At most one open recommendation per equipment and family, whoever writes.
  `CREATE UNIQUE INDEX IF NOT EXISTS agent_recommendations_open ON agent_recommendations (equipment_id, issue_family)
   WHERE status IN ${OPEN}`,
  'CREATE INDEX IF NOT EXISTS agent_recommendations_newest ON agent_recommendations (equipment_id, issue_family, created_timestamp)',
  // What accounts for the readings that a cycle may see again.
  ...['last_accounted_timestamp', 'quiet_until'].map(
    (column) => `CREATE INDEX IF NOT EXISTS agent_recommendations_by_${column} ON agent_recommendations (${column})`,
  ),
  // What was opened lately, however long the history is.
  'CREATE INDEX IF NOT EXISTS agent_recommendations_by_time ON agent_recommendations (created_timestamp)',
  `CREATE INDEX IF NOT EXISTS agent_recommendations_unsettled ON agent_recommendations (recommendation_id)
   WHERE status IS NOT guarded_status`,
  `CREATE INDEX IF NOT EXISTS agent_recommendations_unverified ON agent_recommendations (executed_timestamp)
   WHERE status = 'executed' AND outcome IS NULL`,
  // What was decided, or marked as chattering, lately. A row without the time is not in them.
  ...['approved', 'rejected', 'chattering'].map(
    (what) =>
      `CREATE INDEX IF NOT EXISTS agent_recommendations_${what} ON agent_recommendations (${what}_timestamp)
   WHERE ${what}_timestamp IS NOT NULL`,
  ),
  'CREATE INDEX IF NOT EXISTS agent_commands_of ON agent_commands (recommendation_id, sequence)',
  `CREATE INDEX IF NOT EXISTS agent_commands_open ON agent_commands (status)
   WHERE status IN ${OPEN_COMMANDS}`,
  // At most one open order per sensor, whoever writes; people's own rows name no signal. Made anew each time: an older one takes other
  // words for an end, and would refuse a sensor's next order.
  'DROP INDEX IF EXISTS work_orders_open',
  `CREATE UNIQUE INDEX IF NOT EXISTS work_orders_open ON work_orders (equipment_id, signal) WHERE ${openOrder({ wordAsRead })}`,
  'CREATE INDEX IF NOT EXISTS work_orders_newest ON work_orders (equipment_id, signal, created_timestamp) WHERE signal IS NOT NULL',
  'CREATE INDEX IF NOT EXISTS work_orders_by_time ON work_orders (created_timestamp) WHERE guarded_status IS NOT NULL',
  'CREATE INDEX IF NOT EXISTS agent_events_of ON agent_events (subject_id, event, at)',
  'CREATE INDEX IF NOT EXISTS agent_events_of_session ON agent_events (session_id) WHERE session_id IS NOT NULL',
  // Of all who were ever logged in a cycle wants those who are, and who just were.
  'CREATE INDEX IF NOT EXISTS operator_sessions_by_end ON operator_sessions (logout_timestamp)',
  `CREATE INDEX IF NOT EXISTS operator_sessions_without_end ON operator_sessions (login_timestamp)
   WHERE ${withoutEnd('operator_sessions', { timeAsRead })}`,
  'CREATE INDEX IF NOT EXISTS agent_events_by_time ON agent_events (at)',
  // One row at each place of an agent's chain, whoever writes; also finds the chain's end.
  `CREATE UNIQUE INDEX IF NOT EXISTS agent_events_chain ON agent_events (agent_id, chain_seq) WHERE chain_seq IS NOT NULL`,
  // Of all that was ever told: what is still to be, and what was told of lately of one subject.
  `CREATE INDEX IF NOT EXISTS agent_notifications_open ON agent_notifications (next_attempt_timestamp) WHERE status IN ${OPEN_NOTIFICATIONS}`,
  'CREATE INDEX IF NOT EXISTS agent_notifications_of ON agent_notifications (subject_id, kind)',
];

/**
 * Rewrites hand-written times into the one spelling that sorts: `CURRENT_TIMESTAMP` has no milliseconds and an ISO
 * text has a T, and either would stand before or after its neighbours. What is no time at all stays, and
 * detection counts it as rejected.
 */
function timeTriggers(table: Table): readonly string[] {
  const times = table.columns.filter((column) => column.kind === 'time').map((column) => `"${column.name}"`);
  if (times.length === 0) return [];
  const odd = times.map((name) => `(NEW.${name} IS NOT ${CANONICAL(`NEW.${name}`)} AND ${CANONICAL(`NEW.${name}`)} IS NOT NULL)`);
  const mended = times.map((name) => `${name} = COALESCE(${CANONICAL(`NEW.${name}`)}, NEW.${name})`);
  const body = `WHEN ${odd.join(' OR ')}
BEGIN UPDATE ${table.name} SET ${mended.join(', ')} WHERE rowid = NEW.rowid; END`;
  return [
    `CREATE TRIGGER IF NOT EXISTS ${table.name}_times_inserted AFTER INSERT ON ${table.name} ${body}`,
    `CREATE TRIGGER IF NOT EXISTS ${table.name}_times_updated AFTER UPDATE OF ${times.join(', ')} ON ${table.name} ${body}`,
  ];
}

const WHY_KEPT: ReadonlyMap<Table, string> = new Map([
  [EVENTS, 'agent_events is append-only'],
  [COMMANDS, 'the rows of agent_commands are kept'],
]);

function refusal(table: Table): string {
  return `BEGIN SELECT RAISE(ABORT, '${WHY_KEPT.get(table) ?? `${table.name} is kept`}'); END`;
}

function undeletable(table: Table): string {
  return `CREATE TRIGGER IF NOT EXISTS ${table.name}_undeletable BEFORE DELETE ON ${table.name} ${refusal(table)}`;
}

/** Without the triggers that forbid to delete. */
export function deletable(tables: readonly Table[]): Lifting {
  return {
    lift: tables.map((table) => write(`DROP TRIGGER IF EXISTS ${table.name}_undeletable`)),
    restore: tables.map((table) => write(undeletable(table))),
  };
}

/**
 * A command row that is gone would be derived again while its recommendation is executing, and written a second time. So a row is not
 * deleted, and none is made another one: by its id, or as REPLACE does it, which deletes without the first trigger.
 */
const COMMANDS_KEPT: readonly string[] = [
  undeletable(COMMANDS),
  `CREATE TRIGGER IF NOT EXISTS agent_commands_unmovable BEFORE UPDATE ON agent_commands
   WHEN NEW.command_id IS NOT OLD.command_id OR NEW.rowid <> OLD.rowid ${refusal(COMMANDS)}`,
  `CREATE TRIGGER IF NOT EXISTS agent_commands_irreplaceable BEFORE INSERT ON agent_commands
   WHEN NEW.rowid > 0 AND EXISTS (SELECT 1 FROM agent_commands WHERE rowid = NEW.rowid AND command_id IS NOT NEW.command_id) ${refusal(COMMANDS)}`,
];

const LAST_PLACE =
  "COALESCE((SELECT MAX(e.chain_seq) FROM agent_events e WHERE e.agent_id = NEW.agent_id AND e.chain_seq IS NOT NULL AND typeof(e.chain_seq) = 'integer'), 0)";

/**
 * The audit is append-only, for the agent as for everybody: an edited or deleted row fails the statement that tries. Only the
 * time's spelling may change, which is what the triggers below do to a row written by hand: another time would make an older row the
 * newest. A row stands outside of every chain or at the next place of its agent's: at any other it would leave no place for the next one.
 */
const APPEND_ONLY: readonly string[] = (() => {
  const refuse = refusal(EVENTS);
  const columns = EVENTS.columns.filter((column) => column.name !== 'at').map((column) => `"${column.name}"`);
  return [
    undeletable(EVENTS),
    // INSERT OR REPLACE deletes without the trigger above. Telling an event again is a no-op; SQLite's own number of a row has no other use,
    // and is -1 here unless somebody names one.
    `CREATE TRIGGER IF NOT EXISTS agent_events_told BEFORE INSERT ON agent_events
     WHEN EXISTS (SELECT 1 FROM agent_events WHERE event_id = NEW.event_id) BEGIN SELECT RAISE(IGNORE); END`,
    `CREATE TRIGGER IF NOT EXISTS agent_events_irreplaceable BEFORE INSERT ON agent_events
     WHEN NEW.rowid > 0 AND EXISTS (SELECT 1 FROM agent_events WHERE rowid = NEW.rowid) ${refuse}`,
    `CREATE TRIGGER IF NOT EXISTS agent_events_unmovable BEFORE UPDATE ON agent_events WHEN NEW.rowid <> OLD.rowid ${refuse}`,
    // Made anew each time: an older one does not know the columns that were added since.
    'DROP TRIGGER IF EXISTS agent_events_unchangeable',
    `CREATE TRIGGER IF NOT EXISTS agent_events_unchangeable BEFORE UPDATE OF ${columns.join(', ')} ON agent_events ${refuse}`,
    `CREATE TRIGGER IF NOT EXISTS agent_events_unmoved_in_time BEFORE UPDATE OF at ON agent_events
     WHEN ${CANONICAL('NEW.at')} IS NOT ${CANONICAL('OLD.at')} ${refuse}`,
    // SQLite stores anything in any column. By these a row is found (its id, whose it is, about what, which event) and put in order (when): with
    // another type there it would be missed, or be the newest. What stands in any other column is only told, and is part of the hash.
    'DROP TRIGGER IF EXISTS agent_events_readable',
    `CREATE TRIGGER IF NOT EXISTS agent_events_readable BEFORE INSERT ON agent_events
     WHEN ${['event_id', 'agent_id', 'subject_id', 'event', 'at'].map((name) => `typeof(NEW.${name}) <> 'text' OR instr(NEW.${name}, char(0)) > 0`).join(' OR ')}
       OR ${CANONICAL('NEW.at')} IS NULL OR typeof(NEW.ordinal) <> 'integer' OR NEW.ordinal NOT BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER}
     BEGIN SELECT RAISE(ABORT, 'a row of agent_events has texts for its ids, a time, and an ordinal from 0 on'); END`,
    // Behind a row that somebody put at the end of all places, while there was no trigger, there is none: then any next place will do.
    'DROP TRIGGER IF EXISTS agent_events_next_place',
    `CREATE TRIGGER IF NOT EXISTS agent_events_next_place BEFORE INSERT ON agent_events
     WHEN typeof(NEW.agent_id) <> 'text' OR (NEW.chain_seq IS NOT NULL AND (typeof(NEW.chain_seq) <> 'integer' OR (NEW.chain_seq <> 1 + ${LAST_PLACE}
       AND NOT (${LAST_PLACE} >= ${MOST_CHAIN_SEQ / 2} AND (NEW.chain_seq = 1
         OR EXISTS (SELECT 1 FROM agent_events e WHERE e.agent_id = NEW.agent_id AND e.chain_seq = NEW.chain_seq - 1))))))
     BEGIN SELECT RAISE(ABORT, 'a row of agent_events is of an agent, and at the next place of its chain or at none'); END`,
  ];
})();

const CREATED = /^CREATE\s+(?:UNIQUE\s+)?(INDEX|TRIGGER)\s+IF\s+NOT\s+EXISTS\s+(\w+)/i;

/** Each with the statement before it that takes away an older one. */
function extraIn(ddl: string, place: number, all: readonly string[]): readonly Extra[] {
  const [, kind = '', name = ''] = CREATED.exec(ddl) ?? [];
  if (name === '') return [];
  const before = all[place - 1];
  const isRenewed = before !== undefined && before.startsWith('DROP ');
  return [{ kind: kind.toLowerCase(), name, ddl: isRenewed ? [before, ddl] : [ddl], isRenewed, comesWithTable: false }];
}

/** Indexes and triggers beside the tables. A source table of the user's own gets none: the agent does not touch it. */
export function embeddedExtras(sourceTable: string | null): readonly Extra[] {
  const ours = sourceTable === null ? ALL_TABLES.filter((table) => table !== SENSOR_DATA) : ALL_TABLES;
  const indexes = INDEXES.filter((ddl) => sourceTable !== null || !ddl.includes('sensor_data'));
  return [...indexes, ...APPEND_ONLY, ...COMMANDS_KEPT, ...ours.flatMap(timeTriggers)].flatMap(extraIn);
}
