const ASKED = process.env['WAREHOUSE_RUNS'] ?? '';
if (ASKED !== '' && ASKED !== 'all') throw new Error(`WAREHOUSE_RUNS is '${ASKED}': it is 'all', or not there`);

/** A cycle takes Spark ten seconds and more: CI plays a few of what is asked of all, spread over all of it; WAREHOUSE_RUNS=all plays every one. */
export const PLAYS_ALL = ASKED === 'all';

export function howMany({ all, always }: { readonly all: number; readonly always: number }): number {
  return PLAYS_ALL ? all : always;
}
