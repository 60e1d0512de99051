import { existsSync } from 'node:fs';
import type { Settings } from '../../config/settings.ts';
import { type DoctorFinding, ok, skipped } from '../../domain/doctor-finding.ts';
import { tagFinding, tagsToRead } from '../../domain/doctor-plant.ts';
import type { CliContext } from '../context.ts';

/** Every tag that may be written, read once. `equipmentIds`: null where they are not known. */
export async function checkPlant(
  context: CliContext,
  { plant: chosen, tags }: Settings,
  equipmentIds: readonly string[] | null,
): Promise<readonly DoctorFinding[]> {
  if (chosen.kind === 'advisory') return [skipped('plant', 'advisory: there is no plant to read, and nothing is written')];
  // To look at a plant makes none.
  if (!existsSync(chosen.simulatorPath))
    return [
      skipped('plant', `the simulated plant ${chosen.simulatorPath} does not exist yet`, 'the first cycle makes it: ops-agent run-once'),
    ];
  const plant = await context.plant();
  const paths = tagsToRead(tags, equipmentIds ?? []);
  const readings = await plant.read(paths);
  const facts = { kind: plant.kind, tags: paths.length };
  const isAnyUnknown = tags.allow.some(({ path }) => path.includes('{id}')) && (equipmentIds ?? []).length === 0;
  const answers = isAnyUnknown
    ? skipped('plant', `${plant.description} answers; no equipment is known, so that tags with {id} in them were not read`, '', facts)
    : ok('plant', `${plant.description} answers for ${paths.length} ${paths.length === 1 ? 'tag' : 'tags'}`, facts);
  return [answers, ...readings.map((reading) => tagFinding(reading, tags))];
}
