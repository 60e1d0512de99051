import { addSeconds, type Instant, isoOf } from '../domain/instant.ts';
import type { NewestRows, RowsFound } from '../domain/newest-rows.ts';
import { matchesPattern } from '../domain/tags.ts';
import { type ConfigInput, readLayers } from './layers.ts';
import { didYouMean } from './nearest.ts';
import type { Path } from './paths.ts';
import { type Problem, problemsError } from './problems.ts';
import type { SourceSettings } from './settings.ts';

/** A pattern over equipment ids, and the key that it stands under. */
export interface EquipmentPattern {
  readonly path: Path;
  readonly pattern: string;
}

/** The patterns of `source.equipment`. */
export function sourcePatterns({ equipment }: SourceSettings): readonly EquipmentPattern[] {
  return (['include', 'exclude'] as const).flatMap((list) =>
    equipment[list].map((pattern, index) => ({ path: ['source', 'equipment', list, index], pattern })),
  );
}

/** A pattern that matches none of the ids is mostly a misspelt one. Where no equipment is known nothing can be said. */
export function unmatchedPatterns(patterns: readonly EquipmentPattern[], equipmentIds: readonly string[]): readonly Problem[] {
  if (equipmentIds.length === 0) return [];
  return patterns
    .filter(({ pattern }) => !equipmentIds.some((id) => matchesPattern(pattern, id)))
    .map(({ path, pattern }) => ({
      path,
      text: `'${pattern}' matches no equipment of the newest readings${didYouMean(pattern, equipmentIds)}`,
    }));
}

/**
 * Times that the configured format or zone does not fit: all of their readings would be rejected, or would be older than what is looked at.
 * Numbers and texts with an offset of their own have no zone, so that for numbers the format is to blame.
 */
export function timeFindings(
  { timestampFormat, timeZone, maxAgeSeconds }: SourceSettings,
  newest: NewestRows,
  now: Instant,
): readonly Problem[] {
  const { rows, unreadable, ahead, newestAt } = newest;
  const isEpoch = timestampFormat.startsWith('epoch');
  const format = (text: string): Problem => ({ path: ['source', 'timestampFormat'], text: `is ${timestampFormat}, ${text}` });
  const zone = (text: string): Problem => (isEpoch ? format(text) : { path: ['source', 'timeZone'], text: `is ${timeZone}, ${text}` });
  const of = (found: RowsFound) => `${found.rows} of the ${rows} newest rows`;
  return [
    ...(unreadable.rows === 0
      ? []
      : [format(`in which the time of ${of(unreadable)} cannot be read, such as '${unreadable.example ?? ''}'`)]),
    ...(ahead.rows === 0 ? [] : [zone(`by which ${of(ahead)} lie ahead of now (${isoOf(now)}), such as '${ahead.example ?? ''}'`)]),
    ...(newestAt === null || newestAt >= addSeconds(now, -maxAgeSeconds)
      ? []
      : [zone(`by which the newest reading is of ${isoOf(newestAt)}, longer ago than source.maxAgeSeconds`)]),
  ];
}

/** What only the source itself can tell about the configuration, as loadSettings tells the rest: with path and line. */
export function findingsError(input: ConfigInput, problems: readonly Problem[]) {
  const layers = readLayers(input);
  return problemsError(layers.file, problems.map(layers.place), 'ops-agent config check --connect');
}

/** Each finding as one line: path, place, text. */
export function findingTexts(input: ConfigInput, problems: readonly Problem[]): readonly string[] {
  const layers = readLayers(input);
  return problems.map(layers.place).map(({ where, text }) => `${where}: ${text}`);
}
