import type { Log, LogLevel } from '../../ports/log.ts';
import { textLine } from '../../log.ts';
import type { Palette } from '../colour.ts';
import { plain, type Output } from '../output.ts';

const INDENT = '   ';

/** How the demo talks: numbered steps, and what belongs to them indented. */
export interface Narration {
  step(number: number, title: string, text: string): void;
  /** One line or several. */
  say(text: string): void;
  good(text: string): void;
  bad(text: string): void;
}

export function narrate(out: Output, palette: Palette): Narration {
  const say = (text: string) =>
    out.print(
      text
        .split('\n')
        .map((line) => `${INDENT}${plain(line)}`.trimEnd())
        .join('\n'),
    );
  return {
    step: (number, title, text) => out.print(`\n${palette.bold(`${number}. ${title}`)}: ${text}`),
    say,
    good: (text) => out.print(`\n${palette.good(plain(text))}`),
    bad: (text) => out.print(`\n${palette.bad(plain(text))}`),
  };
}

/** What one cycle logged, by the part of the cycle. */
export interface CycleLines {
  readonly detection: readonly string[];
  readonly approval: readonly string[];
  readonly execution: readonly string[];
}

/** A log that is told later, with the step that it belongs to. */
export interface KeptLog extends Log {
  /** The lines since it was asked last. */
  take(): CycleLines;
}

export function keepLog(): KeptLog {
  let lines: string[] = [];
  // The specification's example has the time of day only.
  const at = (level: LogLevel) => (message: string) => void lines.push(textLine(Date.now(), level, message).replace(/^\[\S+ /, '['));
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    take: () => {
      const taken = lines;
      lines = [];
      return partsOf(taken);
    },
  };
}

function partsOf(lines: readonly string[]): CycleLines {
  const approvalAt = placeOf(lines, 'Processing approvals...');
  const executionAt = placeOf(lines, 'Executing pending commands...');
  return {
    detection: lines.slice(0, approvalAt),
    approval: lines.slice(approvalAt, executionAt),
    execution: lines.slice(executionAt),
  };
}

/** A phase that failed before it said its line has no part of its own; what it logged stands in the one before. */
function placeOf(lines: readonly string[], text: string): number {
  const place = lines.findIndex((line) => line.endsWith(text));
  return place < 0 ? lines.length : place;
}
