import { durationSeconds } from '../../config/duration.ts';
import { type PruneReport, rowsIn } from '../../cycle/plan-prune.ts';
import { prune } from '../../cycle/prune.ts';
import { counted } from '../../domain/counted.ts';
import { AgentError } from '../../domain/errors.ts';
import { isoOf } from '../../domain/instant.ts';
import type { Stop } from '../../domain/prune.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { jsonTree } from '../json.ts';
import type { JsonOption } from '../json-option.ts';
import { plain } from '../output.ts';
import { newRunId } from '../run-id.ts';
import { personOf } from '../who.ts';

export interface PruneOptions extends JsonOption {
  readonly keep: string;
  readonly by?: string;
  readonly dryRun?: boolean;
  readonly wait?: string;
}

/** An audit is kept for years; more than this is a slip. */
const LONGEST_KEEP_DAYS = 36_500;

const WHY_KEPT = {
  too_young: 'it is not old enough',
  still_open: 'it is about something that has not ended, or ended later than that',
  known_end: 'it is the newest row that the last cycle knew',
} as const satisfies Record<Stop['why'], string>;

export async function run(context: CliContext, options: PruneOptions): Promise<number> {
  const settings = await context.settings();
  const keepSeconds = keepOf(options.keep);
  const { actor } = personOf(options, settings.agentId, context.env, 'answer for what is taken away');
  const waitSeconds = options.wait === undefined ? 0 : (durationSeconds(options.wait) ?? refuse('--wait', options.wait, '130s'));
  const dryRun = options.dryRun === true;
  const request = { runId: newRunId(), keepSeconds, actor, keys: settings.signingKeys, dryRun, waitSeconds };
  const report = await prune(await context.store(), settings, request, context.interruption.signal);
  if (options.json) context.out.json(asJson(report, dryRun));
  else context.out.print(asText(report, dryRun));
  return EXIT.done;
}

function keepOf(text: string): number {
  const number = text.trim();
  // A plain number is of seconds, as everywhere: one that is too small to be meant so is one of days.
  if (/^\d{1,5}$/.test(number) && Number(number) <= LONGEST_KEEP_DAYS)
    throw new AgentError('usage', `--keep '${number}' is ${number} seconds`, `for ${number} days: --keep ${number}d`);
  return durationSeconds(text, LONGEST_KEEP_DAYS) ?? refuse('--keep', text, '400d');
}

function refuse(flag: string, text: string, example: string): never {
  throw new AgentError('usage', `${flag} '${text}' is not a duration`, `for instance ${flag} ${example}`);
}

function asJson({ before, keptForWatermark, cut, stop, rows }: PruneReport, dryRun: boolean) {
  return jsonTree({
    dryRun,
    before: isoOf(before),
    keptForWatermark: keptForWatermark === null ? null : isoOf(keptForWatermark),
    auditRows: cut.rows + cut.unchained,
    throughSeq: cut.rows === 0 ? null : cut.throughSeq,
    throughHash: cut.throughHash,
    firstKept: stop,
    ...rows,
  });
}

function asText({ before, keptForWatermark, cut, stop, rows }: PruneReport, dryRun: boolean): string {
  const events = cut.rows + cut.unchained;
  const counts = [
    `${counted(events, 'row')} of the audit`,
    counted(rows.recommendations, 'recommendation'),
    counted(rows.commands, 'command'),
    counted(rows.workOrders, 'work order'),
    counted(rows.sessions, 'session'),
    counted(rows.notifications, 'notification'),
  ];
  const total = events + rowsIn(rows);
  const done = dryRun ? 'Would be taken away' : '✓ Taken away';
  const first =
    total === 0 ? `Nothing that ended before ${isoOf(before)} could go` : `${done}, of before ${isoOf(before)}: ${counts.join(', ')}`;
  const watermark =
    keptForWatermark === null
      ? []
      : [`More is kept than was asked for: cycles have dealt with readings up to ${isoOf(keptForWatermark)} only, and go on from there`];
  return [first, ...watermark, ...(stop === null ? [] : [stopText(stop)])].join('\n');
}

function stopText({ chainSeq, eventId, why }: Stop): string {
  const row = chainSeq === null ? `event ${plain(eventId)}, which is older than the chain,` : `row ${chainSeq}`;
  return `The audit is kept from ${row} on: ${WHY_KEPT[why]}`;
}
