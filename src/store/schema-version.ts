/** The schema that this build writes. */
export const SCHEMA_VERSION = 4;
/** The oldest build that may work on it: additive changes keep the version before. */
export const MIN_SUPPORTED_VERSION = 2;
