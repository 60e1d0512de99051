import { EXIT } from './exit-codes.ts';

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** The wish of whoever started us that we stop. */
export interface Interruption {
  /** Aborted by the first SIGINT or SIGTERM, or by the end of a stdin that is watched. */
  readonly signal: AbortSignal;
  /** Aborted then, and when nobody reads our output any more: what is in hand is done whole, but what never ends must begin nothing new. */
  readonly ending: AbortSignal;
  /** 130 or 143; null while nobody interrupted. */
  exitCode(): number | null;
  /**
   * From now on the end of stdin counts as a SIGTERM: a parent that holds the other end of a pipe and is killed cannot send one, but its end closes.
   * What arrives there is thrown away. It keeps the process from nothing: neither from ending, nor from hearing signals.
   */
  watchStdin(): void;
  /** Leaves stdin and the outputs alone. Signals are heard on: one that comes when all is done must not end the process by itself, without its exit code. */
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
  let signals = 0;
  const stop = (name: StopSignal) => {
    first ??= name;
    controller.abort();
    ending.abort();
  };
  const onSignal = (name: StopSignal) => {
    signals += 1;
    // Ctrl-C in a pipeline ends both sides of it: the end of stdin that comes with a signal is not the second wish.
    if (signals > 1) exitNow(codeOf(name));
    stop(name);
  };
  const onOutputError = (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') ending.abort();
  };
  const outputs = [process.stdout, process.stderr];
  process.on('SIGINT', () => onSignal('SIGINT')).on('SIGTERM', () => onSignal('SIGTERM'));
  for (const output of outputs) output.on('error', onOutputError);
  const stdin = endOfStdin(() => stop('SIGTERM'));
  return {
    signal: controller.signal,
    ending: ending.signal,
    exitCode: () => (first === null ? null : codeOf(first)),
    watchStdin: stdin.watch,
    stopWatching: () => {
      stdin.stopWatching();
      for (const output of outputs) output.off('error', onOutputError);
    },
  };
}

/** Stdin is looked at only where it is asked for: a terminal's or another program's input is not ours to read. */
function endOfStdin(onEnd: () => void): { readonly watch: () => void; readonly stopWatching: () => void } {
  let isWatching = false;
  return {
    watch: () => {
      isWatching = true;
      // Of a closed one, which cannot be read, nobody holds the other end either.
      process.stdin.on('end', onEnd).on('error', onEnd).resume();
    },
    stopWatching: () => {
      if (!isWatching) return;
      // An open end that is read would keep the process from its own.
      process.stdin.off('end', onEnd).off('error', onEnd).pause();
    },
  };
}
