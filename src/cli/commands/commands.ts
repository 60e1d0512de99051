import type { Command } from '../../domain/command.ts';
import { COMMAND_TRANSITIONS } from '../../domain/transitions.ts';
import { paletteFor, type Palette } from '../colour.ts';
import type { CliContext } from '../context.ts';
import { findRecommendation, shortId } from '../find-recommendation.ts';
import type { JsonOption } from '../json-option.ts';
import { knownStatuses, printRows } from '../listing.ts';
import { DEFAULT_ROWS } from '../option-values.ts';
import type { Cell, Column } from '../table.ts';
import { timeText } from '../wording.ts';

export interface CommandsOptions extends JsonOption {
  readonly status?: readonly string[];
  readonly recommendation?: string;
  readonly limit?: number;
}

const COLUMNS: readonly Column[] = [
  { title: 'ID' },
  { title: 'RECOMMENDATION' },
  { title: '#', align: 'right' },
  { title: 'TAG', maxLength: 60 },
  { title: 'OLD', align: 'right' },
  { title: 'NEW', align: 'right' },
  { title: 'READ BACK', align: 'right' },
  { title: 'STATUS' },
  { title: 'CREATED' },
  { title: 'RESULT', maxLength: 40 },
];

export async function run(context: CliContext, options: CommandsOptions): Promise<number> {
  const statuses = knownStatuses(options.status, Object.keys(COMMAND_TRANSITIONS), 'command');
  const store = await context.store();
  const recommendationId =
    options.recommendation === undefined ? null : (await findRecommendation(store, options.recommendation)).recommendationId;
  const rows = await store.listCommands({ recommendationId, statuses, limit: options.limit ?? DEFAULT_ROWS });
  const palette = paletteFor(context.globals, context.env);
  return printRows(context, options, rows, { columns: COLUMNS, cells: (row) => cells(row, palette), none: 'No commands.' });
}

function cells(row: Command, palette: Palette): readonly Cell[] {
  return [
    shortId(row.commandId),
    row.recommendationId === null ? null : shortId(row.recommendationId),
    row.sequence,
    row.tagPath,
    row.oldValue,
    row.newValue,
    row.readBackValue,
    { text: row.status, paint: (text) => palette.status(row.status, text) },
    timeText(row.createdTimestamp),
    row.failureCode ?? row.executionResult,
  ];
}
