import { tellPeople } from '../cycle/tell-people.ts';
import { asAgentError } from '../domain/errors.ts';
import type { CliContext } from './context.ts';
import { sentence } from './error-text.ts';
import { newRunId } from './run-id.ts';

/**
 * Tells people of what the cycles before have recorded, if anybody is to be told. Whatever goes wrong is a line of the log: what a cycle did
 * stands, and its exit code as well. Ended early by whoever stops the process.
 */
export async function tellAfterCycle(context: CliContext): Promise<void> {
  const settings = await context.settings();
  const { ending } = context.interruption;
  if (settings.notify.rules.length === 0 || ending.aborted) return;
  const log = await context.log();
  try {
    const ports = { outbox: await context.outbox(), notifier: await context.notifier(), log, newId: newRunId };
    const report = await tellPeople(ports, settings, ending);
    log.debug('People were told', { ...report, statements: ports.outbox.statements });
  } catch (thrown) {
    log.error(`Nobody could be told: ${sentence(asAgentError(thrown))}`);
  }
}

/** Beside the waiting of a loop: a round that goes on when the next cycle is over is that cycle's as well. */
export function tellingBeside(context: CliContext): { readonly ring: () => void; readonly ended: () => Promise<void> } {
  let round: Promise<void> | null = null;
  const ring = () => {
    round ??= tellAfterCycle(context).finally(() => {
      round = null;
    });
  };
  return { ring, ended: async () => round ?? undefined };
}
