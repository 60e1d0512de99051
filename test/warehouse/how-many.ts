/** A cycle takes Spark ten seconds and more: CI plays a few of what is asked of all, spread over all of it; WAREHOUSE_RUNS=all plays every one. */
export function howMany({ all, always }: { readonly all: number; readonly always: number }): number {
  const asked = process.env['WAREHOUSE_RUNS'] ?? '';
  if (asked !== '' && asked !== 'all') throw new Error(`WAREHOUSE_RUNS is '${asked}': it is 'all', or not there`);
  return asked === 'all' ? all : always;
}
