import type { ListedWorkOrder } from '../../domain/work-order.ts';
import { signalText } from '../../domain/work-order.ts';
import { paletteFor, type Palette } from '../colour.ts';
import type { CliContext } from '../context.ts';
import { shortId } from '../find-recommendation.ts';
import type { JsonOption } from '../json-option.ts';
import { printRows } from '../listing.ts';
import { DEFAULT_ROWS } from '../option-values.ts';
import type { Cell, Column } from '../table.ts';
import { timeText } from '../wording.ts';

export interface WorkOrdersOptions extends JsonOption {
  readonly status?: readonly string[];
  readonly equipment?: string;
  readonly limit?: number;
}

const COLUMNS: readonly Column[] = [
  { title: 'ID' },
  { title: 'EQUIPMENT', maxLength: 24 },
  { title: 'SIGNAL', maxLength: 24 },
  { title: 'FAULT' },
  { title: 'STATUS', maxLength: 20 },
  { title: 'ASSIGNED TO', maxLength: 24 },
  { title: 'CREATED' },
  { title: 'COMPLETED' },
  { title: 'DESCRIPTION', maxLength: 60 },
];

/** A status is whatever a technician wrote, so that any may be asked for. */
export async function run(context: CliContext, options: WorkOrdersOptions): Promise<number> {
  const store = await context.store();
  const rows = await store.listWorkOrders({
    statuses: options.status ?? [],
    equipmentId: options.equipment ?? null,
    limit: options.limit ?? DEFAULT_ROWS,
  });
  const palette = paletteFor(context.globals, context.env);
  return printRows(context, options, rows, { columns: COLUMNS, cells: (row) => cells(row, palette), none: 'No work orders.' });
}

function cells(row: ListedWorkOrder, palette: Palette): readonly Cell[] {
  return [
    shortId(row.workOrderId),
    row.equipmentId,
    row.signal === null ? null : signalText(row.signal),
    row.fault,
    row.status === null ? null : { text: row.status, paint: (text) => (row.status === 'open' ? palette.status('pending', text) : text) },
    row.assignedTo,
    timeText(row.createdTimestamp),
    timeText(row.completedTimestamp),
    row.description,
  ];
}
