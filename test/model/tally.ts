/** Counted over many sequences: where something never happened, nothing was proved about it. */
export interface Tally {
  sequences: number;
  /** Requests that left for the plant. */
  writes: number;
  /** Approvals and commands that the agent refused. */
  refused: number;
  unknown: number;
  /** Runs that went on after another one had taken over. */
  fenced: number;
  deaths: number;
  stalls: number;
  /** Writes that had to happen, and did. */
  due: number;
}

export function newTally(): Tally {
  return { sequences: 0, writes: 0, refused: 0, unknown: 0, fenced: 0, deaths: 0, stalls: 0, due: 0 };
}
