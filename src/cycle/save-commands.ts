import type { CommandChange } from '../domain/changes.ts';
import type { Cycle } from './cycle.ts';
import { heldBackOf, isCommandHeldBack, notApplied, tellNotApplied } from './held-back.ts';

const NONE: ReadonlySet<string> = new Set();

/** What an overtaken run knows of its write is nowhere else. */
function seen({ columns: { executionResult, readBackValue } }: CommandChange) {
  return executionResult === undefined ? undefined : { execution_result: executionResult, read_back_value: readBackValue };
}

function idOf({ commandId }: CommandChange): string {
  return commandId;
}

/**
 * One statement. No commands are made for a recommendation that was held back: an operator who took the approval back in that moment
 * must not see it carried out.
 * @returns the commands that did not become what was announced of them; the audit is told
 */
export async function saveCommands(
  cycle: Cycle,
  changes: readonly CommandChange[],
  step: string,
  recommendationsHeldBack = NONE,
): Promise<ReadonlySet<string>> {
  const { store } = cycle.ports;
  const isUnmade = ({ expected, columns }: CommandChange) =>
    expected === null && recommendationsHeldBack.has(columns.recommendationId ?? '');
  const wanted = changes.filter((change) => !isUnmade(change));
  const written = wanted.length === 0 ? 0 : await store.saveCommands(cycle.lease, wanted);
  const about = (change: CommandChange) => ({ subjectType: 'command' as const, subjectId: change.commandId, step, after: seen(change) });
  const events = changes
    .filter(isUnmade)
    .map((change) => notApplied(cycle, { ...about(change), reason: 'its recommendation was held back' }, change, undefined));
  if (written < wanted.length) {
    const stored = await store.readCommands(wanted.map(({ commandId }) => commandId));
    const heldBack = await heldBackOf(cycle, wanted, idOf, (change) => isCommandHeldBack(change, stored.get(idOf(change))));
    events.push(...heldBack.map((change) => notApplied(cycle, about(change), change, stored.get(change.commandId))));
  }
  if (events.length === 0) return NONE;
  await tellNotApplied(cycle, events);
  return new Set(events.map(({ subjectId }) => subjectId));
}
