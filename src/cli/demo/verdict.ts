import type { Recommendation } from '../../domain/recommendation.ts';
import type { ReceivedWrite } from '../../ports/plant.ts';

export interface Verdict {
  readonly passed: boolean;
  readonly text: string;
}

/** Whether the demo showed what it promises: executed, exactly one write, and an effect that was seen. */
export function judgeDemo(row: Recommendation | undefined, writes: readonly ReceivedWrite[]): Verdict {
  if (row === undefined) return { passed: false, text: '✗ The agent made no recommendation for the anomaly' };
  const accepted = writes.filter((write) => write.accepted).length;
  const seen = `status ${row.status}, outcome ${row.outcome ?? 'not known'}, writes received by the plant: ${writes.length}`;
  const passed = row.status === 'executed' && row.outcome === 'effective' && writes.length === 1 && accepted === 1;
  if (passed) return { passed, text: `✓ One approval, one write, and it was effective (${seen})` };
  const result = row.executionResult === null ? '' : `; ${row.executionResult}`;
  return { passed, text: `✗ The action was not seen to work: ${seen}${result}` };
}
