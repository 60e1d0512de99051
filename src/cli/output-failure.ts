import { EXIT } from './exit-codes.ts';
import { codeOf, reasonOf } from './write-failures.ts';

/**
 * What becomes of the process where its output cannot be written. Whoever reads it may stop early, as `head` does: that is no failure of
 * ours, what a command does is done, and its exit code says so. A full disk under the result is one: it is said once, and what was done
 * stays done. What is said on stderr is no result: where it cannot be written, whoever started us is told what came of the work all the same.
 */
export function watchOutput(): { exitCodeFor(code: number): number } {
  let hasFailed = false;
  const exitCodeFor = (code: number) => (hasFailed && code === EXIT.done ? EXIT.usage : code);
  process.stdout.on('error', (error: unknown) => {
    if (codeOf(error) === 'EPIPE' || hasFailed) return;
    hasFailed = true;
    process.stderr.write(`ops-agent: cannot write to stdout: ${reasonOf(error)}. Make room there, or write elsewhere\n`);
    process.exitCode = exitCodeFor(Number(process.exitCode ?? 0));
  });
  // Without anybody who listens, the error would end the process.
  process.stderr.on('error', () => undefined);
  return { exitCodeFor };
}
