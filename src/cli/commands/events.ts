import { AgentError } from '../../domain/errors.ts';
import type { OperatorStore, StoredEvent } from '../../ports/operator-store.ts';
import type { CliContext } from '../context.ts';
import { refuseAmbiguous, shortId } from '../find-recommendation.ts';
import type { JsonOption } from '../json-option.ts';
import { printRows } from '../listing.ts';
import { DEFAULT_ROWS } from '../option-values.ts';
import { withRoundedNumbers } from '../rounding.ts';
import type { Cell, Column } from '../table.ts';
import { timeText } from '../wording.ts';

export interface EventsOptions extends JsonOption {
  readonly subject?: string;
  readonly limit?: number;
}

const ID_PREFIX = /^[0-9a-f-]{4,36}$/i;
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

/**
 * The whole id for its prefix: of a recommendation, a command or a work order. What cannot be an id (an agent, a feed, a control) is taken
 * as it is: that nothing has been told about it yet is no mistake.
 * @throws AgentError not_found, conflict for a prefix that several share
 */
async function wholeSubject(store: OperatorStore, subject: string): Promise<string> {
  if (!ID_PREFIX.test(subject)) return subject;
  const wanted = subject.toLowerCase();
  const found = await store.findSubjects(wanted);
  const [id] = found;
  if (id === undefined) throw new AgentError('not_found', `there is no event about '${subject}'`, 'list them: ops-agent events');
  refuseAmbiguous(subject, wanted, found);
  return id;
}

function cells(row: StoredEvent): readonly Cell[] {
  const subject =
    row.subjectType === 'recommendation' || row.subjectType === 'command' || row.subjectType === 'work_order'
      ? shortId(row.subjectId)
      : row.subjectId;
  const change = row.toStatus === null ? null : `${row.fromStatus ?? '-'} → ${row.toStatus}`;
  return [timeText(row.at), row.event, `${row.subjectType} ${subject}`, change, row.actor, withRoundedNumbers(row.reason)];
}
