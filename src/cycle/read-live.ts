import type { LiveValues } from '../domain/live-values.ts';
import type { TagReading } from '../ports/plant.ts';
import type { Cycle } from './cycle.ts';
import { noteError, type Phase } from './report.ts';

/** What may be acted on of a plant's answer, by tag. */
export function goodValues(readings: readonly TagReading[]): LiveValues {
  return new Map(readings.flatMap((reading) => (reading.good && reading.value !== null ? [[reading.tag, reading.value] as const] : [])));
}

/** Live values of tags with good quality; null where the plant does not answer, which the report carries. */
export async function readLive(cycle: Cycle, phase: Phase, tags: readonly string[]): Promise<LiveValues | null> {
  const wanted = [...new Set(tags)];
  if (wanted.length === 0) return new Map();
  try {
    return goodValues(await cycle.ports.plant.read(wanted));
  } catch (thrown) {
    noteError(cycle.report, phase, thrown);
    notePlantSilent(cycle, thrown);
    cycle.ports.log.error(`The plant does not answer: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return null;
  }
}

/** Once, when it begins: the cycles after it say so in the heartbeat's last error. */
function notePlantSilent(cycle: Cycle, thrown: unknown): void {
  if (cycle.health.lastError !== null) return;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const agent = { subjectType: 'agent' as const, subjectId: cycle.settings.agentId };
  cycle.draft.note({ ...agent, event: 'plant_silent', reason });
}
