import { counted } from '../../domain/counted.ts';
import type { Evidence } from '../../domain/evidence.ts';
import { assessedText, signalText, timeText } from '../wording.ts';

/** Why there is no picture; null where there is one. */
export function missingReadingsText({ signal }: Evidence): string | null {
  if (signal.extremes === null) return `the source has no signal '${signal.name}' any more: no reading can be shown`;
  return signal.extremes.points.length === 0 ? 'no reading is stored for this time any more' : null;
}

/** What the picture is drawn from. */
export function drawnFromText({ signal }: Evidence): string | null {
  const { extremes } = signal;
  if (extremes === null || extremes.points.length === 0) return null;
  const { readings, points } = extremes;
  if (points.length === readings) return `${counted(readings, 'good reading')}, each of them drawn`;
  return `${counted(readings, 'good reading')}, of which the ${points.length} least and greatest of equal times are drawn`;
}

/** Which limits are shown, where they are not those that the recommendation was made by. */
export function limitsNote({ limits }: Evidence): string | null {
  if (!limits)
    return 'No rule of this family is in force for the equipment any more: no limits are shown. Value and severity are of the record.';
  if (limits.areOfRecord) return null;
  return 'The rules were changed since: the limits shown are those in force now. Value and severity are of the record.';
}

/** The picture in words, for whoever cannot see it. */
export function trendText(evidence: Evidence): string {
  const { row, signal, limits, outcome } = evidence;
  const bands = (limits?.family.bands ?? []).map(
    ({ severity, limit }) => `${severity} ${limits?.family.side ?? ''} ${signalText(signal.name, limit)}`,
  );
  const parts = [
    `The ${signal.name} of ${row.equipmentId} from ${timeText(signal.range.after)} to ${timeText(signal.range.upTo)}`,
    missingReadingsText(evidence) ?? drawnFromText(evidence),
    bands.length === 0
      ? null
      : `Limits: ${bands.join(', ')}; clear ${limits?.family.side === 'above' ? 'below' : 'above'} ${signalText(signal.name, limits?.clearBound ?? 0)}`,
    `Violation on record from ${timeText(row.firstDetectedTimestamp)} to ${timeText(row.lastAccountedTimestamp)}, ${signalText(signal.name, row.peakValue)} ${assessedText(evidence.events)}`,
    outcome.after === null ? null : `Verified at ${signalText(signal.name, outcome.after)}`,
  ];
  return `${parts.filter((part) => part !== null).join('. ')}.`;
}
