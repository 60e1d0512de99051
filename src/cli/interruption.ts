import { EXIT } from './exit-codes.ts';

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** The wish of whoever started us that we stop. */
export interface Interruption {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Aborted then, and when nobody reads our output any more: what is in hand is done whole, but what never ends must begin nothing new. */
  readonly ending: AbortSignal;
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
  const ending = new AbortController();
  let first: StopSignal | null = null;
  const onSignal = (name: StopSignal) => {
    if (first !== null) exitNow(codeOf(name));
    first ??= name;
    controller.abort();
    ending.abort();
  };
  const onOutputError = (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') ending.abort();
  };
  const outputs = [process.stdout, process.stderr];
  const onInt = () => onSignal('SIGINT');
  const onTerm = () => onSignal('SIGTERM');
  process.on('SIGINT', onInt).on('SIGTERM', onTerm);
  for (const output of outputs) output.on('error', onOutputError);
  return {
    signal: controller.signal,
    ending: ending.signal,
    exitCode: () => (first === null ? null : codeOf(first)),
    stopWatching: () => {
      process.off('SIGINT', onInt).off('SIGTERM', onTerm);
      for (const output of outputs) output.off('error', onOutputError);
    },
  };
}
