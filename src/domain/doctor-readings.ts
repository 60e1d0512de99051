import { counted } from './counted.ts';
import { type DoctorFinding, failed, ok, warning } from './doctor-finding.ts';
import { type Instant, isoOf, SECOND_MS } from './instant.ts';
import type { NewestRows, RowsFound } from './newest-rows.ts';

const FORMAT = 'check source.timestampFormat and source.timeZone, and the clock of whoever writes the readings';

function partOf({ rows, example }: RowsFound, all: number, what: string): string {
  return `${rows} of the ${counted(all, 'newest row')} ${what}, such as '${example ?? ''}'`;
}

/** Whether the feed lives: the newest readings by their own times, against `source.maxAgeSeconds`. */
export function newestFinding(newest: NewestRows, now: Instant, maxAgeSeconds: number): DoctorFinding {
  const { rows, unreadable, ahead, newestAt } = newest;
  if (rows === 0) return warning('readings', 'there is no reading yet', 'let the historian write, or try: ops-agent setup --sample-data');
  const age = newestAt === null ? null : (now - newestAt) / SECOND_MS;
  const facts = {
    newest_at: newestAt === null ? null : isoOf(newestAt),
    age_s: age,
    max_age_s: maxAgeSeconds,
    unreadable_times: unreadable.rows,
    times_ahead: ahead.rows,
  };
  const odd = [
    ...(unreadable.rows === 0 ? [] : [partOf(unreadable, rows, 'have a time that cannot be read')]),
    ...(ahead.rows === 0 ? [] : [partOf(ahead, rows, `lie ahead of now (${isoOf(now)})`)]),
  ].join('; ');
  if (unreadable.rows + ahead.rows === rows) return failed('readings', { code: 'unhealthy', message: odd, remedy: FORMAT }, facts);
  if (odd !== '') return warning('readings', odd, FORMAT, facts);
  const found = `the newest reading is of ${isoOf(newestAt ?? now)}, ${Math.round(age ?? 0)} s ago`;
  if (age !== null && age > maxAgeSeconds)
    return failed(
      'readings',
      {
        code: 'unhealthy',
        message: `${found}: more than source.maxAgeSeconds (${maxAgeSeconds})`,
        remedy: 'see why the feed stopped, or whether source.timeZone is right; meanwhile the agent neither withdraws nor acts',
      },
      facts,
    );
  return ok('readings', found, facts);
}
