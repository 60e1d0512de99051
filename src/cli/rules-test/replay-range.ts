import { addSeconds } from '../../domain/instant.ts';
import type { Settings } from '../../config/settings.ts';
import { Replay, type Episode } from '../../domain/replay.ts';
import type { SensorEpisode } from '../../domain/replayed-sensors.ts';
import type { ReplayedRange } from '../../domain/replay-figures.ts';
import { sensedSignals } from '../../domain/work-order.ts';
import type { Source } from '../../ports/source.ts';

export interface Replayed {
  readonly episodes: readonly Episode[];
  readonly sensorEpisodes: readonly SensorEpisode[];
  /** Good readings, each counted once. */
  readonly readings: number;
  /** Bad ones, each counted once, by the reasons that there were. */
  readonly rejected: Readonly<Record<string, number>>;
}

export interface ReplayPace {
  readonly stepSeconds: number;
  /** Told after every step how much of the range is behind, 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/**
 * Asks the source about the range, step by step, with the statement of a cycle, and decides as a cycle does. Changes nothing.
 */
export async function replayRange(
  source: Source,
  settings: Settings,
  range: ReplayedRange,
  { stepSeconds, onProgress }: ReplayPace,
): Promise<Replayed> {
  const { agentId, rulesHash, rules, tags } = settings;
  const replay = new Replay({
    author: { agentId, rulesHash, rules, tags },
    maxAgeSeconds: settings.source.maxAgeSeconds,
    agentId,
    rules: settings.sensorFaults,
    signals: sensedSignals(settings.source.shape),
  });
  const rejected: Record<string, number> = {};
  let readings = 0;
  for (let from = range.from; from < range.to;) {
    const to = Math.min(range.to, addSeconds(from, stepSeconds));
    const detection = await source.detect(replay.request(from, to));
    replay.take(detection, to);
    readings += detection.totals.accepted;
    for (const [reason, count] of Object.entries(detection.totals.rejected))
      if (count > 0) rejected[reason] = (rejected[reason] ?? 0) + count;
    from = to;
    onProgress((to - range.from) / (range.to - range.from));
  }
  return { episodes: replay.episodes, sensorEpisodes: replay.sensors.episodes, readings, rejected };
}
