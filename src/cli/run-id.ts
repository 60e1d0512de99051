import { randomUUID } from 'node:crypto';

/** The id of one run, or of one decision, that nobody gave one. */
export function newRunId(): string {
  return randomUUID();
}
