import type { Instant } from '../domain/instant.ts';
import type { QueueGroup } from '../domain/queue-groups.ts';
import type { Recommendation } from '../domain/recommendation.ts';
import { priorityOf } from '../domain/severity.ts';
import type { Palette } from './colour.ts';
import { table, type Cell, type Column } from './table.ts';
import { ageText, signalText } from './wording.ts';

const MOST_NAMED = 6;
const COLUMNS: readonly Column[] = [
  { title: 'PRIO', align: 'right' },
  { title: 'SEVERITY' },
  { title: 'ISSUE', maxLength: 24 },
  { title: 'COUNT', align: 'right' },
  { title: 'WORST' },
  { title: 'OLDEST', align: 'right' },
  { title: 'EQUIPMENT', maxLength: 80 },
];

/** One line per group; the equipment with the worst reading is named first. */
export function groupTable(
  groups: readonly QueueGroup[],
  signalOf: (row: Recommendation) => string,
  now: Instant,
  palette: Palette,
): string {
  return table(
    COLUMNS,
    groups.map((group): readonly Cell[] => [
      priorityOf(group.severity),
      { text: group.severity, paint: (text) => palette.severity(group.severity, text) },
      group.issueType,
      group.count,
      signalText(signalOf(group.worst), group.worst.peakValue),
      ageText(group.oldestAt, now),
      namesText(group.equipment),
    ]),
  );
}

/** `PUMP_01, PUMP_02 and 9 more`. */
function namesText(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return more > 0 ? `${names.slice(0, MOST_NAMED).join(', ')} and ${more} more` : names.join(', ');
}
