import { isoOf } from '../domain/instant.ts';

/** Keys that hold an Instant. A list and not a pattern: `attempt` or `late` must never become a date by their spelling. */
const TIME_KEYS: ReadonlySet<string> = new Set([
  'at',
  'now',
  'since',
  'until',
  'startedAt',
  'oldestOpenAt',
  'openedAt',
  'endedAt',
  'deferUntil',
  'quietUntil',
  'notAfter',
  'nextDue',
  'otherDue',
  'leaseExpires',
  'lastHeartbeat',
  'createdTimestamp',
  'firstDetectedTimestamp',
  'lastAccountedTimestamp',
  'escalatedTimestamp',
  'chatteringTimestamp',
  'approvedTimestamp',
  'rejectedTimestamp',
  'expiresTimestamp',
  'executedTimestamp',
  'verifiedTimestamp',
  'updatedTimestamp',
  'claimedTimestamp',
  'startedTimestamp',
  'completedTimestamp',
  'watermarkTimestamp',
  'newestReadingTimestamp',
  'detectedTimestamp',
  'loginTimestamp',
  'logoutTimestamp',
  'eventTimestamp',
  'nextAttemptTimestamp',
  'deliveredTimestamp',
  'claimExpiresTimestamp',
]);

/** `recommendationId` → `recommendation_id`, the column's name. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * A row of the domain as `--json` prints it: the keys are column names, times ISO 8601 in UTC. Only the row's own
 * keys are renamed: what a JSON column holds is a value and stays as it is stored.
 */
export function jsonRow(row: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]: [string, unknown]) => [
      snakeCase(key),
      TIME_KEYS.has(key) && typeof value === 'number' ? isoOf(value) : value,
    ]),
  );
}

/** As jsonRow, also inside: for our own reports, which hold no JSON columns. */
export function jsonTree(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonTree);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(jsonRow(value)).map(([key, part]) => [key, jsonTree(part)]));
}
