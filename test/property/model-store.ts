import { decisionFrom, ticketFrom } from '../../src/domain/audit-copy.ts';
import type { Command } from '../../src/domain/command.ts';
import type { DraftContents, RecommendationChange } from '../../src/domain/changes.ts';
import { type AgentEvent, DECISION_EVENTS, judgesTicket } from '../../src/domain/event.ts';
import type { FamilyHistory, StoredRecommendation } from '../../src/domain/recommendation.ts';
import { COMMAND_TRANSITIONS, isRecommendationStatus, isTerminal, mayBecome } from '../../src/domain/transitions.ts';

/** The tables in memory, with the guards of the SQL statements: what a refused change would do to a real store. */
export class ModelStore {
  readonly rows = new Map<string, StoredRecommendation>();
  readonly commands = new Map<string, Command>();
  readonly events: AgentEvent[] = [];
  /** Changes that a guard held back. With one writer there is no reason for any. */
  readonly heldBack: string[] = [];

  openWork(): readonly StoredRecommendation[] {
    return [...this.rows.values()].filter(
      (row) => !isTerminal(row.status) || row.status !== row.guardedStatus || (row.status === 'executed' && row.outcome === null),
    );
  }

  /** Commands that have not ended, and all of executing recommendations. */
  openCommands(): readonly Command[] {
    return [...this.commands.values()].filter(
      (command) =>
        ['pending', 'executing', 'unknown'].includes(command.status) ||
        this.rows.get(command.recommendationId ?? '')?.status === 'executing',
    );
  }

  histories(): readonly FamilyHistory[] {
    return [...this.rows.values()] as FamilyHistory[]; // the store does not check their statuses either
  }

  newest(): FamilyHistory | undefined {
    const byAge = [...this.rows.values()].toSorted((a, b) => b.createdTimestamp - a.createdTimestamp);
    return byAge[0] as FamilyHistory | undefined; // the store does not check its status either
  }

  save({ events, recommendations, commands }: DraftContents): void {
    this.events.push(...events);
    for (const change of recommendations.toSorted((a, b) => Number(a.expected === null) - Number(b.expected === null)))
      this.#saveRow(change);
    for (const event of events) this.#learn(event);
    for (const { commandId, expected, claimedBy, columns } of commands) {
      const found = this.commands.get(commandId);
      const reachable: readonly string[] = found ? COMMAND_TRANSITIONS[found.status] : [];
      const isFree = claimedBy === null || found?.claimedBy === claimedBy;
      const isAllowed = columns.status === undefined || columns.status === found?.status || reachable.includes(columns.status);
      if (expected === null && !found)
        this.commands.set(commandId, columns as Command); // a new command is written whole
      else if (expected !== null && found?.status === expected && isFree && isAllowed)
        this.commands.set(commandId, { ...found, ...columns });
      else this.heldBack.push(`command ${expected} → ${columns.status}`);
    }
  }

  #saveRow({ recommendationId, expected, columns }: RecommendationChange): void {
    const found = this.rows.get(recommendationId);
    if (expected === null && !found)
      this.rows.set(recommendationId, { ...(columns as StoredRecommendation), ticket: null, lastDecision: null }); // as above
    else if (expected !== null && found?.status === expected && isAllowedStep(found, columns.status))
      this.rows.set(recommendationId, { ...found, ...columns });
    else this.heldBack.push(`recommendation ${expected} → ${columns.status}`);
  }

  /** The ticket and the decision that the next cycle reads from the audit. */
  #learn({ subjectId, event, after }: AgentEvent): void {
    const row = this.rows.get(subjectId);
    if (!row) return;
    const copy: unknown = JSON.parse(JSON.stringify(after)); // as a store keeps it
    const columns = decisionFrom(copy);
    const isTicket = judgesTicket({ event, after });
    const isDecision = DECISION_EVENTS.some((kind) => kind === event);
    this.rows.set(subjectId, {
      ...row,
      ...(isTicket && { ticket: ticketFrom(copy) }),
      ...(isDecision && { lastDecision: columns ? { event, columns, actionHash: hashIn(copy) } : null }),
    });
  }
}

function isAllowedStep(found: StoredRecommendation, to: string | undefined): boolean {
  if (to === undefined || to === found.status || to === found.guardedStatus) return true;
  return isRecommendationStatus(found.status) && isRecommendationStatus(to) && mayBecome(found.status, to);
}

function hashIn(copy: unknown): string | null {
  const hash: unknown = copy !== null && typeof copy === 'object' ? Reflect.get(copy, 'action_hash') : null;
  return typeof hash === 'string' ? hash : null;
}
