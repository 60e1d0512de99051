import type { Instant } from './instant.ts';
import type { SensorKey } from './sensor-states.ts';
import { wordOf } from './word.ts';

/** A row of work_orders that the agent made, in the domain's spelling. Times are on the store's clock. */
export interface WorkOrder {
  readonly workOrderId: string;
  readonly recommendationId: string | null;
  readonly equipmentId: string;
  readonly description: string | null;
  /** Anything that a technician wrote. */
  readonly status: string;
  readonly assignedTo: string | null;
  readonly createdTimestamp: Instant;
  readonly completedTimestamp: Instant | null;
  /** What is faulty: a signal's name, or WHOLE_ROW. */
  readonly signal: string;
  readonly fault: string;
  readonly predecessorId: string | null;
  /** The last status that the agent wrote or took note of; where `status` differs, somebody else changed it. */
  readonly guardedStatus: string | null;
  /** Until then nothing new is opened about this signal: a person ended the order while the signal was still bad. */
  readonly quietUntil: Instant | null;
  readonly updatedTimestamp: Instant | null;
  readonly createdByAgent: string | null;
}

/** A row of work_orders as it is listed: people make some too, and leave columns empty. */
export type ListedWorkOrder = {
  readonly [Column in keyof WorkOrder]: Column extends 'workOrderId' ? string : WorkOrder[Column] | null;
};

/** One row to write: inserted when `expected` is null, else changed only while its stored status is `expected`. */
export interface WorkOrderChange {
  readonly workOrderId: string;
  readonly expected: string | null;
  readonly columns: Partial<WorkOrder>;
}

/** Stands for all signals of a row: in a wide table quality belongs to the row. */
export const WHOLE_ROW = '*';

/** The sensors of each equipment of a source: its signals and, where quality belongs to the row, all of them together. */
export function sensedSignals({
  kind,
  signals,
}: {
  readonly kind: 'wide' | 'long';
  readonly signals: Readonly<Record<string, string>>;
}): readonly string[] {
  return [...Object.keys(signals), ...(kind === 'wide' ? [WHOLE_ROW] : [])];
}

/** Words for 'over' that people write; any other status, and none, is still being worked on. In lower case. */
export const ENDED_STATUSES = ['closed', 'completed', 'cancelled', 'canceled', 'done', 'resolved'] as const;

export function isEnded({ status }: Pick<WorkOrder, 'status'>): boolean {
  const word = wordOf(status);
  return ENDED_STATUSES.some((ended) => ended === word);
}

/** Whether somebody opened it again after an end that the agent wrote or took note of. */
export function isReopened({ status, guardedStatus }: Pick<WorkOrder, 'status' | 'guardedStatus'>): boolean {
  return guardedStatus !== null && isEnded({ status: guardedStatus }) && !isEnded({ status });
}

/** For which sensor each order was opened, by its id, as the audit says; an order of before it did is in none. */
export type OpenedFor = ReadonlyMap<string, SensorKey>;

/** Whether somebody edited of which sensor an order is: then it is its people's, and not for the agent to change. */
export function isRenamed({ workOrderId, equipmentId, signal }: WorkOrder, openedFor: OpenedFor): boolean {
  const sensor = openedFor.get(workOrderId);
  return sensor !== undefined && (sensor.equipmentId !== equipmentId || sensor.signal !== signal);
}

/** The signal as people read it. */
export function signalText(signal: string): string {
  return signal === WHOLE_ROW ? 'all signals' : signal;
}
