import type { Log } from '../ports/log.ts';

/** What stays true from one cycle to the next, and has the attention of whoever watches the loop after the first time. */
const STANDING = [/^The feed is silent: /, /^OPS_AGENT_SIGNING_KEY holds no key, /];

/** The log of a process that runs many cycles: a standing warning in the words of the last one of its kind is told at level debug. */
export function withoutRepeats(log: Log): Log {
  const last = new Map<RegExp, string>();
  return {
    debug: (message, fields) => log.debug(message, fields),
    info: (message, fields) => log.info(message, fields),
    warn: (message, fields) => {
      const kind = STANDING.find((each) => each.test(message));
      if (kind !== undefined && last.get(kind) === message) return log.debug(message, fields);
      if (kind !== undefined) last.set(kind, message);
      log.warn(message, fields);
    },
    error: (message, fields) => log.error(message, fields),
  };
}
