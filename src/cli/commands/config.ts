import type { Settings, SourceSettings } from '../../config/settings.ts';
import type { Instant } from '../../domain/instant.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { JsonOption } from '../json-option.ts';
import { NEWEST_TIMES, newestEquipment } from '../newest-equipment.ts';
import { schemaFailure } from '../schema-failure.ts';
import { table, type Column } from '../table.ts';

export interface ConfigCheckOptions {
  readonly connect?: boolean;
}

const COLUMNS: readonly Column[] = [{ title: 'KEY' }, { title: 'VALUE' }, { title: 'FROM' }, { title: 'VARIABLE' }];
/** Lists and maps are cut there; --json has them whole. */
const LONGEST_VALUE = 60;

export async function check(context: CliContext, options: ConfigCheckOptions): Promise<number> {
  const settings = await context.settings();
  context.out.print(`✓ Configuration: ${settings.origin}`);
  await warn(context, settings);
  if (!options.connect) return EXIT.done;
  const store = await context.store();
  const report = await store.checkSchema(settings.agentId);
  if (report.state !== 'up_to_date') throw schemaFailure(report);
  context.out.print(`✓ Store: ${store.description}`);
  const { now } = await store.readControls();
  await checkSource(context, settings.source, now);
  const plant = await context.plant();
  await plant.read([]);
  context.out.print(`✓ Plant: ${plant.description}`);
  return EXIT.done;
}

async function warn(context: CliContext, settings: Settings): Promise<void> {
  const { configWarnings } = await import('../../config/cross-checks.ts');
  const warnings = configWarnings(settings);
  if (warnings.length === 0) return;
  const { findingTexts } = await import('../../config/source-findings.ts');
  for (const text of findingTexts(await context.configInput(), warnings)) context.out.note(`ops-agent: warning: ${text}`);
}

/** Columns that are missing or of the wrong type are errors; a pattern without equipment may be about what is still to come, and times may be so once. */
async function checkSource(context: CliContext, settings: SourceSettings, now: Instant): Promise<void> {
  const source = await context.source();
  const { findingsError, findingTexts, sourcePatterns, timeFindings, unmatchedPatterns } = await import('../../config/source-findings.ts');
  const input = await context.configInput();
  const problems = [...(await source.missingColumns()), ...(await source.mistypedColumns())];
  if (problems.length > 0) throw findingsError(input, problems);
  context.out.print(`✓ Source: ${settings.table}`);
  const { rulePatterns } = await import('../../config/load.ts');
  const patterns = [...sourcePatterns(settings), ...rulePatterns(input)];
  const unmatched = unmatchedPatterns(patterns, await newestEquipment(context));
  const times = timeFindings(settings, await source.newestRows(NEWEST_TIMES, now), now);
  for (const text of findingTexts(input, [...times, ...unmatched])) context.out.note(`ops-agent: warning: ${text}`);
}

export async function show(context: CliContext, options: JsonOption): Promise<number> {
  const { explainSettings } = await import('../../config/load.ts');
  const keys = explainSettings(await context.configInput());
  if (options.json)
    context.out.json(keys.map(({ path, value, origin, environment }) => ({ path, value: value ?? null, origin, environment })));
  else
    context.out.print(
      table(
        COLUMNS,
        keys.map((key) => [key.path, valueText(key.value), key.origin, key.environment]),
      ),
    );
  return EXIT.done;
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '-');
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

export async function schema(context: CliContext): Promise<number> {
  const { configJsonSchema } = await import('../../config/json-schema.ts');
  context.out.json(configJsonSchema());
  return EXIT.done;
}
