import type { AgentEvent } from '../domain/event.ts';
import type { Cycle } from './cycle.ts';

interface Line {
  readonly level: 'info' | 'warn';
  readonly word: string;
}

/** What changes a row without any other line of the log: what was put back, what comes back, and decisions that are taken over. */
const LINES: Readonly<Record<string, Line>> = {
  restored: { level: 'warn', word: 'RESTORED' },
  resumed: { level: 'info', word: 'RESUMED' },
  rejected: { level: 'info', word: 'REJECTED' },
  deferred: { level: 'info', word: 'DEFERRED' },
};

/** By the events, because who settles and decides these is pure; told once the rows are stored. */
export function announceSettled({ draft, announcements, settings }: Cycle, events: readonly AgentEvent[]): void {
  for (const { event, subjectType, subjectId, actor, reason } of events) {
    const line = subjectType === 'recommendation' ? LINES[event] : undefined;
    if (!line) continue;
    const equipmentId = draft.row(subjectId)?.equipmentId;
    const place = equipmentId === undefined ? '' : ` for ${equipmentId}`;
    const by = actor === settings.agentId ? '' : ` by ${actor}`;
    announcements.tell(subjectId, line.level, `${line.word}: ${subjectId}${place}${by} (${reason ?? ''})`);
  }
}
