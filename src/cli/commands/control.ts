import { newRunId } from '../run-id.ts';
import { AgentError } from '../../domain/errors.ts';
import { describeControl, isInForce, isOrder, type Control, type ControlKind } from '../../domain/control.ts';
import { eventOf } from '../../domain/event.ts';
import { isoOf } from '../../domain/instant.ts';
import { wordOf } from '../../domain/word.ts';
import type { CliContext } from '../context.ts';
import { endTimeOf, type EndOptions } from '../end-time.ts';
import { EXIT } from '../exit-codes.ts';
import type { JsonOption } from '../json-option.ts';
import { jsonRow } from '../json.ts';
import { printRows } from '../listing.ts';
import { newestEquipment } from '../newest-equipment.ts';
import { plain } from '../output.ts';
import type { Cell, Column } from '../table.ts';
import { personOf } from '../who.ts';
import { timeText } from '../wording.ts';

export interface SetControlOptions extends EndOptions {
  readonly equipment?: string;
  readonly by?: string;
  readonly reason?: string;
}

export interface ClearControlOptions {
  readonly kind: string;
  readonly equipment?: string;
  readonly by?: string;
}

const EVERYTHING = 'all';
const LONGEST_PATTERN = 100;
/** As the commands are called, and as the column says. */
const KINDS: ReadonlyMap<string, ControlKind> = new Map([
  ['advisory', 'advisory'],
  ['out-of-service', 'out_of_service'],
  ['out_of_service', 'out_of_service'],
  ['shelve', 'shelved'],
  ['shelved', 'shelved'],
]);
const COLUMNS: readonly Column[] = [
  { title: 'KIND' },
  { title: 'SCOPE', maxLength: 40 },
  { title: 'BY', maxLength: 30 },
  { title: 'SINCE' },
  { title: 'UNTIL' },
  { title: 'REASON', maxLength: 60 },
];

export async function set(context: CliContext, kind: ControlKind, options: SetControlOptions): Promise<number> {
  const { agentId } = await context.settings();
  const person = personOf(options, agentId, context.env, 'give orders over itself');
  const reason = options.reason?.trim() ?? '';
  if (reason === '')
    throw new AgentError('usage', 'an order needs a reason', "give it with --reason, for instance --reason 'line is being restarted'");
  const scope = scopeOf(options.equipment);
  const store = await context.store();
  const { now } = await store.readControls();
  const control: Control = { kind, scope, by: person.by, reason, since: now, until: await endTimeOf(options, now) };
  const text = {
    subjectType: 'control',
    subjectId: `${kind}:${scope}`,
    event: 'control_set',
    actor: person.actor,
    reason,
    after: jsonRow(control),
  } as const;
  const untold = await store.setControl(control, eventOf({ agentId, runId: newRunId() }, text));
  const end = control.until === null ? 'until it is cleared' : `until ${isoOf(control.until)}`;
  context.out.print(`✓ In force, ${end}: ${plain(describeControl(control))}`);
  if (untold)
    throw new AgentError(
      'not_audited',
      `the order is in force, but the audit could not be told of it: ${untold.message}`,
      untold.remedy,
      untold,
    );
  if (wordOf(scope) !== EVERYTHING) await warnOfNoEquipment(context, scope);
  return EXIT.done;
}

/** Only once the order is given: it may be about equipment that is still to come, and must not wait for the source. */
async function warnOfNoEquipment(context: CliContext, pattern: string): Promise<void> {
  const { unmatchedPatterns } = await import('../../config/source-findings.ts');
  for (const { text } of unmatchedPatterns([{ path: [], pattern }], await newestEquipment(context)))
    context.out.note(`ops-agent: warning: --equipment ${plain(text)}`);
}

export async function clear(context: CliContext, options: ClearControlOptions): Promise<number> {
  const kind = KINDS.get(options.kind);
  if (kind === undefined) throw new AgentError('usage', `'${options.kind}' is no kind of order`, 'one of advisory, out-of-service, shelve');
  const { agentId } = await context.settings();
  const person = personOf(options, agentId, context.env, 'give orders over itself');
  const scope = scopeOf(options.equipment);
  const store = await context.store();
  const { controls } = await store.readControls();
  const found = controls.find((control) => isOrder(control, kind, scope));
  // Looked for first, so that the audit does not tell of an order lifted that nobody gave.
  if (found === undefined)
    throw new AgentError('not_found', `there is no order '${options.kind}' for ${scope}`, 'list them: ops-agent control list');
  const text = {
    subjectType: 'control',
    subjectId: `${kind}:${scope}`,
    event: 'control_cleared',
    actor: person.actor,
    before: jsonRow(found),
  } as const;
  await store.clearControl(kind, scope, eventOf({ agentId, runId: newRunId() }, text));
  context.out.print(`✓ Lifted: ${plain(describeControl(found))}`);
  return EXIT.done;
}

export async function list(context: CliContext, options: JsonOption): Promise<number> {
  const { now, controls } = await (await context.store()).readControls();
  const inForce = controls.filter((control) => isInForce(control, now));
  return printRows(context, options, inForce, { columns: COLUMNS, cells, none: 'No orders in force.' });
}

function cells({ kind, scope, by, since, until, reason }: Control): readonly Cell[] {
  return [kind, scope, by, timeText(since), timeText(until), reason];
}

function scopeOf(pattern: string | undefined): string {
  if (pattern === undefined) return EVERYTHING;
  const scope = pattern.trim();
  if (scope === '' || scope.length > LONGEST_PATTERN)
    throw new AgentError(
      'usage',
      `--equipment must be a pattern of 1 to ${LONGEST_PATTERN} characters`,
      "for instance --equipment 'REACTOR_*'",
    );
  return scope;
}
