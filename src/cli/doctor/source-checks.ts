import type { Settings } from '../../config/settings.ts';
import { type DoctorFinding, failed, ok, skipped, warning } from '../../domain/doctor-finding.ts';
import { newestFinding } from '../../domain/doctor-readings.ts';
import type { Instant } from '../../domain/instant.ts';
import { matchesPattern } from '../../domain/tags.ts';
import type { Source } from '../../ports/source.ts';
import type { CliContext } from '../context.ts';
import { NEWEST_TIMES, newestEquipmentIn } from '../newest-equipment.ts';
import { failure, guarded } from './guarded.ts';

export interface SourceChecked {
  readonly findings: readonly DoctorFinding[];
  /** The equipment of the newest readings that this agent looks after; null where that could not be asked. */
  readonly equipmentIds: readonly string[] | null;
}

const NOT_READ: SourceChecked = { findings: [], equipmentIds: null };

/** The source as `config check --connect` has it: columns, types, the newest times and the patterns. */
export async function checkSource(
  open: () => Promise<Source>,
  settings: Settings,
  context: CliContext,
  now: Instant,
): Promise<SourceChecked> {
  let source: Source;
  let columns: DoctorFinding;
  try {
    source = await open();
    columns = await columnsFinding(source, settings, context);
  } catch (thrown) {
    return { ...NOT_READ, findings: [failure('source', thrown), ...withoutSource()] };
  }
  if (columns.status === 'failed') return { ...NOT_READ, findings: [columns, ...withoutSource()] };
  const readings = await guarded('readings', async () => [
    newestFinding(await source.newestRows(NEWEST_TIMES, now), now, settings.source.maxAgeSeconds),
  ]);
  let equipmentIds: readonly string[] | null = null;
  const equipment = await guarded('equipment', async () => {
    const all = await newestEquipmentIn(source);
    equipmentIds = all.filter((id) => isLookedAfter(id, settings));
    return [await equipmentFinding(all, equipmentIds, settings, context)];
  });
  return { findings: [columns, ...readings, ...equipment], equipmentIds };
}

/** For a source that could not be asked. */
export function withoutSource(why = 'the source cannot be read'): readonly DoctorFinding[] {
  return [skipped('readings', why), skipped('equipment', why)];
}

async function columnsFinding(source: Source, settings: Settings, context: CliContext): Promise<DoctorFinding> {
  const { table } = settings.source;
  const problems = [...(await source.missingColumns()), ...(await source.mistypedColumns())];
  if (problems.length === 0) return ok('source', `${table}: the configured columns are there, and of no other type`, { table });
  const { findingTexts } = await import('../../config/source-findings.ts');
  const message = findingTexts(await context.configInput(), problems).join('; ');
  return failed('source', { code: 'usage', message, remedy: 'correct source.table and source.columns, or the table' }, { table });
}

function isLookedAfter(id: string, { source: { equipment } }: Settings): boolean {
  const { include, exclude } = equipment;
  const isIn = (patterns: readonly string[]) => patterns.some((pattern) => matchesPattern(pattern, id));
  return (include.length === 0 || isIn(include)) && !isIn(exclude);
}

async function equipmentFinding(
  all: readonly string[],
  lookedAfter: readonly string[],
  settings: Settings,
  context: CliContext,
): Promise<DoctorFinding> {
  const facts = { seen: all.length, looked_after: lookedAfter.length };
  if (all.length === 0) return skipped('equipment', 'there is no reading yet, so that none is known', '', facts);
  const { findingTexts, sourcePatterns, unmatchedPatterns } = await import('../../config/source-findings.ts');
  const { rulePatterns } = await import('../../config/load.ts');
  const input = await context.configInput();
  const unmatched = findingTexts(input, unmatchedPatterns([...sourcePatterns(settings.source), ...rulePatterns(input)], all));
  if (unmatched.length > 0)
    return warning('equipment', unmatched.join('; '), 'correct the pattern, unless its equipment is still to come', facts);
  if (lookedAfter.length === 0)
    return warning(
      'equipment',
      `source.equipment leaves out all of the ${all.length} in the newest readings`,
      'correct source.equipment',
      facts,
    );
  return ok('equipment', `${lookedAfter.length} of ${all.length} in the newest readings`, facts);
}
