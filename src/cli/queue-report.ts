import { counted } from '../domain/counted.ts';
import type { Instant } from '../domain/instant.ts';
import { type Flood, isFlooding } from '../domain/queue.ts';
import { KPI_WINDOW_HOURS, kpisOf, type QueueDay, TARGET_SHARE_PERCENT } from '../domain/queue-kpis.ts';
import { SEVERITIES } from '../domain/severity.ts';
import { ageText, timeText } from './wording.ts';

/** The figures of alarm management as `status --json` prints them. */
export function kpisJson(day: QueueDay, flood: Flood): Record<string, unknown> {
  const kpis = kpisOf(day);
  return {
    window_hours: KPI_WINDOW_HOURS,
    created: kpis.created,
    rate_per_10_min: kpis.meanPer10Minutes,
    peak_per_10_min: kpis.peakPer10Minutes,
    share_by_priority: kpis.sharePercent,
    target_share_by_priority: TARGET_SHARE_PERCENT,
    stale: day.stale,
    chattering: day.chattering,
    floods: day.floods,
    in_flood: isFlooding(flood),
    median_minutes_to_decision: kpis.medianMinutesToDecision,
    p90_minutes_to_decision: kpis.p90MinutesToDecision,
    unanswered: day.unanswered,
    withdrawn_before_decision_percent: kpis.withdrawnBeforeDecisionPercent,
  };
}

/** The same for people, in a few lines. */
export function kpiLines(day: QueueDay, flood: Flood, now: Instant): readonly string[] {
  const kpis = kpisOf(day);
  const shares = SEVERITIES.toReversed().map(
    (severity) => `${severity} ${percentText(kpis.sharePercent[severity])} (target ${TARGET_SHARE_PERCENT[severity]} %)`,
  );
  if (kpis.sharePercent.other !== undefined) shares.push(`other ${percentText(kpis.sharePercent.other)}`);
  const decisions =
    kpis.medianMinutesToDecision === null
      ? 'none'
      : `median ${kpis.medianMinutesToDecision} min, 90 % within ${kpis.p90MinutesToDecision} min`;
  const inForce = isFlooding(flood)
    ? `in force since ${timeText(flood.since)} (${ageText(flood.since, now)}), ${counted(flood.total, 'new recommendation')}`
    : 'none';
  return [
    `Flood: ${inForce}`,
    `Last ${KPI_WINDOW_HOURS} hours: ${kpis.created} created, per 10 minutes ${kpis.meanPer10Minutes} on average and ${kpis.peakPer10Minutes} at most; floods: ${day.floods}, chattering: ${day.chattering}`,
    `By priority: ${shares.join(', ')}`,
    `Decisions: ${decisions}; ${day.unanswered} unanswered, ${percentText(kpis.withdrawnBeforeDecisionPercent)} withdrawn before a decision`,
  ];
}

function percentText(percent: number | null): string {
  return percent === null ? '-' : `${percent} %`;
}
