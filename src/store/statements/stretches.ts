import type { SourceSettings } from '../../config/settings.ts';
import type { Dialect } from '../dialect.ts';

const LATE_SLICE_SECONDS = 3600;

/** The readings of one range about one (equipment, family). */
export const WHOLE = 'of_part, equipment_id, family';

/**
 * From `good`, the judged readings of what is hot, to `judged_runs`: each reading with the run of violations that it is in, and the stretch, which
 * no lull divides that was long enough for the condition to be over.
 */
export function stretchesOf(d: Dialect): string {
  return `moments AS (SELECT g.*, MAX(violates) OVER (PARTITION BY ${WHOLE}, ts) AS violates_then, MIN(clear) OVER (PARTITION BY ${WHOLE}, ts) AS clear_then,
    CASE WHEN ROW_NUMBER() OVER (PARTITION BY ${WHOLE}, ts ORDER BY value) = 1 THEN 1 ELSE 0 END AS is_first FROM good g),
runs AS (SELECT m.*,
    SUM(1 - violates_then) OVER (PARTITION BY ${WHOLE} ORDER BY ts ROWS UNBOUNDED PRECEDING) AS run,
    SUM(1 - clear_then) OVER (PARTITION BY ${WHOLE} ORDER BY ts ROWS UNBOUNDED PRECEDING) AS lull,
    MAX(CASE WHEN clear = 0 THEN ts END) OVER (PARTITION BY is_earlier, ${WHOLE}) AS last_unclear
  FROM moments m),
lulls AS (SELECT r.*,
    MIN(CASE WHEN violates_then = 1 THEN ts END) OVER (PARTITION BY ${WHOLE}, run) AS run_start,
    MIN(CASE WHEN clear_then = 1 THEN ts END) OVER (PARTITION BY ${WHOLE}, lull) AS lull_start,
    MAX(CASE WHEN clear_then = 1 THEN ts END) OVER (PARTITION BY ${WHOLE}, lull) AS lull_end,
    SUM(clear_then * is_first) OVER (PARTITION BY ${WHOLE}, lull) AS lull_moments
  FROM runs r),
stretches AS (SELECT l.*,
    SUM(CASE WHEN clear_then = 1 AND ts = lull_start AND is_first = 1 AND lull_moments >= clear_readings
      AND ${d.secondsBetween('lull_start', 'lull_end')} >= off_delay THEN 1 ELSE 0 END)
      OVER (PARTITION BY ${WHOLE} ORDER BY ts ROWS UNBOUNDED PRECEDING) AS stretch
  FROM lulls l),
judged_runs AS ${d.once(`(SELECT s.*,
    MIN(CASE WHEN clear_then = 0 THEN ts END) OVER (PARTITION BY ${WHOLE}, stretch) AS unclear_since,
    MAX(CASE WHEN clear_then = 0 THEN ts END) OVER (PARTITION BY ${WHOLE}, stretch) AS unclear_until FROM stretches s)`)}`;
}

/**
 * `raised`: which violations count and lasted long enough. Of late rows an hour, where they become a record:
 * one of days would account for all that lies between. What an open row may be made worse by is looked at whole.
 */
export function raisedAs(source: SourceSettings, d: Dialect): string {
  const raises = `CASE WHEN violates = 1 AND is_new = 1 AND (on_delay = 0 OR ${d.secondsBetween('run_start', 'ts')} >= on_delay) THEN 1 ELSE 0 END`;
  if (source.arrivalColumn === null) return `raised AS (SELECT j.*, ${raises} AS raises FROM judged_runs j)`;
  return `candidates AS (SELECT j.*, ${raises} AS may_raise FROM judged_runs j),
late_candidates AS (SELECT c.*,
    MIN(CASE WHEN may_raise = 1 AND of_part = 'late' AND (is_earlier = 1 OR is_reported = 0) THEN ts END) OVER (PARTITION BY is_earlier, ${WHOLE}) AS first_late FROM candidates c),
raised AS (SELECT l.*, CASE WHEN may_raise = 1 AND (first_late IS NULL OR ts <= ${d.plusSeconds('first_late', String(LATE_SLICE_SECONDS))})
    THEN 1 ELSE 0 END AS raises FROM late_candidates l)`;
}
