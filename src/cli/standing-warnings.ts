import type { Log } from '../ports/log.ts';

/** What stays true from one cycle to the next, and has the attention of whoever watches the loop after the first time. */
const STANDING = /^The feed is silent: /;

/** The log of a process that runs many cycles: a standing warning in the words of the last one is told at level debug. */
export function withoutRepeats(log: Log): Log {
  let last: string | null = null;
  return {
    debug: (message, fields) => log.debug(message, fields),
    info: (message, fields) => log.info(message, fields),
    warn: (message, fields) => {
      const isStanding = STANDING.test(message);
      if (isStanding && message === last) return log.debug(message, fields);
      if (isStanding) last = message;
      log.warn(message, fields);
    },
    error: (message, fields) => log.error(message, fields),
  };
}
