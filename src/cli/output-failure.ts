import { EXIT } from './exit-codes.ts';
import { codeOf, reasonOf } from './write-failures.ts';

/**
 * What becomes of the process where its output cannot be written. Whoever reads it may stop early, as `head` does: that is no failure of
 * ours, what a command does is done, and its exit code says so. A full disk is one: it is said once, and what was done stays done.
 */
export function watchOutput(): { exitCodeFor(code: number): number } {
  let hasFailed = false;
  for (const [name, stream] of [
    ['stdout', process.stdout],
    ['stderr', process.stderr],
  ] as const)
    stream.on('error', (error: unknown) => {
      if (codeOf(error) === 'EPIPE' || hasFailed) return;
      hasFailed = true;
      // Where stderr itself is full, the exit code is all that is left.
      if (name === 'stdout')
        process.stderr.write(`ops-agent: cannot write to stdout: ${reasonOf(error)}. Make room there, or write elsewhere\n`);
      process.exitCode = exitCodeFor(Number(process.exitCode ?? 0));
    });
  const exitCodeFor = (code: number) => (hasFailed && code === EXIT.done ? EXIT.usage : code);
  return { exitCodeFor };
}
