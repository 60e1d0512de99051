import { counted } from '../../domain/counted.ts';
import type { Instant } from '../../domain/instant.ts';
import { type Flood, isFlooding, judgeFlood } from '../../domain/queue.ts';
import { groupQueue } from '../../domain/queue-groups.ts';
import type { Recommendation } from '../../domain/recommendation.ts';
import { familyFor } from '../../domain/rule-book.ts';
import { OPEN_STATUSES, RECOMMENDATION_TRANSITIONS } from '../../domain/transitions.ts';
import type { Store } from '../../ports/store.ts';
import { type Palette, paletteFor } from '../colour.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { shortId } from '../find-recommendation.ts';
import type { JsonOption } from '../json-option.ts';
import { jsonRow } from '../json.ts';
import { knownStatuses } from '../listing.ts';
import { DEFAULT_ROWS, MOST_ROWS } from '../option-values.ts';
import { groupTable } from '../queue-table.ts';
import { idsOf, openConflicts } from '../open-conflicts.ts';
import { table, type Cell, type Column } from '../table.ts';
import { ageText, readingsText, statusText, timeText } from '../wording.ts';

export interface RecommendationsOptions extends JsonOption {
  readonly status?: readonly string[];
  readonly equipment?: string;
  readonly limit?: number;
  readonly group?: boolean;
  readonly flat?: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'ID' },
  { title: 'PRIO', align: 'right' },
  { title: 'SEVERITY' },
  { title: 'EQUIPMENT', maxLength: 24 },
  { title: 'ISSUE', maxLength: 24 },
  { title: 'READING', maxLength: 28 },
  { title: 'STATUS' },
  { title: 'AGE', align: 'right' },
  { title: 'ACTION', maxLength: 52 },
];
/** A column only where there is something in it. */
const CONFLICTS: Column = { title: 'CONFLICTS WITH', maxLength: 26 };

export async function run(context: CliContext, options: RecommendationsOptions): Promise<number> {
  knownStatuses(options.status, Object.keys(RECOMMENDATION_TRANSITIONS), 'recommendation');
  const store = await context.store();
  if (options.json) {
    const rows = await listed(store, options);
    const conflicts = await conflictsAmong(store, rows, options);
    context.out.json(rows.map((row) => ({ ...jsonRow(row), conflicts_with: conflicts(row) })));
  } else await print(context, store, options);
  return EXIT.done;
}

function listed(store: Store, options: RecommendationsOptions): Promise<readonly Recommendation[]> {
  return store.listRecommendations({
    statuses: options.status ?? [],
    equipmentId: options.equipment ?? null,
    limit: options.limit ?? DEFAULT_ROWS,
  });
}

/** For people: in a flood grouped, unless they ask for rows or for some of them. */
async function print(context: CliContext, store: Store, options: RecommendationsOptions): Promise<void> {
  const { now, queue } = await store.readQueue();
  const flood = judgeFlood(queue, [], now);
  const palette = paletteFor(context.globals, context.env);
  const isNarrowed = options.status !== undefined || options.equipment !== undefined;
  const isGrouped = options.group === true || (isFlooding(flood) && !isNarrowed && options.flat !== true);
  const lines = isNarrowed ? [] : floodLines(flood, isGrouped, now, palette);
  const body = isGrouped ? await grouped(context, store, options, now) : await flat(store, options, now, palette);
  context.out.print([...lines, body ?? 'No recommendations.'].join('\n'));
}

function floodLines(flood: Flood, isGrouped: boolean, now: Instant, palette: Palette): readonly string[] {
  if (!isFlooding(flood)) return [];
  const since = `FLOOD since ${timeText(flood.since)} (${ageText(flood.since, now)}): ${counted(flood.total, 'new recommendation')}.`;
  return [
    palette.bad(`${since} ${isGrouped ? 'Every row: ops-agent recommendations --flat' : 'Grouped: ops-agent recommendations --group'}`),
  ];
}

async function flat(store: Store, options: RecommendationsOptions, now: Instant, palette: Palette): Promise<string | null> {
  const rows = await listed(store, options);
  if (rows.length === 0) return null;
  const conflicts = await conflictsAmong(store, rows, options);
  const isAnyInConflict = rows.some((row) => conflicts(row).length > 0);
  return table(
    isAnyInConflict ? [...COLUMNS, CONFLICTS] : COLUMNS,
    rows.map((row) => [...cells(row, now, palette), ...(isAnyInConflict ? [conflicts(row).map(shortId).join(' ')] : [])]),
  );
}

/** By row, the ids of the open ones that want something else of the same tag. */
async function conflictsAmong(
  store: Store,
  rows: readonly Recommendation[],
  { equipment }: RecommendationsOptions,
): Promise<(row: Recommendation) => readonly string[]> {
  if (rows.length === 0) return () => [];
  const conflicts = await openConflicts(store, rows, equipment ?? null);
  return (row) => idsOf(conflicts.get(row.recommendationId));
}

/** Of what is open, unless other statuses are asked for; `--limit` is one on groups here. */
async function grouped(context: CliContext, store: Store, options: RecommendationsOptions, now: Instant): Promise<string | null> {
  const { rules } = await context.settings();
  const rows = await store.listRecommendations({
    statuses: options.status ?? OPEN_STATUSES,
    equipmentId: options.equipment ?? null,
    // A group counts all of its rows, so they are all read.
    limit: MOST_ROWS,
  });
  const familyOf = (row: Recommendation) => familyFor(rules, row.equipmentId, row.issueFamily);
  const groups = groupQueue(rows, (row) => familyOf(row)?.side !== 'below').slice(0, options.limit ?? DEFAULT_ROWS);
  if (groups.length === 0) return null;
  return groupTable(groups, (row) => familyOf(row)?.signal ?? row.issueFamily, now, paletteFor(context.globals, context.env));
}

function cells(row: Recommendation, now: Instant, palette: Palette): readonly Cell[] {
  return [
    shortId(row.recommendationId),
    row.priority,
    { text: row.severity, paint: (text) => palette.severity(row.severity, text) },
    row.equipmentId,
    row.issueType,
    readingsText(row),
    { text: statusText(row, now), paint: (text) => palette.status(row.status, text) },
    ageText(row.createdTimestamp, now),
    row.recommendedAction,
  ];
}
