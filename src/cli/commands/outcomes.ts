import { effectiveShare, judgedOf, LEAST_JUDGED, type OutcomeCounts } from '../../domain/outcomes.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { JsonOption } from '../json-option.ts';
import { jsonRow } from '../json.ts';
import { type Cell, type Column, table } from '../table.ts';

export interface OutcomesOptions extends JsonOption {
  readonly since?: string;
}

const DEFAULT_SINCE = '90d';

const COLUMNS: readonly Column[] = [
  { title: 'RULE', maxLength: 24 },
  { title: 'ACTION', maxLength: 48 },
  { title: 'CAUSE', maxLength: 48 },
  { title: 'JUDGED', align: 'right' },
  { title: 'UNKNOWN', align: 'right' },
  { title: 'EFFECTIVE', align: 'right' },
  { title: '95 % INTERVAL', align: 'right' },
  { title: 'CONFIDENCE', align: 'right' },
];

export async function run(context: CliContext, { since = DEFAULT_SINCE, json }: OutcomesOptions): Promise<number> {
  const store = await context.store();
  const { now } = await store.readControls();
  const { momentBefore } = await import('../end-time.ts');
  const counts = await store.countOutcomes(await momentBefore('--since', since, now));
  if (json) context.out.json(counts.map(record));
  else context.out.print(counts.length === 0 ? 'Nothing that was carried out has been judged yet.' : text(counts));
  return EXIT.done;
}

function record(counts: OutcomeCounts): Record<string, unknown> {
  const share = effectiveShare(counts);
  return {
    ...jsonRow(counts),
    judged: judgedOf(counts),
    effective_share: share?.share ?? null,
    interval_low: share?.low ?? null,
    interval_high: share?.high ?? null,
  };
}

function text(counts: readonly OutcomeCounts[]): string {
  const isHidden = counts.some((each) => judgedOf(each) < LEAST_JUDGED);
  const note = `A share is shown from ${LEAST_JUDGED} judged executions on. Those without a reading are unknown and count for nothing.`;
  return [table(COLUMNS, counts.map(cells)), ...(isHidden ? [note] : [])].join('\n');
}

function cells(counts: OutcomeCounts): readonly Cell[] {
  const share = effectiveShare(counts);
  return [
    counts.ruleId,
    counts.recommendedAction,
    counts.rootCauseAnalysis,
    judgedOf(counts),
    counts.unknown,
    share === null ? null : percent(share.share),
    share === null ? null : `${percent(share.low)} to ${percent(share.high)}`,
    counts.confidence === null ? null : percent(counts.confidence),
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
