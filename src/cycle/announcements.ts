import type { Log } from '../ports/log.ts';
import type { CycleReport } from './report.ts';

interface Announcement {
  /** Null for a line that is true whatever becomes of the writing. */
  readonly subjectId: string | null;
  readonly level: 'debug' | 'info' | 'warn';
  readonly text: string;
  readonly count: ((report: CycleReport) => void) | null;
}

/**
 * What the log and the report say about decisions, kept back until the decisions are in the store: '✓ RECOMMENDATION CREATED'
 * about a row that does not exist would be a false trail.
 */
export class Announcements {
  #waiting: Announcement[] = [];

  /** A line that does not depend on any write, in its place among the others. */
  say(level: Announcement['level'], text: string): void {
    this.#waiting.push({ subjectId: null, level, text, count: null });
  }

  /** A line, and a count in the report, that hold once the change of `subjectId` is stored. */
  tell(subjectId: string, level: Announcement['level'], text: string, count: Announcement['count'] = null): void {
    this.#waiting.push({ subjectId, level, text, count });
  }

  /** Says everything but what was held back; null: nothing was stored. */
  release(report: CycleReport, log: Log, heldBack: ReadonlySet<string> | null): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { subjectId, level, text, count } of waiting) {
      if (subjectId !== null && (heldBack === null || heldBack.has(subjectId))) continue;
      log[level](text);
      count?.(report);
    }
  }
}
