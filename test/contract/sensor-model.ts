import type { Instant } from '../../src/domain/instant.ts';
import type { SensorFault, SensorFaultRules, SensorState } from '../../src/domain/sensor-states.ts';

/** One reading of one sensor as it was judged; `value` null where quality belongs to the row. */
export interface SensorReading {
  readonly at: Instant;
  readonly value: number | null;
  /** Null: good. */
  readonly fault: SensorFault | null;
  /** What a bad reading said. */
  readonly said: string;
}

/** Bad readings without a good one in between; `bad` are those of the newest moment. */
interface Run {
  readonly since: Instant;
  readonly bad: readonly SensorReading[];
}

type Summary = Omit<SensorState, 'equipmentId' | 'signal'>;

/** What a sensor's readings say, one after the other: nothing of it is shared with the SQL. Undefined without readings. */
export function summaryOf(
  readings: readonly SensorReading[],
  rules: SensorFaultRules,
  maxStep: number | undefined,
  now: Instant,
): Summary | undefined {
  const sorted = readings.toSorted((a, b) => a.at - b.at || (a.value ?? 0) - (b.value ?? 0));
  const newest = sorted.at(-1);
  if (!newest) return undefined;
  const judged = withSteps(sorted, maxStep);
  const state: { run: Run | null; last: Run | null; good: NonNullable<SensorState['good']> | null; newestGoodAt: Instant | null } = {
    run: null,
    last: null,
    good: null,
    newestGoodAt: null,
  };
  for (const at of new Set(judged.map((reading) => reading.at))) {
    const bad = judged.filter((reading) => reading.at === at && reading.fault !== null);
    if (bad.length > 0) {
      state.run = { since: state.run?.since ?? at, bad };
      state.last = state.run;
      state.good = null;
    } else {
      state.run = null;
      state.good = { since: state.good?.since ?? at, readings: (state.good?.readings ?? 0) + 1 };
      state.newestGoodAt = at;
    }
  }
  const { last, good, newestGoodAt } = state;
  const told = last?.bad.toSorted((a, b) => ((a.fault ?? '') < (b.fault ?? '') ? -1 : 1))[0];
  return {
    newestAt: newest.at,
    newestGoodAt,
    bad: last && told?.fault ? { since: last.since, at: told.at, fault: told.fault, value: told.said } : null,
    good,
    motion: motionOf(sorted, rules, now),
    isDroppedOut: false,
  };
}

function withSteps(sorted: readonly SensorReading[], maxStep: number | undefined): readonly SensorReading[] {
  let previous: number | null = null;
  return sorted.map((reading) => {
    if (reading.fault !== null || reading.value === null) return reading;
    const isStep = maxStep !== undefined && previous !== null && Math.abs(reading.value - previous) > maxStep;
    previous = reading.value;
    return isStep ? { ...reading, fault: 'stepping', said: String(reading.value) } : reading;
  });
}

function motionOf(sorted: readonly SensorReading[], { stuck }: SensorFaultRules, now: Instant): SensorState['motion'] {
  if (!stuck) return null;
  const recent = sorted.filter(({ at, fault, value }) => fault === null && value !== null && at > now - stuck.seconds * 1000);
  const values = recent.map(({ value }) => value ?? 0);
  const [first, last] = [recent[0], recent.at(-1)];
  if (!first || !last) return null;
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const moves = highest - lowest > stuck.tolerance;
  const isEnough = recent.length >= stuck.minReadings && last.at - first.at >= stuck.seconds * 900;
  return moves || isEnough ? { isStuck: !moves, since: first.at, value: lowest } : null;
}
