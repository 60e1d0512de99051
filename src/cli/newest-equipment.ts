import type { Source } from '../ports/source.ts';
import type { CliContext } from './context.ts';

/** Enough to hold every equipment of a plant, few enough to be read at once. */
const NEWEST_READINGS = 10_000;
/** Enough to tell one stray clock from a whole feed that is read wrongly. */
export const NEWEST_TIMES = 100;

/** The equipment of the newest readings. None where the source cannot be read: whoever asks has other things to do than to say so. */
export async function newestEquipment(context: CliContext): Promise<readonly string[]> {
  return newestEquipmentIn(await context.source());
}

export async function newestEquipmentIn(source: Source): Promise<readonly string[]> {
  if ((await source.missingColumns()).length > 0) return [];
  return source.equipmentIds(NEWEST_READINGS);
}
