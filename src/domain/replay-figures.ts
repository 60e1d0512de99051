import { type Instant, SECOND_MS } from './instant.ts';
import { CHATTER_RUNS, FLOOD_BEGINS_ABOVE, FLOOD_ENDS_BELOW, FLOOD_WINDOW_SECONDS } from './queue.ts';
import type { Episode } from './replay.ts';
import type { SensorEpisode } from './replayed-sensors.ts';
import { priorityOf, type Severity } from './severity.ts';

/** The range of a replay. */
export interface ReplayedRange {
  readonly from: Instant;
  readonly to: Instant;
}

/** What one rule would have asked of operators about one equipment. */
export interface RuleFigures {
  readonly ruleId: string;
  readonly equipmentId: string;
  readonly severity: Severity;
  readonly count: number;
  readonly perDay: number;
  /** Seconds from the first violation to the first clear reading, or to the range's end. */
  readonly longestSeconds: number;
  /** Recommendations whose limit was crossed three times or more within a minute. */
  readonly chattering: number;
  /** Still on at the end of the range. */
  readonly openAtEnd: number;
}

export interface Flood {
  readonly from: Instant;
  readonly to: Instant;
  readonly count: number;
}

const DAY_SECONDS = 86_400;
const FLOOD_WINDOW_MS = FLOOD_WINDOW_SECONDS * SECOND_MS;

/** What one sensor would have asked of technicians. */
export interface SensorFigures {
  readonly equipmentId: string;
  readonly signal: string;
  readonly fault: string;
  readonly count: number;
  readonly longestSeconds: number;
  readonly openAtEnd: number;
}

/** One row a sensor and fault, the most frequent first. */
export function sensorFigures(episodes: readonly SensorEpisode[], range: ReplayedRange): readonly SensorFigures[] {
  const groups = new Map<string, SensorFigures>();
  for (const { equipmentId, signal, fault, openedAt, endedAt } of episodes) {
    const key = JSON.stringify([equipmentId, signal, fault]);
    const before = groups.get(key) ?? { equipmentId, signal, fault, count: 0, longestSeconds: 0, openAtEnd: 0 };
    groups.set(key, {
      ...before,
      count: before.count + 1,
      longestSeconds: Math.max(before.longestSeconds, ((endedAt ?? range.to) - openedAt) / SECOND_MS),
      openAtEnd: before.openAtEnd + (endedAt === null ? 1 : 0),
    });
  }
  return [...groups.values()].toSorted((a, b) => b.count - a.count || (a.equipmentId < b.equipmentId ? -1 : 1));
}

/** One row a rule and equipment, the most frequent first. */
export function ruleFigures(episodes: readonly Episode[], range: ReplayedRange): readonly RuleFigures[] {
  const groups = new Map<string, Episode[]>();
  for (const episode of episodes) {
    const key = JSON.stringify([episode.ruleId, episode.equipmentId]);
    const group = groups.get(key);
    if (group) group.push(episode);
    else groups.set(key, [episode]);
  }
  return [...groups.values()].flatMap((group) => figuresOf(group, range)).toSorted(byFrequency);
}

function byFrequency(a: RuleFigures, b: RuleFigures): number {
  const byName = a.equipmentId < b.equipmentId ? -1 : 1;
  return b.count - a.count || priorityOf(b.severity) - priorityOf(a.severity) || byName;
}

function figuresOf(group: readonly Episode[], range: ReplayedRange): readonly RuleFigures[] {
  const [first] = group;
  if (!first) return [];
  const seconds = group.map(({ openedAt, endedAt }) => Math.max(0, ((endedAt ?? range.to) - openedAt) / SECOND_MS));
  return [
    {
      ruleId: first.ruleId,
      equipmentId: first.equipmentId,
      severity: first.severity,
      count: group.length,
      perDay: perDay(group.length, range),
      longestSeconds: Math.max(...seconds),
      chattering: group.filter(({ mostRunsAMinute }) => mostRunsAMinute >= CHATTER_RUNS).length,
      openAtEnd: group.filter(({ endedAt }) => endedAt === null).length,
    },
  ];
}

/** A mean over the whole range. */
export function perDay(count: number, { from, to }: ReplayedRange): number {
  return (count * DAY_SECONDS * SECOND_MS) / (to - from);
}

/** The floods among moments in their order: from the first of the recommendations that made it one to the last before it ended. */
export function floodsIn(moments: readonly Instant[]): readonly Flood[] {
  const floods: Flood[] = [];
  let oldest = 0;
  let began: number | null = null;
  for (const [index, at] of moments.entries()) {
    // Looked at when one is opened: where none came for long, the next one finds the flood over.
    while ((moments[oldest] ?? at) <= at - FLOOD_WINDOW_MS) oldest += 1;
    const inWindow = index - oldest + 1;
    if (began !== null && inWindow < FLOOD_ENDS_BELOW) {
      floods.push(floodOf(moments, began, index - 1));
      began = null;
    }
    if (began === null && inWindow > FLOOD_BEGINS_ABOVE) began = oldest;
  }
  if (began !== null) floods.push(floodOf(moments, began, moments.length - 1));
  return floods;
}

function floodOf(moments: readonly Instant[], first: number, last: number): Flood {
  return { from: moments[first] ?? 0, to: moments[last] ?? 0, count: last - first + 1 };
}

/** How two sets of rules differ, by rule and equipment; what is the same in both is left out. */
export interface RuleDifference {
  readonly ruleId: string;
  readonly equipmentId: string;
  readonly count: number;
  readonly otherCount: number;
}

export function differences(now: readonly RuleFigures[], other: readonly RuleFigures[]): readonly RuleDifference[] {
  const keyOf = ({ ruleId, equipmentId }: RuleFigures) => JSON.stringify([ruleId, equipmentId]);
  const all = new Map([...other, ...now].map((figures) => [keyOf(figures), figures]));
  const countIn = (list: readonly RuleFigures[]) => new Map(list.map((figures) => [keyOf(figures), figures.count]));
  const [counts, others] = [countIn(now), countIn(other)];
  return [...all]
    .map(([key, { ruleId, equipmentId }]) => ({
      ruleId,
      equipmentId,
      count: counts.get(key) ?? 0,
      otherCount: others.get(key) ?? 0,
    }))
    .filter(({ count, otherCount }) => count !== otherCount)
    .toSorted((a, b) => Math.abs(b.otherCount - b.count) - Math.abs(a.otherCount - a.count));
}

/** New recommendations in each of `buckets` equal parts of the range. */
export function countsOverTime(episodes: readonly Episode[], { from, to }: ReplayedRange, buckets: number): readonly number[] {
  const counts = Array.from({ length: buckets }, () => 0);
  for (const { openedAt } of episodes) {
    const bucket = Math.min(buckets - 1, Math.max(0, Math.floor(((openedAt - from) / (to - from)) * buckets)));
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}
