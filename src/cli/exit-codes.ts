import type { ErrorCode } from '../domain/errors.ts';

/** What the process tells whoever started it; documented in the main help. */
export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  notFound: 3,
  unauthorised: 4,
  conflict: 5,
  unavailable: 6,
  commandFailed: 7,
  unhealthy: 8,
  sigint: 130,
  sigterm: 143,
} as const;

const BY_CODE: Readonly<Record<ErrorCode, number>> = {
  bug: EXIT.bug,
  usage: EXIT.usage,
  not_found: EXIT.notFound,
  unauthorised: EXIT.unauthorised,
  conflict: EXIT.conflict,
  store_unavailable: EXIT.unavailable,
  plant_unavailable: EXIT.unavailable,
  not_set_up: EXIT.unhealthy,
  unsound_audit: EXIT.unhealthy,
  not_audited: EXIT.unhealthy,
  interrupted: EXIT.sigint,
};

/** The exit code of an error's code; a code that we do not know came from a bug. */
export function exitCodeOf(code: string): number {
  // Own keys only, so the cast cannot name anything else.
  return Object.hasOwn(BY_CODE, code) ? BY_CODE[code as ErrorCode] : EXIT.bug;
}

export const EXIT_CODES_HELP = `Exit codes:
  0  done (also: nothing to do)         5  conflict (decided already, ambiguous prefix, lease held)
  1  bug                                6  store or plant unavailable
  2  usage or configuration             7  a command failed
  3  not found                          8  unhealthy, not set up, or an unsound audit
  4  unauthorised, or a wrong key 130/143  interrupted by SIGINT / SIGTERM`;
