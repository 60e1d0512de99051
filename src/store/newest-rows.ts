import type { SourceSettings } from '../config/settings.ts';
import type { Instant } from '../domain/instant.ts';
import { isAhead } from '../domain/known-time.ts';
import type { NewestRows } from '../domain/newest-rows.ts';
import { read } from './connection.ts';
import type { ReadingTimes } from './reading-times.ts';
import type { Session } from './session.ts';
import { newestRowsSql } from './statements/readings-scan.ts';

/** What the times of so many of the newest rows are, read as the configuration says. */
export async function newestRows(
  session: Session,
  settings: SourceSettings,
  times: ReadingTimes,
  { rows: limit, now }: { readonly rows: number; readonly now: Instant },
): Promise<NewestRows> {
  const { dialect } = session;
  const { rows } = await session.run(read(newestRowsSql(settings, dialect), { ...times.zoneParams(now), rows: limit }));
  const found = rows.map((row) => ({ text: String(row['raw_time']), at: dialect.decodeTime(row['ts']) }));
  const unreadable = found.filter(({ at }) => at === null);
  const ahead = found.filter(({ at }) => at !== null && isAhead(at, now));
  const newestAt = Math.max(0, ...found.flatMap(({ at }) => at ?? []));
  return {
    rows: found.length,
    unreadable: { rows: unreadable.length, example: unreadable[0]?.text ?? null },
    ahead: { rows: ahead.length, example: ahead[0]?.text ?? null },
    newestAt: newestAt === 0 ? null : newestAt,
  };
}
