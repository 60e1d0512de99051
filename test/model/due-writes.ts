import { type Approval, type Step } from './approvals-by-hand.ts';
import type { RowSeen } from './seen.ts';
import { COOLING, SITE, THROUGHPUT } from './plant-floor.ts';
import type { World } from './world.ts';

export interface Due {
  readonly recommendation: string;
  readonly step: Step;
}

/** Where each severity begins, °C: a reading beyond the next one makes a recommendation worse. */
const WORSE_THAN: Readonly<Record<string, number>> = { medium: 90, high: 95, critical: Number.POSITIVE_INFINITY };
/** From the least to the greatest value that a tag takes; what it may drift, and how near is there, are parts of that. */
const SPAN: Readonly<Record<string, number>> = { [THROUGHPUT]: 100, [COOLING]: 1 };
const DRIFT = 0.05;
const NEAR = 0.005;

function spanOf(tag: string): number {
  return SPAN[tag] ?? Number.NaN;
}

/**
 * The writes that the next whole cycle has to make: somebody approved, nothing speaks against it, and the plant is well. Where anything makes
 * it doubtful, nothing is demanded: that nothing wrong is written is asked elsewhere.
 */
export async function dueWrites(world: World): Promise<readonly Due[]> {
  const { model } = world;
  const isCalm = world.isFree && !world.stalled && world.mood === 'well' && model.orders.size === 0 && world.wholeCycles > 0;
  // What may have been sent is decided first, whatever became of its recommendation: one at a time for an equipment.
  const isUnderWay = model.commands.some(({ status }) => status === 'executing' || status === 'unknown');
  if (!isCalm || isUnderWay || world.condition !== 'holds') return [];
  const live = await world.live();
  return model.rows.flatMap((row) => {
    const approval = world.tampered.has(row.id) || world.unseenWorst > (WORSE_THAN[row.severity] ?? 0) ? null : approvalOf(world, row);
    return approval === null ? [] : stepsDue(approval, live, row);
  });
}

function approvalOf({ model, now }: World, row: RowSeen): Approval | null {
  const own = model.truthOf(row.id)?.status;
  const accepted = model.acceptedOf(row.id);
  // A row of which somebody wrote the status is put back first.
  const isAlive = accepted !== undefined && now < accepted.at + SITE.approvalMs && row.status === own;
  if (own === 'executing') {
    const commands = model.commands.filter(({ recommendation }) => recommendation === row.id);
    const isUntouched = commands.every(({ status, claimedBy }) => status === 'pending' && claimedBy === '');
    return isAlive && isUntouched ? accepted : null;
  }
  if (own === 'approved') return isAlive ? accepted : null;
  const judged = model.judgedNow(row, now);
  return judged === null || judged.kind === 'first' ? null : judged.approval;
}

function isThere({ tag, value, direction }: Step, found: number): boolean {
  return Math.abs(found - value) <= NEAR * spanOf(tag) || (direction === 'decrease' ? found < value : found > value);
}

function stepsDue({ actions }: Approval, live: ReadonlyMap<string, number>, { id, status }: RowSeen): readonly Due[] {
  const steps = actions.map((step) => ({ step, found: live.get(step.tag) ?? Number.NaN }));
  const open = steps.filter(({ step, found }) => !isThere(step, found));
  // What was begun is carried out; what is still to begin is asked anew where the plant has moved.
  const hasMoved =
    status !== 'executing' && open.some(({ step, found }) => step.old !== null && Math.abs(found - step.old) > DRIFT * spanOf(step.tag));
  if (hasMoved || steps.some(({ step }) => !SITE.permits(step, live))) return [];
  return open.map(({ step }) => ({ recommendation: id, step }));
}
