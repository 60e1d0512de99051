import { commandIdOf } from '../../src/domain/ids.ts';
import { canonicalJson, hashOf } from '../../src/domain/ticket.ts';
import { AGENT } from '../support/stores.ts';
import { stepsOf } from './approvals-by-hand.ts';
import { EQUIPMENT, THROUGHPUT } from './plant-floor.ts';
import type { RowSeen } from './seen.ts';
import type { World } from './world.ts';

/** What people do, and what somebody does who may write to the tables and should not. All of it is about the newest recommendation. */

export function newest({ model }: World): RowSeen | undefined {
  return model.rows.at(-1);
}

/** As an HMI does it: plain SQL, whatever the agent knows by then. `at` is a time in the store's spelling, or what somebody took for one. */
export async function approveBySql(world: World, by: string | null, at: string | null, column = 'approved_by_operator'): Promise<void> {
  const row = newest(world);
  if (!row) return;
  await world.sql(
    `UPDATE agent_recommendations SET status = 'approved', ${column} = :by, approved_timestamp = :at WHERE recommendation_id = :id`,
    { by, at, id: row.id },
  );
}

/** @param seen the hash that was on the screen */
export async function approveByCommandLine(world: World, by: string, seen: string): Promise<void> {
  const row = newest(world);
  if (!row) return;
  const [via, at] = ['cli:login', world.now];
  const { decided } = await world.operator((store, eventOf) =>
    store.decide(
      { recommendationId: row.id, by, via, kind: 'approve', seenHash: seen },
      eventOf(
        { agentId: AGENT, runId: `cli-${world.now}-${world.nextNumber()}` },
        { subjectType: 'recommendation', subjectId: row.id, event: 'approval_given', actor: `${by} via ${via}` },
      ),
    ),
  );
  if (decided && seen !== row.hash) world.model.failed(`I3: ${by} approved ${row.hash} having seen ${seen}`);
  if (decided) world.model.decidedByCommandLine(row.id, { by, at });
}

export async function reject(world: World): Promise<void> {
  const row = newest(world);
  if (!row) return;
  await world.sql(
    `UPDATE agent_recommendations SET status = 'rejected', rejected_by_operator = 'carl', rejection_reason = 'no', rejected_timestamp = :at
WHERE recommendation_id = :id AND status IN ('pending', 'deferred', 'awaiting_second', 'approved')`,
    { at: world.time(world.now), id: row.id },
  );
}

export async function defer(world: World, seconds: number): Promise<void> {
  const row = newest(world);
  if (!row) return;
  await world.sql(
    `UPDATE agent_recommendations SET status = 'deferred', defer_until = :until WHERE recommendation_id = :id AND status IN ('pending', 'deferred')`,
    { until: world.time(world.now + seconds * 1000), id: row.id },
  );
}

export async function editRecommendation(world: World, set: string): Promise<void> {
  const row = newest(world);
  if (!row) return;
  world.tampered.add(row.id);
  await world.sql(`UPDATE agent_recommendations SET ${set} WHERE recommendation_id = :id`, { id: row.id });
}

export async function editCommands(world: World, set: string): Promise<void> {
  const row = newest(world);
  if (!row) return;
  world.tampered.add(row.id);
  await world.sql(`UPDATE agent_commands SET ${set} WHERE recommendation_id = :id`, { id: row.id });
}

export interface ForgedCommand {
  /** Under an id of its own, or under the one that the agent gives to this step. */
  readonly isOwn: boolean;
  readonly sequence: number;
  readonly value: string;
  readonly status: string;
}

/** A command that nobody derived. */
export async function forgeCommand(world: World, { isOwn, sequence, value, status }: ForgedCommand): Promise<void> {
  const row = newest(world);
  if (!row) return;
  world.tampered.add(row.id);
  const id = isOwn ? `forged-${world.nextNumber()}` : commandIdOf(row.id, sequence);
  await world.sql(
    `INSERT INTO agent_commands (command_id, recommendation_id, equipment_id, tag_path, new_value, severity, status, created_timestamp, sequence, value_type, unit, direction, old_value)
VALUES (:id, :recommendation, '${EQUIPMENT}', '${THROUGHPUT}', :value, :severity, :status, :at, :sequence, 'number', '%', 'decrease', 100)`,
    { id, recommendation: row.id, value, severity: row.severity, status, at: world.time(world.now), sequence },
  );
}

/** What only the audit says, newer than all that is there. */
async function tell(world: World, row: RowSeen, event: string, after: unknown): Promise<void> {
  world.tampered.add(row.id);
  world.model.forged.add(row.id);
  await world.sql(
    `INSERT INTO agent_events (event_id, at, ordinal, agent_id, run_id, actor, subject_type, subject_id, event, to_status, after)
VALUES (:event_id, :at, 99, '${AGENT}', 'forged', 'mallory via sql', 'recommendation', :id, :event, 'approved', :after)`,
    { event_id: `forged-${world.nextNumber()}`, at: world.time(world.now), id: row.id, event, after: JSON.stringify(after) },
  );
}

export async function forgeApproval(world: World): Promise<void> {
  const row = newest(world);
  if (!row) return;
  world.forgedAudit = true;
  const decision = { approved_by_operator: 'mallory', approved_timestamp: new Date(world.now).toISOString() };
  await tell(world, row, 'approved', { decision });
}

/** Another value, in the row as in the audit, with the hash that such a ticket has. */
export async function forgeTicket(world: World): Promise<void> {
  const row = newest(world);
  if (!row) return;
  const actions = stepsOf(row.actions).map((step) => ({ ...step, value: 5 }));
  const ticket = {
    recommendation_id: row.id,
    equipment_id: EQUIPMENT,
    severity: row.severity,
    rule_id: `temperature-${row.severity}`,
    actions,
  };
  await tell(world, row, 'renewed', { ticket, issue_family: 'temperature' });
  await world.sql('UPDATE agent_recommendations SET actions = :actions, action_hash = :hash WHERE recommendation_id = :id', {
    actions: canonicalJson(actions),
    hash: hashOf(ticket),
    id: row.id,
  });
}

/** The kill switch and its like, by the command line or by plain SQL. */
export async function order(world: World, kind: string, scope: string): Promise<void> {
  const id = `${kind}:${scope}`;
  await world.sql('DELETE FROM agent_controls WHERE control_id = :id', { id });
  await world.sql(
    `INSERT INTO agent_controls (control_id, kind, scope, "by", reason, since) VALUES (:id, :kind, :scope, 'anna', 'work', :at)`,
    { id, kind, scope, at: world.time(world.now) },
  );
  world.model.orders.set(id, world.now);
}

export async function orderByCommandLine(world: World, kind: 'advisory' | 'out_of_service'): Promise<void> {
  const control = { kind, scope: 'all', by: 'anna', reason: 'work', since: world.now, until: null };
  const id = `${kind}:all`;
  await world.operator((store, eventOf) =>
    store.setControl(
      control,
      eventOf({ agentId: AGENT, runId: `cli-${world.nextNumber()}` }, { subjectType: 'control', subjectId: id, event: 'control_set' }),
    ),
  );
  if (!world.model.orders.has(id)) world.model.orders.set(id, world.now);
}

export async function liftOrders(world: World): Promise<void> {
  await world.sql('DELETE FROM agent_controls');
  world.model.orders.clear();
}
