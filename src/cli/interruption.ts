import { EXIT } from './exit-codes.ts';

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** The wish of whoever started us that we stop. */
export interface Interruption {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** 130 or 143; null while nobody interrupted. */
  exitCode(): number | null;
  stopWatching(): void;
}

function codeOf(name: StopSignal): number {
  return name === 'SIGINT' ? EXIT.sigint : EXIT.sigterm;
}

/**
 * The first signal asks to finish what is in hand, the second one ends the process at once through `exitNow`:
 * an operator must be able to get out of a store that does not answer.
 */
export function watchInterruption(exitNow: (code: number) => void): Interruption {
  const controller = new AbortController();
  let first: StopSignal | null = null;
  const onSignal = (name: StopSignal) => {
    if (first !== null) exitNow(codeOf(name));
    first ??= name;
    controller.abort();
  };
  const onInt = () => onSignal('SIGINT');
  const onTerm = () => onSignal('SIGTERM');
  process.on('SIGINT', onInt).on('SIGTERM', onTerm);
  return {
    signal: controller.signal,
    exitCode: () => (first === null ? null : codeOf(first)),
    stopWatching: () => void process.off('SIGINT', onInt).off('SIGTERM', onTerm),
  };
}
