/**
 * Whether the agent finds what is known to be there: `catch-up` lets it read a week at once, in its slices; `live` lets it watch
 * hours of the same kind of feed every ten seconds; `idle` looks at the memory; `slice` measures what a slice costs while the table grows. Each runs in a process of
 * its own (see week.mjs), under a clock of the bench's.
 */
import type { CycleReport } from '../src/cycle/report.ts';
import { HOUR_MS, type Instant } from '../src/domain/instant.ts';
import { openClocked, type Recommended } from './week/clocked-store.ts';
import { Feed } from './week/feed.ts';
import { hourOf, judge, type Judged, printVerdict, quantile, type Verdict } from './week/judge.ts';
import { PERIOD_MS, planFaults } from './week/plan.ts';
import { sliceCost } from './week/slice-cost.ts';

const BEGIN = Date.UTC(2026, 0, 5);
const EQUIPMENT = 200;
const MEGABYTE = 1_048_576;
/** Cycles between two looks at the memory. */
const LOOK_EVERY = 20;

/** After a collection, so that what is seen is what is held. */
function memoryText(): string {
  if (globalThis.gc === undefined) throw new Error('run it with --expose-gc');
  globalThis.gc();
  const { rss, heapUsed } = process.memoryUsage();
  return `${Math.round(rss / MEGABYTE)} MB resident (${(heapUsed / MEGABYTE).toFixed(1)} of heap in use)`;
}

function printMemory(samples: readonly string[]): void {
  const middle = samples[Math.floor(samples.length / 2)];
  console.log(`  memory: ${samples[0]} at the start, ${middle} in the middle, ${samples.at(-1)} at the end`);
}

function keyOf({ equipment, family, created }: Recommended): string {
  return `${equipment}|${family}|${created}`;
}

/** A week's downtime beside a feed that goes on: cycles every ten seconds until no slice is left. */
async function catchUp(folder: string, hours: number): Promise<void> {
  const plan = planFaults({ seed: 1, equipment: EQUIPMENT, begin: BEGIN, hours, groups: Math.round(2.5 * hours), current: 10 });
  const bench = await openClocked(folder, 'catch-up', BEGIN, { 'source.firstLookbackSeconds': hours * 3600 });
  const feed = new Feed(plan);
  const end = BEGIN + hours * HOUR_MS;
  const begun = performance.now();
  bench.inBulk(() => {
    while (feed.reached < end) bench.insert(feed.next());
  });
  console.log(
    `\ncatching up with ${hours} hours: ${feed.readings} readings of ${EQUIPMENT} equipment, made in ${Math.round((performance.now() - begun) / 1000)} s`,
  );
  const memory: string[] = [];
  const reports: CycleReport[] = [];
  const madeIn = new Map<string, number>();
  // The watermark follows the newest reading once no slice is left.
  for (let now = end; reports.length === 0 || bench.watermark() < now - 2 * PERIOD_MS; now += PERIOD_MS) {
    if (reports.length > 2 * hours + 20)
      throw new Error(`the agent does not catch up: the watermark is ${new Date(bench.watermark()).toISOString()}`);
    while (feed.reached < now) bench.insert(feed.next());
    bench.setClock(now);
    reports.push(await bench.cycle());
    for (const row of bench.recommendations()) madeIn.set(keyOf(row), madeIn.get(keyOf(row)) ?? reports.length - 1);
    if (reports.length % LOOK_EVERY === 1) memory.push(memoryText());
  }
  const verdict = judge(plan, feed.shown, bench.recommendations());
  printVerdict(verdict);
  const cycleOf = (row: Recommended): number => madeIn.get(keyOf(row)) ?? Number.NaN;
  const delays = verdict.judged.flatMap(({ fault, shown, matches: [row] }) =>
    row === undefined || fault.kind === 'current' ? [] : [cycleOf(row) - hourOf(plan, shown.first)],
  );
  printCurrent(verdict, (row) => cycleOf(row) === 0);
  const sameSlice = verdict.together.filter((faults) =>
    faults.every((fault) => Math.abs(hourOf(plan, fault.from) - hourOf(plan, faults[0]?.from ?? 0)) <= 1),
  );
  console.log(
    `  together in one recommendation: ${verdict.together.length}, of which within one slice or its neighbour: ${sameSlice.length}`,
  );
  console.log(
    `  slices after the one with its first reading in which a fault was found: most ${Math.max(...delays)}, mean ${(delays.reduce((a, b) => a + b, 0) / delays.length).toFixed(2)}`,
  );
  printCycles(reports);
  printMemory(memory);
  await bench.close();
}

function isCurrent({ fault }: Judged): boolean {
  return fault.kind === 'current';
}

/** Where something was on when the agent came back, and what becomes of the faults before it at the same place. */
function printCurrent(verdict: Verdict, byFirstCycle: (row: Recommended) => boolean): void {
  const current = verdict.judged.filter(isCurrent);
  const first = current.filter(({ matches: [row] }) => row !== undefined && byFirstCycle(row));
  console.log(`  still on when the agent came back: ${first.length} of ${current.length} found by the first cycle`);
  const isBehind = ({ fault }: Judged): boolean =>
    current.some((other) => other.fault.equipment === fault.equipment && other.fault.family === fault.family);
  const behind = verdict.judged.filter((each) => !isCurrent(each) && isBehind(each));
  console.log(`  earlier faults at their places: ${behind.length}, missed ${behind.filter(({ matches }) => matches.length === 0).length}`);
  const elsewhere = verdict.missed.filter((each) => !isBehind(each));
  console.log(`  missed anywhere else: ${elsewhere.length}`);
}

/** As it happens: every ten seconds what has arrived, and a cycle. */
async function live(folder: string, hours: number): Promise<void> {
  const plan = planFaults({ seed: 2, equipment: EQUIPMENT, begin: BEGIN, hours, groups: 25 * hours, current: 0 });
  const bench = await openClocked(folder, 'live', BEGIN);
  const feed = new Feed(plan);
  const end = BEGIN + (hours + 0.5) * HOUR_MS;
  const reports: CycleReport[] = [];
  const memory: string[] = [];
  const madeAt = new Map<string, Instant>();
  console.log(`\nlive, ${hours} hours in steps of 10 s, and half an hour after them`);
  while (feed.reached < end) {
    bench.insert(feed.next());
    bench.setClock(feed.reached);
    reports.push(await bench.cycle());
    for (const row of bench.recommendations()) madeAt.set(keyOf(row), madeAt.get(keyOf(row)) ?? feed.reached);
    if (reports.length % LOOK_EVERY === 1) memory.push(memoryText());
  }
  const verdict = judge(plan, feed.shown, bench.recommendations());
  printVerdict(verdict);
  printDelays(verdict, madeAt, 'punctual', (lateMs) => lateMs === 0);
  printDelays(verdict, madeAt, 'late', (lateMs) => lateMs > 0);
  printCycles(reports);
  printMemory(memory);
  await bench.close();
}

/**
 * From the measuring of the first reading that violates to the cycle that recommends, less how late the reading was stored on purpose. What
 * the cycle itself takes comes on top.
 */
function printDelays(verdict: Verdict, madeAt: ReadonlyMap<string, Instant>, what: string, takes: (lateMs: number) => boolean): void {
  const delays = verdict.judged.flatMap(({ fault, shown, matches: [row] }) => {
    const at = row === undefined ? undefined : madeAt.get(keyOf(row));
    return at === undefined || !takes(fault.lateMs) ? [] : [(at - shown.first - fault.lateMs) / 1000];
  });
  const shown = [0.5, 0.95].map((share) => quantile(delays, share).toFixed(1));
  console.log(
    `  delay of ${delays.length} ${what}: median ${shown[0]} s, 95 % within ${shown[1]} s, most ${Math.max(...delays).toFixed(1)} s`,
  );
}

function printCycles(reports: readonly CycleReport[]): void {
  const ms = reports.map((report) => report.durationMs);
  const statements = reports.map((report) => report.statements);
  console.log(
    `  ${reports.length} cycles, median ${quantile(ms, 0.5)} ms, 95 % within ${quantile(ms, 0.95)} ms, most ${Math.max(...ms)} ms; ` +
      `${Math.min(...statements)} to ${Math.max(...statements)} statements`,
  );
}

/** Nothing to read, thousands of times: what a process keeps of a cycle would add up. */
async function idle(folder: string, cycles: number): Promise<void> {
  const bench = await openClocked(folder, 'idle', BEGIN);
  const memory: string[] = [];
  console.log(`\n${cycles} idle cycles in one process`);
  for (let cycle = 1; cycle <= cycles; cycle += 1) {
    bench.setClock(BEGIN + cycle * PERIOD_MS);
    await bench.cycle();
    // The first ones fill what is kept for good: compiled code and statements.
    if (cycle % 1000 === 0 && cycle > 1000) memory.push(memoryText());
  }
  printMemory(memory);
  await bench.close();
}

const [scenario = '', folder = '', size] = process.argv.slice(2);
switch (scenario) {
  case 'catch-up':
    await catchUp(folder, Number(size ?? 168));
    break;
  case 'live':
    await live(folder, Number(size ?? 6));
    break;
  case 'idle':
    await idle(folder, Number(size ?? 8000));
    break;
  case 'slice':
    await sliceCost(folder, BEGIN, EQUIPMENT, (size ?? '1,5,20').split(',').map(Number));
    break;
  default:
    throw new Error(`no scenario '${scenario}'`);
}
