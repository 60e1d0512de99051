import type { Command } from './command.ts';

/** What is known of a command having left for the plant. `maybe`: a run died, or an answer was lost, before anybody could know. */
export type Sent = 'yes' | 'maybe' | 'no';

/** Ends that leave open whether the plant got it. */
const UNDECIDED_CODES: readonly (string | null)[] = ['not_confirmed', 'replayed'];

type Fate = Pick<Command, 'startedTimestamp' | 'status' | 'failureCode'>;

export function sentOf({ startedTimestamp, status, failureCode }: Fate): Sent {
  if (startedTimestamp !== null) return 'yes';
  return status === 'executing' || status === 'unknown' || UNDECIDED_CODES.includes(failureCode) ? 'maybe' : 'no';
}

/** Whether the plant may have another value because of it. A plant that refuses a write has changed nothing. */
export function mayHaveWritten(command: Fate): boolean {
  return sentOf(command) !== 'no' && command.failureCode !== 'plant_refused';
}
