import { AgentError } from '../../domain/errors.ts';
import type { Command } from '../../domain/command.ts';
import { COMMAND_TRANSITIONS, isCommandStatus } from '../../domain/transitions.ts';
import { paletteFor, type Palette } from '../colour.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { findRecommendation, shortId } from '../find-recommendation.ts';
import type { JsonOption } from '../json-option.ts';
import { jsonRow } from '../json.ts';
import { table, type Cell, type Column } from '../table.ts';
import { timeText } from '../wording.ts';

export interface CommandsOptions extends JsonOption {
  readonly status?: readonly string[];
  readonly recommendation?: string;
  readonly limit?: number;
}

const DEFAULT_LIMIT = 50;
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
  const statuses = options.status ?? [];
  const wrong = statuses.find((status) => !isCommandStatus(status));
  if (wrong !== undefined)
    throw new AgentError('usage', `--status '${wrong}' is no status of a command`, `one of ${Object.keys(COMMAND_TRANSITIONS).join(', ')}`);
  const store = await context.store();
  const recommendationId =
    options.recommendation === undefined ? null : (await findRecommendation(store, options.recommendation)).recommendationId;
  const rows = await store.listCommands({ recommendationId, statuses, limit: options.limit ?? DEFAULT_LIMIT });
  if (options.json) context.out.json(rows.map(jsonRow));
  else if (rows.length === 0) context.out.print('No commands.');
  else
    context.out.print(
      table(
        COLUMNS,
        rows.map((row) => cells(row, paletteFor(context.globals, context.env))),
      ),
    );
  return EXIT.done;
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
