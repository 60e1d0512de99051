import { newScene, type Scene } from './scenario.ts';

/** A store with approved recommendations of one command each, closed here so that only the bundle has it open. */
export async function approvedScene(equipment: readonly string[]): Promise<Scene> {
  const made = await newScene();
  for (const id of equipment) await made.reading(id, 87);
  await made.cycle();
  for (const id of equipment) await made.approve(id);
  await made.shut();
  return made;
}
