/** The schema that this build writes. */
export const SCHEMA_VERSION = 5;
/** The oldest build that may work on it: additive changes keep the version before. */
export const MIN_SUPPORTED_VERSION = 2;

export function tooNew(minSupported: number): string {
  return `the store's schema needs version ${minSupported} of the tables, this ops-agent knows version ${SCHEMA_VERSION}`;
}
