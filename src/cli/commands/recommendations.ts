import { AgentError } from '../../domain/errors.ts';
import type { Recommendation } from '../../domain/recommendation.ts';
import { isRecommendationStatus, RECOMMENDATION_TRANSITIONS } from '../../domain/transitions.ts';
import { paletteFor } from '../colour.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { shortId } from '../find-recommendation.ts';
import type { JsonOption } from '../json-option.ts';
import { jsonRow } from '../json.ts';
import { table, type Cell, type Column } from '../table.ts';
import { ageText, readingsText } from '../wording.ts';

export interface RecommendationsOptions extends JsonOption {
  readonly status?: readonly string[];
  readonly equipment?: string;
  readonly limit?: number;
}

const DEFAULT_LIMIT = 50;
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

export async function run(context: CliContext, options: RecommendationsOptions): Promise<number> {
  const statuses = options.status ?? [];
  const wrong = statuses.find((status) => !isRecommendationStatus(status));
  if (wrong !== undefined)
    throw new AgentError(
      'usage',
      `--status '${wrong}' is no status of a recommendation`,
      `one of ${Object.keys(RECOMMENDATION_TRANSITIONS).join(', ')}`,
    );
  const store = await context.store();
  const rows = await store.listRecommendations({ statuses, equipmentId: options.equipment ?? null, limit: options.limit ?? DEFAULT_LIMIT });
  if (options.json) context.out.json(rows.map(jsonRow));
  else if (rows.length === 0) context.out.print('No recommendations.');
  else {
    const { now } = await store.readControls();
    context.out.print(
      table(
        COLUMNS,
        rows.map((row) => cells(row, now, paletteFor(context.globals, context.env))),
      ),
    );
  }
  return EXIT.done;
}

function cells(row: Recommendation, now: number, palette: ReturnType<typeof paletteFor>): readonly Cell[] {
  return [
    shortId(row.recommendationId),
    row.priority,
    { text: row.severity, paint: (text) => palette.severity(row.severity, text) },
    row.equipmentId,
    row.issueType,
    readingsText(row),
    { text: row.status, paint: (text) => palette.status(row.status, text) },
    ageText(row.createdTimestamp, now),
    row.recommendedAction,
  ];
}
