import type { Log } from '../../src/ports/log.ts';

const nothing = () => undefined;

/** For whoever only looks at what is stored. */
export const SILENT: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
