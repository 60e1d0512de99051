import { accountedSpans } from '../domain/accounted-spans.ts';
import type { DetectionTotals } from '../domain/detection.ts';
import { lookBackSeconds } from '../domain/detection-request.ts';
import { type Instant, isoOf } from '../domain/instant.ts';
import { knownFamilies } from '../domain/known-families.ts';
import { knownTime } from '../domain/known-time.ts';
import { activeFamilies } from '../domain/rule-book.ts';
import { dealtUpTo } from '../domain/slice-progress.ts';
import { effectWindowOf } from '../domain/verify-outcome.ts';
import { isEnded, isRenamed, type WorkOrder } from '../domain/work-order.ts';
import { type DetectionWindow, detectionWindow, oldestIn } from '../domain/window.ts';
import type { Cycle } from './cycle.ts';
import { SituationIndex } from './situations.ts';

/** One statement over the readings: what violates, and what is already open. */
export async function detect(cycle: Cycle): Promise<void> {
  const { ports, settings, report } = cycle;
  ports.log.info('Detecting anomalies...');
  const now = cycle.clock.now();
  const { rules, sensorFaults } = settings;
  const window = detectionWindow(
    now,
    watermarkOf(cycle, now),
    settings.source,
    activeFamilies(rules),
    lookBackSeconds(rules, sensorFaults),
  );
  const { newest: newestRows, rows } = cycle.situations;
  const oldest = oldestIn(window);
  const known = knownFamilies(rules, newestRows, oldest, now);
  const accounted = accountedSpans(rules, rows, { oldest, now });
  const effects = cycle.draft.rows.flatMap((row) => effectWindowOf(row, settings.policy) ?? []);
  const sensors = { rules: sensorFaults, known: watchedSensors(cycle) };
  const detection = await ports.source.detect({ window, rules, known, accounted, effects, sensors });
  cycle.situations = new SituationIndex(rules, cycle.families, cycle.draft, detection.states);
  cycle.detected = { window, detection, dealtUpTo: dealtUpTo(window, cycle.situations.all(cycle.draft)) };
  const { totals, states } = detection;
  const rejected = Object.entries(totals.rejected).filter(([, count]) => count > 0);
  report.readings.accepted = totals.accepted;
  report.readings.violations = states.filter((state) => state.raised !== null).length;
  report.readings.rejected = rejected.reduce((sum, [, count]) => sum + count, 0);
  report.readings.rejectedByReason = Object.fromEntries(rejected);
  const newest = Math.max(totals.newestGoodAt ?? 0, knownTime(cycle.health.newestReadingTimestamp, now) ?? 0);
  report.readings.newestAgeS = newest === 0 ? null : Math.max(0, Math.round((now - newest) / 100) / 10);
  say(cycle, window, totals, rejected);
}

/** Open orders, and those that a person ended: whether the sensor is good again is asked about both, where they are ours to change. */
function watchedSensors({ workOrders, openedFor }: Cycle): readonly WorkOrder[] {
  return workOrders.filter((order) => (!isEnded(order) || order.status !== order.guardedStatus) && !isRenamed(order, openedFor));
}

/**
 * A watermark in the future was not ours: then what the last cycle that detected has seen is the best that is known. Where that is to come
 * as well, the clock was ahead, and what was read since it is right is not known: as for a first run.
 */
function watermarkOf({ health }: Cycle, now: Instant): Instant | null {
  const { watermarkTimestamp: stored } = health;
  return knownTime(stored, now) ?? (stored === null ? null : knownTime(health.detectedTimestamp, now));
}

function say(cycle: Cycle, window: DetectionWindow, totals: DetectionTotals, rejected: readonly (readonly [string, number])[]): void {
  const { log } = cycle.ports;
  const { accepted, newestGoodAt } = totals;
  if (accepted === 0) log.debug('No recent sensor data found');
  else log.info(`Found ${accepted} recent sensor readings`);
  if (window.backlog) log.info(`Catching up: readings up to ${isoOf(window.backlog.upTo)}`);
  if (rejected.length === 0) return;
  const reasons = rejected.map(([reason, count]) => `${count} ${reason}`).join(', ');
  // Where nothing can be read at all no sensor is to blame, but what the configuration says of the times or the columns.
  if (newestGoodAt === null)
    log.warn(`All recent readings were rejected: ${reasons}; ops-agent config check --connect looks at the newest rows`);
  // Said at every look at the overlap: what somebody has to know is said once, by a work order.
  else log.debug(`Rejected readings: ${reasons}`);
}
