import * as fc from 'fast-check';
import { editCommands, editRecommendation, forgeApproval, forgeCommand, forgeTicket } from './acts.ts';
import { COOLING } from './plant-floor.ts';
import { always, Step } from './step.ts';
import type { World } from './world.ts';

/** What somebody does who may write to the tables, and should not. */

const STATUSES = ['pending', 'approved', 'awaiting_second', 'executing', 'executed', 'failed', 'rejected', 'nonsense'];

/**
 * Without signing keys the audit and the columns by which it is believed are each other's only witness. Whoever forges both forges an approval,
 * which the tables alone cannot tell: such sequences are left out there.
 */
const ifAuditIsSound = ({ setup, forgedAudit }: World): boolean => setup.signed || !forgedAudit;
const ifColumnsAreSound = ({ setup, editedWitness }: World): boolean => setup.signed || !editedWitness;

function edit(set: string): Step {
  const act = (world: World) => editRecommendation(world, set);
  return new Step(`an edit: ${set}`, act);
}

function editOfWitness(set: string): Step {
  const act = async (world: World) => {
    world.editedWitness = true;
    await editRecommendation(world, set);
  };
  return new Step(`an edit: ${set}`, act, ifAuditIsSound);
}

export const statusEdit = fc.constantFrom(...STATUSES).map((status) => edit(`status = '${status}'`));

export const guardedEdit = fc
  .tuple(fc.constantFrom(...STATUSES), fc.boolean())
  .map(([status, both]) => editOfWitness(`${both ? `status = '${status}', ` : ''}guarded_status = '${status}'`));

export const ticketEdit = fc
  .constantFrom(
    `actions = replace(actions, '"value":', '"value":1')`,
    `actions = replace(actions, '55', '5')`,
    `action_hash = replace(action_hash, 'a', 'b')`,
    `severity = 'medium', rule_id = 'temperature-elevated'`,
  )
  .map(edit);

export const decisionEdit = fc
  .constantFrom(`expires_timestamp = '2027-01-01 00:00:00.000'`, 'expires_timestamp = NULL', `approved_by_operator = 'mallory'`)
  .map(editOfWitness);

export const commandEdit = fc
  .constantFrom(
    `new_value = '5'`,
    `tag_path = '${COOLING}'`,
    `status = 'pending'`,
    `status = 'pending', claimed_by = NULL, claimed_timestamp = NULL, not_after = NULL`,
    `status = 'executed'`,
    `status = 'unknown'`,
    `not_after = '2027-01-01 00:00:00.000'`,
    `claimed_by = 'run-1'`,
    `sequence = 2`,
    `recommendation_id = 'another'`,
  )
  .map((set) => new Step(`an edit of the commands: ${set}`, (world) => editCommands(world, set)));

const FORGED_STATUSES = ['pending', 'pending', 'executing', 'executed'] as const;

export const forgedCommand = fc
  .record({ isOwn: fc.boolean(), sequence: fc.constantFrom(1, 2), value: fc.constantFrom('55', '75', '5') })
  .chain((command) => fc.constantFrom(...FORGED_STATUSES).map((status) => ({ ...command, status })))
  .map(
    (command) =>
      new Step(
        `a forged command, ${command.status}, ${command.value}, ${command.isOwn ? 'of its own' : `in the place of step ${command.sequence}`}`,
        (world) => forgeCommand(world, command),
      ),
  );

export const forgedApproval = always('a forged approval in the audit', forgeApproval, ifColumnsAreSound);

export const forgedTicket = always('a forged ticket in the audit, and a row that fits it', forgeTicket, ({ setup }) => setup.signed);
