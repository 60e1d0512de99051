import type { OperatorStore, StoredEvent } from '../../ports/store.ts';
import type { CliContext } from '../context.ts';
import { shortId } from '../find-recommendation.ts';
import type { JsonOption } from '../json-option.ts';
import { printRows } from '../listing.ts';
import { DEFAULT_ROWS } from '../option-values.ts';
import type { Cell, Column } from '../table.ts';
import { timeText } from '../wording.ts';

export interface EventsOptions extends JsonOption {
  readonly subject?: string;
  readonly limit?: number;
}

const ID_PREFIX = /^[0-9a-f-]{4,35}$/i;
const COLUMNS: readonly Column[] = [
  { title: 'AT' },
  { title: 'EVENT' },
  { title: 'SUBJECT', maxLength: 40 },
  { title: 'CHANGE' },
  { title: 'ACTOR', maxLength: 36 },
  { title: 'REASON', maxLength: 60 },
];

export async function run(context: CliContext, options: EventsOptions): Promise<number> {
  const store = await context.store();
  const subjectId = options.subject === undefined ? null : await wholeSubject(store, options.subject);
  const rows = await store.listEvents({ subjectId, limit: options.limit ?? DEFAULT_ROWS });
  return printRows(context, options, rows, { columns: COLUMNS, cells, none: 'No events.' });
}

/** The recommendation's whole id for its prefix; any other subject (an agent, a control) is taken as it is. */
async function wholeSubject(store: OperatorStore, subject: string): Promise<string> {
  if (!ID_PREFIX.test(subject)) return subject;
  const found = await store.findRecommendations(subject.toLowerCase());
  return found.length === 1 ? (found[0]?.recommendationId ?? subject) : subject;
}

function cells(row: StoredEvent): readonly Cell[] {
  const subject =
    row.subjectType === 'recommendation' || row.subjectType === 'command' || row.subjectType === 'work_order'
      ? shortId(row.subjectId)
      : row.subjectId;
  const change = row.toStatus === null ? null : `${row.fromStatus ?? '-'} → ${row.toStatus}`;
  return [timeText(row.at), row.event, `${row.subjectType} ${subject}`, change, row.actor, row.reason];
}
