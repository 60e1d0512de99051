import { confirm, isCancel, progress } from '@clack/prompts';

/** Whether there is somebody to ask: both ends are a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks on stderr, because stdout belongs to results. Ctrl+C and Esc mean no. */
export async function agreed(question: string): Promise<boolean> {
  const answer = await confirm({ message: question, initialValue: false, output: process.stderr });
  return !isCancel(answer) && answer;
}

export interface ProgressBar {
  /** How much is done, 0 to 1. */
  readonly show: (share: number) => void;
  readonly end: (text: string) => void;
}

const PARTS = 100;

/** A bar on stderr for people; nothing where that is no terminal, so that a log holds no frames. */
export function progressBar(text: string): ProgressBar {
  if (!process.stderr.isTTY) return { show: () => undefined, end: () => undefined };
  const bar = progress({ max: PARTS, size: 40, output: process.stderr });
  bar.start(text);
  let shown = 0;
  return {
    show: (share) => {
      const parts = Math.floor(share * PARTS);
      if (parts > shown) bar.advance(parts - shown, `${text} ${parts} %`);
      shown = parts;
    },
    end: (said) => bar.stop(said),
  };
}
