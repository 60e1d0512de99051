import { counted } from '../../domain/counted.ts';
import { isoOf, SECOND_MS } from '../../domain/instant.ts';
import { CHATTER_WINDOW_SECONDS } from '../../domain/queue.ts';
import type { Episode } from '../../domain/replay.ts';
import {
  countsOverTime,
  differences,
  type Flood,
  floodsIn,
  perDay,
  type ReplayedRange,
  type RuleDifference,
  type RuleFigures,
  ruleFigures,
  type SensorFigures,
  sensorFigures,
} from '../../domain/replay-figures.ts';
import { signalText } from '../../domain/work-order.ts';
import { chart } from '../chart.ts';
import { jsonRow } from '../json.ts';
import { roundedText } from '../rounding.ts';
import { table, type Column } from '../table.ts';
import { ageText } from '../wording.ts';
import type { Replayed } from './replay-range.ts';

/** The engine counts runs of the last minute before each step's end: longer steps leave minutes out. */
const LONGEST_COUNTED_STEP_SECONDS = CHATTER_WINDOW_SECONDS;

/** One set of rules over the range. */
export interface RulesReport {
  readonly origin: string;
  readonly rulesHash: string;
  readonly replayed: Replayed;
  readonly figures: readonly RuleFigures[];
  readonly sensors: readonly SensorFigures[];
  readonly floods: readonly Flood[];
  /** Null where the steps were too long to count. */
  readonly chattering: number | null;
}

export interface Comparison {
  readonly range: ReplayedRange;
  readonly stepSeconds: number;
  readonly now: RulesReport;
  readonly other: RulesReport | null;
}

const MOST_ROWS = 30;
const CHART = { height: 6, width: 60, unit: '' };

export function rulesReport(
  { origin, rulesHash }: { readonly origin: string; readonly rulesHash: string },
  replayed: Replayed,
  range: ReplayedRange,
  stepSeconds: number,
): RulesReport {
  const opened = replayed.episodes.map(({ openedAt }) => openedAt);
  const figures = ruleFigures(replayed.episodes, range);
  const sensors = sensorFigures(replayed.sensorEpisodes, range);
  return {
    origin,
    rulesHash,
    replayed,
    figures,
    sensors,
    floods: floodsIn(opened),
    chattering: stepSeconds > LONGEST_COUNTED_STEP_SECONDS ? null : chatteringIn(figures),
  };
}

const FIGURE_COLUMNS: readonly Column[] = [
  { title: 'RULE', maxLength: 32 },
  { title: 'EQUIPMENT', maxLength: 24 },
  { title: 'SEVERITY' },
  { title: 'COUNT', align: 'right' },
  { title: 'PER DAY', align: 'right' },
  { title: 'LONGEST', align: 'right' },
  { title: 'CHATTERING', align: 'right' },
  { title: 'OPEN', align: 'right' },
];
const SENSOR_COLUMNS: readonly Column[] = [
  { title: 'SENSOR FAULT' },
  { title: 'EQUIPMENT', maxLength: 24 },
  { title: 'SIGNAL', maxLength: 24 },
  { title: 'WORK ORDERS', align: 'right' },
  { title: 'LONGEST', align: 'right' },
  { title: 'OPEN', align: 'right' },
];
const DIFFERENCE_COLUMNS: readonly Column[] = [
  { title: 'RULE', maxLength: 32 },
  { title: 'EQUIPMENT', maxLength: 24 },
  { title: 'NOW', align: 'right' },
  { title: 'OTHER', align: 'right' },
  { title: 'CHANGE', align: 'right' },
];
const EPISODE_COLUMNS: readonly Column[] = [
  { title: 'FIRST VIOLATION' },
  { title: 'CLEAR' },
  { title: 'EQUIPMENT', maxLength: 24 },
  { title: 'RULE', maxLength: 32 },
  { title: 'SEVERITY' },
  { title: 'PEAK', align: 'right' },
];

export function reportText({ range, stepSeconds, now, other }: Comparison, withEpisodes: boolean): string {
  return [
    `Replayed ${isoOf(range.from)} to ${isoOf(range.to)}, ${stepSeconds} s a step, with nobody deciding anything`,
    rulesText(now, range),
    ...(withEpisodes ? [episodesText(now.replayed.episodes)] : []),
    chartText(now.replayed.episodes, range),
    ...(other === null ? [] : [rulesText(other, range), comparisonText(now, other)]),
  ].join('\n\n');
}

function chartText(episodes: readonly Episode[], range: ReplayedRange): string {
  const column = ageText(0, (range.to - range.from) / CHART.width);
  return `New recommendations, each column ${column}:\n${chart(countsOverTime(episodes, range, CHART.width), CHART)}`;
}

function rulesText({ origin, rulesHash, replayed, figures, sensors, floods, chattering }: RulesReport, range: ReplayedRange): string {
  const { episodes, readings, rejected } = replayed;
  const flooded = floods.reduce((most, { count }) => Math.max(most, count), 0);
  const lines = [
    `Rules of ${origin} (${rulesHash.slice(0, 12)})`,
    `${counted(readings, 'reading')}, ${rejectedText(rejected)}; ${counted(episodes.length, 'recommendation')}, ${perDay(episodes.length, range).toFixed(1)} a day`,
    // What is no time lies in no range: a feed that is read wrongly looks like none.
    ...(readings === 0
      ? ['No good reading lies in this range; ops-agent config check --connect says whether the newest rows can be read']
      : []),
    `${counted(floods.length, 'flood')}${floods.length === 0 ? '' : `, the largest of ${counted(flooded, 'recommendation')}`}; ${chattering === null ? 'chattering is counted in steps of at most 60 s' : `${chattering} chattering`}`,
  ];
  return [
    ...lines,
    ...(figures.length === 0 ? [] : [figuresTable(figures, chattering !== null)]),
    ...(sensors.length === 0 ? [] : ['', sensorTable(sensors)]),
  ].join('\n');
}

function total(rejected: Replayed['rejected']): number {
  return Object.values(rejected).reduce((sum, count) => sum + count, 0);
}

function rejectedText(rejected: Replayed['rejected']): string {
  const reasons = Object.entries(rejected).map(([reason, count]) => `${count} ${reason}`);
  return `${total(rejected)} rejected${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}`;
}

function chatteringIn(figures: readonly RuleFigures[]): number {
  return figures.reduce((sum, { chattering }) => sum + chattering, 0);
}

function figuresTable(figures: readonly RuleFigures[], isChatterCounted: boolean): string {
  return shortened(
    FIGURE_COLUMNS,
    figures.map((row) => [
      row.ruleId,
      row.equipmentId,
      row.severity,
      row.count,
      row.perDay.toFixed(1),
      ageText(0, row.longestSeconds * SECOND_MS),
      isChatterCounted ? row.chattering : null,
      row.openAtEnd,
    ]),
  );
}

function sensorTable(sensors: readonly SensorFigures[]): string {
  return shortened(
    SENSOR_COLUMNS,
    sensors.map((row) => [
      row.fault,
      row.equipmentId,
      signalText(row.signal),
      row.count,
      ageText(0, row.longestSeconds * SECOND_MS),
      row.openAtEnd,
    ]),
  );
}

function shortened(columns: readonly Column[], rows: Parameters<typeof table>[1]): string {
  const rest = rows.length - MOST_ROWS;
  return `${table(columns, rows.slice(0, MOST_ROWS))}${rest > 0 ? `\n… and ${rest} more; --json has them all` : ''}`;
}

function episodesText(episodes: readonly Episode[]): string {
  if (episodes.length === 0) return 'No recommendations.';
  return table(
    EPISODE_COLUMNS,
    episodes.map((each) => [
      isoOf(each.openedAt),
      each.endedAt === null ? 'still on' : isoOf(each.endedAt),
      each.equipmentId,
      each.ruleId,
      each.severity,
      roundedText(each.peak),
    ]),
  );
}

function comparisonText(now: RulesReport, other: RulesReport): string {
  const changes = differences(now.figures, other.figures);
  const [before, after] = [now.replayed.episodes.length, other.replayed.episodes.length];
  const head = `Against ${other.origin}: ${after} instead of ${counted(before, 'recommendation')} (${signed(after - before)}), ${other.floods.length} instead of ${counted(now.floods.length, 'flood')}, ${ordersIn(other)} instead of ${counted(ordersIn(now), 'work order')}`;
  if (changes.length === 0) return `${head}; no rule differs in what it would recommend`;
  return `${head}\n${shortened(DIFFERENCE_COLUMNS, changes.map(differenceCells))}`;
}

function differenceCells({ ruleId, equipmentId, count, otherCount }: RuleDifference) {
  return [ruleId, equipmentId, count, otherCount, signed(otherCount - count)];
}

function ordersIn({ replayed }: RulesReport): number {
  return replayed.sensorEpisodes.length;
}

function signed(difference: number): string {
  return difference > 0 ? `+${difference}` : String(difference);
}

export function reportJson({ range, stepSeconds, now, other }: Comparison): unknown {
  return {
    since: isoOf(range.from),
    until: isoOf(range.to),
    step_s: stepSeconds,
    ...rulesJson(now, range),
    against: other === null ? null : rulesJson(other, range),
    differences: other === null ? null : differences(now.figures, other.figures).map(jsonRow),
  };
}

function rulesJson({ origin, rulesHash, replayed, figures, sensors, floods, chattering }: RulesReport, range: ReplayedRange) {
  return {
    configuration: origin,
    rules_hash: rulesHash,
    readings: replayed.readings,
    rejected: total(replayed.rejected),
    rejected_by_reason: replayed.rejected,
    recommendations: replayed.episodes.length,
    per_day: perDay(replayed.episodes.length, range),
    chattering,
    floods: floods.map(({ from, to, count }) => ({ from: isoOf(from), to: isoOf(to), count })),
    rules: figures.map((row) => ({ ...jsonRow(row), chattering: chattering === null ? null : row.chattering })),
    sensor_faults: sensors.map(jsonRow),
    episodes: replayed.episodes.map(jsonRow),
  };
}
