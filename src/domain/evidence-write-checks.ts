import { counted } from './counted.ts';
import { type CheckedRecord, type CheckRow, failed, type Judged, open, passed } from './evidence-check.ts';
import { approvalEvent } from './evidence-decisions.ts';
import { knownTimes } from './evidence-range.ts';
import { isOwn, type RecordedWrite } from './evidence-writes.ts';
import { addSeconds, type Instant, isoOf } from './instant.ts';
import { CLOCK_GRAIN_SECONDS } from './policy.ts';
import { FUTURE_TOLERANCE_SECONDS } from './window.ts';

function mayHaveLeft({ sent }: RecordedWrite): boolean {
  return sent !== 'no';
}

function named({ command }: RecordedWrite): string {
  return `command ${command.sequence ?? '?'}`;
}

function listed(writes: readonly RecordedWrite[], text: (write: RecordedWrite) => string): string {
  return writes.map((write) => `${named(write)} ${text(write)}`).join('; ');
}

/** What was sent, or may have been, is judged by each of these in the same way: nothing sent leaves nothing to check. */
function ofSent(
  { writes }: CheckedRecord,
  fault: (write: RecordedWrite) => string | null,
  whenGood: (write: RecordedWrite) => string,
): Judged {
  const sent = writes.filter(mayHaveLeft);
  if (sent.length === 0) return open('nothing was sent');
  const bad = sent.filter((write) => fault(write) !== null);
  return bad.length > 0 ? failed(listed(bad, (write) => fault(write) ?? '')) : passed(listed(sent, whenGood));
}

function commandsMatch({ writes, row, ticket }: CheckedRecord): Judged {
  if (writes.length === 0) return open('there is no command');
  const isForged = (write: RecordedWrite) => write.broken.length > 0 || !isOwn(write.command, row.recommendationId);
  const forged = writes.filter(isForged);
  const inDoubt = forged.filter((write) => mayHaveLeft(write) || write.command.status === 'pending');
  if (inDoubt.length > 0) return failed(listed(inDoubt, ({ broken }) => `differs in ${broken.join(', ') || 'its id'}`));
  const present = new Set(writes.map(({ command }) => command.sequence));
  const missing = (ticket?.ticket.actions ?? []).filter(({ sequence }) => !present.has(sequence));
  if (missing.length > 0) return failed(`no command is left of step ${missing.map(({ sequence }) => sequence).join(', ')}`);
  const refused =
    forged.length === 0 ? '' : `; ${forged.length} that differed ${forged.length === 1 ? 'was' : 'were'} refused and never sent`;
  return passed(`${writes.length - forged.length} of ${writes.length} compared column by column${refused}`);
}

function auditFirst(record: CheckedRecord): Judged {
  return ofSent(
    record,
    ({ announcedAt, command }) => {
      if (announcedAt === null) return 'was sent without a word in the audit';
      const { startedTimestamp: startedAt } = command;
      return startedAt !== null && announcedAt > startedAt ? `was sent before it was announced at ${isoOf(announcedAt)}` : null;
    },
    ({ announcedAt }) => `announced at ${announcedAt === null ? '-' : isoOf(announcedAt)}`,
  );
}

function inTime(record: CheckedRecord): Judged {
  const approvalEnds = record.row.expiresTimestamp;
  return ofSent(
    record,
    ({ command: { startedTimestamp: at, notAfter } }) => {
      if (at === null) return null;
      if (notAfter === null) return 'has no end of its time';
      if (at > notAfter) return `was sent after ${isoOf(notAfter)}`;
      return approvalEnds !== null && at > approvalEnds ? `was sent after the approval's end, ${isoOf(approvalEnds)}` : null;
    },
    ({ command: { notAfter } }) => `not after ${notAfter === null ? '-' : isoOf(notAfter)}`,
  );
}

/** A command is claimed and announced once, and again only after each time that it was given back unsent. Its row may be edited, the audit not unseen. */
function sentOnce(record: CheckedRecord): Judged {
  return ofSent(
    record,
    ({ command: { attempt }, announced, returned }) => {
      const claims = attempt ?? 0;
      const back = `and given back ${counted(returned, 'time')}`;
      if (announced - returned > 1) return `was announced ${counted(announced, 'time')} ${back}`;
      return claims - returned > 1 ? `was claimed ${counted(claims, 'time')} ${back}` : null;
    },
    ({ returned }) => (returned === 0 ? 'claimed once' : `given back ${counted(returned, 'time')} before it was sent`),
  );
}

function valueText({ command, step }: RecordedWrite): string {
  return `read back ${command.readBackValue ?? 'nothing'}, approved ${step?.action.value ?? '?'}`;
}

function readBack({ writes }: CheckedRecord): Judged {
  const executed = writes.filter(({ command }) => command.status === 'executed');
  if (executed.length === 0) return open('no command was executed');
  const bad = executed.filter((write) => write.isReadBack !== true);
  return bad.length > 0 ? failed(listed(bad, valueText)) : passed(listed(executed, valueText));
}

function earlier(at: Instant, seconds: number): Instant | null {
  return knownTimes(at).map((time) => addSeconds(time, -seconds))[0] ?? null;
}

/** The moments of the rows in the order in which they must have come. */
function timesInOrder({ row, writes }: CheckedRecord): Judged {
  const started = writes.flatMap(({ command }) => command.startedTimestamp ?? []);
  const ended = writes.filter(mayHaveLeft).flatMap(({ command }) => command.completedTimestamp ?? []);
  const moments: readonly (readonly [string, Instant | null])[] = [
    // A sensor's clock may be a little ahead, and an SQL client may cut an approval's milliseconds off.
    ['detected', earlier(row.firstDetectedTimestamp, FUTURE_TOLERANCE_SECONDS)],
    ['created', earlier(row.createdTimestamp, CLOCK_GRAIN_SECONDS)],
    ['approved', row.approvedTimestamp],
    ['sent', started.length === 0 ? null : Math.min(...started)],
    ['completed', ended.length === 0 ? null : Math.max(...ended)],
    ['executed', row.status === 'executed' ? row.executedTimestamp : null],
    ['verified', row.verifiedTimestamp],
  ];
  const known = moments.filter((moment): moment is readonly [string, Instant] => moment[1] !== null);
  const wrong = known.findIndex(([, at], index) => at < (known[index - 1]?.[1] ?? at));
  const names = known.map(([name]) => name).join(', ');
  return wrong < 0 ? passed(names) : failed(`'${known[wrong]?.[0] ?? ''}' comes before '${known[wrong - 1]?.[0] ?? ''}'`);
}

const ORDER: readonly (readonly [what: string, kinds: readonly string[]])[] = [
  ['the approval', ['approved']],
  ['the announcement', ['dispatching']],
  ["the command's end", ['executed', 'failed']],
];

/** The audit tells of the approval, then of the dispatch, then of its result; a ticket stands before all of them. */
function auditInOrder({ events, commandEvents, writes }: CheckedRecord): Judged {
  const rows = counted(events.length + commandEvents.length, 'row');
  const approval = approvalEvent(events);
  if (!approval) return writes.some(mayHaveLeft) ? failed(`${rows}, none of them an approval`) : passed(rows);
  const sent = new Set(writes.filter(mayHaveLeft).map(({ command }) => command.commandId));
  for (const commandId of sent) {
    const all = [approval, ...commandEvents.filter(({ subjectId }) => subjectId === commandId)];
    const places = ORDER.map(([what, kinds]) => ({ what, at: all.findLast(({ event }) => kinds.includes(event))?.at }));
    const known = places.flatMap(({ what, at }) => (at === undefined ? [] : { what, at }));
    const wrong = known.findIndex(({ at }, index) => at < (known[index - 1]?.at ?? at));
    if (wrong >= 0) return failed(`${known[wrong]?.what ?? ''} comes before ${known[wrong - 1]?.what ?? ''}`);
  }
  return passed(`${rows}: approval, announcement, result`);
}

/** What is checked about commands and their way to the plant. */
export const WRITE_CHECKS: readonly CheckRow[] = [
  ['commands_match', 'Every command is what the ticket says, column by column', commandsMatch],
  ['audit_before_write', 'The audit told of each write before it was sent', auditFirst],
  ['sent_in_time', 'Each write was sent while it was allowed to be', inTime],
  ['sent_once', 'Nothing was sent twice', sentOnce],
  ['read_back', 'What was read back is what was approved', readBack],
  ['times_in_order', 'The times of the rows are in order', timesInOrder],
  ['audit_in_order', "The audit's rows are in order", auditInOrder],
];
