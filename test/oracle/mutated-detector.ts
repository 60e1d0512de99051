import { type Edit, mutatedBuild } from '../support/mutated-build.ts';
import type { Detector } from './agent.ts';

/** One fault in one source file. */
export interface Mutation extends Edit {
  readonly name: string;
  /** What the agent itself says, where it refuses to go on with what the fault leads to. */
  readonly refusal?: string;
  /** Of the histories that find it soonest; not given where the first seed's do. */
  readonly seed?: number;
}

/** Builds the product with the fault in it. @throws Error where the text to replace is not there */
export function mutatedDetector(mutation: Mutation): Promise<Detector> {
  return mutatedBuild<Detector>('test/oracle/detector.ts', mutation.name, [mutation]);
}
