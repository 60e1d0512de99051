import { isReadBack, judgeSeal } from '../domain/check-dispatch.ts';
import { type Command, UNCLAIMED } from '../domain/command.ts';
import { addSeconds, type Instant } from '../domain/instant.ts';
import { eventOf } from '../domain/event.ts';
import { concludeRecommendation } from '../domain/conclude.ts';
import { endCommand } from '../domain/end-command.ts';
import { dispatchingText } from '../domain/plan-dispatch.ts';
import { toleranceOf } from '../domain/readiness.ts';
import { sendingMarginSeconds } from '../domain/policy.ts';
import { judgeTag } from '../domain/tags.ts';
import type { TicketedCommand } from '../ports/cycle-store.ts';
import type { Cycle } from './cycle.ts';
import { dispatchContext } from './dispatch-context.ts';
import { dispatchClaimed } from './dispatch.ts';
import { readLive } from './read-live.ts';
import { noteError } from './report.ts';

/** Decides what earlier runs left open, claims what was planned, dispatches it and notes the results. */
export async function execute(cycle: Cycle): Promise<void> {
  const { ports } = cycle;
  ports.log.info('Executing pending commands...');
  await recoverOrphans(cycle);
  const isWaiting = cycle.draft.commands.some((command) => command.status === 'pending');
  if (cycle.claims.length === 0) ports.log.debug(isWaiting ? 'No pending command is sent now' : 'No pending commands to execute');
  else {
    const claimed = cycle.recorded && ports.plant.acts ? await claim(cycle) : [];
    if (claimed.length > 0) await dispatchClaimed(cycle, await announceDispatch(cycle, claimed));
  }
  concludeAll(cycle);
}

async function claim(cycle: Cycle): Promise<readonly TicketedCommand[]> {
  const { ports, settings, draft, claims } = cycle;
  if (cycle.leaseRunsOut() || cycle.signal.aborted) return [];
  const limits = limitsOf(cycle);
  await ports.store.claimCommands(cycle.lease, { commands: claims, marginSeconds: sendingMarginSeconds(settings.plant.timeoutSeconds) });
  const wanted = new Set(claims.map(({ commandId }) => commandId));
  // A dead run that had the same id may have claimed more, and sent it: only what was claimed just now is ours to send.
  const own = (await ports.store.readClaimed(cycle.lease)).filter(({ command }) => wanted.has(command.commandId));
  const claimed = own.map((item) => within(item, limits));
  for (const { command } of claimed) draft.observe(command);
  return claimed;
}

/**
 * Until when each claimed command may be sent at most, whatever its row says by the time it is read back: anybody may have edited it since the
 * claim. Never ahead of the store's clock.
 */
function limitsOf({ claims, clock, sendableMs }: Cycle): ReadonlyMap<string, Instant> {
  const leaseEnds = clock.now() + sendableMs();
  return new Map(claims.map(({ commandId, approvalEnds }) => [commandId, Math.floor(Math.min(approvalEnds, leaseEnds))]));
}

function within(item: TicketedCommand, limits: ReadonlyMap<string, Instant>): TicketedCommand {
  const { command } = item;
  const limit = limits.get(command.commandId);
  if (limit === undefined || command.notAfter === null) return item;
  return { ...item, command: { ...command, notAfter: Math.min(command.notAfter, limit) } };
}

/** The audit row is written before its effect: without it nothing is sent. */
async function announceDispatch(cycle: Cycle, claimed: readonly TicketedCommand[]): Promise<readonly TicketedCommand[]> {
  const { draft, lease, ports } = cycle;
  const events = claimed.flatMap(({ command }) => {
    const row = draft.row(command.recommendationId ?? '');
    return row ? eventOf(lease, dispatchingText(command, row, lease.agentId)) : [];
  });
  try {
    if (events.length === claimed.length && (await ports.store.appendEvents(events, cycle.eventsAt(), lease))) return claimed;
    await putBack(cycle, claimed);
  } catch (thrown) {
    noteError(cycle.report, 'execute', thrown);
    await putBack(cycle, claimed).catch((again: unknown) => noteError(cycle.report, 'execute', again));
  }
  return [];
}

/**
 * Claimed and not announced, these are pending again, of which the audit has nothing to tell: for it they always were. So the attempt does
 * not count either, or the evidence would miss an event for it.
 */
async function putBack({ ports, lease, draft }: Cycle, claimed: readonly TicketedCommand[]): Promise<void> {
  const changes = claimed.map(({ command }) => {
    const columns = { ...UNCLAIMED, attempt: Math.max((command.attempt ?? 0) - 1, 0) };
    draft.observe({ ...command, ...columns });
    return { commandId: command.commandId, expected: 'executing' as const, claimedBy: lease.runId, columns };
  });
  await ports.store.saveCommands(lease, changes);
}

/** Recommendations whose last command just ended. */
function concludeAll(cycle: Cycle): void {
  const context = dispatchContext(cycle);
  const { draft } = cycle;
  const wanted = new Set(cycle.claims.map(({ commandId }) => commandId));
  for (const row of draft.rows.filter(({ status }) => status === 'executing')) {
    const isOurs = draft.commandsOf(row.recommendationId).some((command) => wanted.has(command.commandId));
    concludeRecommendation(draft, row, context, isOurs ? cycle.lease.runId : null);
  }
}

/**
 * Commands that a dead run had claimed, and those whose outcome was unknown, are decided by what the tag says once nothing
 * can arrive any more; a second write is never the answer. A plant that cannot be read leaves them open,
 * but not for ever.
 */
async function recoverOrphans(cycle: Cycle): Promise<void> {
  const orphans = cycle.draft.commands.filter((command) => isOrphan(command) && isDecidable(cycle, command));
  if (orphans.length === 0) return;
  const live = await readLive(
    cycle,
    'execute',
    orphans.flatMap((command) => command.tagPath ?? []),
  );
  for (const command of orphans) decide(cycle, command, live?.get(command.tagPath ?? ''));
}

/** Asked before this run claims anything: whatever is claimed was claimed by an earlier one, even where the ids are the same. */
function isOrphan(command: Command): boolean {
  return command.status === 'unknown' || command.status === 'executing';
}

/** The moment from which on nothing that was sent can still change the plant. */
function decidableFrom(cycle: Cycle, command: Command): Instant {
  const { timeoutSeconds } = cycle.settings.plant;
  const provenDead = cycle.ports.store.provesHolderDead && command.status === 'executing';
  const from = (provenDead ? command.claimedTimestamp : command.notAfter) ?? 0;
  // A time that no claim can have made must not keep the command open for ever.
  const latest = addSeconds(cycle.clock.now(), cycle.settings.store.leaseSeconds);
  return addSeconds(from > latest ? 0 : from, timeoutSeconds);
}

function isDecidable(cycle: Cycle, command: Command): boolean {
  return cycle.clock.now() >= decidableFrom(cycle, command);
}

/** Whether the tag says what the command was to write. */
function isThere({ draft, settings }: Cycle, command: Command, live: number): boolean {
  const wanted = Number(command.newValue);
  const percent = settings.plant.tolerancePercent;
  const verdict = judgeTag(command.tagPath ?? '', settings.tags);
  if (!verdict.allowed) return live === wanted;
  const seal = judgeSeal(command, draft.row(command.recommendationId ?? '')?.ticket ?? null, settings.signingKeys);
  return 'action' in seal
    ? isReadBack(seal.action, verdict.tag, live, percent)
    : Math.abs(live - wanted) <= toleranceOf(verdict.tag, percent);
}

function decide(cycle: Cycle, command: Command, live: number | undefined): void {
  const { draft, settings, report, ports } = cycle;
  const now = cycle.clock.now();
  if (live === undefined) {
    const givenUpAt = addSeconds(decidableFrom(cycle, command), settings.policy.approvalTtlSeconds);
    if (now < givenUpAt) {
      report.commands.unknown += 1;
      return;
    }
  }
  if (live !== undefined && isThere(cycle, command, live)) {
    const how = `confirmed by read-back: ${live}`;
    draft.updateCommand(
      command,
      {
        status: 'executed',
        // It may have been sent from then on, and a follow-up has to know that a value may have been written.
        startedTimestamp: command.startedTimestamp ?? command.claimedTimestamp,
        executedTimestamp: now,
        completedTimestamp: now,
        readBackValue: live,
        executionResult: how,
      },
      {
        subjectType: 'command',
        subjectId: command.commandId,
        event: 'executed',
        fromStatus: command.status,
        toStatus: 'executed',
        reason: how,
      },
    );
    report.commands.executed += 1;
    ports.log.info(`✓ COMMAND EXECUTED: ${command.commandId} (confirmed by read-back)`);
    return;
  }
  const found = live === undefined ? 'the tag could not be read' : `the tag says ${live}`;
  endCommand(draft, command, { status: 'failed', code: 'not_confirmed', reason: `not confirmed: ${found}`, at: now });
  report.commands.failed += 1;
  ports.log.error(`COMMAND FAILED: ${command.commandId} (not confirmed: ${found})`);
}
