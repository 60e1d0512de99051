import type { Plant, TagReading, WriteOutcome } from '../ports/plant.ts';

/** The plant of an agent that only recommends: it is connected to nothing, so nothing can be read or written. */
export function createAdvisory(): Plant {
  return {
    kind: 'advisory',
    description: 'advisory: recommendations only, nothing is written to a plant',
    acts: false,
    read: (tags) => Promise.resolve(tags.map(unconnected)),
    write: () => Promise.resolve<WriteOutcome>({ kind: 'not_sent', reason: 'the agent is advisory: it writes to no plant' }),
    close: () => Promise.resolve(),
  };
}

function unconnected(tag: string): TagReading {
  return { tag, value: null, good: false, quality: 'Bad_NotConnected', at: null };
}
