import type { Settings } from '../../config/settings.ts';
import { AgentError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/instant.ts';
import type { ReplayedRange } from '../../domain/replay-figures.ts';
import { activeFamilies } from '../../domain/rule-book.ts';
import type { CliContext } from '../context.ts';
import { requireColumns } from '../cycle-ports.ts';
import { EXIT } from '../exit-codes.ts';
import type { JsonOption } from '../json-option.ts';
import { replayRange } from '../rules-test/replay-range.ts';
import { type Comparison, reportJson, reportText, type RulesReport, rulesReport } from '../rules-test/report.ts';

export interface RulesTestOptions extends JsonOption {
  readonly since: string;
  readonly until?: string;
  readonly step?: string;
  readonly against?: string;
  readonly episodes?: boolean;
}

const DEFAULT_STEP_SECONDS = 60;
/** A slice of a cycle that catches up is as long. */
const LONGEST_STEP_SECONDS = 3600;

export async function test(context: CliContext, options: RulesTestOptions): Promise<number> {
  const settings = await context.settings();
  const other = options.against === undefined ? null : await rulesOf(context, options.against, settings);
  const store = await context.store();
  const { now } = await store.readControls();
  const range = await rangeOf(options, now);
  const stepSeconds = await stepOf(options);
  await requireColumns(context);
  const replay = (rules: Settings, text: string) => replayed(context, rules, range, stepSeconds, text);
  const comparison: Comparison = {
    range,
    stepSeconds,
    now: await replay(settings, `Replaying ${settings.source.table}`),
    other: other === null ? null : await replay(other, `Replaying with ${options.against ?? ''}`),
  };
  if (options.json) context.out.json(reportJson(comparison));
  else context.out.print(reportText(comparison, options.episodes ?? false));
  return EXIT.done;
}

async function replayed(
  context: CliContext,
  settings: Settings,
  range: ReplayedRange,
  stepSeconds: number,
  text: string,
): Promise<RulesReport> {
  const { progressBar } = await import('../prompt.ts');
  const bar = progressBar(text);
  const result = await replayRange(await context.source(), settings, range, { stepSeconds, onProgress: bar.show });
  bar.end(`${text}: done`);
  return rulesReport(settings, result, range, stepSeconds);
}

/**
 * Another file's rules; where the readings come from is this configuration's own.
 * @throws AgentError usage where they are about a signal that it does not map: no reading would ever violate them
 */
async function rulesOf(context: CliContext, file: string, { source, origin }: Settings): Promise<Settings> {
  const { loadSettings } = await import('../../config/load.ts');
  const other = loadSettings({ ...(await context.configInput()), configPath: file });
  const ruled = [...activeFamilies(other.rules).map(({ signal }) => signal), ...Object.keys(other.sensorFaults.stepping)];
  const unmapped = ruled.find((signal) => !Object.hasOwn(source.shape.signals, signal));
  if (unmapped === undefined) return other;
  throw new AgentError(
    'usage',
    `${file} has rules about ${unmapped}, which source.columns.signals does not map in ${origin}`,
    `it maps ${Object.keys(source.shape.signals).join(', ')}; the readings are those of this configuration, so map the signal there too`,
  );
}

async function rangeOf({ since, until }: RulesTestOptions, now: Instant): Promise<ReplayedRange> {
  const { momentBefore } = await import('../end-time.ts');
  const to = until === undefined ? now : await momentBefore('--until', until, now);
  const from = await momentBefore('--since', since, now);
  if (from >= to) throw new AgentError('usage', '--since is not before --until', 'for instance --since 30d');
  return { from, to };
}

async function stepOf({ step }: RulesTestOptions): Promise<number> {
  if (step === undefined) return DEFAULT_STEP_SECONDS;
  const { parseDuration } = await import('../../config/duration.ts');
  const seconds = parseDuration(step);
  if (seconds < 1 || seconds > LONGEST_STEP_SECONDS)
    throw new AgentError('usage', `--step must be from 1s to 1h, is '${step}'`, 'for instance --step 60s');
  return seconds;
}
